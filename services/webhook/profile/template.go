package profile

import (
	"fmt"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// piece is a part of a signed template: text as it stands, or a name.
type piece struct {
	text string
	name string
	arg  string
}

// parseTemplate reads "v0:{ts}:{body}". A brace that is not part of a known
// name is an error: signing "{bdoy}" would check nothing.
func parseTemplate(s string) ([]piece, error) {
	if len(s) > 512 {
		return nil, fmt.Errorf("over 512 bytes")
	}
	var out []piece
	for s != "" {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			return append(out, piece{text: s}), nil
		}
		if open > 0 {
			out = append(out, piece{text: s[:open]})
		}
		shut := strings.IndexByte(s[open:], '}')
		if shut < 0 {
			return nil, fmt.Errorf("a { is not closed")
		}
		name, arg, _ := strings.Cut(s[open+1:open+shut], ":")
		switch name {
		case "body", "ts", "id", "method", "path", "url":
			if arg != "" {
				return nil, fmt.Errorf("{%s} takes nothing after a colon", name)
			}
		case "header":
			if arg == "" {
				return nil, fmt.Errorf("{header:Name} must name a header")
			}
		default:
			return nil, fmt.Errorf("{%s} is none of body, ts, id, method, path, url, header:Name", cut(name, 40))
		}
		out = append(out, piece{name: name, arg: arg})
		s = s[open+shut+1:]
	}
	return out, nil
}

func render(pattern []piece, req *channel.Request, ts, id string) []byte {
	out := make([]byte, 0, len(req.Body)+64)
	for _, p := range pattern {
		switch p.name {
		case "":
			out = append(out, p.text...)
		case "body":
			out = append(out, req.Body...)
		case "ts":
			out = append(out, ts...)
		case "id":
			out = append(out, id...)
		case "method":
			out = append(out, req.Method...)
		case "path":
			out = append(out, req.URL.EscapedPath()...)
		case "url":
			out = append(out, req.URL.RequestURI()...)
		case "header":
			out = append(out, req.Header.Get(p.arg)...)
		}
	}
	return out
}
