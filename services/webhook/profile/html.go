package profile

import (
	"mime"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// policy allows the marks of a written message and nothing that loads, runs or
// covers the screen: no images, because fetching them tells a stranger who
// reads and when.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "code", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

func sanitise(s string) string { return policy.Sanitize(s) }

// htmlText is the text of HTML with line breaks where a browser would make
// them.
func htmlText(s string) string {
	var b strings.Builder
	hidden := 0
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidy(b.String())
		case html.TextToken:
			if hidden == 0 {
				b.WriteString(strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(string(z.Text())))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			if silent(tag.DataAtom) && tag.Type == html.StartTagToken {
				hidden++
			}
			if breaks(tag.DataAtom) {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			tag := z.Token()
			if silent(tag.DataAtom) && hidden > 0 {
				hidden--
			}
			if breaks(tag.DataAtom) {
				b.WriteByte('\n')
			}
		}
	}
}

func silent(a atom.Atom) bool {
	return a == atom.Script || a == atom.Style || a == atom.Head || a == atom.Title || a == atom.Template || a == atom.Textarea
}

func breaks(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Br, atom.Div, atom.Li, atom.Tr, atom.Table, atom.Blockquote, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr:
		return true
	}
	return false
}

// tidy joins blanks inside lines and keeps at most one empty line between two.
func tidy(s string) string {
	var out []string
	for l := range strings.SplitSeq(plainText(s), "\n") {
		l = strings.Join(strings.Fields(l), " ")
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

func mimeType(given string) string {
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || !strings.Contains(kind, "/") || len(kind) > 127 {
		return "application/octet-stream"
	}
	return kind
}
