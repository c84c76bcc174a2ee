package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Parse reads HTML as a browser would. It returns nil for input that nests
// deeper than the parser allows; Text then falls back to a flat reading.
func Parse(src string) *html.Node {
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		return nil
	}
	return doc
}

// Text gives the words of an HTML document as plain text: lines end in LF,
// block elements stand on lines of their own, quotations are prefixed "> ".
func Text(src string) string {
	doc := Parse(src)
	if doc == nil {
		return flatText(src)
	}
	return Render(doc, nil)
}

// Render is Text for a parsed document. Nodes for which quoted reports true
// are rendered as quotations like blockquote; nil marks none.
func Render(doc *html.Node, quoted func(*html.Node) bool) string {
	w := &writer{quoted: quoted}
	w.node(doc)
	return w.String()
}

// writer lays text out in lines, collapsing white space as a browser does.
type writer struct {
	quoted func(*html.Node) bool
	out    strings.Builder
	line   strings.Builder
	depth  int  // quotation depth of the line being built
	pre    int  // open pre elements
	space  bool // a collapsed space is due before the next word
	blanks int  // empty lines at the end of out
	lists  []int
}

func (w *writer) String() string {
	w.breakLine()
	return strings.Trim(w.out.String(), "\n")
}

func (w *writer) node(n *html.Node) {
	if n.Type == html.CommentNode || n.Type == html.DoctypeNode || n.Type == html.ElementNode && skipped(n) {
		return
	}
	marked := w.quoted != nil && w.quoted(n)
	quote := marked || n.Type == html.ElementNode && n.DataAtom == atom.Blockquote
	// Neighbours that are marked one by one form one quotation.
	if quote && (!marked || n.PrevSibling == nil || !w.quoted(n.PrevSibling)) {
		w.breakLine()
	}
	if quote {
		w.depth++
	}
	if n.Type == html.TextNode {
		w.text(n.Data)
	} else {
		w.open(n)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			w.node(c)
		}
		w.close(n)
	}
	if quote && (!marked || n.NextSibling == nil || !w.quoted(n.NextSibling)) {
		w.breakLine()
	}
	if quote {
		w.depth--
	}
}

func (w *writer) open(n *html.Node) {
	switch n.DataAtom {
	case atom.Br:
		w.endLine()
	case atom.Hr:
		w.breakLine()
		w.line.WriteString("---")
		w.breakLine()
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.breakLine()
		if !tightParagraph(n) {
			w.blankLine()
		}
	case atom.Ul, atom.Ol:
		w.breakLine()
		start := -1
		if n.DataAtom == atom.Ol {
			start = 0
		}
		w.lists = append(w.lists, start)
	case atom.Li:
		w.breakLine()
		w.bullet()
	case atom.Td, atom.Th:
		if w.line.Len() > 0 {
			w.space = true
		}
	case atom.Pre, atom.Textarea:
		w.breakLine()
		w.pre++
	case atom.Img:
		w.image(n)
	default:
		if block(n.DataAtom) {
			w.breakLine()
		}
	}
}

func (w *writer) close(n *html.Node) {
	switch n.DataAtom {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.breakLine()
		if !tightParagraph(n) {
			w.blankLine()
		}
	case atom.Ul, atom.Ol:
		w.breakLine()
		w.lists = w.lists[:len(w.lists)-1]
	case atom.Pre, atom.Textarea:
		w.breakLine()
		w.pre--
	case atom.Br, atom.Hr:
	default:
		if block(n.DataAtom) || n.DataAtom == atom.Li {
			w.breakLine()
		}
	}
}

func (w *writer) text(s string) {
	if w.pre > 0 {
		for i, part := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				w.endLine()
			}
			w.line.WriteString(part)
		}
		return
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\u00a0':
			w.flushSpace()
			w.line.WriteByte(' ')
		case r == '\u200b' || r == '\ufeff' || r == '\u00ad':
			// Zero-width fillers of newsletters carry no text.
		case r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f':
			w.space = true
		case unicode.IsControl(r):
		default:
			w.flushSpace()
			w.line.WriteRune(r)
		}
	}
}

