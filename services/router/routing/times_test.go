package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// Days of any traffic with promises, hours and changes of settings, the router
// killed again and again: the state is that of the log, no warning and no breach is
// said twice, and in the end none is missing. To see it fail, leave out of the index
// the clocks that were warned, or forget the memory of merged conversations.
func TestNoTimerIsLostOrSaidTwice(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			strict := fast()
			strict.ID, strict.Hours, strict.PauseWhile = "strict", "office", []string{config.PauseSnoozed, config.PauseWaiting}
			b := &book{policies: []config.Policy{fast(), strict}, hours: []config.Hours{office()}}
			h, c, _ := newOffice(t, config.Queue{Mode: config.QueuePush, Policy: "fast", OfferFor: 60, Hours: "office", Closed: config.ClosedHolds}, b, config.Agent{ID: "anna"}, config.Agent{ID: "bo"})
			c.change(func(c *crew) { c.queues = append(c.queues, config.Queue{ID: "second", Policy: "strict"}) })
			h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
			d := newTraffic(h, seed)
			for i := range 220 {
				d.step(i)
				switch d.IntN(25) {
				case 0:
					h.stop()
					h.clock.Add(time.Duration(d.IntN(7200)) * time.Second)
					h.start()
				case 1:
					b.change(func(b *book) { b.policies[d.IntN(2)].Targets[0].FirstResponse = 300 + d.IntN(3000) })
				case 2:
					c.change(func(c *crew) { c.queues[2].Policy = []events.PolicyID{"fast", "strict", ""}[d.IntN(3)] })
				case 3:
					b.change(func(b *book) {
						b.hours[0].Week.Friday = []config.Block{{From: "08:00", To: fmt.Sprintf("%d:00", 12+d.IntN(12))}}
					})
				}
			}
			h.clock.Add(30 * 24 * time.Hour)
			testkit.Eventually(t, time.Minute, func() error { return h.allSaid() })
			once(t, h.log())
			for round := 0; ; round++ { // a router that starts may have more to decide
				decided := h.hash()
				if err := bolt.Remove(h.dir + "/router.db"); err != nil {
					t.Fatal(err)
				}
				h.start()
				rebuilt := h.hash()
				if rebuilt == decided {
					break
				}
				if round == 3 {
					t.Fatalf("decided %s, rebuilt %s", decided, rebuilt)
				}
				h.start()
			}
		})
	}
}

// allSaid looks through the newest rows for a clock that has something to say.
func (h *house) allSaid() error {
	rows := map[events.ConversationID]events.Conversation{}
	for _, d := range h.log() {
		for _, c := range d.Conversations {
			rows[c.ID] = c
		}
	}
	now := h.clock.Now()
	for id, c := range rows {
		for _, k := range c.Clocks {
			if k.DueAt != nil && !k.Breached && now.After(*k.DueAt) || k.WarnAt != nil && !k.Warned && !k.Breached && now.After(*k.WarnAt) {
				return fmt.Errorf("%s: nothing was said of %+v", id, k)
			}
		}
	}
	return nil
}

// once holds that a promise warns once and is missed once, unless it was given
// another end in between.
func once(t *testing.T, ds []*events.Decision) {
	t.Helper()
	said := map[string]bool{}
	for _, d := range ds {
		for _, f := range d.Facts {
			switch b := f.Body.(type) {
			case *events.ClockStarted:
				delete(said, fmt.Sprint("warned ", b.Conversation, b.Clock.Kind))
				delete(said, fmt.Sprint("breached ", b.Conversation, b.Clock.Kind))
			case *events.ClockWarned:
				mark(t, said, fmt.Sprint("warned ", b.Conversation, b.Clock.Kind))
			case *events.ClockBreached:
				mark(t, said, fmt.Sprint("breached ", b.Conversation, b.Clock.Kind))
			}
		}
	}
}

func mark(t *testing.T, said map[string]bool, what string) {
	t.Helper()
	if said[what] {
		t.Fatalf("%s twice", what)
	}
	said[what] = true
}
