package conversation

import (
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// What comes back to an agent who works here no more is nobody's in the very decision that
// brings it, in queues of every mode: no screen shows it as theirs. Nobody can give them
// anything.
//
// To see it fail: leave the question whether the agent works out of unable, or out of
// Assign or Transfer.
func TestNothingComesBackToWhoWorksHereNoMore(t *testing.T) {
	for _, mode := range []config.QueueMode{config.QueuePush, config.QueuePull, config.QueueManual} {
		b := newBook()
		b.queues["front"] = config.Queue{ID: "front", Mode: mode}
		kim, lee := b.meets("kim"), b.meets("lee")
		aside, _ := b.writes(kim, "")
		over, _ := b.writes(lee, "")
		for _, c := range []events.ConversationID{aside, over} {
			b.gives(t, c, "una")
		}
		b.does(t, aside, func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, b.now.Add(time.Hour)) })
		b.does(t, over, func(d *Draft, s *State) *commands.Problem { return d.Resolve(s, "") })
		b.left = map[events.AgentID]bool{"una": true}
		b.now = b.now.Add(2 * time.Hour)
		b.does(t, aside, func(d *Draft, s *State) *commands.Problem { d.Wake(s, b.now); return nil })
		b.does(t, over, func(d *Draft, s *State) *commands.Problem { return d.Reopen(s, "") })
		for _, c := range []events.ConversationID{aside, over} {
			s := b.conversations[c]
			if s.Status != events.Open || s.Assignee != "" || (s.Wait != nil) != (mode != config.QueueManual) {
				t.Errorf("%s: %s is %s, %q's, and waits %+v", mode, c, s.Status, s.Assignee, s.Wait)
			}
			for _, give := range []func(*Draft, *State) *commands.Problem{
				func(d *Draft, s *State) *commands.Problem {
					return d.Assign(s, 0, commands.AssignBody{Assignee: "una"})
				},
				func(d *Draft, s *State) *commands.Problem {
					return d.Transfer(s, "", commands.TransferBody{Queue: "front", Assignee: "una"})
				},
			} {
				d := b.draft(s.Contact.ID)
				if p := give(d, s); p == nil || p.Code != commands.Invalid || !d.Empty() {
					t.Errorf("%s: given to una: %v", mode, p)
				}
			}
		}
		b.sameFromTheLog(t)
	}
}

// A place remembers where it overflowed into, wherever else it goes by itself; a rule's
// transfer leaves that, and a person's begins anew.
//
// To see it fail: leave Overflowed out of moving, or clear it for whoever moves.
func TestAPlaceRemembersItsOverflows(t *testing.T) {
	b, kim, id := pushed(t)
	for _, q := range []events.QueueID{"second", "third", "fourth"} {
		b.queues[q] = config.Queue{ID: q, Mode: config.QueuePush}
	}
	by := func(kind string, do func(*Draft, *State)) []events.QueueID {
		t.Helper()
		b.n++
		d := NewDraft(b, b.log[len(b.log)-1].ID+"+", kim, b.now, events.Cause{Kind: map[string]string{"system": "assigner"}[kind]}, events.Author{Kind: kind, ID: "una"})
		do(d, b.conversations[id])
		b.keep(d)
		return b.conversations[id].Wait.Overflowed
	}
	if got := by("system", func(d *Draft, s *State) { d.Overflow(s, "second") }); !slices.Equal(got, []events.QueueID{"second"}) {
		t.Errorf("after an overflow: %v", got)
	}
	if got := by("system", func(d *Draft, s *State) { d.PassOn(s, "third") }); !slices.Equal(got, []events.QueueID{"second"}) {
		t.Errorf("passed on from a closed queue: %v", got)
	}
	if got := by("system", func(d *Draft, s *State) { d.Overflow(s, "fourth") }); !slices.Equal(got, []events.QueueID{"second", "fourth"}) {
		t.Errorf("after another: %v", got)
	}
	if b.conversations[id].Placed {
		t.Error("an overflow counts as a person's hand")
	}
	if got := by("system", func(d *Draft, s *State) { _ = d.Transfer(s, "", commands.TransferBody{Queue: "second"}) }); len(got) != 2 {
		t.Errorf("moved by a rule: %v", got)
	}
	if got := by("agent", func(d *Draft, s *State) { _ = d.Transfer(s, "", commands.TransferBody{Queue: "front"}) }); len(got) != 0 || !b.conversations[id].Placed {
		t.Errorf("moved by hand: %v", got)
	}
	b.sameFromTheLog(t)
}
