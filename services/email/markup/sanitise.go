package markup

import (
	"io"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// Sanitised is HTML that may be shown inside the console.
type Sanitised struct {
	HTML string
	// Remote counts pictures whose address was moved to data-remote-src, so
	// that opening the mail tells its sender nothing until an agent asks.
	Remote int
	// Inline lists the content ids that the HTML shows, in order of first use.
	Inline []string
}

// Sanitise keeps the look of a mail and nothing that acts: no script, style
// sheet, form, base, meta, frame or event handler. Pictures inside the mail
// get src="cid:<content id>", which the console resolves to an attachment;
// those elsewhere lose src for data-remote-src. resolve turns a picture's
// source into a content id (nil resolves only cid: URLs).
func Sanitise(src string, resolve func(src string) (cid string, ok bool)) Sanitised {
	return neutralise(policy.Sanitize(src), resolve)
}

var policy = buildPolicy()

func buildPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup",
		"dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins",
		"kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary", "sup",
		"table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr")
	p.SkipElementsContent("title", "noscript", "object", "embed", "applet", "svg", "math", "template", "textarea", "select")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[a-zA-Z-]{2,20}$`)).Globally()
	p.AllowAttrs("title").Matching(bluemonday.Paragraph).Globally()
	p.AllowAttrs("align", "valign").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify|top|middle|bottom|baseline)$`)).Globally()
	p.AllowAttrs("width", "height", "border", "cellpadding", "cellspacing", "hspace", "vspace").Matching(bluemonday.NumberOrPercent).OnElements("table", "td", "th", "img", "col", "tr", "hr")
	p.AllowAttrs("colspan", "rowspan", "start", "value").Matching(bluemonday.Integer).OnElements("td", "th", "ol", "li")
	p.AllowAttrs("bgcolor", "color").Matching(regexp.MustCompile(`(?i)^(#[0-9a-f]{3,8}|[a-z]{3,20})$`)).OnElements("font", "table", "td", "th", "tr")
	p.AllowAttrs("size").Matching(regexp.MustCompile(`^[+-]?[0-9]{1,2}$`)).OnElements("font", "hr")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`(?i)^(cite|disc|circle|square|1|a|i)$`)).OnElements("blockquote", "ul", "ol", "li")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("src").OnElements("img")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.AllowDataURIImages()
	p.AllowRelativeURLs(true) // resolved against the mail's parts below, else dropped
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	// Properties whose checked values cannot load, move or hide anything.
	p.AllowStyles("color", "background-color", "font-weight", "font-style", "font-size", "text-align", "text-decoration", "vertical-align",
		"white-space", "direction", "line-height").Globally()
	return p
}

// neutralise rewrites the pictures and links of HTML that the policy has
// already made well-formed.
func neutralise(src string, resolve func(string) (string, bool)) Sanitised {
	var s Sanitised
	var out strings.Builder
	out.Grow(len(src))
	seen := map[string]bool{}
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if z.Err() != io.EOF {
				out.Reset() // a token beyond any limit: show nothing rather than a half
			}
			s.HTML = strings.TrimSpace(out.String())
			return s
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			out.Write(z.Raw())
			continue
		}
		raw := string(z.Raw())
		token := z.Token()
		switch token.Data {
		case "img":
			token.Attr = s.picture(token.Attr, resolve, seen)
			out.WriteString(token.String())
		case "a":
			token.Attr = absoluteLinks(token.Attr)
			out.WriteString(token.String())
		default:
			out.WriteString(raw)
		}
	}
}

func (s *Sanitised) picture(attrs []html.Attribute, resolve func(string) (string, bool), seen map[string]bool) []html.Attribute {
	kept := attrs[:0]
	for _, a := range attrs {
		if a.Key != "src" {
			kept = append(kept, a)
			continue
		}
		if cid, ok := contentID(a.Val, resolve); ok {
			if !seen[cid] {
				seen[cid] = true
				s.Inline = append(s.Inline, cid)
			}
			kept = append(kept, html.Attribute{Key: "src", Val: "cid:" + cid})
			continue
		}
		low := strings.ToLower(a.Val)
		switch {
		case rasterData.MatchString(low):
			kept = append(kept, a)
		case strings.HasPrefix(low, "http:"), strings.HasPrefix(low, "https:"), strings.HasPrefix(low, "//"):
			s.Remote++
			kept = append(kept, html.Attribute{Key: "data-remote-src", Val: a.Val})
		}
	}
	return kept
}

// rasterData names the picture formats that carry pixels only; SVG may refer
// to other places.
var rasterData = regexp.MustCompile(`^data:image/(png|gif|jpe?g|webp|bmp);base64,`)

func contentID(src string, resolve func(string) (string, bool)) (string, bool) {
	if len(src) > 4 && strings.EqualFold(src[:4], "cid:") {
		id := strings.Trim(unescape(src[4:]), "<> ")
		return id, id != ""
	}
	if resolve == nil {
		return "", false
	}
	return resolve(src)
}

// unescape undoes %XX as RFC 2392 asks of cid URLs; broken escapes stay.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi >= 0 && lo >= 0 && hi<<4|lo >= 0x20 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// absoluteLinks drops relative links: inside the console they would point at
// the console itself.
func absoluteLinks(attrs []html.Attribute) []html.Attribute {
	kept := attrs[:0]
	for _, a := range attrs {
		if a.Key == "href" && !strings.Contains(a.Val, ":") {
			continue
		}
		kept = append(kept, a)
	}
	return kept
}
