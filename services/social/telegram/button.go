package telegram

import (
	"encoding/json"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// perRow is the most buttons that a row of an inline keyboard holds.
const perRow = 8

// inline is an inline keyboard as a form field; empty where there are no buttons.
// A value is at most 64 bytes, which is events.MaxQuickValue.
func inline(buttons []events.QuickReply) string {
	if len(buttons) == 0 {
		return ""
	}
	var rows [][]button
	for _, row := range parts.Rows(buttons, perRow) {
		var out []button
		for _, b := range row {
			out = append(out, button{Text: b.Label, Data: b.Value})
		}
		rows = append(rows, out)
	}
	keyboard, err := json.Marshal(map[string]any{"inline_keyboard": rows})
	if err != nil {
		return "" // strings always encode
	}
	return string(keyboard)
}

// reply is the answer to an Update. To a press it is the call that stops the wait
// which the customer sees on the button: Telegram carries out a method that it
// finds in the answer, so nothing is called before the press is stored. Of that
// call no result comes back, and none is needed.
func (r *reader) reply() channel.Reply {
	if r.press == "" {
		return channel.Reply{Status: http.StatusOK, Body: []byte{}}
	}
	body, err := json.Marshal(map[string]string{"method": "answerCallbackQuery", "callback_query_id": r.press})
	if err != nil {
		body = []byte{} // strings always encode
	}
	return channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}
