package whatsapp

import (
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// mediaScheme begins the URL of a file that only this adapter can open.
const mediaScheme = "media:"

// read turns what a message says into text and files; nil where it says nothing
// that is known.
func (b *body) read() *events.ReceivedMessage {
	switch {
	case b.Text != nil:
		return text(b.Text.Body)
	case b.Image != nil:
		return b.Image.read("image")
	case b.Video != nil:
		return b.Video.read("video")
	case b.Audio != nil:
		return b.Audio.read("audio")
	case b.Document != nil:
		return b.Document.read("document")
	case b.Sticker != nil:
		return b.Sticker.read("sticker")
	case b.Location != nil:
		l := b.Location
		return text(graph.Location(strings.TrimSpace(l.Name+"\n"+l.Address), l.Latitude, l.Longitude))
	case len(b.Contacts) > 0:
		return text(cards(b.Contacts))
	case b.Button != nil:
		return text(first(b.Button.Text, b.Button.Payload))
	case b.Interactive != nil:
		return b.Interactive.read()
	case b.Order != nil:
		return text(b.Order.String())
	}
	return nil
}

func text(s string) *events.ReceivedMessage {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return &events.ReceivedMessage{Text: s}
}

// pressed is the value of the button that a message is the press of: one of a
// template, one under a text, or a row of a list. Empty where it is none.
func (b *body) pressed() string {
	switch i := b.Interactive; {
	case b.Button != nil:
		return b.Button.Payload
	case i != nil && i.Button != nil:
		return string(i.Button.ID)
	case i != nil && i.List != nil:
		return string(i.List.ID)
	}
	return ""
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (m *media) read(kind string) *events.ReceivedMessage {
	if m.ID == "" {
		return text(m.Caption)
	}
	// The message may show a link too, but it runs out within minutes; the id
	// does not.
	a := events.Attachment{ID: string(m.ID), Name: graph.Cut(m.Filename, 200), Type: plain(m.Mime), URL: mediaScheme + string(m.ID)}
	if m.Voice {
		kind = "voice"
	}
	if a.Name == "" {
		a.Name = kind + ending(a.Type)
	}
	return &events.ReceivedMessage{Text: m.Caption, Attachments: []events.Attachment{a}}
}

// plain is a type without its parameters; fixtures of some libraries escape the
// slash twice.
func plain(kind string) string {
	name, _, err := mime.ParseMediaType(strings.ReplaceAll(kind, `\/`, "/"))
	if err != nil || len(name) > 100 {
		return "application/octet-stream"
	}
	return name
}

var endings = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "video/mp4": ".mp4", "video/3gpp": ".3gp",
	"audio/ogg": ".ogg", "audio/mp4": ".m4a", "audio/mpeg": ".mp3", "audio/amr": ".amr", "audio/aac": ".aac", "application/pdf": ".pdf",
}

func ending(kind string) string { return endings[kind] }

func cards(list []card) string {
	var lines []string
	for _, c := range list {
		line := c.Name.Formatted
		for _, p := range c.Phones {
			line += " " + p.Phone
		}
		for _, e := range c.Emails {
			line += " " + e.Email
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

func (c *cart) String() string {
	var lines []string
	if c.Text != "" {
		lines = append(lines, c.Text)
	}
	for _, i := range c.Items {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s × %s  %s %s", i.Quantity, i.ID, i.Price, i.Currency)))
	}
	return strings.Join(lines, "\n")
}

func (i *choice) read() *events.ReceivedMessage {
	switch {
	case i.Button != nil:
		return text(first(i.Button.Title, string(i.Button.ID)))
	case i.List != nil:
		return text(strings.TrimSpace(first(i.List.Title, string(i.List.ID)) + "\n" + i.List.Description))
	case i.Form != nil:
		return text(strings.TrimSpace(i.Form.Body + "\n" + form(i.Form.Response)))
	case i.CallPermission != nil:
		return text("call permission: " + graph.Cut(i.CallPermission.Response, 40))
	}
	return nil
}

// form writes the answers of a form, which come as JSON within a string, one a
// line and sorted; what is no object stays as it is.
func form(response string) string {
	var answers map[string]json.RawMessage
	if json.Unmarshal([]byte(response), &answers) != nil {
		return response
	}
	var lines []string
	for name, raw := range answers {
		if name == "flow_token" {
			continue // ours, and no answer
		}
		value := string(raw)
		var plainText string
		if json.Unmarshal(raw, &plainText) == nil {
			value = plainText
		}
		lines = append(lines, name+": "+value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
