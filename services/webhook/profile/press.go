package profile

import (
	"strconv"
	"strings"
	"unicode"
)

// flagButton marks a message that is the press of a button.
const flagButton = "button"

// checkPressed makes an item the press of a button where it names its value. Only
// customers press, and a message without a label says the value.
func checkPressed(d *said, tr *trace) error {
	switch {
	case d.pressed == "":
		return nil
	case d.outbound || d.edits || d.removes:
		d.pressed = ""
		tr.note("pressed", "left out: only a new message of a customer is a press")
		return nil
	case len(d.pressed) <= MaxID && !strings.ContainsFunc(d.pressed, unicode.IsControl):
	case d.lenient:
		d.pressed = ""
		d.flags = append(d.flags, "pressed-unreadable")
		tr.note("pressed", "left out: over "+strconv.Itoa(MaxID)+" bytes, or with control characters")
		return nil
	default:
		return refuse("bad-pressed", "pressed is over %d bytes or contains control characters", MaxID)
	}
	d.flags = append(d.flags, flagButton)
	if strings.TrimSpace(d.text) == "" && strings.TrimSpace(d.html) == "" {
		d.text = d.pressed
	}
	return nil
}
