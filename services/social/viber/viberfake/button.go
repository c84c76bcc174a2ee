package viberfake

import (
	"html"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

type keyboard struct {
	Type    string `json:"Type"`
	Buttons []struct {
		Columns int    `json:"Columns"`
		Rows    int    `json:"Rows"`
		Text    string `json:"Text"`
		Action  string `json:"ActionType"`
		Body    string `json:"ActionBody"`
	} `json:"Buttons"`
}

// taken says whether Viber takes a keyboard, or a message without one. 24 rows of
// six columns are its most.
func (k *keyboard) taken() bool {
	if k == nil {
		return true
	}
	cells := 0
	for _, b := range k.Buttons {
		if b.Columns < 1 || b.Columns > 6 || b.Rows < 1 || b.Rows > 2 || b.Action != "reply" || !between(b.Text) || !between(b.Body) {
			return false
		}
		cells += b.Columns * b.Rows
	}
	return k.Type == "keyboard" && cells > 0 && cells <= 24*6
}

func between(text string) bool { return text != "" && utf8.RuneCountInString(text) <= 250 }

func (k *keyboard) buttons() (out []events.QuickReply) {
	if k == nil {
		return nil
	}
	for _, b := range k.Buttons {
		out = append(out, events.QuickReply{Label: html.UnescapeString(b.Text), Value: b.Body})
	}
	return out
}

// Press is the callback for a button of a message that the fake took: a text like
// any other, with the tracking data of that message.
func (f *Fake) Press(m fake.Sent, n int, pressed events.QuickReply, at time.Time) fake.Request {
	tracking, _ := f.tracking.Load(m.ID)
	return signed(map[string]any{
		"event": "message", "timestamp": at.UnixMilli(), "message_token": number(m.To, n), "silent": false,
		"sender":  map[string]any{"id": m.To, "name": "손님", "language": "ko", "country": "KR", "api_version": 10},
		"message": map[string]any{"type": "text", "text": pressed.Value, "tracking_data": tracking},
	})
}
