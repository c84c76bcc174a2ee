package wechat

import (
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// offered are the buttons that go with the last part of a message: none where
// they and the text would be more than one message may hold.
func offered(m *events.Message, text string) []events.QuickReply {
	limits := channel.LimitsOf(Kind)
	offer := limits.Offer(m)
	size := limits.Unit.Length(text)
	for _, b := range offer {
		size += limits.Unit.Length(b.Label)
	}
	if size > limits.Text {
		return nil
	}
	return offer
}

// saying is a text, or a menu under it: each line can be pressed, and comes back
// as a text of the customer's with the line's id beside it.
func saying(text string, buttons []events.QuickReply) map[string]any {
	if len(buttons) == 0 {
		return map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}
	}
	var list []map[string]string
	for _, b := range buttons {
		list = append(list, map[string]string{"id": b.Value, "content": b.Label})
	}
	return map[string]any{"msgtype": "msgmenu", "msgmenu": map[string]any{"head_content": text, "list": list, "tail_content": ""}}
}
