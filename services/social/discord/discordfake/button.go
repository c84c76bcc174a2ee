package discordfake

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

type row struct {
	Type    int      `json:"type"`
	Buttons []button `json:"components"`
}

type button struct {
	Type  int    `json:"type"`
	Style int    `json:"style"`
	Label string `json:"label"`
	ID    string `json:"custom_id"`
}

// taken says whether Discord takes the components: five rows of five buttons at
// most, with ids that differ.
func taken(rows []row) bool {
	ids := map[string]bool{}
	for _, r := range rows {
		if r.Type != 1 || len(r.Buttons) == 0 || len(r.Buttons) > 5 {
			return false
		}
		for _, b := range r.Buttons {
			if b.Type != 2 || b.Style < 1 || b.Style > 4 || !between(b.Label, 80) || !between(b.ID, 100) || ids[b.ID] {
				return false
			}
			ids[b.ID] = true
		}
	}
	return len(rows) <= 5
}

func between(text string, most int) bool { return text != "" && utf8.RuneCountInString(text) <= most }

func buttons(rows []row) (out []events.QuickReply) {
	for _, r := range rows {
		for _, b := range r.Buttons {
			out = append(out, events.QuickReply{Label: b.Label, Value: b.ID})
		}
	}
	return out
}

// Press is the interaction of a button. In a direct message its user presses, in
// a server's channel who used a command there last.
func (f *Fake) Press(m fake.Sent, n int, pressed events.QuickReply, at time.Time) fake.Request {
	f.mu.Lock()
	user := f.speaker
	f.mu.Unlock()
	if m.To != Channel {
		user = "8" + strings.TrimPrefix(m.To, "9") // as the channel was opened
	}
	var list []button
	for _, b := range m.Buttons {
		list = append(list, button{2, 2, b.Label, b.Value})
	}
	body, _ := json.Marshal(map[string]any{
		"application_id": Application, "id": Snowflake(at, n), "type": 3, "version": 1, "token": "t", "channel_id": m.To, "locale": "en-GB",
		"user":    map[string]any{"id": user, "username": "customer"},
		"message": map[string]any{"id": m.ID, "components": []row{{1, list}}},
		"data":    map[string]any{"component_type": 2, "custom_id": pressed.Value},
	})
	return Sign(body)
}
