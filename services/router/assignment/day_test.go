package assignment

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// world is what decisions have made true, as the router holds it.
type world struct {
	day           *day
	contacts      map[events.ContactID]*conversation.Contact
	conversations map[events.ConversationID]*conversation.State
	messages      map[events.MessageID]conversation.MessageRef
	presences     map[events.AgentID]events.Presence
}

func newWorld(d *day) *world {
	return &world{
		day: d, contacts: map[events.ContactID]*conversation.Contact{}, conversations: map[events.ConversationID]*conversation.State{},
		messages: map[events.MessageID]conversation.MessageRef{}, presences: map[events.AgentID]events.Presence{},
	}
}

func (w *world) Contact(id events.ContactID) (*conversation.Contact, bool) {
	c, ok := w.contacts[id]
	return c, ok
}
func (w *world) Conversation(id events.ConversationID) (*conversation.State, bool) {
	s, ok := w.conversations[id]
	return s, ok
}
func (w *world) Message(id events.MessageID) (conversation.MessageRef, bool) {
	m, ok := w.messages[id]
	return m, ok
}
func (w *world) Queue(id events.QueueID) (config.Queue, bool) {
	q, ok := w.day.desk.queues[id]
	if !ok {
		return config.Queue{}, false
	}
	return q.settings, true
}
func (w *world) Presence(id events.AgentID) (events.Presence, bool) {
	p, ok := w.presences[id]
	return p, ok
}
func (w *world) Room(id events.AgentID, more ...*events.Conversation) bool {
	return w.day.desk.Room(id, more...)
}
func (w *world) Works(id events.AgentID) bool                    { return w.day.desk.Works(id) }
func (w *world) Candidates(c *events.Conversation) events.Choice { return w.day.desk.Candidates(c) }
func (w *world) QueueOf(team events.TeamID) (events.QueueID, bool) {
	for i := range 3 {
		if q, ok := w.day.desk.queues[queueID(i)]; ok && slices.Contains(q.settings.Teams, team) {
			return queueID(i), true
		}
	}
	return "", false
}
func (w *world) Held(string) []conversation.Receipt                    { return nil }
func (w *world) Outgoing(string) []conversation.Outgoing               { return nil }
func (w *world) Order(string) (conversation.OrderRef, bool)            { return conversation.OrderRef{}, false }
func (w *world) Purchases(events.ContactID) []conversation.Purchase    { return nil }
func (w *world) Talks(events.ContactID) (none []events.ConversationID) { return none }
func (w *world) Clocks() conversation.Clocks                           { return nil }

// decide drafts a decision of somebody about a contact and makes it the present.
// Only what a person puts upon an agent by hand may go beyond their capacity, and
// what comes back to them in a queue where people choose for themselves.
func (d *day) decide(who events.ContactID, actor events.AgentID, byHand bool, draft func(*conversation.Draft)) {
	d.n++
	author := events.Author{Kind: "system"}
	if actor != "" {
		author = events.Author{Kind: "agent", ID: string(actor)}
	}
	draft0 := conversation.NewDraft(d.world, fmt.Sprint("dc", d.n), who, d.now, events.Cause{Kind: "command"}, author)
	draft(draft0)
	made := draft0.Finish()
	if made == nil {
		return
	}
	before, was := d.loads(), map[events.ConversationID]*events.Conversation{}
	maps.Copy(was, d.rows)
	maps.Copy(d.world.contacts, draft0.Contacts)
	maps.Copy(d.world.conversations, draft0.Conversations)
	maps.Copy(d.world.messages, draft0.Messages)
	maps.Copy(d.world.presences, draft0.Presences)
	for i := range made.Conversations {
		row, again := made.Conversations[i], made.Conversations[i]
		d.rows[row.ID] = &row
		d.desk.Put(&again)
	}
	for _, f := range made.Facts {
		if p, ok := f.Body.(*events.AgentPresenceChanged); ok {
			d.desk.SetPresence(p.Presence)
		}
	}
	for _, c := range made.Conversations {
		q, known := d.desk.queues[c.Queue]
		byHand = byHand || !known || !q.settings.Gives()
		_, stood := d.world.presences[c.Assignee] // who never said how they stand works by hand
		if a := d.desk.agents[c.Assignee]; a != nil && stood && !byHand && c.Status == events.Open && was[c.ID] != nil && was[c.ID].Status != events.Open && !a.takes() {
			d.t.Fatalf("%s came back to %s, who takes nothing new", c.ID, c.Assignee)
		}
	}
	if !byHand {
		d.withinCapacity(before)
	}
}

