package telegram

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// body is what a message says; not ok where it says nothing a person wrote
// (somebody joined, a topic was closed).
func (r *reader) body(m *message) (*events.ReceivedMessage, bool) {
	b := &events.ReceivedMessage{Text: m.words(), Attachments: m.attachments(), Thread: thread(m)}
	if b.Text == "" && len(b.Attachments) == 0 {
		return nil, false
	}
	if group(m.Chat) {
		b.Text = spoken(m.From, m.SenderChat, b.Text)
	}
	// In a topic every message replies to the one that opened it.
	if to := m.ReplyTo; to != nil && to.ID != 0 && to.ID != m.Topic {
		where := to.Chat.ID
		if where == 0 {
			where = m.Chat.ID
		}
		b.InReplyTo = []string{messageID(where, to.ID)}
		b.Quoted = to.words()
	}
	if m.Quote != nil && m.Quote.Text != "" {
		b.Quoted = m.Quote.Text
	}
	b.Automatic = m.From != nil && m.From.IsBot && m.SenderChat == nil && !r.ours(m)
	return b, true
}

// spoken puts the speaker's name before what was said in a group.
func spoken(from *user, as *chat, text string) string {
	name := ""
	switch {
	case as != nil:
		name = intake.Name(as.Title)
	case from != nil:
		name = intake.Name(from.FirstName, from.LastName)
	}
	if name == "" {
		return text
	}
	return strings.TrimSpace(name + ": " + text)
}

// thread is the talk within the chat that an answer must go back to; see places.
func thread(m *message) string {
	switch {
	case m.Connection != "":
		return "business:" + intake.Clip(m.Connection, 200)
	case m.Topic != 0 && group(m.Chat):
		return "topic:" + strconv.FormatInt(m.Topic, 10)
	}
	return ""
}

// words is everything of a message that can be read.
func (c *content) words() string {
	text := c.Text
	if text == "" {
		text = c.Caption
	}
	// A link may hide behind other words.
	for _, list := range [][]entity{c.Entities, c.CaptionEntities} {
		for i, e := range list {
			if e.Type == "text_link" && e.URL != "" && i < 100 && !strings.Contains(text, e.URL) {
				text += "\n" + intake.Clip(e.URL, 2048)
			}
		}
	}
	if text != "" {
		return text
	}
	switch {
	case c.Sticker != nil && c.Sticker.Emoji != "":
		return c.Sticker.Emoji
	case c.Contact != nil:
		return strings.TrimSpace(intake.Name(c.Contact.FirstName, c.Contact.LastName) + "\n" + c.Contact.Phone)
	case c.Venue != nil:
		return strings.Join([]string{c.Venue.Title, c.Venue.Address, c.Venue.Location.link()}, "\n")
	case c.Location != nil:
		return c.Location.link()
	case c.Poll != nil:
		lines := []string{c.Poll.Question}
		for _, o := range c.Poll.Options {
			lines = append(lines, "- "+o.Text)
		}
		return strings.Join(lines, "\n")
	case c.Dice != nil:
		return strings.TrimSpace(fmt.Sprintf("%s %d", c.Dice.Emoji, c.Dice.Value))
	case c.Game != nil:
		return strings.TrimSpace(c.Game.Title + "\n" + c.Game.Description)
	case c.Invoice != nil:
		return strings.TrimSpace(c.Invoice.Title + "\n" + c.Invoice.Description)
	case len(c.Rich) > 0:
		return rich(c.Rich)
	}
	return ""
}

func (l *location) link() string {
	return fmt.Sprintf("https://www.openstreetmap.org/?mlat=%[1]f&mlon=%[2]f", l.Latitude, l.Longitude)
}

// rich reads the text of a formatted message: a tree whose leaves are strings
// under "text", or in an array there. Each block is a line, each cell a word.
func rich(raw json.RawMessage) string {
	var doc struct {
		Blocks []map[string]any `json:"blocks"`
	}
	if json.Unmarshal(raw, &doc) != nil {
		return ""
	}
	var lines []string
	for _, block := range doc.Blocks {
		if line := strings.Join(strings.Fields(leaves(block, 0)), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// maxDepth bounds the tree; Telegram's own has fewer levels.
const maxDepth = 32

func leaves(node any, depth int) string {
	if depth > maxDepth {
		return ""
	}
	switch n := node.(type) {
	case string:
		return n
	case []any:
		var b strings.Builder
		for _, item := range n {
			b.WriteString(leaves(item, depth+1))
			if _, cell := item.(map[string]any); cell && depth > 1 {
				b.WriteByte(' ')
			}
		}
		return b.String()
	case map[string]any:
		text := leaves(n["text"], depth+1)
		for _, name := range []string{"cells", "items", "blocks", "caption"} {
			text += " " + leaves(n[name], depth+1)
		}
		return strings.TrimSpace(text)
	}
	return ""
}

// attachments are the files of a message. Telegram lists a photo in several
// sizes, the largest last, and repeats an animation as a document.
func (c *content) attachments() []events.Attachment {
	var out []events.Attachment
	add := func(f *file, name, kind string) {
		if f == nil || !intake.ID(f.ID) {
			return
		}
		if f.Type != "" && len(f.Type) <= 127 {
			kind = f.Type
		}
		id := f.UniqueID
		if !intake.ID(id) {
			id = f.ID
		}
		if f.Name != "" {
			name = f.Name
		}
		out = append(out, events.Attachment{
			ID: id, Name: intake.FileName(name, id), Type: kind, Size: max(f.Size, 0), URL: "media:" + f.ID,
		})
	}
	if n := len(c.Photo); n > 0 {
		add(&c.Photo[n-1], "photo.jpg", "image/jpeg")
	}
	if c.Animation == nil {
		add(c.Document, "", "application/octet-stream")
	}
	add(c.Animation, "animation.mp4", "video/mp4")
	add(c.Audio, "audio.mp3", "audio/mpeg")
	add(c.Voice, "voice.ogg", "audio/ogg")
	add(c.Video, "video.mp4", "video/mp4")
	add(c.VideoNote, "video.mp4", "video/mp4")
	add(c.Sticker, "sticker.webp", "image/webp")
	return out
}

// ownPhone is the number of somebody who shared their own contact card, which
// Telegram ties to their user id.
func ownPhone(m *message) (events.Point, bool) {
	if m.Contact == nil || m.From == nil || m.Contact.UserID == 0 || m.Contact.UserID != m.From.ID || group(m.Chat) {
		return events.Point{}, false
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, m.Contact.Phone)
	if len(digits) < 7 || len(digits) > 15 || digits[0] == '0' {
		return events.Point{}, false
	}
	return events.Point{Kind: "phone", Value: "+" + digits, Trust: events.Stated}, true
}
