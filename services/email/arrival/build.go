package arrival

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"strings"
)

// Pieces are a mail as a provider took it apart.
type Pieces struct {
	// Header are the fields of the original mail, in its order. Those that
	// describe its former structure are left out of what is built.
	Header []Field
	// Text and HTML are the two forms of the body; either may be empty. They
	// stay in the charset they came in.
	Text, HTML Body
	Files      []File
}

// Field is one header field; Value may be folded, and may hold 8-bit text.
type Field struct{ Name, Value string }

// Body is a text in a charset; an empty Charset means UTF-8.
type Body struct {
	Data    []byte
	Charset string
}

// File is an attachment. ContentID is bare.
type File struct {
	Name, Type, ContentID string
	Data                  []byte
}

// maxFields bounds the header; what is beyond it is left out.
const maxFields = 2000

// structural are the fields that say how the original was put together.
var structural = map[string]bool{"mime-version": true, "content-type": true, "content-transfer-encoding": true, "content-disposition": true, "content-id": true, "content-length": true, "lines": true}

// Build puts the pieces together as MIME. The same pieces give the same bytes,
// so that a second delivery is the same mail. Signatures over the original body
// do not hold for it.
func Build(p Pieces) []byte {
	var out bytes.Buffer
	for i, f := range p.Header {
		if i == maxFields {
			break
		}
		if name := fieldName(f.Name); name != "" && !structural[strings.ToLower(name)] {
			out.WriteString(name + ": " + oneField(f.Value) + "\r\n")
		}
	}
	out.WriteString("MIME-Version: 1.0\r\n")
	boundary := p.boundary()
	if len(p.Files) == 0 {
		p.body(&out, boundary+"a")
		return out.Bytes()
	}
	out.WriteString("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n")
	p.body(&out, boundary+"a")
	for _, f := range p.Files {
		out.WriteString("\r\n--" + boundary + "\r\n")
		f.write(&out)
	}
	out.WriteString("\r\n--" + boundary + "--\r\n")
	return out.Bytes()
}

func (p Pieces) body(out *bytes.Buffer, boundary string) {
	switch {
	case len(p.HTML.Data) == 0:
		p.Text.write(out, "plain")
	case len(p.Text.Data) == 0:
		p.HTML.write(out, "html")
	default:
		out.WriteString("Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n")
		p.Text.write(out, "plain")
		out.WriteString("\r\n--" + boundary + "\r\n")
		p.HTML.write(out, "html")
		out.WriteString("\r\n--" + boundary + "--\r\n")
	}
}

func (b Body) write(out *bytes.Buffer, kind string) {
	charset := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`()<>@,;:\"/[]?=`, r) {
			return r
		}
		return -1
	}, b.Charset)
	if charset == "" {
		charset = "utf-8"
	}
	out.WriteString("Content-Type: text/" + kind + "; charset=" + charset + "\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	encode(out, b.Data)
}

func (f File) write(out *bytes.Buffer) {
	kind, params, err := mime.ParseMediaType(f.Type)
	if err != nil || !strings.Contains(kind, "/") || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "message/") {
		// Base64 is not allowed on composite types (RFC 2046 §5).
		kind, params = "application/octet-stream", nil
	}
	keep := map[string]string{}
	for _, name := range []string{"charset", "method"} {
		if v := params[name]; v != "" {
			keep[name] = v
		}
	}
	disposition := "attachment"
	if f.ContentID != "" {
		disposition = "inline"
	}
	name := map[string]string{}
	if f.Name != "" {
		name["filename"] = strings.ToValidUTF8(oneField(f.Name), "\uFFFD")
	}
	out.WriteString("Content-Type: " + format(kind, keep) + "\r\nContent-Disposition: " + format(disposition, name) + "\r\nContent-Transfer-Encoding: base64\r\n")
	if id := oneField(strings.Trim(f.ContentID, "<> ")); id != "" {
		out.WriteString("Content-ID: <" + id + ">\r\n")
	}
	out.WriteString("\r\n")
	encode(out, f.Data)
}

// format is mime.FormatMediaType, which gives nothing for what it cannot say.
func format(kind string, params map[string]string) string {
	if s := mime.FormatMediaType(kind, params); s != "" {
		return s
	}
	return kind
}

func encode(out *bytes.Buffer, data []byte) {
	w := base64.NewEncoder(base64.StdEncoding, &lines{to: out})
	_, _ = w.Write(data) // a buffer takes everything
	_ = w.Close()
}

// lines breaks what is written into lines of 76 characters (RFC 2045 §6.8).
type lines struct {
	to *bytes.Buffer
	at int
}

// Write takes everything.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if l.at == 76 {
			l.to.WriteString("\r\n")
			l.at = 0
		}
		k := min(76-l.at, len(p))
		l.to.Write(p[:k])
		l.at += k
		p = p[k:]
	}
	return n, nil
}

// boundary derives from everything that is built, so no content can hold it
// but by finding a collision; base64 could not anyway.
func (p Pieces) boundary() string {
	h := sha256.New()
	add := func(parts ...string) {
		for _, s := range parts {
			_, _ = io.WriteString(h, s)
			h.Write([]byte{0})
		}
	}
	for _, f := range p.Header {
		add(f.Name, f.Value)
	}
	add(string(p.Text.Data), string(p.HTML.Data))
	for _, f := range p.Files {
		add(f.Name, string(f.Data))
	}
	return "tributary-" + hex.EncodeToString(h.Sum(nil)[:12])
}

func fieldName(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == ':' {
			return ""
		}
	}
	return s
}

// oneField unfolds a value and takes out what would end it. It works on bytes:
// the value may be in any charset.
func oneField(s string) string {
	out := make([]byte, 0, len(s))
	for _, c := range []byte(strings.TrimSpace(s)) {
		switch c {
		case '\r', 0:
		case '\n':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// Fields reads a raw header block. Continuations are joined to their field;
// lines that are none are left out.
func Fields(block string) []Field {
	var out []Field
	for line := range strings.Lines(block) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && len(out) > 0 {
			out[len(out)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok && fieldName(strings.TrimRight(name, " \t")) != "" && len(out) < maxFields {
			out = append(out, Field{strings.TrimRight(name, " \t"), strings.TrimSpace(value)})
		}
	}
	return out
}

// Get is the first value of a field, empty where there is none; names are
// compared without case.
func Get(fields []Field, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Missing adds a field unless it stands already or the value is empty.
func Missing(fields []Field, name, value string) []Field {
	if value == "" || Get(fields, name) != "" {
		return fields
	}
	return append(fields, Field{name, value})
}