// on decides about one conversation.
func (d *day) on(c *events.Conversation, actor events.AgentID, byHand bool, draft func(*conversation.Draft, *conversation.State)) {
	d.decide(c.Contact.ID, actor, byHand, func(dr *conversation.Draft) { draft(dr, d.world.conversations[c.ID]) })
}

// load is what an agent has or is asked to take, by the rows alone: all of it, and
// what cannot wait.
func (d *day) load(a events.AgentID) (all, firm int) {
	for _, r := range d.rows {
		if r.Offer != nil && r.Offer.Agent != a || r.Offer == nil && (r.Assignee != a || r.Status != events.Open) {
			continue
		}
		w := config.DefaultWorkload().Of(r.Channels[0])
		all += w.Units
		if !w.Interruptible {
			firm += w.Units
		}
	}
	return all, firm
}

func (d *day) loads() map[events.AgentID][2]int {
	out := map[events.AgentID][2]int{}
	for id := range d.desk.agents {
		all, firm := d.load(id)
		out[id] = [2]int{all, firm}
	}
	return out
}

// withinCapacity wants whoever got more to have had room for it. What cannot wait
// is not kept out by what can.
func (d *day) withinCapacity(before map[events.AgentID][2]int) {
	for id, was := range before {
		all, firm := d.load(id)
		patient, patientBefore := all-firm, was[0]-was[1]
		if limit := d.desk.agents[id].capacity; firm > was[1] && firm > limit || patient > patientBefore && all > limit {
			d.t.Fatalf("%s has %d units (%d firm), had %d (%d), and a capacity of %d", id, all, firm, was[0], was[1], limit)
		}
	}
}

func (d *day) stand(p events.Presence) {
	p.Since = d.now
	d.decide("", "", true, func(dr *conversation.Draft) { dr.SetPresence(p) })
}

// anybody is an agent, who need not exist.
func (d *day) anybody(what string) events.AgentID {
	return agentID(rapid.IntRange(0, 5).Draw(d.t, what))
}

// step is one thing that happens in a day.
func (d *day) step() {
	t := d.t
	open := func(c *events.Conversation) bool { return c.Status == events.Open }
	switch rapid.IntRange(0, 23).Draw(t, "what") {
	case 0, 1, 2, 3, 4:
		d.arrive()
	case 5, 6:
		if c := d.some("resolved", func(c *events.Conversation) bool { return open(c) && c.Assignee != "" }); c != nil {
			d.on(c, c.Assignee, false, func(dr *conversation.Draft, s *conversation.State) { _ = dr.Resolve(s, "") })
		}
	case 7:
		d.changeOfPresence()
	case 8:
		if c := d.some("answers the offer", func(c *events.Conversation) bool { return c.Offer != nil }); c != nil {
			accepts := rapid.Bool().Draw(t, "accepts")
			d.on(c, c.Offer.Agent, false, func(dr *conversation.Draft, s *conversation.State) {
				if p := dr.AnswerOffer(s, commands.AnswerOfferBody{Offer: c.Offer.ID, Accept: accepts}); p != nil {
					t.Fatal(p)
				}
			})
		}
	case 9:
		if c := d.some("dealt with elsewhere", func(c *events.Conversation) bool { return c.Wait != nil }); c != nil {
			d.on(c, "", false, func(dr *conversation.Draft, s *conversation.State) { _ = dr.Resolve(s, "") })
		}
	case 10:
		d.now = d.now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
	case 11:
		d.promise()
	case 12:
		d.settings()
	case 13, 14:
		d.writesAgain()
	case 15:
		if c := d.some("put aside", open); c != nil {
			until := d.now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "for")) * time.Second)
			d.on(c, d.anybody("who"), false, func(dr *conversation.Draft, s *conversation.State) { _ = dr.Snooze(s, until) })
		}
	case 16:
		if c := d.some("reopened", func(c *events.Conversation) bool { return !open(c) }); c != nil {
			who := d.anybody("who")
			d.on(c, who, who == c.Assignee, func(dr *conversation.Draft, s *conversation.State) { _ = dr.Reopen(s, "") })
		}
	case 17:
		d.byHand()
	case 18:
		d.pull()
	case 19:
		if c := d.some("answered", func(c *events.Conversation) bool { return c.Status != events.Merged }); c != nil {
			d.answer(c)
		}
	case 20:
		d.end()
	case 21, 22:
		d.employ()
	case 23:
		d.leavesTheDesk()
	}
	d.now = d.now.Add(time.Millisecond)
	d.wake()
}

