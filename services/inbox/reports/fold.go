package reports

import (
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Keeper is where a fold keeps what it must know of conversations and agents, and
// what it notes. What it gives out is changed in place and handed back to Save.
type Keeper interface {
	// Item is nil for a conversation that is not kept.
	Item(id events.ConversationID) *Item
	// Save keeps an item; nil forgets it.
	Save(id events.ConversationID, it *Item)
	// Duty is never nil.
	Duty(id events.AgentID) *Duty
	SaveDuty(id events.AgentID, d *Duty)
	// Asking is nil for a survey of which no asking was saved.
	Asking(id events.SurveyID) *Asking
	SaveAsking(id events.SurveyID, a *Asking)
	// Carried is what a conversation carries, the zero Place for one of which
	// nothing was saved.
	Carried(id events.ConversationID) Place
	Carry(id events.ConversationID, p Place)
	// Hands are what an agent has in hand, in any order. Take adds to it, or takes
	// the place of what is known of the conversation.
	Hands(id events.AgentID) []Hand
	Take(id events.AgentID, h Hand)
	Drop(id events.AgentID, c events.ConversationID)
	Note(e Entry)
}

// Settings are those of the day of a decision, so that the past comes out the same
// whenever it is told.
type Settings interface {
	// TeamsOf are the teams that serve a queue.
	TeamsOf(queue events.QueueID, at time.Time) []events.TeamID
	// TeamsWith are the teams of an agent.
	TeamsWith(agent events.AgentID, at time.Time) []events.TeamID
	// Business is the time between two moments in the hours of a queue as they
	// stand at the latter; false where that cannot be told. A queue without hours
	// is open round the clock.
	Business(queue events.QueueID, from, to time.Time) (time.Duration, bool)
	// Units are what a conversation on a channel takes of an agent's capacity.
	Units(channel string, at time.Time) int
}

// Fold turns decisions into entries. It is for one goroutine.
type Fold struct {
	keeper   Keeper
	settings Settings
	touched  []touched // by the decision at hand
	teams    map[events.QueueID]string
}

// Item is what is known of a conversation that is open or snoozed, or has promised a
// call. Its fields are exported to be
// stored and are nobody else's. A spell is the time from its opening, or from a
// reopening, to when it is resolved.
type Item struct {
	Channel string    `json:"c,omitempty"`
	Inbox   string    `json:"i,omitempty"`
	Place   Place     `json:"p"` // as the newest decision left it; the agent is who has it
	Stocked bool      `json:"s,omitempty"`
	Began   time.Time `json:"b,omitzero"`  // the spell
	First   bool      `json:"f,omitempty"` // nobody has answered since it was opened
	Asked   time.Time `json:"a,omitzero"`  // the customer waits for an answer since; ahead where they named a time
	ForCall bool      `json:"l,omitempty"` // and for nothing but a call
	Waits   time.Time `json:"w,omitzero"`  // in line, for somebody to take it
	Holder  string    `json:"h,omitempty"`
	Held    time.Time `json:"t,omitzero"`
	Wanted  time.Time `json:"r,omitzero"` // a call since
	// Promise is the call that is promised.
	Promise events.CallbackID `json:"q,omitempty"`
}

type touched struct {
	id    events.ConversationID
	it    *Item
	row   *events.Conversation
	place Place
	// What it carries, and who answered in this decision.
	carried  Place
	answerer string
}

// NewFold makes a fold over what a keeper holds.
func NewFold(k Keeper, s Settings) *Fold {
	return &Fold{keeper: k, settings: s, teams: map[events.QueueID]string{}}
}

// Apply takes in one decision of the log. Decisions come in the order of the log
// and each once.
func (f *Fold) Apply(d *events.Decision) {
	f.touched = f.touched[:0]
	clear(f.teams)
	for i := range d.Conversations {
		f.touch(d, &d.Conversations[i])
	}
	for i := range d.Facts {
		f.fact(d, d.Facts[i].Body)
	}
	for i := range f.touched {
		f.settle(&f.touched[i], d.At)
	}
}

// serving are the teams of a queue, joined.
func (f *Fold) serving(q events.QueueID, at time.Time) string {
	if q == "" {
		return ""
	}
	teams, ok := f.teams[q]
	if !ok {
		teams = join(f.settings.TeamsOf(q, at))
		f.teams[q] = teams
	}
	return teams
}

// touch finds the conversation of a row and where it stands after the decision.
func (f *Fold) touch(d *events.Decision, c *events.Conversation) {
	it := f.keeper.Item(c.ID)
	if it == nil {
		it = &Item{Began: d.At}
		if n := len(c.Channels); n > 0 {
			it.Channel = c.Channels[n-1]
		}
		if n := len(c.Inboxes); n > 0 {
			it.Inbox = string(c.Inboxes[n-1])
		}
	}
	for i := range d.Facts {
		switch b := d.Facts[i].Body.(type) {
		case *events.ConversationOpened:
			if b.Conversation == c.ID {
				it.Channel, it.Inbox = b.Channel, string(b.Inbox)
			}
		case *events.MessageAdded:
			if m := &b.Message; m.ConversationID == c.ID && said(m) && m.Direction == events.In {
				it.Channel, it.Inbox = m.Channel, string(m.InboxID)
			}
		}
	}
	p := Place{
		Channel: it.Channel, Inbox: it.Inbox, Queue: string(c.Queue), Agent: string(c.Assignee),
		Tags: join(c.Tags), Segments: join(c.Segments), Priority: strconv.Itoa(c.Priority),
	}
	if c.Wait != nil {
		p.Queue = string(c.Wait.Queue)
	}
	if p.Teams = string(c.Team); c.Team == "" {
		p.Teams = f.serving(events.QueueID(p.Queue), d.At)
	}
	f.touched = append(f.touched, touched{id: c.ID, it: it, row: c, place: p, carried: f.keeper.Carried(c.ID)})
}

// said reports whether a message is one that the customer sees or said.
func said(m *events.Message) bool { return m.Kind == events.KindMessage || m.Kind == events.KindCall }

func (f *Fold) find(id events.ConversationID) *touched {
	for i := range f.touched {
		if f.touched[i].id == id {
			return &f.touched[i]
		}
	}
	return nil
}

// note leaves out the tags and segments: those that count are what the conversation
// carries when somebody asks.
func (f *Fold) note(at time.Time, n Number, p Place, value int64, id events.ConversationID) {
	p.Tags, p.Segments = "", ""
	f.keeper.Note(Entry{At: at.Unix(), Code: codes[n], Value: value, Place: p, Conversation: id})
}

// stock notes the backlog, a state: it is under the tags and segments of its time.
func (f *Fold) stock(at time.Time, p Place, value int64, id events.ConversationID) {
	f.keeper.Note(Entry{At: at.Unix(), Code: BacklogCode, Value: value, Place: p, Conversation: id})
}

// business notes the time between two moments in the hours of the place's queue.
func (f *Fold) business(at time.Time, n Number, p Place, from, to time.Time, id events.ConversationID) {
	value := int64(Unmeasured)
	if took, ok := f.settings.Business(events.QueueID(p.Queue), from, to); ok {
		value = max(took.Milliseconds(), 0)
	}
	f.note(at, n, p, value, id)
}

// settle closes what a decision ended on a row and begins what it began.
func (f *Fold) settle(t *touched, at time.Time) {
	it, c := t.it, t.row
	live := c.Status == events.Open || c.Status == events.Snoozed
	holder := string(c.Assignee)
	if c.Status != events.Open {
		holder = ""
	}
	if !it.Waits.IsZero() && holder != "" {
		p := it.Place
		p.Agent = holder
		f.note(at, queries.ReportTaken, p, 1, t.id)
		f.note(at, queries.ReportQueueTime, p, between(it.Waits, at), t.id)
		f.business(at, queries.ReportQueueBusiness, p, it.Waits, at, t.id)
	}
	it.Waits = time.Time{}
	switch {
	case c.Status != events.Open:
	case c.Wait != nil:
		it.Waits = c.Wait.Since
	case c.Assignee == "" && c.WaitingSince != nil:
		it.Waits = *c.WaitingSince
	}
	f.hold(t, holder, at)
	if it.Stocked && (!live || it.Place != t.place) {
		f.stock(at, it.Place, -1, t.id)
	}
	if live && (!it.Stocked || it.Place != t.place) {
		f.stock(at, t.place, 1, t.id)
	}
	it.Place, it.Stocked = t.place, live
	it.Wanted, it.Promise = time.Time{}, ""
	if c.Callback != nil { // a promise may come or go with a merge
		it.Wanted, it.Promise = c.Callback.RequestedAt, c.Callback.ID
	}
	f.carry(t)
	if !live && (c.Callback == nil || c.Status == events.Merged) {
		it = nil
	}
	f.keeper.Save(t.id, it)
}

// hold passes it from one agent to another, or to nobody.
func (f *Fold) hold(t *touched, holder string, at time.Time) {
	it, now := t.it, f.hand(t, at)
	if it.Holder == holder {
		if before := it.Place.bare(); holder != "" && before != now.Place {
			f.take(events.AgentID(holder), at, now, 0)
		}
		return
	}
	if it.Holder != "" {
		f.note(at, queries.ReportHandleTime, it.Place, between(it.Held, at), t.id)
		f.business(at, queries.ReportHandleBusiness, it.Place, it.Held, at, t.id)
		f.drop(events.AgentID(it.Holder), at, t.id)
	}
	if holder != "" {
		f.take(events.AgentID(holder), at, now, 1)
	}
	it.Holder, it.Held = holder, at
}
