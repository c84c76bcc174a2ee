package telegramfake

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

type key struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// keyboard reads an inline keyboard, and says why Telegram refuses one.
func keyboard(markup string) (buttons []events.QuickReply, refusal string) {
	if markup == "" {
		return nil, ""
	}
	var in struct {
		Rows [][]key `json:"inline_keyboard"`
	}
	if json.Unmarshal([]byte(markup), &in) != nil {
		return nil, "can't parse reply keyboard markup JSON object"
	}
	for _, row := range in.Rows {
		for _, k := range row {
			switch {
			case k.Text == "" || utf8.RuneCountInString(k.Text) > 64:
				return nil, "BUTTON_TEXT_INVALID"
			case k.Data == "" || len(k.Data) > 64:
				return nil, "BUTTON_DATA_INVALID"
			}
			buttons = append(buttons, events.QuickReply{Label: k.Text, Value: k.Data})
		}
		if len(row) > 8 || len(buttons) > 100 {
			return nil, "reply markup is too long"
		}
	}
	return buttons, ""
}

// Press is the Update for a button under a message, pressed in a private chat.
func (*Fake) Press(m fake.Sent, n int, pressed events.QuickReply, _ time.Time) fake.Request {
	chat, _ := strconv.ParseInt(m.To, 10, 64) // the fake wrote it
	_, id, _ := strings.Cut(m.ID, ":")
	message, _ := strconv.ParseInt(id, 10, 64)
	var keys []key
	for _, b := range m.Buttons {
		keys = append(keys, key{b.Label, b.Value})
	}
	person := map[string]any{"id": chat, "first_name": "Customer", "is_bot": false}
	body, _ := json.Marshal(map[string]any{
		"update_id": 700_000_000 + n,
		"callback_query": map[string]any{
			"id": "press-" + strconv.Itoa(n), "from": person, "chat_instance": "1", "data": pressed.Value,
			"message": map[string]any{
				"message_id": message, "date": 1763630913, "text": m.Text, "from": map[string]any{"id": 110201543, "is_bot": true, "first_name": "Shop"},
				"chat":         map[string]any{"id": chat, "first_name": "Customer", "type": "private"},
				"reply_markup": map[string]any{"inline_keyboard": [][]key{keys}},
			},
		},
	})
	return Sign(body)
}
