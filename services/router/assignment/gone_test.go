package assignment

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// staffed is a desk with queues, and with agents who are available.
func staffed(queues []config.Queue, agents ...events.AgentID) *Desk {
	d := New(config.DefaultWorkload())
	d.Next(morning)
	for _, q := range queues {
		d.SetQueue(q, Terms{})
	}
	for _, a := range agents {
		d.SetAgent(config.Agent{ID: a})
		d.SetPresence(events.Presence{Agent: a, State: events.AgentAvailable, Since: morning})
	}
	return d
}

// asked is everything that the desk wants done now, without anybody doing it.
func asked(d *Desk, now time.Time) (out []Action) {
	for a, ok := d.Next(now); ok; a, ok = d.Next(now) {
		out = append(out, a)
	}
	return out
}

func open(id events.ConversationID, q events.QueueID) events.Conversation {
	return events.Conversation{ID: id, Status: events.Open, Queue: q, Channels: []string{"webchat"}, UpdatedAt: morning}
}

// Whoever is disabled, or deleted, has nothing left: what is offered to them is withdrawn
// and all that is open with them is taken back, begun or not, in queues of every mode and
// in none. What is put aside or over stays until it comes back. A desk made anew finds the
// same.
//
// To see it fail: leave the orphans out of SetAgent, RemoveAgent or Put, or have orphan
// look at who is offline alone.
func TestWhoIsDisabledKeepsNothing(t *testing.T) {
	queues := []config.Queue{{ID: "push", Mode: config.QueuePush, OfferFor: 30}, {ID: "pull", Mode: config.QueuePull}, {ID: "manual", Mode: config.QueueManual}}
	place := &events.Wait{Queue: "push", Since: morning, Entered: morning}
	var rows []events.Conversation
	for _, q := range []events.QueueID{"push", "pull", "manual", ""} {
		c := open("begun-"+events.ConversationID(q), q)
		c.Assignee = "una"
		rows = append(rows, c)
	}
	unbegun, offered, aside := open("unbegun", "push"), open("offered", "push"), open("aside", "push")
	unbegun.Assignee, unbegun.Unbegun = "una", place
	offered.Wait, offered.Offer = place, &events.Offer{ID: "of", Agent: "una", At: morning, Until: morning.Add(time.Minute)}
	aside.Assignee, aside.Status = "una", events.Snoozed
	rows = append(rows, unbegun, offered, aside)
	want := map[events.ConversationID]Verb{
		"begun-push": TakeBack, "begun-pull": TakeBack, "begun-manual": TakeBack, "begun-": TakeBack, "unbegun": TakeBack, "offered": WithdrawOffer,
	}
	put := func(d *Desk) {
		for i := range rows {
			d.Put(&rows[i])
		}
	}
	for name, gone := range map[string]func() *Desk{
		"disabled": func() *Desk {
			d := staffed(queues, "una", "vic")
			put(d)
			d.SetPresence(events.Presence{Agent: "vic", State: events.AgentAway})
			if early := asked(d, morning); len(early) > 0 {
				t.Fatalf("before: %+v", early)
			}
			d.SetAgent(config.Agent{ID: "una", Disabled: true})
			return d
		},
		"deleted": func() *Desk {
			d := staffed(queues, "una", "vic")
			put(d)
			d.RemoveAgent("una")
			return d
		},
		"a desk made anew": func() *Desk {
			d := staffed(queues, "vic")
			put(d)
			return d
		},
	} {
		d, got := gone(), map[events.ConversationID]Verb{}
		for _, a := range asked(d, morning.Add(time.Second)) {
			if a.Agent != "una" {
				t.Errorf("%s: %+v", name, a)
			}
			got[a.Conversation] = a.Verb
		}
		if len(got) != len(want) {
			t.Errorf("%s: asks for %v, want %v", name, got, want)
		}
		for id, verb := range want {
			if got[id] != verb {
				t.Errorf("%s: %s is %q, want %q", name, id, got[id], verb)
			}
		}
	}
	alone := New(config.DefaultWorkload())
	put(alone)
	if got := asked(alone, morning); len(got) > 0 {
		t.Errorf("a desk that was told of nobody asks for %+v", got)
	}
}