func (d *day) arrive() {
	t := d.t
	n := len(d.rows)
	id, who := events.ConversationID(fmt.Sprintf("cv%04d", n)), events.ContactID(fmt.Sprintf("ct%04d", n))
	c := &conversation.Contact{ID: who}
	if rapid.IntRange(0, 2).Draw(t, "known") == 0 {
		c.Agent = d.anybody("prefers")
	}
	d.world.contacts[who] = c
	channel := rapid.SampledFrom([]string{"email", "webchat", "phone"}).Draw(t, "channel")
	queue := queueID(rapid.IntRange(0, 2).Draw(t, "queue"))
	call := rapid.IntRange(0, 4).Draw(t, "a call") == 0
	wanted := d.now.Add(time.Duration(rapid.IntRange(-60, 600).Draw(t, "wanted")) * time.Second)
	priority := rapid.IntRange(0, 2).Draw(t, "priority")
	d.decide(who, "", false, func(dr *conversation.Draft) {
		m := d.message(who, channel)
		if call {
			m.Flag(conversation.FlagCallback)
		}
		dr.Receive(conversation.Arrival{Message: m, NewID: id, Queue: queue})
		s, _ := dr.World().Conversation(id)
		_ = dr.Prioritise(s, priority, "")
		if call {
			dr.Promise(s, events.Callback{ID: "cb", Number: "+82100", Reason: "asked", RequestedAt: d.now, WantedAt: &wanted, Message: m.ID})
		}
	})
}

func (d *day) message(who events.ContactID, channel string) events.Message {
	return events.Message{
		ID: events.MessageID(fmt.Sprint("ms", d.n)), ContactID: who, Direction: events.In, Kind: events.KindMessage, Channel: channel, InboxID: "in",
		From: &events.Point{Kind: "external", Value: string(who), Trust: events.Stated}, Text: "hello", OccurredAt: d.now, ReceivedAt: d.now,
	}
}

// writesAgain has a customer write on, whatever became of what they wrote before.
func (d *day) writesAgain() {
	c := d.some("writes again", func(*events.Conversation) bool { return true })
	if c == nil {
		return
	}
	d.decide(c.Contact.ID, "", false, func(dr *conversation.Draft) {
		dr.Receive(conversation.Arrival{Message: d.message(c.Contact.ID, c.Channels[0]), Join: c.ID})
	})
}

// end has a customer say that they are done. Who waited unanswered in a queue has
// given up, and no offer of theirs stands.
func (d *day) end() {
	c := d.some("ends", func(c *events.Conversation) bool { return c.Status != events.Merged })
	if c == nil {
		return
	}
	was := *c
	d.decide(c.Contact.ID, "", false, func(dr *conversation.Draft) {
		dr.End("in", d.message(c.Contact.ID, c.Channels[0]), func(events.ConversationID) events.MessageID { return events.MessageID(fmt.Sprint("end", d.n)) })
	})
	is := d.rows[c.ID]
	waited := was.Wait != nil && was.WaitingSince != nil && was.Callback == nil
	if waited && (is.Status != events.Resolved || is.Wait != nil || is.Offer != nil) {
		d.t.Fatalf("%s was ended while it waited, and is %s, in %+v, offered %+v", c.ID, is.Status, is.Wait, is.Offer)
	}
}

func (d *day) answer(c *events.Conversation) {
	who := d.anybody("who")
	d.on(c, who, who == c.Assignee, func(dr *conversation.Draft, s *conversation.State) {
		if road, ok := s.LastRoad(func(conversation.Road) bool { return true }); ok {
			if p := dr.Answer(s, events.MessageID(fmt.Sprint("ms", d.n)), road, commands.ReplyBody{Text: "an answer"}); p != nil {
				d.t.Fatal(p)
			}
		}
	})
}

