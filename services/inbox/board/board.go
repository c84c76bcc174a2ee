package board

import (
	"container/heap"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Board is the load as it stands.
type Board struct {
	workload config.Workload
	calendar calendar
	serve    map[events.QueueID][]events.TeamID
	feeds    map[events.InboxID]feed
	agents   map[events.AgentID]*agent
	staff    []*agent // those known by settings, by id
	items    map[events.ConversationID]*item
	total    *scope
	queues   scopes
	teams    scopes
	channels scopes
	inboxes  scopes
	asides   scopes
	promised promised
	now      time.Time // the newest that was heard of
	seq      uint64

	spoken []spokenIn // of the decision at hand
	placed []placedIn
}

type spokenIn struct {
	id   events.ConversationID
	home home
}

type placedIn struct {
	id    events.ConversationID
	place place
	lines []*scope
}

// New makes an empty board whose days begin at midnight in a zone.
func New(zone *time.Location, w config.Workload) *Board {
	return &Board{
		workload: w, calendar: calendar{zone: zone}, serve: map[events.QueueID][]events.TeamID{}, feeds: map[events.InboxID]feed{},
		agents: map[events.AgentID]*agent{}, items: map[events.ConversationID]*item{},
		total: &scope{kind: queries.BoardTotal}, queues: newScopes(queries.BoardQueue), teams: newScopes(queries.BoardTeam),
		channels: newScopes(queries.BoardChannel), inboxes: newScopes(queries.BoardInbox), asides: newScopes(queries.BoardAside),
	}
}

// Apply takes in one decision of the log. Decisions come in the order of the log
// and each once.
func (b *Board) Apply(d *events.Decision) {
	b.seq = max(b.seq, d.Seq)
	b.pass(d.At)
	b.spoken, b.placed = b.spoken[:0], b.placed[:0]
	for i := range d.Facts {
		if id, h, ok := spoken(d.Facts[i].Body); ok {
			b.spoken = append(b.spoken, spokenIn{id, h})
		}
	}
	for i := range d.Conversations {
		b.put(&d.Conversations[i], d.At)
	}
	for i := range d.Facts {
		b.count(d.Facts[i].Body, d.At)
	}
}

// pass lets time go on: callbacks come due. Time never goes back.
func (b *Board) pass(now time.Time) {
	if now.After(b.now) {
		b.now = now
	}
	for len(b.promised) > 0 && !b.promised[0].wanted.After(b.now) {
		it := heap.Pop(&b.promised).(*item)
		s := it.stand
		s.due = true
		b.settle(it, it.scopes, s, it.since, time.Time{})
	}
}

// put takes in how a conversation stands after a decision.
func (b *Board) put(c *events.Conversation, at time.Time) {
	now, since := standOf(c)
	it, known := b.items[c.ID]
	if !known {
		it = &item{id: c.ID, home: homeOf(c), alarm: -1}
	}
	for i := range b.spoken {
		if b.spoken[i].id == c.ID {
			it.home = b.spoken[i].home
		}
	}
	p, lines := placeOf(c, it.home), it.scopes
	if !known || p != it.place {
		lines = b.lines(p)
	}
	it.place = p
	b.placed = append(b.placed, placedIn{c.ID, p, lines})
	b.promise(it, c, &now)
	b.burden(it, c, now)
	if now.concerns() {
		b.items[c.ID] = it
	} else if delete(b.items, c.ID); !known {
		return
	}
	b.settle(it, lines, now, since, at)
}

// promise keeps the time at which a callback comes due.
func (b *Board) promise(it *item, c *events.Conversation, now *stand) {
	if it.alarm >= 0 {
		heap.Remove(&b.promised, it.alarm)
	}
	if !now.callback {
		return
	}
	if c.Callback.WantedAt == nil || !c.Callback.WantedAt.After(b.now) {
		now.due = true
		return
	}
	it.wanted = *c.Callback.WantedAt
	heap.Push(&b.promised, it)
}

// burden moves the work to who has it now.
func (b *Board) burden(it *item, c *events.Conversation, now stand) {
	if it.holder != nil {
		it.holder.bear(it, it.stand, -1)
		it.holder = nil
	}
	if id := holderOf(c); id != "" {
		it.holder, it.weighs = b.agent(id), weighsAs(c)
		it.units = b.workload.Of(it.weighs).Units
		it.holder.bear(it, now, 1)
	}
}

// where are the lines of a conversation that the decision at hand speaks of; only
// the total where it is not known. A queue, where one is named, takes the place of
// the conversation's own.
func (b *Board) where(id events.ConversationID, queue events.QueueID) []*scope {
	var p placedIn
	if at := slices.IndexFunc(b.placed, func(p placedIn) bool { return p.id == id }); at >= 0 {
		p = b.placed[at]
	} else if it, ok := b.items[id]; ok {
		p = placedIn{id, it.place, it.scopes}
	}
	if p.lines == nil || queue != "" && queue != p.place.queue {
		if queue != "" {
			p.place.queue = queue
		}
		return b.lines(p.place)
	}
	return p.lines
}

// count adds to what happened today and lately.
func (b *Board) count(body events.Body, at time.Time) {
	switch f := body.(type) {
	case *events.AgentPresenceChanged:
		b.presence(f.Presence, at)
	case *events.ConversationOpened:
		b.today(f.Conversation, "", at, func(t *today) { t.opened++ })
	case *events.ConversationReopened:
		b.today(f.Conversation, "", at, func(t *today) { t.reopened++ })
	case *events.ConversationResolved:
		b.today(f.Conversation, "", at, func(t *today) { t.resolved++ })
	case *events.ConversationUnqueued:
		if f.Reason == gaveUp {
			b.today(f.Conversation, f.Queue, at, func(t *today) { t.abandoned++ })
		}
	case *events.MessageAdded:
		if c := f.Message.Call; c != nil && c.Direction == events.In && c.Outcome == hungUp {
			b.today(f.Message.ConversationID, "", at, func(t *today) { t.abandoned++ })
		}
	case *events.ClockStopped:
		if f.Clock.Kind == events.FirstResponse {
			b.answered(f, at)
		}
	case *events.InboundStored:
		b.book(f.Inbox, func(k *queries.Book) { k.Stored++ })
	case *events.InboundDuplicate:
		b.book(f.Inbox, func(k *queries.Book) { k.Duplicate++ })
	case *events.InboundRejected:
		b.book(f.Inbox, func(k *queries.Book) { k.Rejected++ })
	}
}

// The words of facts by which a customer gave up.
const (
	gaveUp = events.PlaceAbandoned // of a ConversationUnqueued
	hungUp = "abandoned"           // of a Call
)

// The ends of a clock that say something about the service.
const (
	met    = "met"
	missed = "missed"
)

func (b *Board) answered(f *events.ClockStopped, at time.Time) {
	if f.Outcome != met && f.Outcome != missed {
		return
	}
	day, n := b.calendar.day(at), stepOf(at)
	for _, s := range b.where(f.Conversation, "") {
		if t := s.today.of(day); t != nil {
			t.service.add(f.Outcome)
		}
		if l := s.ring.of(n); l != nil {
			l.service.add(f.Outcome)
		}
	}
}

func (b *Board) today(id events.ConversationID, queue events.QueueID, at time.Time, add func(*today)) {
	day := b.calendar.day(at)
	for _, s := range b.where(id, queue) {
		if t := s.today.of(day); t != nil {
			add(t)
		}
	}
}

func (b *Board) book(inbox events.InboxID, add func(*queries.Book)) {
	add(&b.total.books)
	add(&b.inboxes.of(string(inbox)).books)
}

// promised are callbacks whose time is still to come, the earliest first.
type promised []*item

// Len, Less, Swap, Push and Pop are for container/heap.
func (p promised) Len() int           { return len(p) }
func (p promised) Less(i, j int) bool { return p[i].wanted.Before(p[j].wanted) }
func (p promised) Swap(i, j int) {
	p[i], p[j] = p[j], p[i]
	p[i].alarm, p[j].alarm = i, j
}

// Push is for container/heap.
func (p *promised) Push(x any) {
	it := x.(*item)
	it.alarm = len(*p)
	*p = append(*p, it)
}

// Pop is for container/heap.
func (p *promised) Pop() any {
	last := len(*p) - 1
	it := (*p)[last]
	(*p)[last] = nil
	*p = (*p)[:last]
	it.alarm = -1
	return it
}