// Whoever goes away or into a wrap-up is asked no more: a colleague who is free gets the
// offer at that moment. What is theirs already stays with them, and an agent whose
// connection breaks off has the time of grace.
//
// To see it fail: have SetPresence look at who is offline alone.
func TestWhoGoesAwayLosesTheOffer(t *testing.T) {
	queues := []config.Queue{{ID: "push", Mode: config.QueuePush, OfferFor: 600}}
	for _, state := range []events.AgentState{events.AgentAway, events.AgentWrapUp, events.AgentOffline} {
		d := staffed(queues, "una")
		theirs, c := open("theirs", "push"), open("new", "push")
		theirs.Assignee, theirs.Unbegun = "una", &events.Wait{Queue: "push", Since: morning, Entered: morning}
		c.Wait = &events.Wait{Queue: "push", Since: morning, Entered: morning}
		d.Put(&theirs)
		d.Put(&c)
		a, ok := d.Next(morning)
		if !ok || a.Verb != MakeOffer || a.Agent != "una" {
			t.Fatalf("first %+v", a)
		}
		c.Offer = &events.Offer{ID: "of", Agent: "una", At: morning, Until: a.Until}
		d.Put(&c)
		lost := morning
		d.SetPresence(events.Presence{Agent: "una", State: events.AgentAvailable, LostAt: &lost})
		if got := asked(d, morning); len(got) > 0 {
			t.Errorf("within the grace: %+v", got)
		}
		d.SetPresence(events.Presence{Agent: "una", State: state, Since: morning})
		d.SetAgent(config.Agent{ID: "vic"})
		d.SetPresence(events.Presence{Agent: "vic", State: events.AgentAvailable})
		var withdrawn, back bool
		for a, ok := d.Next(morning); ok; a, ok = d.Next(morning) {
			switch {
			case a.Verb == WithdrawOffer && a.Conversation == "new" && a.Agent == "una":
				withdrawn = true
				c.Offer = nil
				d.Put(&c)
			case a.Verb == TakeBack && a.Conversation == "theirs":
				back = true
				theirs.Wait, theirs.Unbegun, theirs.Assignee = theirs.Unbegun, nil, ""
				theirs.Offer = &events.Offer{ID: "else", Agent: "vic", At: morning, Until: morning.Add(time.Hour)}
				theirs.Wait = &events.Wait{Queue: "push", Since: morning, Entered: morning}
				d.Put(&theirs)
			case a.Verb == MakeOffer && a.Conversation == "new" && a.Agent == "vic" && withdrawn:
				c.Offer = &events.Offer{ID: "of2", Agent: "vic", At: morning, Until: a.Until}
				d.Put(&c)
			default:
				t.Fatalf("%s: %+v", state, a)
			}
		}
		if !withdrawn || c.Offer == nil || c.Offer.Agent != "vic" || back != (state == events.AgentOffline) {
			t.Errorf("%s: withdrawn %v, now offered %+v, what was theirs taken back %v", state, withdrawn, c.Offer, back)
		}
	}
}

// An absence with an end is over by itself, as a wrap-up is; one without is not.
func TestAnAbsenceEndsByItself(t *testing.T) {
	d := staffed(nil, "una", "vic")
	until := morning.Add(time.Hour)
	d.SetPresence(events.Presence{Agent: "una", State: events.AgentAway, Reason: "lunch", Until: &until})
	d.SetPresence(events.Presence{Agent: "vic", State: events.AgentAway, Reason: "lunch"})
	if due, ok := d.Due(); !ok || !due.Equal(until) {
		t.Errorf("due %v, %v", due, ok)
	}
	if got := asked(d, until.Add(-time.Millisecond)); len(got) > 0 {
		t.Errorf("before its end: %+v", got)
	}
	got := asked(d, until)
	if len(got) != 1 || got[0].Verb != ChangeState || got[0].Presence.Agent != "una" || got[0].Presence.State != events.AgentAvailable || got[0].Presence.Until != nil {
		t.Errorf("at its end: %+v", got)
	}
}
