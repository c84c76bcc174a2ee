package chatchannel

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxFrame is the largest frame taken from a visitor, in bytes.
const MaxFrame = 64 << 10

// ClientFrame is any frame from a visitor; which fields matter depends on Type:
//
//	hello    visitor?, user_id?, hmac?, name?, email?, lang?, page?, after?
//	message  client_id, text, pressed? with id
//	end      client_id
//	typing   on
//	seen     id, status? (read, the default, or delivered)
//	older    before
//	ping
//
// hello comes first and once. pressed is the value of a button instead of words,
// id the message that offered it and text its label; where that message offered the
// visitor no such button, text is taken as written. end says that the visitor is done.
// after is the last seq the client has; nought or absent asks for the newest lines.
type ClientFrame struct {
	Type     string `json:"type"`
	Visitor  string `json:"visitor,omitempty"`
	UserID   string `json:"user_id,omitempty"`
	HMAC     string `json:"hmac,omitempty"`
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Lang     string `json:"lang,omitempty"`
	Page     string `json:"page,omitempty"`
	After    uint64 `json:"after,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Text     string `json:"text,omitempty"`
	Pressed  string `json:"pressed,omitempty"`
	On       bool   `json:"on,omitempty"`
	ID       string `json:"id,omitempty"`
	Status   string `json:"status,omitempty"`
	Before   uint64 `json:"before,omitempty"`
}

// Welcome answers hello. Visitor is the token to come back with. Lines are what
// the client missed since after, in order; with Reset it must first forget what
// it has, because the gap was too long or its place is not of this log. Cursor
// is the seq to come back with even when Lines is empty. More says that older
// lines exist.
type Welcome struct {
	Type     string `json:"type"`
	Visitor  string `json:"visitor"`
	Fresh    bool   `json:"fresh,omitempty"`
	SignedIn bool   `json:"signed_in,omitempty"`
	Cursor   uint64 `json:"cursor"`
	Reset    bool   `json:"reset,omitempty"`
	More     bool   `json:"more,omitempty"`
	Lines    []Line `json:"lines"`
	Title    string `json:"title,omitempty"`
	Greeting string `json:"greeting,omitempty"`
	Color    string `json:"color,omitempty"`
	MaxText  int    `json:"max_text"`
}

// Line is one thing said, or a change to one, or an end. Its Type is message, edited,
// removed or ended; ID names the message that was said or changed, or the end. From is "visitor" or
// "agent". ClientID stands only on lines of the same visitor token. QuickReplies are
// answers to press: the visitor may give one of them, until they say anything.
type Line struct {
	Type         string              `json:"type"`
	Seq          uint64              `json:"seq"`
	ID           string              `json:"id"`
	ClientID     string              `json:"client_id,omitempty"`
	From         string              `json:"from,omitempty"`
	Author       string              `json:"author,omitempty"`
	Text         string              `json:"text,omitempty"`
	Attachments  []events.Attachment `json:"attachments,omitempty"`
	QuickReplies []events.QuickReply `json:"quick_replies,omitempty"`
	At           time.Time           `json:"at"`
}

// Ack says that a message or an end is durable. ID and ClientID are the same however often
// it is sent; Seq is there once it has its place in the log, which an end that found
// nothing to end never has.
type Ack struct {
	Type     string `json:"type"`
	ClientID string `json:"client_id"`
	ID       string `json:"id"`
	Seq      uint64 `json:"seq,omitempty"`
}

// Older is a page of earlier lines, in order.
type Older struct {
	Type  string `json:"type"`
	Lines []Line `json:"lines"`
	More  bool   `json:"more"`
}

// Typing says that an agent types, or has stopped.
type Typing struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	On   bool   `json:"on"`
}

// Failure tells what was wrong with a frame. RetryMS, where set, is how long to
// wait before the same frame may be sent again.
type Failure struct {
	Type     string `json:"type"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	ClientID string `json:"client_id,omitempty"`
	RetryMS  int    `json:"retry_ms,omitempty"`
}

var errFrame = errors.New("not a frame")

// DecodeFrame reads one frame. Bytes that are not one JSON object of the known
// fields' types, or not UTF-8, are an error; unknown fields are left alone, so
// an older server understands a newer widget.
func DecodeFrame(data []byte) (*ClientFrame, error) {
	if len(data) > MaxFrame || !utf8.Valid(data) {
		return nil, errFrame
	}
	f := &ClientFrame{}
	if err := json.Unmarshal(data, f); err != nil || f.Type == "" {
		return nil, errFrame
	}
	return f, nil
}

// validClientID takes what a UUID or a ULID is made of.
func validClientID(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// cleanText unifies line ends and drops control characters, which no screen
// shows and some obey.
func cleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r == '\r' {
			return '\n'
		}
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// shortLine makes one line of at most max bytes.
func shortLine(s string, max int) string {
	s = strings.Join(strings.Fields(cleanText(s)), " ")
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}
