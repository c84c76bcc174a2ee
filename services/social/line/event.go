package line

import (
	"fmt"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

type event struct {
	Type       string  `json:"type"`
	Mode       string  `json:"mode"`
	Timestamp  int64   `json:"timestamp"`
	Source     source  `json:"source"`
	ID         string  `json:"webhookEventId"`
	ReplyToken string  `json:"replyToken"`
	Message    message `json:"message"`
	Delivery   struct {
		Again bool `json:"isRedelivery"`
	} `json:"deliveryContext"`
	Unsend struct {
		MessageID string `json:"messageId"`
	} `json:"unsend"`
	Postback struct {
		Data   string            `json:"data"`
		Params map[string]string `json:"params"`
	} `json:"postback"`
}

type source struct {
	Type    string `json:"type"`
	UserID  string `json:"userId"`
	GroupID string `json:"groupId"`
	RoomID  string `json:"roomId"`
}

// chat is where an answer goes.
func (s source) chat() string {
	switch {
	case s.GroupID != "":
		return s.GroupID
	case s.RoomID != "":
		return s.RoomID
	}
	return s.UserID
}

type message struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Text     string `json:"text"`
	Quoted   string `json:"quotedMessageId"`
	FileName string `json:"fileName"`
	FileSize int64  `json:"fileSize"`
	Provider struct {
		Type string `json:"type"`
		URL  string `json:"originalContentUrl"`
	} `json:"contentProvider"`
	ImageSet struct {
		ID string `json:"id"`
	} `json:"imageSet"`
	Title     string   `json:"title"`
	Address   string   `json:"address"`
	Latitude  float64  `json:"latitude"`
	Longitude float64  `json:"longitude"`
	Keywords  []string `json:"keywords"`
}

// body is what a message says; not ok for a type that is not known, or without
// an id.
func (m *message) body() (*events.ReceivedMessage, bool) {
	if !intake.ID(m.ID) {
		return nil, false
	}
	b := &events.ReceivedMessage{Text: m.Text}
	if intake.ID(m.Quoted) {
		b.InReplyTo = []string{m.Quoted}
	}
	switch m.Type {
	case "text":
	case "sticker":
		b.Text = "(sticker)"
		if m.Text != "" {
			b.Text += " " + m.Text
		} else if len(m.Keywords) > 0 {
			b.Text += " " + intake.Name(m.Keywords[0])
		}
	case "location":
		b.Text = strings.TrimSpace(fmt.Sprintf("%s\n%s\nhttps://www.openstreetmap.org/?mlat=%f&mlon=%f", m.Title, m.Address, m.Latitude, m.Longitude))
	case "image":
		b.Attachments = m.file("image.jpg", "image/jpeg")
	case "video":
		b.Attachments = m.file("video.mp4", "video/mp4")
	case "audio":
		b.Attachments = m.file("audio.m4a", "audio/mp4")
	case "file":
		b.Attachments = m.file(m.FileName, "application/octet-stream")
	default:
		return nil, false
	}
	return b, b.Text != "" || len(b.Attachments) > 0
}

// file is the message's content: at LINE, or where somebody's bot put it.
func (m *message) file(name, kind string) []events.Attachment {
	a := events.Attachment{ID: m.ID, Name: intake.FileName(name, m.ID), Type: kind, Size: max(m.FileSize, 0), URL: "media:" + m.ID}
	if m.Provider.Type == "external" && strings.HasPrefix(m.Provider.URL, "https://") && len(m.Provider.URL) <= 2048 {
		a.URL = m.Provider.URL
	}
	return []events.Attachment{a}
}
