package mailparse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/markup"
)

// The oracle of stalwart's mail-parser: a mail's parts as that parser sees
// them, with the indexes of those that are text, HTML and attachments.
type stalwartMail struct {
	HTMLBody    []int `json:"html_body"`
	TextBody    []int `json:"text_body"`
	Attachments []int
	Parts       []stalwartPart
}

type stalwartPart struct {
	Headers []struct {
		Name  json.RawMessage
		Value json.RawMessage
	}
	Body json.RawMessage
}

func (p stalwartPart) header(name string) json.RawMessage {
	for i := len(p.Headers) - 1; i >= 0; i-- {
		if string(p.Headers[i].Name) == `"`+name+`"` {
			return p.Headers[i].Value
		}
	}
	return nil
}

// body gives kind and content; bytes for binary kinds.
func (p stalwartPart) body() (kind, text string, data []byte) {
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

func (p stalwartPart) fileName() string {
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

type stalwartAddress struct{ Name, Address string }

func (p stalwartPart) addresses(name string) []stalwartAddress {
	var v struct {
		Address struct {
			List  []stalwartAddress
			Group []struct{ Addresses []stalwartAddress }
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

func (p stalwartPart) text(name string) string {
	var v struct{ Text string }
	_ = json.Unmarshal(p.header(name), &v)
	return v.Text
}

// oracleWrong lists what an oracle says that we are right not to say.
var oracleWrong = map[string]string{
	"legacy/010.eml subject":         rawLatin,
	"legacy/010.eml to":              rawLatin,
	"legacy/020.eml subject":         rawLatin,
	"legacy/020.eml to":              rawLatin,
	"legacy/022.eml subject":         rawLatin,
	"legacy/022.eml to":              rawLatin,
	"legacy/052.eml subject":         rawLatin,
	"legacy/052.eml to":              rawLatin,
	"legacy/052.eml text":            rawLatin,
	"legacy/016.eml attachments":     "it drops the ö of a file name in raw Latin-1",
	"legacy/026.eml attachments":     "it drops the ö of a file name, and recodes an attached text that we keep byte for byte",
	"legacy/048.eml attachments":     "it does not decode x-uuencode; the files are pictures",
	"malformed/001.eml text":         "after the outer boundary the inner one is text (RFC 2046 §5.1.2)",
	"malformed/001.eml attachments":  emptyPart,
	"malformed/003.eml text":         "it calls the only text of the mail an attachment",
	"malformed/003.eml attachments":  "it calls the only text of the mail an attachment",
	"malformed/007.eml attachments":  emptyPart,
	"malformed/009.eml text":         outerEnds,
	"malformed/009.eml attachments":  outerEnds,
	"malformed/011.eml text":         outerEnds,
	"malformed/011.eml attachments":  outerEnds,
	"malformed/017.eml attachments":  "it loses the file name of a disposition that names no kind",
	"malformed/019.eml text":         "garbage: it finds no text where a person sees some",
	"malformed/021.eml text":         "it runs past an outer boundary and shows headers as text",
	"malformed/021.eml has-html":     "it runs past an outer boundary and misses the HTML part",
	"thirdparty/005.eml text":        "a boundary in the middle of a line is text",
	"thirdparty/015.eml attachments": "the attached mails repeat the outer boundary, which ends them",
}

const (
	rawLatin  = "raw 8-bit headers and text without a label are windows-1252, not damage"
	emptyPart = "an empty part without a header is no attachment"
	outerEnds = "an outer boundary ends an inner multipart that is not closed (RFC 2046 §5.1.2)"
)

type tally struct {
	right, all int
	differ     []string
}

func (c *tally) check(field, got, want string) {
	c.all++
	if got == want {
		c.right++
		return
	}
	c.differ = append(c.differ, fmt.Sprintf("%s: got %.200q want %.200q", field, got, want))
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestStalwartOracles(t *testing.T) {
	root := corpusRoot(t)
	if root == "" {
		return
	}
	dir := filepath.Join(root, "stalwartlabs__mail-parser", "resources", "eml")
	reasons := map[string]bool{}
	for _, set := range []string{"legacy", "malformed", "rfc", "thirdparty"} {
		files, _ := filepath.Glob(filepath.Join(dir, set, "[0-9]*.eml"))
		var total tally
		for _, file := range files {
			name := set + "/" + filepath.Base(file)
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, variant := range []string{"", ".crlf"} {
				oracle, err := os.ReadFile(strings.TrimSuffix(file, ".eml") + variant + ".json")
				if os.IsNotExist(err) {
					continue
				}
				var want stalwartMail
				if err := json.Unmarshal(oracle, &want); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				mail := raw
				if variant != "" {
					mail = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
				}
				var one tally
				compareStalwart(&one, Parse(mail, Options{}), &want)
				total.right += one.right
				total.all += one.all
				for _, d := range one.differ { // a field that is right now must lose its reason
					reasons[name+" "+strings.SplitN(d, ":", 2)[0]] = true
					field, _, _ := strings.Cut(d, ":")
					if why, known := oracleWrong[name+" "+field]; known {
						t.Logf("%s%s %s: oracle differs: %s", name, variant, field, why)
						continue
					}
					t.Errorf("%s%s %s", name, variant, d)
				}
			}
		}
		t.Logf("%-10s %d of %d fields as the oracle has them (%d mails)", set, total.right, total.all, len(files))
	}
	for key := range oracleWrong {
		if !reasons[key] {
			t.Errorf("%s agrees with its oracle now: drop the reason", key)
		}
	}
}

func compareStalwart(c *tally, m *Mail, want *stalwartMail) {
	head := want.Parts[0]
	c.check("subject", words(m.Subject), words(head.text("subject")))
	c.check("from", list(m.From), stalwartList(head.addresses("from")))
	c.check("to", list(m.To), stalwartList(head.addresses("to")))
	text, rich := "", ""
	for _, i := range want.TextBody {
		switch kind, s, _ := want.Parts[i].body(); kind {
		case "Text":
			text += s + "\n\n"
		case "Html":
			text += markup.Text(s) + "\n\n"
		}
	}
	for _, i := range want.HTMLBody {
		if kind, s, _ := want.Parts[i].body(); kind == "Html" {
			rich += s + "\n"
		}
	}
	c.check("text", words(m.Text), words(text))
	c.check("has-html", fmt.Sprint(m.HTML != ""), fmt.Sprint(strings.TrimSpace(markup.Sanitise(rich, nil).HTML) != ""))
	c.check("attachments", attachmentList(m), stalwartAttachments(want))
}

func list(as []Address) string {
	var out []string
	for _, a := range as {
		out = append(out, a.Name+"<"+a.Address+">")
	}
	return strings.Join(out, ", ")
}

func stalwartList(as []stalwartAddress) string {
	var out []string
	for _, a := range as {
		out = append(out, a.Name+"<"+a.Address+">")
	}
	return strings.Join(out, ", ")
}

func attachmentList(m *Mail) string {
	var out []string
	for _, a := range m.Attachments {
		name := a.Name
		if a.Type == "message/rfc822" {
			name = "(message)"
		}
		out = append(out, fmt.Sprintf("%s:%x", name, digest(a.Data, a.Type)))
	}
	return strings.Join(out, ", ")
}

// digest compares files by content; texts without regard to line ends.
func digest(b []byte, kind string) string {
	if kind == "message/rfc822" {
		return ""
	}
	sum := 0
	for _, c := range bytes.TrimSpace(bytes.ReplaceAll(b, []byte("\r"), nil)) {
		sum = sum*31 + int(c)
	}
	return fmt.Sprint(sum)
}

func stalwartAttachments(want *stalwartMail) string {
	var out []string
	for _, i := range want.Attachments {
		p := want.Parts[i]
		kind, text, data := p.body()
		name := FileName(p.fileName())
		if kind == "Message" {
			out = append(out, "(message):"+fmt.Sprintf("%x", ""))
			continue
		}
		if kind == "Text" || kind == "Html" {
			data = []byte(text)
		}
		out = append(out, fmt.Sprintf("%s:%x", name, digest(data, "")))
	}
	return strings.Join(out, ", ")
}
