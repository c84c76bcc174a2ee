package conversation

import (
	"fmt"
	"maps"
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
	calls    []events.MessageID
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
		a.Message.OccurredAt = d.now.Add(time.Duration(rapid.IntRange(-7200, 250).Draw(d.t, "clock")) * time.Second)
		if rapid.Bool().Draw(d.t, "chat") {
			a.Message.Channel, a.Message.InboxID = "webchat", "chat"
		}
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

// telephone has calls logged, amended and asked for, in any order.
func (d *desk) telephone() {
	c, ok := d.anyConversation()
	if !ok {
		return
	}
	owner, _ := FollowContact(d.book, d.conversations[c].Contact.ID)
	number := rapid.SampledFrom([]string{"+8210", "+8211"}).Draw(d.t, "number")
	draft := d.draft(owner.ID)
	s := d.conversations[c]
	switch rapid.IntRange(0, 3).Draw(d.t, "telephone") {
	case 0, 1:
		call := &events.Call{
			Direction: rapid.SampledFrom([]events.Direction{events.In, events.Out}).Draw(d.t, "direction"), From: number, To: number,
			Outcome: rapid.SampledFrom([]string{"answered", "missed", "voicemail", "busy"}).Draw(d.t, "outcome"),
			EndedAt: d.now.Add(time.Duration(rapid.IntRange(-600, 0).Draw(d.t, "ended")) * time.Second),
		}
		if s.Status == events.Resolved {
			d.explicit[owner.ID] = true
		}
		id := events.MessageID(fmt.Sprint("call", d.n))
		draft.Receive(Arrival{Join: c, Reason: "called", Message: events.Message{
			ID: id, ContactID: owner.ID, Direction: call.Direction, Kind: events.KindCall, Channel: "asterisk", InboxID: "pbx", Call: call,
			Attachments: []events.Attachment{}, Status: events.StatusReceived, OccurredAt: call.EndedAt, ReceivedAt: d.now,
		}})
		draft.Called(id, call, number)
		d.calls = append(d.calls, id)
	case 2:
		_ = draft.RequestCallback(s, events.CallbackID(fmt.Sprint("cb", d.n)), commands.RequestCallbackBody{Number: number})
	case 3:
		if s.Callback != nil {
			_ = draft.CloseCallback(s, commands.CloseCallbackBody{Callback: s.Callback.ID, Outcome: rapid.SampledFrom([]string{"reached", "attempted"}).Draw(d.t, "closed")})
		}
	}
	d.keep(draft)
}

// amend adds a leg to a call; said again it must change nothing.
func (d *desk) amend() {
	if len(d.calls) == 0 {
		return
	}
	id := rapid.SampledFrom(d.calls).Draw(d.t, "call")
	s, _ := FollowConversation(d.book, d.messages[id].Conversation)
	owner, _ := FollowContact(d.book, s.Contact.ID)
	later := &events.Call{
		Outcome: rapid.SampledFrom([]string{"", "answered", "missed"}).Draw(d.t, "outcome"), Transcript: "hello",
		EndedAt: d.now, Legs: []string{fmt.Sprint("leg", rapid.IntRange(0, 3).Draw(d.t, "leg"))},
	}
	was := d.messages[id].Call.Outcome
	draft := d.draft(owner.ID)
	if problem := draft.AmendCall(id, later, nil, "+8210"); problem != nil {
		d.t.Fatal(problem)
	}
	d.keep(draft)
	if was == "answered" && d.messages[id].Call.Outcome != "answered" {
		d.t.Fatal("an answered call was not answered after all")
	}
	again := d.draft(owner.ID)
	if problem := again.AmendCall(id, later, nil, "+8210"); problem != nil || !again.Empty() {
		d.t.Fatalf("said twice: %v, %v", problem, facts(again.Finish()))
	}
}

// road has the provider speak of everything up to a time, or repeat a text.
func (d *desk) road() {
	c, ok := d.anyConversation()
	if !ok || len(d.conversations[c].Roads) == 0 {
		return
	}
	road := rapid.SampledFrom(d.conversations[c].Roads).Draw(d.t, "road")
	key, points := RoadKey(road.Inbox, road.To.Key()), []events.Point{road.To}
	owner, _ := FollowContact(d.book, d.conversations[c].Contact.ID)
	draft := d.draft(owner.ID)
	before := maps.Clone(d.messages)
	if rapid.Bool().Draw(d.t, "echo") {
		id, whole, ok := Echoed(d.book, road.Inbox, points, " an\nanswer")
		if !ok {
			return
		}
		if status := before[id].Status; !whole || status == events.StatusFailed || !status.Before(events.StatusSent) {
			d.t.Fatalf("%s is %s and was echoed", id, status)
		}
		at, _ := FollowConversation(d.book, before[id].Conversation)
		stands, _ := FollowContact(d.book, at.Contact.ID)
		draft = d.draft(stands.ID)
		draft.Confirm(id, []string{fmt.Sprint("pid", d.n)}, whole)
	} else {
		until := d.now.Add(time.Duration(rapid.IntRange(-3600, 0).Draw(d.t, "until")) * time.Second)
		draft.Watermark(road.Inbox, points, until, events.StatusRead)
	}
	d.keep(draft)
	for id, ref := range d.messages {
		if was := before[id].Status; was != ref.Status && ref.Status == events.StatusRead && was.Before(events.StatusSent) {
			d.t.Fatalf("%s was %s and was read", id, was)
		}
	}
	for _, o := range d.roads[key] {
		status := d.messages[o.ID].Status
		if status == events.StatusRead || status == events.StatusFailed || o.Text != "" && !status.Before(events.StatusSent) {
			d.t.Fatalf("%s is %s and still watched: %+v", o.ID, status, o)
		}
	}
}

// erase deletes all of a contact's; nothing of it may stay in any state.
func (d *desk) erase() {
	who := d.standing()
	if rapid.IntRange(0, 5).Draw(d.t, "really") > 0 {
		return
	}
	draft := d.draft(who)
	draft.Erase([]string{"*"}, "asked")
	d.keep(draft)
	for _, id := range Family(d.book, who) {
		c := d.book.contacts[id]
		if c.Name != "" || len(c.Points)+len(c.Attributes)+len(c.Callbacks) > 0 {
			d.t.Fatalf("of %s is left %+v", id, c)
		}
		for _, talk := range d.Talks(id) {
			if s := d.conversations[talk]; s.Callback != nil || s.Contact.Name != "" || len(s.Roads) > 0 || s.LastMessage != nil && s.LastMessage.Text != "" {
				t := s.Conversation
				d.t.Fatalf("of %s is left %+v", talk, t)
			}
		}
	}
	// Whoever they were, they are somebody again when they write.
	back := d.draft(who)
	back.AddPoint(email(fmt.Sprint("back", d.n)), "wrote again")
	d.keep(back)
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
			case *events.ConversationRead, *events.MessageStatusChanged, *events.InboundStored,
				*events.MessageReacted, *events.AttachmentSettled, *events.CallAmended:
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
		if promised := s.Callback != nil && s.MergedInto == ""; promised != slices.Contains(owner.Callbacks, id) {
			t.Fatalf("%s has promised %+v, but the contact knows of %v", id, s.Callback, owner.Callbacks)
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
			"telephone": act(d.telephone), "amend": act(d.amend), "road": act(d.road), "erase": act(d.erase), "survey": act(d.survey), "end": act(d.end),
		})
		if d.replayed(t).state(t) != d.state(t) {
			t.Fatalf("the log tells another story:\n%s\n%s", d.replayed(t).state(t), d.state(t))
		}
	})
}
