package mailcorpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tributary-inbox/tributary/services/email/markup"
)

// Oracle is what another parser finds in a mail.
type Oracle struct {
	// Variant is how the mail stood there: as it is, or with CRLF where it is
	// ".crlf" (see [Oracle.Mail]).
	Variant  string
	Subject  string
	From, To []Address
	Text     string // HTML laid out as text where there is no other
	HasHTML  bool   // something of it stays when it is made safe
	Files    []File
}

// Address is one mailbox of a header.
type Address struct{ Name, Address string }

// File is one attachment. Message says that it is a mail, of which neither name nor
// bytes are told; Data may have other line ends than the mail.
type File struct {
	Name    string // as written, paths included
	Message bool
	Data    []byte
}

// Leaf is one decoded part of a mail.
type Leaf struct {
	Name string // of the oracle's file
	Text bool
	Data []byte
}

// Mail gives the mail the line ends that the oracle read.
func (o *Oracle) Mail(raw []byte) []byte {
	if o.Variant == "" {
		return raw
	}
	return CRLF(raw)
}

// CRLF gives a mail the line ends that SMTP has.
func CRLF(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// stalwart is the collection with a JSON file beside each mail: its parts as that
// parser sees them, with the indexes of those that are text, HTML and attachments.
const stalwart = "stalwartlabs__mail-parser"

// Oracles reads what stands beside a mail below a folder; none for most mails.
func Oracles(root string, m Mail) ([]Oracle, error) {
	if m.Source != stalwart {
		return nil, nil
	}
	var out []Oracle
	for _, variant := range []string{"", ".crlf"} {
		file := filepath.Join(root, filepath.FromSlash(strings.TrimSuffix(m.Name, ".eml")+variant+".json"))
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var found parsed
		if err := json.Unmarshal(data, &found); err != nil {
			return nil, fmt.Errorf("oracle of %s: %w", m.Name, err)
		}
		o := found.oracle()
		o.Variant = variant
		out = append(out, o)
	}
	return out, nil
}

// Leaves reads the decoded parts that stand beside a mail of mime4j, each in a file
// named by its place in the tree.
func Leaves(root string, m Mail) ([]Leaf, error) {
	base, ok := strings.CutSuffix(filepath.Join(root, filepath.FromSlash(m.Name)), ".msg")
	if !ok {
		return nil, nil
	}
	files, err := filepath.Glob(base + "_decoded_*")
	if err != nil {
		return nil, err
	}
	var out []Leaf
	for _, file := range files {
		if decoded.ReplaceAllString(file, "") != base {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		out = append(out, Leaf{Name: filepath.Base(file), Text: strings.HasSuffix(file, ".txt"), Data: data})
	}
	return out, nil
}

var decoded = regexp.MustCompile(`_decoded_[0-9_]+\.(txt|bin\.eml)$`)

type parsed struct {
	HTMLBody    []int `json:"html_body"`
	TextBody    []int `json:"text_body"`
	Attachments []int
	Parts       []part
}

type part struct {
	Headers []struct {
		Name  json.RawMessage
		Value json.RawMessage
	}
	Body json.RawMessage
}

func (f *parsed) oracle() Oracle {
	head := f.Parts[0]
	o := Oracle{Subject: head.text("subject"), From: head.addresses("from"), To: head.addresses("to")}
	rich := ""
	for _, i := range f.TextBody {
		switch kind, s, _ := f.Parts[i].body(); kind {
		case "Text":
			o.Text += s + "\n\n"
		case "Html":
			o.Text += markup.Text(s) + "\n\n"
		}
	}
	for _, i := range f.HTMLBody {
		if kind, s, _ := f.Parts[i].body(); kind == "Html" {
			rich += s + "\n"
		}
	}
	o.HasHTML = strings.TrimSpace(markup.Sanitise(rich, nil).HTML) != ""
	for _, i := range f.Attachments {
		p := f.Parts[i]
		kind, text, data := p.body()
		if kind == "Text" || kind == "Html" {
			data = []byte(text)
		}
		o.Files = append(o.Files, File{Name: p.fileName(), Message: kind == "Message", Data: data})
	}
	return o
}

func (p part) header(name string) json.RawMessage {
	for i := len(p.Headers) - 1; i >= 0; i-- {
		if string(p.Headers[i].Name) == `"`+name+`"` {
			return p.Headers[i].Value
		}
	}
	return nil
}

// body gives kind and content; bytes for binary kinds.
func (p part) body() (kind, text string, data []byte) {
	var m map[string]json.RawMessage
	if json.Unmarshal(p.Body, &m) != nil {
		return "", "", nil
	}
	for k, v := range m {
		kind = k
		var ints []int
		switch {
		case json.Unmarshal(v, &text) == nil:
		case json.Unmarshal(v, &ints) == nil:
			for _, n := range ints {
				data = append(data, byte(n))
			}
		}
	}
	return kind, text, data
}

func (p part) fileName() string {
	for _, h := range []string{"content_disposition", "content_type"} {
		var v struct {
			ContentType struct {
				Attributes []struct{ Name, Value string }
			}
		}
		if json.Unmarshal(p.header(h), &v) != nil {
			continue
		}
		for _, a := range v.ContentType.Attributes {
			if a.Name == "filename" || a.Name == "name" && h == "content_type" {
				return a.Value
			}
		}
	}
	return ""
}

func (p part) addresses(name string) []Address {
	var v struct {
		Address struct {
			List  []Address
			Group []struct{ Addresses []Address }
		}
	}
	if json.Unmarshal(p.header(name), &v) != nil {
		return nil
	}
	out := v.Address.List
	for _, g := range v.Address.Group {
		out = append(out, g.Addresses...)
	}
	return out
}

func (p part) text(name string) string {
	var v struct{ Text string }
	_ = json.Unmarshal(p.header(name), &v) // a header without text has none
	return v.Text
}
