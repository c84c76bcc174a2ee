package mailparse

import (
	"bytes"
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

// part is one node of the MIME tree.
type part struct {
	header   header
	ctype    string // lower case, "text/plain" when absent
	params   map[string]string
	disp     string // lower case, empty when absent
	dispArgs map[string]string
	body     []byte // of a leaf, still transfer-encoded; shares the input
	children []*part
	leftover []byte // content of a multipart in which no boundary ever appeared
	preamble []byte // what stands above the first boundary
}

func (p *part) multipart() bool { return strings.HasPrefix(p.ctype, "multipart/") }

// data undoes the transfer encoding.
func (p *part) data(flags *flagSet) []byte {
	d, ok := decodeTransfer(p.body, p.header.get("content-transfer-encoding"))
	if !ok {
		flags.add(FlagBadTransfer)
	}
	return d
}

func (p *part) name() string {
	if n := p.dispArgs["filename"]; n != "" {
		return n
	}
	return p.params["name"]
}

// reader walks the bytes of a mail once, from top to bottom.
type reader struct {
	rest  []byte
	lim   Limits
	parts int
	flags *flagSet
	loc   charset.Locale
	open  []string // boundaries of the multiparts being read, outermost first
}

// stop says why a body ended: at which of the open boundaries (-1: the end of
// the input) and whether it was the closing one.
type stop struct {
	level int
	last  bool
}

var endOfInput = stop{level: -1}

// message reads a header and what it describes.
func (r *reader) message(fallback string) (*part, stop) {
	p := &part{}
	p.header, r.rest = readHeader(r.rest, r.lim, r.flags)
	return p, r.body(p, fallback)
}

func (r *reader) body(p *part, fallback string) stop {
	p.describe(fallback, r.loc, r.flags)
	boundary := p.params["boundary"]
	switch {
	case !p.multipart():
		r.parts++
		return r.leaf(p)
	case boundary == "":
		r.flags.add(FlagNoBoundary)
		if boundary = guessBoundary(r.rest); boundary == "" {
			p.ctype = "text/plain"
			r.parts++
			return r.leaf(p)
		}
		return r.multipart(p, boundary)
	case len(r.open) >= r.lim.Depth:
		r.flags.add(FlagTooDeep)
		p.ctype = "application/octet-stream"
		r.parts++
		return r.leaf(p)
	}
	return r.multipart(p, boundary)
}

// describe reads the fields that say what a part is.
func (p *part) describe(fallback string, loc charset.Locale, flags *flagSet) {
	p.ctype, p.params = parameterised(p.header.get("content-type"), loc, flags)
	p.disp, p.dispArgs = parameterised(p.header.get("content-disposition"), loc, flags)
	if strings.Contains(p.disp, "=") { // "Content-Disposition: filename=x": the kind is missing
		_, p.dispArgs = parameterised("x;"+p.header.get("content-disposition"), loc, flags)
		p.disp = ""
	}
	p.ctype = strings.Trim(p.ctype, "<>\"' ")
	switch p.ctype {
	case "text", "plain":
		p.ctype = "text/plain"
	case "html":
		p.ctype = "text/html"
	case "multipart":
		p.ctype = "multipart/mixed"
	}
	if main, sub, ok := strings.Cut(p.ctype, "/"); !ok || main == "" || sub == "" || strings.IndexFunc(p.ctype, notToken) >= 0 {
		p.ctype = fallback
		if p.params["boundary"] != "" {
			p.ctype = "multipart/mixed"
		}
	}
}

// notToken reports what a media type cannot hold.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"[]?=`, r)
}

// leaf takes a body up to the next open boundary.
func (r *reader) leaf(p *part) stop {
	start := r.rest
	for len(r.rest) > 0 {
		at := len(start) - len(r.rest)
		line := r.line()
		if s, ok := r.boundary(line); ok {
			p.body = trimEOL(start[:at])
			return s
		}
	}
	p.body = start
	return endOfInput
}

func (r *reader) multipart(p *part, boundary string) stop {
	r.open = append(r.open, strings.TrimRight(boundary, " \t"))
	level := len(r.open) - 1
	defer func() { r.open = r.open[:level] }()
	fallback := "text/plain"
	if p.ctype == "multipart/digest" {
		fallback = "message/rfc822"
	}
	start := r.rest
	s, before := r.skip()
	p.preamble = start[:before]
	if s == endOfInput || s.level < level {
		r.flags.add(FlagNoParts)
		r.boundless(p)
		return s
	}
	for s.level == level && !s.last {
		if r.parts >= r.lim.Parts {
			r.flags.add(FlagTooManyParts)
			r.rest = nil
			return endOfInput
		}
		var child *part
		child, s = r.message(fallback)
		p.children = append(p.children, child)
	}
	switch {
	case s == endOfInput, s.level < level:
		r.flags.add(FlagUnterminated)
		return s
	}
	// The epilogue runs to the next boundary outside.
	r.open = r.open[:level]
	if level == 0 {
		r.rest = nil
		return endOfInput
	}
	s, _ = r.skip()
	return s
}

// boundless reads a multipart whose boundary never appears: by the boundary
// that does, if one can be guessed, else as text to somebody.
func (r *reader) boundless(p *part) {
	content := p.preamble
	p.preamble = nil
	guess := guessBoundary(content)
	if guess == "" || len(r.open) >= r.lim.Depth {
		p.leftover = content
		return
	}
	inner := &reader{rest: content, lim: r.lim, parts: r.parts, flags: r.flags, loc: r.loc}
	inner.lim.Depth -= len(r.open) // nesting goes on counting
	inner.multipart(p, guess)
	r.parts = inner.parts
}

// skip passes over lines up to the next open boundary and counts the bytes
// before it.
func (r *reader) skip() (stop, int) {
	start := len(r.rest)
	for len(r.rest) > 0 {
		before := start - len(r.rest)
		if s, ok := r.boundary(r.line()); ok {
			return s, before
		}
	}
	return endOfInput, start
}

func (r *reader) line() []byte {
	i := bytes.IndexByte(r.rest, '\n')
	if i < 0 {
		i = len(r.rest) - 1
	}
	line := r.rest[:i+1]
	r.rest = r.rest[i+1:]
	return line
}

// boundary matches a line against the open boundaries, innermost first, so
// that a boundary which is a prefix of another cannot be mistaken for it.
func (r *reader) boundary(line []byte) (stop, bool) {
	if len(line) < 2 || line[0] != '-' || line[1] != '-' || len(r.open) == 0 {
		return stop{}, false
	}
	text := string(bytes.TrimRight(line[2:], " \t\r\n"))
	for level := len(r.open) - 1; level >= 0; level-- {
		switch text {
		case r.open[level]:
			return stop{level: level}, true
		case r.open[level] + "--":
			return stop{level: level, last: true}, true
		}
	}
	return stop{}, false
}

// guessBoundary finds what must be the boundary of a multipart that does not
// name it: the first line of two hyphens and a word before a header.
func guessBoundary(b []byte) string {
	for range 50 {
		if len(b) == 0 {
			return ""
		}
		var line []byte
		line, b = cutLine(b)
		text := bytes.TrimRight(line, " \t")
		if len(text) > 3 && len(text) <= 200 && bytes.HasPrefix(text, []byte("--")) && !bytes.ContainsAny(text, " \t") {
			next, _ := cutLine(b)
			if bytes.HasPrefix(bytes.ToLower(next), []byte("content-")) {
				return string(text[2:])
			}
		}
	}
	return ""
}

// trimEOL drops the line end that belongs to the boundary after it.
func trimEOL(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}