// wake ends the snoozes whose time has come.
func (d *day) wake() {
	for i := range len(d.rows) {
		c := d.rows[events.ConversationID(fmt.Sprintf("cv%04d", i))]
		if c.Status == events.Snoozed && !c.SnoozedUntil.After(d.now) {
			d.on(c, "", false, func(dr *conversation.Draft, s *conversation.State) { dr.Wake(s, d.now) })
		}
	}
}

func (d *day) changeOfPresence() {
	p := events.Presence{Agent: d.anybody("who"), State: rapid.SampledFrom([]events.AgentState{events.AgentAvailable, events.AgentAway, events.AgentOffline, events.AgentWrapUp}).Draw(d.t, "state")}
	if p.State == events.AgentWrapUp || p.State == events.AgentAway && rapid.Bool().Draw(d.t, "until") {
		until := d.now.Add(45 * time.Second)
		p.Until = &until
	} else if p.State == events.AgentAvailable && rapid.IntRange(0, 3).Draw(d.t, "lost") == 0 {
		at := d.now
		p.LostAt = &at
	}
	d.stand(p)
}

// employ disables an agent, enables them, takes them out of the settings or puts them
// back in.
func (d *day) employ() {
	i := rapid.IntRange(0, 5).Draw(d.t, "employed")
	known, ok := d.desk.agents[agentID(i)]
	switch {
	case !ok:
		d.desk.SetAgent(d.agent(i))
		if p, stood := d.world.presences[agentID(i)]; stood {
			d.desk.SetPresence(p)
		}
	case rapid.IntRange(0, 3).Draw(d.t, "goes for good") == 0 && len(d.desk.agents) > 1:
		d.desk.RemoveAgent(agentID(i))
	default:
		a := known.settings
		a.Disabled = !a.Disabled
		d.desk.SetAgent(a)
	}
}

// leavesTheDesk has an agent go away while something is offered to them.
func (d *day) leavesTheDesk() {
	c := d.some("whose offer stands", func(c *events.Conversation) bool { return c.Offer != nil })
	if c == nil {
		return
	}
	d.stand(events.Presence{Agent: c.Offer.Agent, State: rapid.SampledFrom([]events.AgentState{events.AgentAway, events.AgentWrapUp, events.AgentOffline}).Draw(d.t, "goes")})
}

// promise has a clock of one that waits warn or be late, or ends its callback.
func (d *day) promise() {
	c := d.some("risk", func(c *events.Conversation) bool { return c.Wait != nil })
	if c == nil {
		return
	}
	due, late := d.now.Add(time.Minute), rapid.Bool().Draw(d.t, "late")
	outcome := rapid.SampledFrom([]string{"", conversation.OutcomeReached, conversation.OutcomeCancelled, conversation.OutcomeInVain}).Draw(d.t, "callback")
	d.on(c, "", false, func(dr *conversation.Draft, s *conversation.State) {
		if outcome != "" && s.Callback != nil {
			_ = dr.CloseCallback(s, commands.CloseCallbackBody{Callback: s.Callback.ID, Outcome: outcome})
			return
		}
		dr.Note(&events.ClockStarted{Conversation: c.ID, Clock: events.Clock{Kind: events.FirstResponse, DueAt: &due, Warned: true, Breached: late}})
	})
}

// settings change of a queue: whoever waits in it is looked at again.
func (d *day) settings() {
	i := rapid.IntRange(0, 2).Draw(d.t, "queue")
	if _, ok := d.desk.queues[queueID(i)]; !ok {
		return
	}
	d.desk.SetQueue(d.queue(i), d.terms())
	for n := range len(d.rows) {
		if c := d.rows[events.ConversationID(fmt.Sprintf("cv%04d", n))]; c.Queue == queueID(i) {
			d.decide(c.Contact.ID, "", false, func(dr *conversation.Draft) { dr.Review(c.ID) })
		}
	}
}