func (w *writer) flushSpace() {
	if w.space && w.line.Len() > 0 {
		w.line.WriteByte(' ')
	}
	w.space = false
}

// image keeps pictures that stand for a character, as webmail does with
// emoji; other pictures are the attachments' business.
func (w *writer) image(n *html.Node) {
	alt := attr(n, "alt")
	if alt == "" || utf8.RuneCountInString(alt) > 8 || strings.IndexFunc(alt, func(r rune) bool { return r >= 0x2000 }) < 0 {
		return
	}
	w.flushSpace()
	w.line.WriteString(alt)
}

func (w *writer) bullet() {
	if len(w.lists) == 0 {
		w.line.WriteString("- ")
		return
	}
	top := &w.lists[len(w.lists)-1]
	if *top < 0 {
		w.line.WriteString("- ")
		return
	}
	*top++
	w.line.WriteString(itoa(*top) + ". ")
}

// breakLine ends the line if anything stands on it.
func (w *writer) breakLine() {
	if strings.TrimSpace(w.line.String()) == "" {
		w.line.Reset()
		w.space = false
		return
	}
	w.endLine()
}

// endLine ends the line even when it is empty, as br does; more than two
// empty lines in a row say nothing.
func (w *writer) endLine() {
	s := strings.TrimRightFunc(w.line.String(), unicode.IsSpace)
	w.line.Reset()
	w.space = false
	if s == "" {
		w.blank()
		return
	}
	w.blanks = 0
	w.prefix()
	w.out.WriteString(s)
	w.out.WriteByte('\n')
}

func (w *writer) blankLine() {
	if w.blanks == 0 {
		w.blank()
	}
}

func (w *writer) blank() {
	if w.blanks >= 2 || w.out.Len() == 0 {
		return
	}
	w.blanks++
	if w.depth > 0 {
		w.out.WriteString(strings.Repeat(">", min(w.depth, maxDepth)))
	}
	w.out.WriteByte('\n')
}

const maxDepth = 20

func (w *writer) prefix() {
	if w.depth > 0 {
		w.out.WriteString(strings.Repeat(">", min(w.depth, maxDepth)))
		w.out.WriteByte(' ')
	}
}

// tightParagraph knows Outlook's MsoNormal, whose style sheet sets no margin:
// every line of such a mail is a paragraph.
func tightParagraph(n *html.Node) bool {
	return n.DataAtom == atom.P && strings.Contains(attr(n, "class"), "MsoNormal")
}

func skipped(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Head, atom.Style, atom.Script, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Embed, atom.Applet, atom.Audio, atom.Video, atom.Svg, atom.Math, atom.Iframe, atom.Frameset, atom.Noframes, atom.Select:
		return true
	}
	style := attr(n, "style")
	if style == "" {
		return false
	}
	style = strings.ToLower(strings.ReplaceAll(style, " ", ""))
	return strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all")
}

func block(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Center, atom.Dd, atom.Details, atom.Dialog, atom.Dir, atom.Div,
		atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.Header, atom.Html, atom.Main, atom.Menu, atom.Nav,
		atom.Section, atom.Summary, atom.Table, atom.Tbody, atom.Tfoot, atom.Thead, atom.Tr, atom.Caption:
		return true
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// flatText reads tags as a stream, for input that nests too deep for a tree.
func flatText(src string) string {
	w := &writer{}
	z := html.NewTokenizer(strings.NewReader(src))
	hidden := atom.Atom(0)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return w.String()
		case html.TextToken:
			if hidden == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch a := atom.Lookup(name); {
			case a == atom.Style || a == atom.Script || a == atom.Title:
				hidden = a
			case a == atom.Br:
				w.endLine()
			case block(a) || a == atom.P || a == atom.Li:
				w.breakLine()
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			if a == hidden {
				hidden = 0
			}
			if block(a) || a == atom.P || a == atom.Li {
				w.breakLine()
			}
		}
	}
}
