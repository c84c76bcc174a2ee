package parts

import "github.com/tributary-inbox/tributary/contracts/events"

// Plainly sends a text with its buttons, and the text alone where the provider
// refuses that for good without a reason known here: it may be the buttons, and
// the text says everything. A refused message has not left, so nothing is said
// twice. send is called at most twice.
func Plainly(buttons []events.QuickReply, send func(buttons []events.QuickReply) events.SendResult) events.SendResult {
	result := send(buttons)
	if len(buttons) > 0 && result.Outcome == events.Rejected && result.Code == "" {
		return send(nil)
	}
	return result
}

// Rows lays buttons out in even rows: many side by side where little stands on
// each, as on the numbers of a scale, and at most widest. The buttons keep their
// order.
func Rows(buttons []events.QuickReply, widest int) [][]events.QuickReply {
	longest := 1
	for _, b := range buttons {
		longest = max(longest, len([]rune(b.Label)))
	}
	width := min(max(lineWidth/(longest+2), 1), widest)
	count := (len(buttons) + width - 1) / width
	var out [][]events.QuickReply
	for i := range count {
		from, to := i*len(buttons)/count, (i+1)*len(buttons)/count
		out = append(out, buttons[from:to])
	}
	return out
}

// lineWidth is how many characters stand side by side on a telephone, a button's
// frame counted as two.
const lineWidth = 24
