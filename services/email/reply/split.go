package reply

import (
	"strings"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/services/email/markup"
)

// MaxText is how many bytes of a text are analysed. Longer mails are almost
// always long because of what they quote.
const MaxText = 128 << 10

// maxLooks bounds how many lines are held against the patterns of attributions
// and headers; beyond it only ">" marks a quotation. Real mails stay far below.
const maxLooks = 1000

// Options say what the rest of the mail knows.
type Options struct {
	// Forward is true when the subject says that the mail passes another one
	// on: what follows a header block is then the news, not the past.
	Forward bool
}

// Result is a mail's text in three parts, each trimmed of empty lines. Their
// sum has every line of the input.
type Result struct {
	Reply     string // never empty unless the input is
	Signature string // what follows "-- ", or a device's own line
	Quoted    string // quotations with the lines that introduce them, in order
	// Whole is true when stripping would have left nothing, so that Reply is
	// the whole text.
	Whole bool
}

// Split separates the reply from the rest. html may be empty; when it shows
// the structure of a known mail program it is preferred to text.
func Split(text, html string, opt Options) Result {
	if html != "" {
		if blank(text) {
			text = markup.Text(html)
		}
		if rendered, ok := fromHTML(html); ok {
			if r := splitText(rendered, opt); !r.Whole {
				return r
			}
		}
	}
	return splitText(text, opt)
}

// plainSpaces makes the many spaces of typography one, for matching only:
// French puts a narrow one before its colon, Windows Mail strews direction
// marks.
var plainSpaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u3000", " ", "\u200e", "", "\u200f", "", "\u200b", "")

// role says to which part of the result a line goes.
type role uint8

const (
	written role = iota
	signature
	quoted
)

func splitText(text string, opt Options) Result {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	head, tail := text, ""
	if len(text) > MaxText {
		cut := MaxText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		if nl := strings.LastIndexByte(text[:cut], '\n'); nl > 0 {
			cut = nl + 1
		}
		head, tail = text[:cut], text[cut:]
	}
	lines := strings.Split(head, "\n")
	plain := strings.Split(plainSpaces.Replace(head), "\n")
	roles := classify(plain, opt)
	markSignatures(plain, roles)
	if tail != "" {
		last := roles[len(roles)-1]
		lines, roles = append(lines, tail), append(roles, last)
	}
	r := Result{Reply: gather(lines, roles, written), Signature: gather(lines, roles, signature), Quoted: gather(lines, roles, quoted)}
	switch {
	case r.Reply != "":
	case r.Signature != "":
		r.Reply, r.Signature = r.Signature, ""
	default:
		r = Result{Reply: trimLines(text), Whole: true}
	}
	return r
}

// classify gives each line its role, quotations first.
func classify(lines []string, opt Options) []role {
	roles := make([]role, len(lines))
	wrote := false // something of the author's own stands above
	looks := 0
	for i := 0; i < len(lines); {
		line := lines[i]
		if isQuoted(line) {
			roles[i] = quoted
			i++
			continue
		}
		if blank(line) {
			i++
			continue
		}
		if !suspicious(lines[i:]) {
			if wrappedQuote(lines, roles, i) {
				roles[i] = quoted
			} else {
				wrote = true
			}
			i++
			continue
		}
		if looks++; looks > maxLooks {
			wrote = true
			i++
			continue
		}
		if forwards(line) {
			return roles
		}
		if n, strong := attribution(lines[i:]); n > 0 {
			next := nextLine(lines, i+n)
			if next < len(lines) && isQuoted(lines[next]) || next == len(lines) && wrote {
				fill(roles[i:i+n], quoted)
				i += n
				continue
			}
			if strong && wrote && !opt.Forward {
				fill(roles[i:], quoted)
				return roles
			}
		}
		if wrote && !opt.Forward && historyStarts(lines, i) {
			fill(roles[i:], quoted)
			return roles
		}
		if wrappedQuote(lines, roles, i) {
			roles[i] = quoted
			i++
			continue
		}
		wrote = true
		i++
	}
	return roles
}

// suspicious reports a line at which an attribution, a header or a rule could
// begin, which spares nearly all lines the patterns.
func suspicious(lines []string) bool {
	if ruled(lines[0]) || strings.ContainsAny(lines[0], ":：") {
		return true
	}
	for _, l := range lines[1:min(len(lines), maxAttributionLines)] {
		if blank(l) {
			return false
		}
		if mayEnd(l) {
			return true
		}
	}
	return false
}

// wrappedQuote finds the tail of a quoted line that a program on the way broke
// in two: it stands directly between quoted lines and the one above is long.
func wrappedQuote(lines []string, roles []role, i int) bool {
	if i == 0 || i+1 >= len(lines) || roles[i-1] != quoted || len(lines[i-1]) < 60 {
		return false
	}
	return isQuoted(lines[i+1])
}

func isQuoted(line string) bool {
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "＞")
}

func blank(line string) bool { return strings.TrimSpace(line) == "" }

func nextLine(lines []string, i int) int {
	for i < len(lines) && blank(lines[i]) {
		i++
	}
	return i
}

func fill(roles []role, r role) {
	for i := range roles {
		roles[i] = r
	}
}

// gather joins the lines of one role; lines that were apart stay apart by an
// empty line.
func gather(lines []string, roles []role, want role) string {
	var b strings.Builder
	last := -1
	for i, line := range lines {
		if roles[i] != want {
			continue
		}
		if last >= 0 && last != i-1 && !blank(line) && !strings.HasSuffix(b.String()[max(0, b.Len()-2):], "\n\n") {
			b.WriteByte('\n')
		}
		last = i
		if blank(line) && want != quoted && strings.HasSuffix(b.String()[max(0, b.Len()-2):], "\n\n") && i > 0 && roles[i-1] != want {
			continue
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return trimLines(b.String())
}

// trimLines drops empty lines at both ends and spaces at the very end, and
// keeps the indent of the first line.
func trimLines(s string) string {
	s = strings.TrimRight(s, " \t\r\n\u00a0")
	for {
		line, rest, found := strings.Cut(s, "\n")
		if !found || !blank(line) {
			return s
		}
		s = rest
	}
}
