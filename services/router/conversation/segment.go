package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxSegments is how many segments one contact can be in.
const MaxSegments = 200

// Segment says which segments the contact is in from now on. What is so already
// adds no fact.
func (d *Draft) Segment(list []events.SegmentID) *commands.Problem {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return refuse(commands.NotFound, "no such contact")
	}
	now := slices.Clone(list)
	slices.Sort(now)
	now = slices.Compact(now)
	if len(now) > MaxSegments {
		return refuse(commands.Invalid, "a contact is in at most 200 segments")
	}
	for _, id := range now {
		if id == "" || len(id) > 64 {
			return refuse(commands.Invalid, "a segment has an id of 1 to 64 bytes")
		}
	}
	if slices.Equal(now, c.Segments) {
		return nil
	}
	without := func(list, other []events.SegmentID) []events.SegmentID {
		return slices.DeleteFunc(slices.Clone(list), func(id events.SegmentID) bool { return slices.Contains(other, id) })
	}
	d.add(&events.ContactSegmented{Segments: now, Added: without(now, c.Segments), Removed: without(c.Segments, now)})
	return nil
}

func applySegmented(w *Work, d *events.Decision, f *events.ContactSegmented) {
	c := w.contact(d.Contact)
	c.Segments = slices.Clone(f.Segments)
	for _, id := range c.Live {
		w.conversation(id).Segments = c.Segments
	}
}
