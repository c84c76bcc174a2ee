package viber

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// columns is how wide a keyboard is, in the unit of a button's width.
const columns = 6

// offered are the buttons that go with a message: none without a text.
func offered(m *events.Message) []events.QuickReply {
	if m.Text == "" {
		return nil
	}
	return channel.LimitsOf(Kind).Offer(m)
}

// tracked is the tracking data of a message with buttons: pairs of label and
// value. Viber takes 4000 characters of it, and events.MaxQuickReplies with the
// longest labels and values need a third.
type tracked struct {
	Quick [][2]string `json:"quick"`
}

// escape is for what stands on a button, which Viber reads as HTML.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// offering is a message with a keyboard, which stays until our next message. What
// a press says in the chat is the label, as that is what the customer sees there.
func offering(content map[string]any, buttons []events.QuickReply) map[string]any {
	if len(buttons) == 0 {
		return content
	}
	var keys []map[string]any
	var values tracked
	// Viber fills its lines from left to right, so all are equally wide.
	widest := 1
	for _, row := range parts.Rows(buttons, columns) {
		widest = max(widest, len(row))
	}
	for _, b := range buttons {
		keys = append(keys, map[string]any{"Columns": columns / widest, "Rows": 1, "Text": escape.Replace(b.Label), "ActionType": "reply", "ActionBody": b.Label})
		values.Quick = append(values.Quick, [2]string{b.Label, b.Value})
	}
	tracking, err := json.Marshal(values)
	if err != nil {
		return content // strings always encode
	}
	out := maps.Clone(content)
	out["keyboard"], out["tracking_data"] = map[string]any{"Type": "keyboard", "DefaultHeight": false, "Buttons": keys}, string(tracking)
	return out
}

// pressed is the value of the button that a text stands on, by the tracking data
// that came with it; empty where it is none of ours, or the customer wrote
// something else.
func pressed(tracking json.RawMessage, text string) string {
	var data string
	var values tracked
	if json.Unmarshal(tracking, &data) != nil || json.Unmarshal([]byte(data), &values) != nil {
		return ""
	}
	for _, pair := range values.Quick {
		if pair[0] == text {
			return pair[1]
		}
	}
	return ""
}
