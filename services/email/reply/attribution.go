package reply

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// An attribution is the line that mail programs put above a quotation. In
// every language it holds a date and a person, and ends in a colon; most have
// a verb. Gmail in Japanese and Russian has none, only "<address>:".

var verbs = regexp.MustCompile(`(?i)(?:^|[\s>"»)\]*,、])(?:wrote|writes|schrieb|schreibt|hat geschrieben|(?:a|à) écrit|a ecrit|escribió|escribio|escreveu|ha scritto|scrive|schreef|pisze|napisał(?:\(a\)|a)?|` +
	`skrev|kirjoitti|írta|написал(?:\(а\)|а)?|пишет|пише|написав|yazdı|şunları yazdı|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|έγραψε|a scris|đã viết|menulis|напіса[ўл]|escrigué|va escriure|scríobh)` +
	`|(?:님이\s*작성|작성|님이\s*쓴\s*글|님의\s*말|님이\s*보낸\s*메시지)|(?:のメール|のメッセージ|さんは書きました|wrote)|(?:写道|寫道|來信|来信)`)

var (
	someDate = regexp.MustCompile(`(?:19|20)\d\d|\d{1,2}[:.h時时시]\s?\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}\s?[月월]\s?\d{1,2}`)
	address  = regexp.MustCompile(`[^\s<>()\[\]"',;:]+@[^\s<>()\[\]"',;:]+\.[^\s<>()\[\]"',;:]+`)
	// An address with its closing bracket, or a quoted name, right before
	// the colon.
	endsInAddress = regexp.MustCompile(`@[^\s<>()\[\]]+(?:\s?[>)\]]+|\s)\s*$`)
	endsInColon   = regexp.MustCompile(`(?:[:：]\s?\*?|\s-{2,})\s*$`)
	// How such lines begin.
	opener = regexp.MustCompile(`(?i)^(?:-{2,}\s*)?\*?(?:on|am|le|el|il|in data|il giorno|op|w dniu|dnia|em|den|dne|på|vào|pada|a las|à|le|kl|в|у|于|在|as of|at|` +
		`(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|mo|di|mi|do|fr|sa|so|ma|ti|ke|to|pe|la|su|пн|вт|ср|чт|пт|сб|вс|pon|wt|śr|czw|pt|sob|niedz|seg|ter|qua|qui|sex)[a-zé]*\.?,?|` +
		`\d{1,4}[.:/년年時-]?|\(?\d)[\s\d]`)
)

const (
	maxAttributionLines = 4
	maxAttribution      = 400 // bytes of a joined attribution
	dateWithin          = 90  // the date stands this near to its start
)

// attribution reports how many of the first lines introduce a quotation, 0
// for none. strong is false when only a quotation below would prove it.
func attribution(lines []string) (n int, strong bool) {
	joined := ""
	for k := 1; k <= maxAttributionLines && k <= len(lines); k++ {
		line := strings.TrimSpace(lines[k-1])
		if line == "" || isQuoted(line) {
			return 0, false
		}
		if joined != "" {
			joined += " "
		}
		joined += line
		if len(joined) > maxAttribution {
			return 0, false
		}
		if !mayEnd(joined) || !endsInColon.MatchString(joined) {
			continue
		}
		ok, strong := reads(joined)
		if !ok {
			continue
		}
		// A later line that is an attribution by itself makes the lines
		// above it the author's.
		for later := k - 1; later > 0; later-- {
			if ok, _ := reads(join(lines[later:k])); ok {
				return 0, false
			}
		}
		return k, strong
	}
	return 0, false
}

// mayEnd saves the pattern for lines that could match it.
func mayEnd(s string) bool {
	s = strings.TrimRight(s, " *")
	return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") || strings.HasSuffix(s, "-")
}

func join(lines []string) string {
	parts := make([]string, len(lines))
	for i, l := range lines {
		parts[i] = strings.TrimSpace(l)
	}
	return strings.Join(parts, " ")
}

func reads(s string) (ok, strong bool) {
	date := someDate.FindStringIndex(s)
	if date == nil || date[0] > dateWithin {
		return false, false
	}
	bare := strings.TrimRight(s, " *")
	bare = strings.TrimSuffix(strings.TrimSuffix(bare, ":"), "：")
	hasAddress := address.MatchString(s)
	starts := opener.MatchString(s)
	if verb := verbs.FindAllStringIndex(bare, -1); verb != nil {
		last := verb[len(verb)-1]
		after := strings.TrimSpace(bare[last[1]:])
		// "schrieb NAME <address>" has the person last; else the verb ends it.
		closes := after == "" || strings.Trim(after, "-") == "" || hasAddress && utf8.RuneCountInString(after) <= 160 || starts && utf8.RuneCountInString(after) <= 60
		if closes && (starts || hasAddress) {
			return true, hasAddress && (starts || after == "") || starts && strings.Trim(after, "-") == ""
		}
		return false, false
	}
	// Without a verb: a date, a time and an address at the very end.
	if starts && endsInAddress.MatchString(bare) && date[0] < 40 {
		return true, true
	}
	return false, false
}
