package mailparse

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// parseDate reads a Date header: RFC 5322 with its obsolete forms, asctime,
// ISO 8601, and the ways in which mailers miss them (no weekday, localised
// month names, comments, two-digit years, dots for colons).
func parseDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(stripComments(s))
	if len(s) > 200 {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return plausible(t)
		}
	}
	return parseLoose(spacedColon.ReplaceAllString(s, ":"))
}

var spacedColon = regexp.MustCompile(`\s*:\s*`)

// parseLoose picks day, month, year, clock and zone out of a run of words.
func parseLoose(s string) (time.Time, bool) {
	day, month, year := 0, time.Month(0), -1
	hour, minute, second := -1, 0, 0
	offset, zoned, pm := 0, false, 0
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\u00a0' })
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch m := monthOf(w); {
		case strings.Count(w, "-") == 2 && monthOf(strings.Split(w, "-")[1]) > 0: // 01-Jan-99
			p := strings.Split(w, "-")
			day, _ = strconv.Atoi(p[0])
			month = monthOf(p[1])
			year, _ = strconv.Atoi(p[2])
		case strings.ContainsAny(w, "/-.") && len(w) >= 8 && hour < 0 && year < 0 && numericDate(w, &day, &month, &year):
		case hour < 0 && isClock(w):
			hour, minute, second = clockOf(w)
		case strings.EqualFold(w, "am"):
			pm = -1
		case strings.EqualFold(w, "pm"):
			pm = 1
		case m > 0 && month == 0:
			month = m
		case hour >= 0 && !zoned && (w[0] == '+' || w[0] == '-') && len(w) >= 3:
			offset, zoned = numericZone(w)
		case isDigits(w) || strings.HasSuffix(w, ".") && isDigits(w[:len(w)-1]):
			n, _ := strconv.Atoi(strings.TrimSuffix(w, "."))
			switch {
			case day == 0 && n >= 1 && n <= 31 && len(w) <= 3:
				day = n
			case year < 0:
				year = n
			}
		case hour >= 0 && !zoned:
			if o, ok := zones[strings.ToUpper(strings.Trim(w, `"'`))]; ok {
				offset, zoned = o, true
			}
		}
	}
	if day == 0 || month == 0 || year < 0 {
		return time.Time{}, false
	}
	if year < 50 {
		year += 2000
	} else if year < 1000 { // three digits: years since 1900
		year += 1900
	}
	if pm > 0 && hour < 12 && hour >= 0 {
		hour += 12
	} else if pm < 0 && hour == 12 {
		hour = 0
	}
	if hour < 0 {
		hour = 0
	}
	return plausible(time.Date(year, month, day, hour, minute, second, 0, time.FixedZone("", offset)))
}

func plausible(t time.Time) (time.Time, bool) {
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.UTC(), true
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 4
}

func isClock(w string) bool {
	parts := clockParts(w)
	return len(parts) >= 2 && len(parts) <= 3 && (isDigits(parts[0]) && len(parts[0]) <= 2 && isDigits(parts[1]) && len(parts[1]) <= 2)
}

func clockParts(w string) []string {
	return strings.FieldsFunc(w, func(r rune) bool { return r == ':' || r == '.' })
}

func clockOf(w string) (h, m, s int) {
	parts := clockParts(w)
	h, _ = strconv.Atoi(parts[0])
	m, _ = strconv.Atoi(parts[1])
	if len(parts) == 3 {
		digits := strings.TrimRightFunc(parts[2], func(r rune) bool { return !unicode.IsDigit(r) })
		s, _ = strconv.Atoi(digits)
	}
	return h % 24, m % 60, s % 61
}

// numericDate reads 2006-01-02, 2006/01/02 and 02.01.2006.
func numericDate(w string, day *int, month *time.Month, year *int) bool {
	p := strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '/' || r == '.' })
	if len(p) != 3 || !isDigits(p[0]) || !isDigits(p[1]) || !isDigits(p[2]) {
		return false
	}
	if len(p[0]) != 4 {
		p[0], p[2] = p[2], p[0]
	}
	y, _ := strconv.Atoi(p[0])
	m, _ := strconv.Atoi(p[1])
	d, _ := strconv.Atoi(p[2])
	if m > 12 && d <= 12 {
		m, d = d, m
	}
	if len(p[0]) != 4 || m < 1 || m > 12 || d < 1 || d > 31 {
		return false
	}
	*day, *month, *year = d, time.Month(m), y
	return true
}

// numericZone reads +0900, +09:00 and +9.
func numericZone(w string) (int, bool) {
	sign := 1
	if w[0] == '-' {
		sign = -1
	}
	d := strings.ReplaceAll(w[1:], ":", "")
	if !isDigits(d) {
		return 0, false
	}
	n, _ := strconv.Atoi(d)
	if len(d) <= 2 {
		n *= 100
	}
	if n%100 >= 60 || n/100 > 14 {
		return 0, true // nonsense counts as UTC
	}
	return sign * (n/100*3600 + n%100*60), true
}

var zones = map[string]int{
	"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "EST": -5 * 3600, "EDT": -4 * 3600, "CST": -6 * 3600, "CDT": -5 * 3600,
	"MST": -7 * 3600, "MDT": -6 * 3600, "PST": -8 * 3600, "PDT": -7 * 3600, "BST": 3600, "CET": 3600, "MET": 3600, "CEST": 7200,
	"MEST": 7200, "EET": 7200, "EEST": 10800, "MSK": 10800, "KST": 9 * 3600, "JST": 9 * 3600, "HKT": 8 * 3600, "SGT": 8 * 3600,
	"AEST": 10 * 3600, "AEDT": 11 * 3600, "NZST": 12 * 3600, "HST": -10 * 3600, "IST": 19800,
}

// monthOf knows the months by their first letters in the languages whose
// mailers localise dates.
func monthOf(w string) time.Month {
	w = strings.ToLower(strings.TrimRight(w, "."))
	if n, ok := strings.CutSuffix(w, "월"); ok && isDigits(n) {
		m, _ := strconv.Atoi(n)
		return time.Month(m % 13)
	}
	if n, ok := strings.CutSuffix(w, "月"); ok && isDigits(n) {
		m, _ := strconv.Atoi(n)
		return time.Month(m % 13)
	}
	runes := []rune(w)
	if len(runes) < 3 {
		return 0
	}
	if m, ok := months[string(runes[:min(4, len(runes))])]; ok {
		return m
	}
	return months[string(runes[:3])]
}

var months = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12, "mei": 5, "maj": 5, "maa": 3, "mrt": 3,
	"ene": 1, "abr": 4, "ago": 8, "set": 9, "out": 10, "dic": 12, "fev": 2, "fév": 2, "avr": 4, "juin": 6, "juil": 7, "aoû": 8, "déc": 12,
	"gen": 1, "mag": 5, "giu": 6, "lug": 7, "ott": 10, "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "май": 5, "июн": 6, "июл": 7,
	"авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
}
