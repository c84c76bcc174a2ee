package graphfake

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// ReadInteractive reads the object "interactive" of a WhatsApp message as the
// provider does. Not ok is what it refuses: an unknown type, a text over 1 024
// characters or none, no reply or more than three buttons or ten rows, titles over
// 20 (of rows: 24) characters, ids over 256 (200), two alike, blanks around an id.
func ReadInteractive(raw json.RawMessage) (text string, replies []events.QuickReply, ok bool) {
	type row struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	var m struct {
		Type string `json:"type"`
		Body struct {
			Text string `json:"text"`
		} `json:"body"`
		Action struct {
			Buttons []struct {
				Type  string `json:"type"`
				Reply row    `json:"reply"`
			} `json:"buttons"`
			Button   string `json:"button"`
			Sections []struct {
				Rows []row `json:"rows"`
			} `json:"sections"`
		} `json:"action"`
	}
	if json.Unmarshal(raw, &m) != nil || m.Body.Text == "" || utf8.RuneCountInString(m.Body.Text) > 1024 {
		return "", nil, false
	}
	var rows []row
	most, title, id := 3, 20, 256
	switch m.Type {
	case "button":
		for _, b := range m.Action.Buttons {
			if b.Type != "reply" {
				return "", nil, false
			}
			rows = append(rows, b.Reply)
		}
	case "list":
		most, title, id = 10, 24, 200
		if m.Action.Button == "" || utf8.RuneCountInString(m.Action.Button) > 20 || len(m.Action.Sections) != 1 {
			return "", nil, false
		}
		rows = m.Action.Sections[0].Rows
	}
	if len(rows) == 0 || len(rows) > most {
		return "", nil, false
	}
	titles, ids := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		if r.Title == "" || utf8.RuneCountInString(r.Title) > title || titles[r.Title] ||
			r.ID == "" || utf8.RuneCountInString(r.ID) > id || ids[r.ID] || strings.TrimSpace(r.ID) != r.ID {
			return "", nil, false
		}
		titles[r.Title], ids[r.ID] = true, true
		replies = append(replies, events.QuickReply{Label: r.Title, Value: r.ID})
	}
	return m.Body.Text, replies, true
}
