// Package interactive writes the messages of WhatsApp that a customer answers by
// pressing: up to three reply buttons under a text, or a list of up to ten rows
// behind one button. Whatever carries WhatsApp's own form to it, Meta itself or
// somebody between, sends the same objects: Meta, "WhatsApp Cloud API, interactive
// reply buttons" and "interactive list messages".
//
// A message is made whole or not at all. What the provider would refuse is sent
// as a text alone by the caller, since the text says everything without buttons.
package interactive

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxBody is the longest text over buttons, in characters. A list may have more
// by newer pages and not by older ones, so that one bound serves both.
const MaxBody = 1024

// MaxButtons is how many replies stand under the text itself; MaxRows how many in
// a list.
const (
	MaxButtons = 3
	MaxRows    = 10
)

// Message is the object "interactive" of a message.
type Message struct {
	Type string `json:"type"` // button or list
	Body struct {
		Text string `json:"text"`
	} `json:"body"`
	Action Action `json:"action"`
}

// Action holds Buttons, or Button and Sections: the name of the button that opens
// the list, and the list.
type Action struct {
	Buttons  []Button  `json:"buttons,omitempty"`
	Button   string    `json:"button,omitempty"`
	Sections []Section `json:"sections,omitempty"`
}

// Button is one of Action.Buttons; its type is always reply.
type Button struct {
	Type  string `json:"type"`
	Reply Row    `json:"reply"`
}

// Section groups rows; one alone needs no title.
type Section struct {
	Rows []Row `json:"rows"`
}

// Row is an answer: ID comes back when it is pressed.
type Row struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Of offers replies under a text. False where there are none, or where the
// provider would not take them so: too many, too long a text, two that are called
// alike, a blank at the edge of an id.
func Of(text string, replies []events.QuickReply) (*Message, bool) {
	if len(replies) == 0 || len(replies) > MaxRows || text == "" || utf8.RuneCountInString(text) > MaxBody || !distinct(replies) {
		return nil, false
	}
	rows := make([]Row, len(replies))
	for i, r := range replies {
		rows[i] = Row{ID: r.Value, Title: r.Label}
	}
	m := &Message{Type: "button"}
	m.Body.Text = text
	if len(rows) > MaxButtons {
		m.Type, m.Action = "list", Action{Button: opener(text), Sections: []Section{{rows}}}
		return m, true
	}
	for _, row := range rows {
		m.Action.Buttons = append(m.Action.Buttons, Button{Type: "reply", Reply: row})
	}
	return m, true
}

func distinct(replies []events.QuickReply) bool {
	labels, values := map[string]bool{}, map[string]bool{}
	for _, r := range replies {
		if r.Label == "" || r.Value == "" || labels[r.Label] || values[r.Value] || strings.TrimSpace(r.Value) != r.Value {
			return false
		}
		labels[r.Label], values[r.Value] = true, true
	}
	return true
}

// opener is what the button of a list is called, at most 20 characters, in the
// language that the text is written in.
func opener(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
		return "선택하기"
	}
	return "Choose"
}
