package reports

import (
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Ledger is all that reports are made of.
type Ledger struct {
	zone  *time.Location
	serve map[events.QueueID]string // teams, joined
	items map[events.ConversationID]*item
	stock map[key]int64 // the backlog now
	cells map[int64]map[key]*cell
	hours []int64 // of cells, ascending
	begin int64   // the hour of the earliest decision
	end   int64   // after that of the latest

	lastHour int64
	last     map[key]*cell
	touched  []touched // by the decision at hand
}

// item is a conversation that is open or snoozed, or has promised a call; the
// others are forgotten, as on the board. A spell is the time from its opening, or
// from a reopening, to when it is resolved.
type item struct {
	id      events.ConversationID
	channel string
	inbox   events.InboxID
	key     key // as the newest decision left it; agent is who has it
	stocked bool
	began   time.Time // the spell
	first   bool      // nobody has answered since it was opened
	asked   time.Time // the customer waits for an answer since
	waits   time.Time // in line, for somebody to take it
	holder  events.AgentID
	held    time.Time
}

type touched struct {
	it  *item
	row *events.Conversation
	key key
}

// New makes an empty ledger whose hours and days are those of a zone.
func New(zone *time.Location) *Ledger {
	return &Ledger{
		zone: zone, serve: map[events.QueueID]string{}, items: map[events.ConversationID]*item{},
		stock: map[key]int64{}, cells: map[int64]map[key]*cell{},
	}
}

func zoneAt(zone *time.Location, unix int64) (string, int) { return time.Unix(unix, 0).In(zone).Zone() }

// SetQueue says which teams serve a queue from now on. What stands in it follows
// with its next decision; the past stays as it was.
func (l *Ledger) SetQueue(q config.Queue) { l.serve[q.ID] = join(q.Teams) }

// RemoveQueue says that nobody serves it any longer.
func (l *Ledger) RemoveQueue(id events.QueueID) { delete(l.serve, id) }

// Apply takes in one decision of the log. Decisions come in the order of the log
// and each once.
func (l *Ledger) Apply(d *events.Decision) {
	l.touched = l.touched[:0]
	if h := l.hour(d.At.Unix()); l.end == 0 {
		l.begin, l.end = h, h+3600
	} else {
		l.begin, l.end = min(l.begin, h), max(l.end, h+3600)
	}
	for i := range d.Conversations {
		l.touch(d, &d.Conversations[i])
	}
	for i := range d.Facts {
		l.fact(d, d.Facts[i].Body)
	}
	for i := range l.touched {
		l.settle(&l.touched[i], d.At)
	}
}

// touch finds the conversation of a row and where it stands after the decision.
func (l *Ledger) touch(d *events.Decision, c *events.Conversation) {
	it, known := l.items[c.ID]
	if !known {
		it = &item{id: events.ConversationID(strings.Clone(string(c.ID))), began: d.At}
		if n := len(c.Channels); n > 0 {
			it.channel = c.Channels[n-1]
		}
		if n := len(c.Inboxes); n > 0 {
			it.inbox = c.Inboxes[n-1]
		}
	}
	for i := range d.Facts {
		switch f := d.Facts[i].Body.(type) {
		case *events.ConversationOpened:
			if f.Conversation == c.ID {
				it.channel, it.inbox = f.Channel, f.Inbox
			}
		case *events.MessageAdded:
			if m := &f.Message; m.ConversationID == c.ID && said(m) && m.Direction == events.In {
				it.channel, it.inbox = m.Channel, m.InboxID
			}
		}
	}
	k := key{channel: it.channel, inbox: it.inbox, queue: c.Queue, agent: c.Assignee, tags: join(c.Tags)}
	if c.Wait != nil {
		k.queue = c.Wait.Queue
	}
	if k.teams = string(c.Team); c.Team == "" {
		k.teams = l.serve[k.queue]
	}
	l.touched = append(l.touched, touched{it, c, k})
}

// said reports whether a message is one that the customer sees or said.
func said(m *events.Message) bool { return m.Kind == events.KindMessage || m.Kind == events.KindCall }

func (l *Ledger) find(id events.ConversationID) *touched {
	for i := range l.touched {
		if l.touched[i].row.ID == id {
			return &l.touched[i]
		}
	}
	return nil
}

// settle closes what a decision ended on a row and begins what it began.
func (l *Ledger) settle(t *touched, at time.Time) {
	it, c := t.it, t.row
	live := c.Status == events.Open || c.Status == events.Snoozed
	holder := c.Assignee
	if c.Status != events.Open {
		holder = ""
	}
	if !it.waits.IsZero() && holder != "" {
		k := it.key
		k.agent = holder
		cell := l.at(at.Unix(), k)
		cell.count(Taken, it.id)
		cell.measure(QueueTime, between(it.waits, at), it.id)
	}
	it.waits = time.Time{}
	switch {
	case c.Status != events.Open:
	case c.Wait != nil:
		it.waits = c.Wait.Since
	case c.Assignee == "" && c.WaitingSince != nil:
		it.waits = *c.WaitingSince
	}
	if it.holder != holder {
		if it.holder != "" {
			l.at(at.Unix(), it.key).measure(HandleTime, between(it.held, at), it.id)
		}
		it.holder, it.held = holder, at
	}
	if it.stocked && (!live || it.key != t.key) {
		l.move(it.key, at, -1)
	}
	if live && (!it.stocked || it.key != t.key) {
		l.move(t.key, at, 1)
	}
	it.key, it.stocked = t.key, live
	if live || c.Callback != nil && c.Status != events.Merged {
		l.items[it.id] = it
	} else {
		delete(l.items, it.id)
	}
}

func (l *Ledger) move(k key, at time.Time, by int64) {
	l.at(at.Unix(), k).stock += by
	if l.stock[k] += by; l.stock[k] == 0 {
		delete(l.stock, k)
	}
}
