package mailparse

import (
	"strings"

	"github.com/tributary-inbox/tributary/services/email/calendar"
	"github.com/tributary-inbox/tributary/services/email/charset"
	"github.com/tributary-inbox/tributary/services/email/tnef"
)

// openTNEF takes the files out of a winmail.dat and puts them behind it; the
// blob itself stays, and is all there is where it cannot be read. It returns the
// text and the HTML in it, for mails that have none beside it.
func (m *Mail) openTNEF() (text, html string) {
	var out []Attachment
	for _, a := range m.Attachments {
		out = append(out, a)
		if !isTNEF(a) {
			continue
		}
		found, _ := tnef.Parse(a.Data) // what is there of a broken one is good enough
		for _, f := range found.Files {
			out = append(out, Attachment{
				Name: FileName(f.Name), Type: bareType(f.Type), Sniffed: sniff(f.Data), ContentID: f.ContentID, Inline: f.ContentID != "", Data: f.Data,
			})
		}
		if text == "" {
			text = found.Text
		}
		if html == "" && len(found.HTML) > 0 {
			label := htmlCharset(found.HTML, found.HTMLCharset)
			html = strings.ReplaceAll(charset.Decode(found.HTML, label, charset.Anywhere).Text, "\x00", "")
		}
	}
	m.Attachments = out
	return text, html
}

func isTNEF(a Attachment) bool {
	return a.Type == "application/ms-tnef" || a.Type == "application/vnd.ms-tnef" || strings.EqualFold(a.Name, "winmail.dat")
}

func bareType(s string) string {
	kind, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(s)), ";")
	if main, sub, ok := strings.Cut(kind, "/"); !ok || main == "" || sub == "" || strings.IndexFunc(kind, notToken) >= 0 {
		return "application/octet-stream"
	}
	return kind
}

// invitations puts the calendars of a mail into words.
func (m *Mail) invitations() string {
	var out []string
	for _, a := range m.Attachments {
		if a.Calendar == "" {
			continue
		}
		decoded := charset.Decode(a.Data, "utf-8", charset.Anywhere)
		if text := calendar.Text([]byte(decoded.Text)); text != "" && len(out) < 5 {
			out = append(out, text)
		}
	}
	return strings.Join(out, "\n\n")
}