// byHand is a person's word: to an agent, back from one, to another queue.
func (d *day) byHand() {
	c := d.some("by hand", func(c *events.Conversation) bool { return c.Status == events.Open })
	if c == nil {
		return
	}
	how, to, queue := rapid.IntRange(0, 3).Draw(d.t, "how"), d.anybody("to"), queueID(rapid.IntRange(0, 2).Draw(d.t, "to queue"))
	d.on(c, "", true, func(dr *conversation.Draft, s *conversation.State) {
		switch how {
		case 0:
			_ = dr.Assign(s, 0, commands.AssignBody{Assignee: to})
		case 1:
			_ = dr.Assign(s, 0, commands.AssignBody{})
		case 2:
			_ = dr.Transfer(s, "", commands.TransferBody{Team: "tm0"})
		default:
			_ = dr.Transfer(s, "", commands.TransferBody{Queue: queue})
		}
	})
}

// pull has an agent ask for the next.
func (d *day) pull() {
	who := d.anybody("asks for work")
	a, ok := d.desk.Pull(who, d.now)
	if !ok {
		return
	}
	c := d.rows[a.Conversation]
	d.fair(c, a, true)
	d.on(c, who, false, func(dr *conversation.Draft, s *conversation.State) { dr.Give(s, who, a.Choice) })
}

func (d *day) some(what string, is func(*events.Conversation) bool) *events.Conversation {
	var ids []events.ConversationID
	for i := range len(d.rows) {
		if c := d.rows[events.ConversationID(fmt.Sprintf("cv%04d", i))]; is(c) {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return d.rows[rapid.SampledFrom(ids).Draw(d.t, what)]
}

// work does what the desk asks for, as a router would, until it asks for nothing.
func (d *day) work() {
	for n := 0; ; n++ {
		if n > 10000 {
			d.t.Fatal("the desk never comes to rest")
		}
		a, ok := d.desk.Next(d.now)
		if !ok {
			return
		}
		if a.Verb == ChangeState {
			d.stand(a.Presence)
			continue
		}
		c := d.rows[a.Conversation]
		if a.Verb == Overflow {
			if slices.Contains(c.Wait.Overflowed, a.Queue) {
				d.t.Fatalf("%s overflows into %s once more, after %v", c.ID, a.Queue, c.Wait.Overflowed)
			}
		}
		if a.Verb == MakeOffer || a.Verb == Give {
			d.fair(c, a, false)
		}
		if a.Verb == ExpireOffer && d.now.Before(c.Offer.Until) {
			d.t.Fatalf("%s: an offer until %v ends at %v", c.ID, c.Offer.Until, d.now)
		}
		d.on(c, "", false, func(dr *conversation.Draft, s *conversation.State) {
			switch a.Verb {
			case MakeOffer:
				dr.Offer(s, events.Offer{ID: events.OfferID(fmt.Sprint("of", d.n)), Agent: a.Agent, At: d.now, Until: a.Until}, a.Choice)
			case Give:
				dr.Give(s, a.Agent, a.Choice)
			case ExpireOffer:
				dr.EndOffer(s, events.OfferExpired, "")
			case WithdrawOffer:
				dr.EndOffer(s, events.OfferWithdrawn, "")
			case TakeBack:
				dr.TakeBack(s, "")
			case Overflow:
				dr.Overflow(s, a.Queue)
			case PassOn:
				dr.PassOn(s, a.Queue)
			}
		})
	}
}

// onePlace wants a conversation to be in exactly one place: it waits in a queue, or
// somebody has it in hand, or nobody need have it, or people choose for themselves
// there.
func (d *day) onePlace(c *events.Conversation) {
	q, known := d.desk.queues[c.Queue]
	gives := known && q.settings.Gives()
	waits, owed := c.Wait != nil, c.WaitingSince != nil || c.Callback != nil
	switch {
	case c.Status != events.Open && (waits || c.Offer != nil):
		d.t.Fatalf("%s is %s and has a place in a queue", c.ID, c.Status)
	case waits && (c.Assignee != "" || !gives || c.Wait.Queue != c.Queue):
		d.t.Fatalf("%s waits in %s, is %q's and of %s", c.ID, c.Wait.Queue, c.Assignee, c.Queue)
	case c.Offer != nil && !waits:
		d.t.Fatalf("%s is offered and does not wait", c.ID)
	case c.Status == events.Open && c.Assignee == "" && gives && owed && !waits:
		d.t.Fatalf("%s has somebody who waits, and no place", c.ID)
	}
}
