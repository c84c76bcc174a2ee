package conversation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// desk draws what customers, agents and providers do, and watches the rules.
type desk struct {
	*book
	t        *rapid.T
	contacts []events.ContactID
	sent     []events.MessageID
	explicit map[events.ContactID]bool // an explicit reply may have opened a second one
	versions map[events.ConversationID]int64
	seen     int
}

func (d *desk) contact() events.ContactID { return rapid.SampledFrom(d.contacts).Draw(d.t, "contact") }

// standing is a contact that is not folded into another.
func (d *desk) standing() events.ContactID {
	c, _ := FollowContact(d.book, d.contact())
	return c.ID
}

func (d *desk) anyConversation() (events.ConversationID, bool) {
	ids := make([]events.ConversationID, 0, len(d.conversations))
	for id, s := range d.conversations {
		if s.MergedInto == "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(d.t, "conversation"), true
}

// write joins as threading would: the newest live one without a thread.
func (d *desk) write() {
	who := d.standing()
	var join events.ConversationID
	for _, id := range d.book.contacts[who].Live {
		if d.conversations[id].Thread == "" {
			join = id
		}
	}
	d.writes(who, join, func(a *Arrival) {
		a.Message.OccurredAt = d.now.Add(time.Duration(rapid.IntRange(-7200, 7200).Draw(d.t, "clock")) * time.Second)
		if rapid.Bool().Draw(d.t, "automatic") {
			a.Message.Flag("automatic")
		}
	})
}

// reply answers explicitly in any conversation of the contact's own.
func (d *desk) reply() {
	c, ok := d.anyConversation()
	if !ok {
		return
	}
	owner, _ := FollowContact(d.book, d.conversations[c].Contact.ID)
	d.explicit[owner.ID] = true
	d.writes(owner.ID, c)
}

func (d *desk) answer() {
	c, ok := d.anyConversation()
	if !ok {
		return
	}
	s := d.conversations[c]
	if s.Status == events.Resolved {
		owner, _ := FollowContact(d.book, s.Contact.ID)
		d.explicit[owner.ID] = true // to answer is to reply as explicitly
	}
	question := s.LastMessage
	id, decision := d.answers(d.t, c)
	d.sent = append(d.sent, id)
	for _, f := range decision.Facts {
		if added, ok := f.Body.(*events.MessageAdded); ok && question != nil && !added.Message.OccurredAt.After(question.OccurredAt) {
			d.t.Fatalf("the answer stands at %v, the question at %v", added.Message.OccurredAt, question.OccurredAt)
		}
	}
}

func (d *desk) work() {
	c, ok := d.anyConversation()
	if !ok {
		return
	}
	s := d.conversations[c]
	draft := d.draft(s.Contact.ID)
	switch rapid.IntRange(0, 4).Draw(d.t, "work") {
	case 0:
		_ = draft.Resolve(s, "")
	case 1:
		_ = draft.Reopen(s, "")
	case 2:
		_ = draft.Snooze(s, d.now.Add(time.Hour))
	case 3:
		_ = draft.Tag(s, commands.TagBody{Add: []string{fmt.Sprint("t", rapid.IntRange(0, 3).Draw(d.t, "tag"))}})
	case 4:
		_ = draft.MarkRead(s)
	}
	d.keep(draft)
}

// provider speaks of a message: receipts in any order, send results.
func (d *desk) provider() {
	if len(d.sent) == 0 {
		return
	}
	id := rapid.SampledFrom(d.sent).Draw(d.t, "message")
	before := d.messages[id].Status
	draft := d.draft(d.messages[id].Contact)
	pids := []string{"<" + string(id) + ">"}
	outcome := events.SendOutcome("")
	switch rapid.IntRange(0, 3).Draw(d.t, "provider") {
	case 0:
		_, _ = draft.Report(id, events.Delivery{Status: rapid.SampledFrom([]events.Status{events.StatusSent, events.StatusDelivered, events.StatusRead, events.StatusFailed}).Draw(d.t, "status")})
	case 1:
		draft.Hold("email", "mail", events.Delivery{ProviderIDs: pids, Status: rapid.SampledFrom([]events.Status{events.StatusDelivered, events.StatusRead, events.StatusFailed}).Draw(d.t, "held")})
	case 2:
		_, _ = draft.BeginSend(commands.BeginSendBody{Message: id})
	case 3:
		outcome = rapid.SampledFrom([]events.SendOutcome{events.Sent, events.Retry, events.Rejected, events.Unclear}).Draw(d.t, "outcome")
		result := events.SendResult{Outcome: outcome}
		if outcome == events.Sent {
			result.ProviderIDs = pids
		}
		_ = draft.EndSend(commands.EndSendBody{Message: id, Result: result})
	}
	d.keep(draft)
	after := d.messages[id].Status
	back := outcome == events.Retry && before == events.StatusSending && after == events.StatusQueued
	if after != before && !before.Before(after) && !back {
		d.t.Fatalf("the message went from %s to %s", before, after)
	}
}

func (d *desk) merge() {
	into, from := d.standing(), d.standing()
	if into == from {
		return
	}
	d.explicit[into] = d.explicit[into] || d.explicit[from]
	was := d.belongings(into, from)
	merge(d.t, d.book, into, from)
	if rapid.Bool().Draw(d.t, "regret") {
		reverse(d.t, d.book, into, from)
		if is := d.belongings(into, from); is != was {
			d.t.Fatalf("a merge and its reversal made %s\nof %s", is, was)
		}
	}
}

// regret takes a merge back that others have been decided upon since.
func (d *desk) regret() {
	into := d.standing()
	merged := d.book.contacts[into].Merged
	if len(merged) == 0 {
		return
	}
	from := merged[rapid.IntRange(0, len(merged)-1).Draw(d.t, "which")].From
	d.explicit[from] = d.explicit[from] || d.explicit[into]
	reverse(d.t, d.book, into, from)
}

// check looks at every decision since the last check, and at what is now.
func (d *desk) check(t *rapid.T) {
	for _, dec := range d.log[d.seen:] {
		loud := slices.ContainsFunc(dec.Facts, func(f events.Fact) bool {
			switch f.Body.(type) {
			case *events.ConversationRead, *events.MessageStatusChanged, *events.InboundStored:
				return false
			}
			return true
		})
		for _, c := range dec.Conversations {
			if before := d.versions[c.ID]; loud && c.Version != before+1 || !loud && c.Version != before {
				t.Fatalf("%s: version %d follows %d (%s)", c.ID, c.Version, before, facts(dec))
			}
			d.versions[c.ID] = c.Version
		}
	}
	d.seen = len(d.log)
	for id, c := range d.book.contacts {
		open := 0
		for _, live := range c.Live {
			s := d.conversations[live]
			if s.Contact.ID != id || s.Status != events.Open && s.Status != events.Snoozed {
				t.Fatalf("%s lists %s, which is %s and of %s", id, live, s.Status, s.Contact.ID)
			}
			if s.Thread == "" {
				open++
			}
		}
		if open > 1 && !d.explicit[id] {
			t.Fatalf("%s has %d conversations under way", id, open)
		}
		if c.MergedInto != "" && len(c.Points)+len(c.Live) > 0 {
			t.Fatalf("%s is folded and still holds %v and %v", id, c.Points, c.Live)
		}
	}
	for id, s := range d.conversations {
		owner, ok := FollowContact(d.book, s.Contact.ID)
		if !ok {
			t.Fatalf("%s belongs to nobody", id)
		}
		if live := s.Status == events.Open || s.Status == events.Snoozed; live != slices.Contains(owner.Live, id) {
			t.Fatalf("%s is %s, but live is %v", id, s.Status, owner.Live)
		}
	}
}

// Whatever customers, agents and providers do, in any order, the rules hold and
// the log alone gives the same state.
func TestRulesHoldWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &desk{book: newBook(), t: t, explicit: map[events.ContactID]bool{}, versions: map[events.ConversationID]int64{}}
		for _, name := range []string{"kim", "lee", "bo"} {
			d.contacts = append(d.contacts, d.meets(name))
		}
		act := func(do func()) func(*rapid.T) { return func(*rapid.T) { do() } }
		t.Repeat(map[string]func(*rapid.T){
			"write": act(d.write), "reply": act(d.reply), "answer": act(d.answer), "work": act(d.work),
			"provider": act(d.provider), "merge": act(d.merge), "regret": act(d.regret), "": d.check,
		})
		if d.replayed(t).state(t) != d.state(t) {
			t.Fatalf("the log tells another story:\n%s\n%s", d.replayed(t).state(t), d.state(t))
		}
	})
}
