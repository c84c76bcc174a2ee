package line

import (
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// offered are the buttons that go with a message: none without a text.
func offered(m *events.Message) []events.QuickReply {
	if strings.TrimSpace(m.Text) == "" {
		return nil
	}
	return channel.LimitsOf(Kind).Offer(m)
}

// quick hangs buttons on the last of the messages, whatever it is: LINE shows
// those of the newest message only. Pressed, one says its label in the chat as
// the customer's own words and posts its data.
func quick(messages []outMessage, buttons []events.QuickReply) []outMessage {
	if len(buttons) == 0 {
		return messages
	}
	type item struct {
		Type   string            `json:"type"`
		Action map[string]string `json:"action"`
	}
	var items []item
	for _, b := range buttons {
		items = append(items, item{"action", map[string]string{"type": "postback", "label": b.Label, "displayText": b.Label, "data": writeData(b)}})
	}
	out := slices.Clone(messages)
	out[len(out)-1].Quick = map[string]any{"items": items}
	return out
}

// ours begins the data of our buttons. A postback carries nothing but its data,
// at most 300 characters, so the label stands there too, on the first line.
const ours = "quick:"

func writeData(b events.QuickReply) string { return ours + b.Label + "\n" + b.Value }

// readData is what stood on a button and its value. A button that was set up at
// LINE, in a rich menu for one, has its data for both.
func readData(data string) (label, value string) {
	if rest, ok := strings.CutPrefix(data, ours); ok {
		if label, value, ok := strings.Cut(rest, "\n"); ok && label != "" && value != "" {
			return label, value
		}
	}
	return data, data
}
