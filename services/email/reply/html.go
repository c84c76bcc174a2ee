package reply

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/tributary-inbox/tributary/services/email/markup"
)

// fromHTML renders an HTML body as text in which everything that a known mail
// program marks as history is a quotation. ok is false when it marks nothing.
func fromHTML(src string) (text string, ok bool) {
	doc := markup.Parse(src)
	if doc == nil {
		return "", false
	}
	m := &marker{marked: map[*html.Node]bool{}}
	m.walk(doc)
	if !m.found {
		return "", false
	}
	return markup.Render(doc, func(n *html.Node) bool { return m.marked[n] }), true
}

// marker collects the nodes that hold history.
type marker struct {
	marked map[*html.Node]bool
	found  bool
	looked int // borders whose text was read
}

func (m *marker) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		switch m.judge(n) {
		case container:
			m.marked[n] = true
			m.found = true
			return
		case introduction:
			m.marked[n] = true
			m.found = true
			return
		case watershed:
			m.markRest(n)
			m.found = true
			return
		case citation: // blockquote: the renderer quotes it by itself
			m.found = true
			return
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if m.marked[c] {
			break
		}
		m.walk(c)
	}
}

type verdict uint8

const (
	ordinary     verdict = iota
	introduction         // the attribution above a quotation
	citation             // a blockquote
	container            // holds history and ends with it
	watershed            // everything from here on is history
)

func (m *marker) judge(n *html.Node) verdict {
	id, class, style := attribute(n, "id"), " "+attribute(n, "class")+" ", ""
	has := func(name string) bool { return strings.Contains(class, " "+name+" ") }
	switch {
	case n.DataAtom == atom.Blockquote && (attribute(n, "type") == "cite" || has("gmail_quote") || has("ecxgmail_quote") || has("protonmail_quote")):
		return citation
	case has("gmail_attr"):
		if isForward(n) {
			return ordinary
		}
		return introduction
	case has("moz-cite-prefix"):
		return introduction
	case has("yahoo_quoted") || has("zmail_extra") || id == "OLK_SRC_BODY_SECTION" || has("ecxOLK_SRC_BODY_SECTION"):
		if isForward(n) {
			return ordinary
		}
		return container
	case id == "divRplyFwdMsg" || id == "appendonsend" || id == "stopSpelling" || has("ms-outlook-mobile-reference-message"):
		return watershed
	}
	if n.DataAtom == atom.Div {
		style = strings.ToLower(strings.Join(strings.Fields(attribute(n, "style")), ""))
		if strings.Contains(style, "border-top") && outlookRule(style) && m.headed(n) {
			return watershed
		}
	}
	return ordinary
}

// outlookRule knows the colours of the line that Outlook and Windows Mail
// draw above the header they repeat.
func outlookRule(style string) bool {
	for _, colour := range []string{"#e1e1e1", "#b5c4df", "rgb(225,225,225)", "rgb(181,196,223)", "rgb(229,229,229)", "#e5e5e5"} {
		if strings.Contains(style, colour) {
			return true
		}
	}
	return false
}

const maxLooked = 16

// headed reports whether a node begins with header lines; a newsletter draws
// lines too.
func (m *marker) headed(n *html.Node) bool {
	if m.looked++; m.looked > maxLooked {
		return false
	}
	lines := strings.Split(markup.Render(n, nil), "\n")
	fields, _ := headerBlock(lines)
	return fields >= 2
}

func isForward(n *html.Node) bool {
	first, _, _ := strings.Cut(markup.Render(n, nil), "\n")
	return forwards(first)
}

// markRest marks n and all that follows it in the document.
func (m *marker) markRest(n *html.Node) {
	m.marked[n] = true
	for at := n; at != nil && at.DataAtom != atom.Body; at = at.Parent {
		for s := at.NextSibling; s != nil; s = s.NextSibling {
			m.marked[s] = true
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}
