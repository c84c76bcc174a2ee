package mailparse

import (
	"html"
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
	"github.com/tributary-inbox/tributary/services/email/markup"
)

// body chooses which leaves are the mail's text, its HTML and its
// attachments, by the algorithm of RFC 8621 §4.1.4: in an alternative each
// form goes to its own list, elsewhere texts and pictures are read in order.
type body struct {
	text, html  []*part
	attachments []*part
	inline      map[*part]bool
}

func (b *body) collect(root *part) {
	b.inline = map[*part]bool{}
	b.walk([]*part{root}, "mixed", false, &b.text, &b.html)
}

func (b *body) walk(parts []*part, kind string, alternative bool, text, html *[]*part) {
	textAt, htmlAt := -1, -1
	if text != nil {
		textAt = len(*text)
	}
	if html != nil {
		htmlAt = len(*html)
	}
	for i, p := range parts {
		if p.multipart() {
			sub := strings.TrimPrefix(p.ctype, "multipart/")
			if len(p.children) == 0 {
				b.orphan(p, text, html)
				continue
			}
			b.walk(p.children, sub, alternative || sub == "alternative", text, html)
			continue
		}
		if !p.readable(i, kind) {
			b.attach(p, false)
			continue
		}
		if kind == "alternative" {
			switch {
			case p.ctype == "text/plain" && text != nil:
				*text = append(*text, p)
			case p.ctype == "text/html" && html != nil:
				*html = append(*html, p)
			case p.ctype == "text/plain" || p.ctype == "text/html":
				// A form nobody asks for here; the other list has the words.
			default:
				b.attach(p, true)
			}
			continue
		}
		if alternative {
			switch p.ctype {
			case "text/plain":
				html = nil
			case "text/html":
				text = nil
			}
		}
		if text != nil {
			*text = append(*text, p)
		}
		if html != nil {
			*html = append(*html, p)
		}
		if p.media() {
			b.attach(p, true)
		}
	}
	if kind != "alternative" || text == nil || html == nil {
		return
	}
	// One form only: it serves both.
	if textAt == len(*text) && htmlAt != len(*html) {
		*text = append(*text, (*html)[htmlAt:]...)
	}
	if htmlAt == len(*html) && textAt != len(*text) {
		*html = append(*html, (*text)[textAt:]...)
	}
}

// orphan reads a multipart without parts: whatever stood in it is text.
func (b *body) orphan(p *part, text, html *[]*part) {
	if strings.TrimSpace(string(p.leftover)) == "" {
		return
	}
	leaf := &part{header: p.header, ctype: "text/plain", params: map[string]string{}, body: p.leftover}
	if text != nil {
		*text = append(*text, leaf)
	}
	if html != nil {
		*html = append(*html, leaf)
	}
}

func (b *body) attach(p *part, inline bool) {
	b.attachments = append(b.attachments, p)
	b.inline[p] = inline
}

// readable reports whether a leaf belongs to the text that is read rather
// than to what is attached.
func (p *part) readable(index int, kind string) bool {
	if p.disp == "attachment" {
		return false
	}
	if p.ctype != "text/plain" && p.ctype != "text/html" && !p.media() {
		return false
	}
	return index == 0 || kind != "related" && (p.media() || p.name() == "")
}

func (p *part) media() bool {
	return strings.HasPrefix(p.ctype, "image/") || strings.HasPrefix(p.ctype, "audio/") || strings.HasPrefix(p.ctype, "video/")
}

// laid out text of a mail, built once per leaf.
type layout struct {
	flags *flagSet
	loc   charset.Locale
	left  int // text bytes still allowed
	cache map[*part]string
}

// decoded gives the characters of a text leaf with LF line ends.
func (l *layout) decoded(p *part) string {
	if s, ok := l.cache[p]; ok {
		return s
	}
	raw := p.data(l.flags)
	if len(raw) > l.left {
		raw = raw[:l.left]
		l.flags.add(FlagTextTruncated)
	}
	l.left -= len(raw)
	label := p.params["charset"]
	if p.ctype == "text/html" && !charset.Known(label) {
		label = htmlCharset(raw, label)
	}
	d := charset.Decode(raw, label, l.loc)
	l.flags.decoded(d)
	s := d.Text
	if strings.ContainsRune(s, 0) {
		l.flags.add(FlagNUL)
		s = strings.ReplaceAll(s, "\x00", "")
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if p.ctype == "text/plain" && strings.EqualFold(p.params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(p.params["delsp"], "yes"))
	}
	l.cache[p] = s
	return s
}

// htmlCharset looks for the charset that HTML names for itself, for parts
// whose header names none.
func htmlCharset(raw []byte, label string) string {
	head := strings.ToLower(string(raw[:min(len(raw), 4096)]))
	if i := strings.Index(head, "charset="); i >= 0 {
		found := strings.TrimLeft(head[i+8:], `"' `)
		if end := strings.IndexAny(found, `"'>; /`); end > 0 && charset.Known(found[:end]) {
			return found[:end]
		}
	}
	return label
}

// plain joins the text list into one text.
func (l *layout) plain(parts []*part) string {
	var out []string
	for _, p := range parts {
		var s string
		switch p.ctype {
		case "text/plain":
			s = l.decoded(p)
		case "text/html":
			s = markup.Text(l.decoded(p))
		}
		if s = strings.Trim(s, "\n"); strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return strings.TrimRight(strings.Join(out, "\n\n"), " \n\t")
}

// rich joins the HTML list into one document; empty when no leaf is HTML.
func (l *layout) rich(parts []*part) string {
	var out []string
	found := false
	for _, p := range parts {
		switch {
		case p.ctype == "text/html":
			found = true
			out = append(out, l.decoded(p))
		case p.ctype == "text/plain":
			out = append(out, `<div>`+strings.ReplaceAll(html.EscapeString(l.decoded(p)), "\n", "<br>\n")+`</div>`)
		case strings.HasPrefix(p.ctype, "image/"):
			if id := messageID(p.header.get("content-id")); id != "" {
				out = append(out, `<div><img src="cid:`+html.EscapeString(id)+`"></div>`)
			}
		}
	}
	if !found {
		return ""
	}
	return strings.Join(out, "\n")
}

// above reads the preamble of a mail that has no text elsewhere: some report
// programs put theirs there. What old mailers say to readers without MIME is
// left out.
func (l *layout) above(root *part) string {
	if len(root.preamble) == 0 {
		return ""
	}
	p := &part{header: header{}, ctype: "text/plain", params: map[string]string{}, body: root.preamble}
	s := strings.TrimSpace(l.decoded(p))
	if low := strings.ToLower(s); len(s) < 300 && (strings.Contains(low, "mime") || strings.Contains(low, "multi-part") || strings.Contains(low, "multipart")) {
		return ""
	}
	return s
}
