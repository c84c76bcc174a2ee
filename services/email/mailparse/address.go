package mailparse

import (
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

const maxAddresses = 1000

// parseAddresses reads an address list (RFC 5322 §3.4, obsolete forms too) as
// tolerantly as it can: names with bare dots and commas inside brackets,
// groups, comments, encoded-words anywhere, semicolons for commas.
func parseAddresses(s string, loc charset.Locale, flags *flagSet) []Address {
	var out []Address
	p := &addressScanner{s: s}
	for len(out) < maxAddresses {
		raw, ok := p.next()
		if !ok {
			break
		}
		a := raw.address(loc, flags)
		if a == (Address{}) {
			continue
		}
		// A whole "name <address>" hidden in one encoded-word.
		if a.Address == "" && strings.Contains(a.Name, "<") && strings.Contains(a.Name, "@") && strings.Contains(s, "=?") {
			out = append(out, parseAddresses(a.Name, loc, flags)...)
			continue
		}
		out = append(out, a)
	}
	return out
}

// rawAddress is one entry before decoding.
type rawAddress struct {
	words   strings.Builder // the phrase or bare address outside brackets
	angle   string
	hasAng  bool
	comment string
	quoted  bool // the phrase held a quoted string
	at      bool // the phrase holds an at sign
}

func (r *rawAddress) address(loc charset.Locale, flags *flagSet) Address {
	phrase := strings.TrimSpace(r.words.String())
	if r.hasAng {
		a := Address{Name: decodeWords(phrase, loc, flags), Address: bareAddress(decodeIfWord(r.angle, loc, flags))}
		if a.Name == "" && r.comment != "" {
			a.Name = decodeWords(r.comment, loc, flags)
		}
		// "a@b <a@b>" names nobody.
		if strings.EqualFold(strings.Trim(a.Name, "'\""), a.Address) {
			a.Name = ""
		}
		a.Name = strings.TrimSpace(strings.Trim(a.Name, "'\" "))
		return a
	}
	bare := bareAddress(decodeIfWord(phrase, loc, flags))
	if strings.Contains(bare, "@") && (strings.HasPrefix(bare, `"`) || !strings.ContainsAny(bare, " \t")) {
		return Address{Name: decodeWords(r.comment, loc, flags), Address: bare}
	}
	// "name a@b": the brackets were forgotten.
	if at := strings.LastIndexAny(phrase, " \t"); at > 0 && !r.quoted && strings.Contains(phrase[at:], "@") {
		return Address{Name: decodeWords(phrase[:at], loc, flags), Address: bareAddress(phrase[at:])}
	}
	name := decodeWords(phrase, loc, flags)
	if name == "" {
		name = decodeWords(r.comment, loc, flags)
	}
	return Address{Name: name}
}

func decodeIfWord(s string, loc charset.Locale, flags *flagSet) string {
	if strings.Contains(s, "=?") {
		return decodeWords(s, loc, flags)
	}
	return decodeRaw(s, loc, flags)
}

// bareAddress drops routes, mailto: and spaces round the at sign.
func bareAddress(s string) string {
	s = strings.TrimSpace(strings.Trim(clean(s), "<> "))
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") { // obsolete route: @a,@b:user@host
		if i := strings.LastIndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if strings.Contains(s, "(") && !strings.HasPrefix(s, `"`) {
		s = strings.TrimSpace(stripComments(s))
	}
	if local, domain, ok := cutLast(s, "@"); ok {
		domain = strings.Join(strings.Fields(domain), "")
		s = strings.TrimSpace(local) + "@" + strings.TrimSpace(domain)
	}
	if len(s) > 512 {
		s = strings.ToValidUTF8(s[:512], "")
	}
	return s
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// addressScanner splits a list into entries.
type addressScanner struct {
	s string
	i int
	// Once a quote or a bracket is found without its end there is no use in
	// looking for the next one's.
	noQuote, noAngle bool
}

func (p *addressScanner) next() (rawAddress, bool) {
	var r rawAddress
	any := false
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c == ',' || c == ';':
			p.i++
			if any {
				return r, true
			}
			r = rawAddress{}
		case c == '(':
			text := p.comment()
			if r.comment == "" {
				r.comment = text
			}
			any = true
		case c == '"' && !p.noQuote:
			r.words.WriteString(p.quoted())
			r.quoted, any = true, true
		case c == '<' && !p.noAngle:
			r.angle, r.hasAng, any = p.angle(), true, true
		case c == ':' && !r.hasAng && !r.at && !isScheme(&r.words):
			p.i++ // "group name:" opens a group, whose members follow
			r, any = rawAddress{}, false
		case strings.HasPrefix(p.s[p.i:], "=?"):
			if _, n, ok := scanWord(p.s[p.i:]); ok {
				r.words.WriteString(p.s[p.i : p.i+n])
				p.i += n
			} else {
				r.words.WriteByte(c)
				p.i++
			}
			any = true
		default:
			if !isSpace(c) {
				any = true
			}
			r.at = r.at || c == '@'
			r.words.WriteByte(c)
			p.i++
		}
	}
	return r, any
}

func isScheme(s *strings.Builder) bool {
	return s.Len() < 20 && strings.EqualFold(strings.TrimSpace(s.String()), "mailto")
}

// quoted reads a quoted string and returns its content; an unclosed quote
// ends at the next bracket or at the end.
func (p *addressScanner) quoted() string {
	var b strings.Builder
	start := p.i
	for i := p.i + 1; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			if i+1 < len(p.s) {
				i++
				b.WriteByte(p.s[i])
			}
		case '"':
			// "local part"@domain keeps its quotes.
			if i+1 < len(p.s) && p.s[i+1] == '@' {
				p.i = i + 1
				return p.s[start : i+1]
			}
			p.i = i + 1
			return b.String()
		default:
			b.WriteByte(p.s[i])
		}
	}
	p.i = start + 1
	p.noQuote = true
	return ""
}

func (p *addressScanner) comment() string {
	depth, start := 0, p.i+1
	for ; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '\\':
			p.i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				text := p.s[start:p.i]
				p.i++
				return strings.ReplaceAll(text, `\`, "")
			}
		}
	}
	p.i = len(p.s)
	return p.s[min(start, len(p.s)):]
}

func (p *addressScanner) angle() string {
	rest := p.s[p.i+1:]
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		p.noAngle = true
		if end = strings.IndexByte(rest, ','); end < 0 {
			end = len(rest)
		}
		p.i += 1 + end
		return rest[:end]
	}
	p.i += end + 2
	return rest[:end]
}
