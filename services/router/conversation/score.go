package conversation

import (
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxScoreText bounds a text that is looked at as a score, in bytes.
const maxScoreText = 64

// ReadScore reads a text that is a score of a survey and nothing else: "5", "5!",
// "５", "⑤", "5점", "5/5", "★★★★☆". A number in a sentence is no score, nor is one
// that is outside the kind's scale; false then.
func ReadScore(kind events.SurveyKind, text string) (int, bool) {
	low, high, ok := kind.Scale()
	if !ok || len(text) > maxScoreText {
		return 0, false
	}
	text = plain(text)
	n, ok := stars(text, high)
	if !ok || low == 0 {
		n, ok = number(text, high)
	}
	if !ok || n < low || n > high {
		return 0, false
	}
	return n, true
}

// plain brings a text into ASCII as far as digits, slashes and the ends of
// sentences go: people write with keyboards of many countries.
func plain(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '０' && r <= '９':
			out.WriteRune('0' + r - '０')
		case r >= '①' && r <= '⑨':
			out.WriteRune('1' + r - '①')
		case r >= '❶' && r <= '❾':
			out.WriteRune('1' + r - '❶')
		case r >= '➀' && r <= '➈':
			out.WriteRune('1' + r - '➀')
		case r >= '➊' && r <= '➒':
			out.WriteRune('1' + r - '➊')
		case r == '⑩' || r == '❿' || r == '➉' || r == '➓' || r == '🔟':
			out.WriteString("10")
		case r == '⓪' || r == '⓿':
			out.WriteRune('0')
		case r == '／':
			out.WriteRune('/')
		case r == '⭐' || r == '🌟' || r == '⭑':
			out.WriteRune('★')
		case r == '\u00a0' || r == '\u3000':
			out.WriteRune(' ')
		case r == '\ufe0f' || r == '\ufe0e' || r == '\u20e3' || r == '\u200d' || r == '\u200b':
			// dress of an emoji: a keycap is a digit with two of these behind it
		default:
			out.WriteRune(r)
		}
	}
	s := strings.TrimSpace(out.String())
	return strings.TrimSpace(strings.TrimRight(s, "!.~)！。～^ \t\r\n"))
}

// stars counts a row of stars; empty ones may fill it up to the highest score.
func stars(text string, high int) (int, bool) {
	full := 0
	rest := strings.TrimLeftFunc(text, func(r rune) bool {
		if r == '★' {
			full++
		}
		return r == '★'
	})
	empty := strings.Count(rest, "☆")
	if strings.Trim(rest, "☆") != "" || empty > 0 && full+empty != high {
		return 0, false
	}
	return full, full > 0
}

// units may stand behind the number; the longer before what they end in.
var units = []string{"점입니다", "점이에요", "점이요", "점요", "점", "번", "点", "分", "points", "point", "stars", "star"}

// number reads a whole number, what may stand behind it, and "of five".
func number(text string, high int) (int, bool) {
	text, of, cut := strings.Cut(strings.ToLower(text), "/")
	if cut {
		if top, ok := digits(strings.TrimSpace(strip(of))); !ok || top != high {
			return 0, false
		}
	}
	return digits(strings.TrimSpace(strip(text)))
}

func strip(text string) string {
	text = strings.TrimSpace(text)
	for _, u := range units {
		if rest, cut := strings.CutSuffix(text, u); cut {
			return rest
		}
	}
	return text
}

// digits reads a number of one or two digits, without a sign or a leading nought.
func digits(text string) (int, bool) {
	if text == "" || len(text) > 2 || len(text) == 2 && text[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}
