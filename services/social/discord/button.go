package discord

import "github.com/tributary-inbox/tributary/contracts/events"

// The kinds of component that a message's buttons are made of (discord-api-docs:
// Component Reference).
const (
	actionRow = 1
	aButton   = 2

	secondary = 2 // the style of a button that is no more advisable than others
	perRow    = 5
)

// offer hangs buttons on a message, or takes them off. The value is the custom
// id, of at most 100 characters. Whoever sees the message may press one, as often
// as they like: that it counts once is for who reads it.
func offer(body map[string]any, buttons []events.QuickReply) {
	delete(body, "components")
	if len(buttons) == 0 {
		return
	}
	var rows []map[string]any
	for i, b := range buttons {
		if i%perRow == 0 {
			rows = append(rows, map[string]any{"type": actionRow, "components": []map[string]any(nil)})
		}
		row := rows[len(rows)-1]
		row["components"] = append(row["components"].([]map[string]any), map[string]any{"type": aButton, "style": secondary, "label": b.Label, "custom_id": b.Value})
	}
	body["components"] = rows
}

// value is what was pressed: the button's custom id, or the chosen line of a list.
// Several lines have no one value.
func (r *reader) value() string {
	switch len(r.Data.Values) {
	case 0:
		return r.Data.CustomID
	case 1:
		return r.Data.Values[0]
	}
	return ""
}
