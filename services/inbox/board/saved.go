package board

import (
	"cmp"
	"container/heap"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Format is raised whenever what is written, or how a number is counted,
// changes: a board of another format is made anew from the log.
const Format = 4

// ErrFormat says that a saved board is of another format, or damaged.
var ErrFormat = errors.New("saved board is not of this format")

// saved is a board without what follows from the rest: loads, who waits where, and
// what agents have are counted again from the items.
type saved struct {
	Format   int
	Zone     string // a day of another one is another day
	Now      time.Time
	Seq      uint64
	Workload config.Workload
	Serve    map[events.QueueID][]events.TeamID
	Feeds    []savedFeed
	Agents   []savedAgent
	Items    int // that follow
	Scopes   []savedScope
}

type savedFeed struct {
	Inbox   events.InboxID
	Channel string
	Queue   events.QueueID
	Team    events.TeamID
	Gone    bool
}

type savedAgent struct {
	ID       events.AgentID
	Teams    []events.TeamID
	Capacity int
	Known    bool
	Presence events.Presence
}

type savedItem struct {
	ID              events.ConversationID
	Channel, At     string // home: at is the inbox
	In, Through     string // place: channel and inbox
	Queue           events.QueueID
	Team            events.TeamID
	Stand           uint16
	Since, Wanted   time.Time
	Holder          events.AgentID
	Weighs          string
	Units           int
	Promised, Holds bool
}

type savedScope struct {
	Kind  queries.BoardKind
	ID    string
	Gone  bool
	Upto  time.Time
	Steps []savedStep
	Day   time.Time
	Today [6]int // opened, reopened, resolved, abandoned, met, missed
	Books queries.Book
	// Newest is the last minute of the course, Course those that are not empty.
	Newest int64
	Course []savedPoint
}

type savedPoint struct {
	Minute                 int64
	Waiting, Arrived, Left int32
}

type savedStep struct {
	At                 int64
	Arrived, Left      int
	Taken, Met, Missed int
	Duty               time.Duration
}

// Saved is a board as it stood at one moment. It shares nothing with the board that
// changes, so it may be written while the board goes on. It holds no names,
// addresses or passwords.
type Saved struct {
	head  saved
	items []savedItem
}

// chunk is how many items are written at a time.
const chunk = 1024

// Save copies the board.
func (b *Board) Save() *Saved {
	s := saved{Format: Format, Zone: b.calendar.zone.String(), Now: b.now, Seq: b.seq, Items: len(b.items), Workload: b.workload, Serve: maps.Clone(b.serve)}
	for id, f := range b.feeds {
		s.Feeds = append(s.Feeds, savedFeed{id, f.channel, f.queue, f.team, f.gone})
	}
	for _, a := range b.agents {
		s.Agents = append(s.Agents, savedAgent{a.id, a.settings.Teams, a.settings.Capacity, a.known, a.presence})
	}
	items := make([]savedItem, 0, len(b.items))
	for _, it := range b.items {
		items = append(items, it.save())
	}
	s.Scopes = append(s.Scopes, b.total.save())
	for _, kind := range []*scopes{&b.queues, &b.teams, &b.channels, &b.inboxes, &b.asides} {
		for _, l := range kind.list {
			s.Scopes = append(s.Scopes, l.save())
		}
	}
	return &Saved{s, items}
}

// Write writes it down, so that [Read] and the decisions after Seq give what the
// board will be.
func (s *Saved) Write(to io.Writer) error {
	slices.SortFunc(s.head.Feeds, func(a, b savedFeed) int { return cmp.Compare(a.Inbox, b.Inbox) })
	slices.SortFunc(s.head.Agents, func(a, b savedAgent) int { return cmp.Compare(a.ID, b.ID) })
	e := gob.NewEncoder(to)
	err := e.Encode(&s.head)
	for items := range slices.Chunk(s.items, chunk) {
		err = errors.Join(err, e.Encode(items))
	}
	if err != nil {
		return fmt.Errorf("write board: %w", err)
	}
	return nil
}

// Read is the board that was written down; it reads no further. Its error is
// [ErrFormat].
func Read(zone *time.Location, from Source) (*Board, error) {
	var s saved
	d := gob.NewDecoder(from)
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if s.Format != Format {
		return nil, fmt.Errorf("%w: it is of format %d", ErrFormat, s.Format)
	}
	if s.Zone != zone.String() {
		return nil, fmt.Errorf("%w: its days are those of another zone", ErrFormat)
	}
	b := New(zone, s.Workload)
	b.now, b.seq = s.Now, s.Seq
	if s.Serve != nil {
		b.serve = s.Serve
	}
	for _, f := range s.Feeds {
		b.feeds[f.Inbox] = feed{f.Channel, f.Queue, f.Team, f.Gone}
	}
	for i := range s.Scopes {
		if !b.restoreScope(&s.Scopes[i]) {
			return nil, fmt.Errorf("%w: it has a line of an unknown kind", ErrFormat)
		}
	}
	for i := range s.Agents {
		b.restoreAgent(&s.Agents[i])
	}
	for read := 0; read < s.Items; {
		var items []savedItem
		if err := d.Decode(&items); err != nil || len(items) == 0 {
			return nil, fmt.Errorf("%w: %d of %d items (%w)", ErrFormat, read, s.Items, cmp.Or(err, io.ErrUnexpectedEOF))
		}
		for i := range items {
			b.restoreItem(&items[i])
		}
		read += len(items)
	}
	for i := range s.Scopes { // now that nobody who waits is counted in any more
		b.restoreCourse(&s.Scopes[i])
	}
	return b, nil
}

// Source is what a board is read from; a bytes.Reader or bufio.Reader is one.
type Source interface {
	io.Reader
	io.ByteReader // so that nothing is read beyond the board
}

// Seq is the place in the log of the newest decision on the board.
func (b *Board) Seq() uint64 { return b.seq }

func (it *item) save() savedItem {
	out := savedItem{
		ID: it.id, Channel: it.home.channel, At: string(it.home.inbox), In: it.place.channel, Through: string(it.place.inbox),
		Queue: it.place.queue, Team: it.place.team, Stand: it.stand.bits(), Since: it.since, Weighs: it.weighs, Units: it.units,
	}
	if it.alarm >= 0 {
		out.Promised, out.Wanted = true, it.wanted
	}
	if it.holder != nil {
		out.Holds, out.Holder = true, it.holder.id
	}
	return out
}

func (b *Board) restoreItem(s *savedItem) {
	it := &item{
		id: s.ID, home: home{s.Channel, events.InboxID(s.At)}, alarm: -1, wanted: s.Wanted, weighs: s.Weighs, units: s.Units,
		place: place{home: home{s.In, events.InboxID(s.Through)}, queue: s.Queue, team: s.Team},
	}
	b.items[it.id] = it
	now := standFrom(s.Stand)
	if s.Promised {
		heap.Push(&b.promised, it)
	}
	if s.Holds {
		it.holder = b.agent(s.Holder)
		it.holder.bear(it, now, 1)
	}
	b.settle(it, b.lines(it.place), now, s.Since, time.Time{})
}

func (b *Board) restoreAgent(s *savedAgent) {
	a := b.agent(s.ID)
	a.settings = config.Agent{ID: s.ID, Teams: s.Teams, Capacity: s.Capacity, Disabled: !s.Known}
	a.known, a.presence = s.Known, s.Presence
	if !a.known {
		return
	}
	b.staff = append(b.staff, a) // they were saved in the order of their ids
	a.scopes = b.scopesOf(a)
	if a.available() {
		for _, l := range a.scopes {
			l.duty.n++
		}
	}
}

func (s *scope) save() savedScope {
	t := &s.today
	out := savedScope{
		Kind: s.kind, ID: s.id, Gone: s.gone, Upto: s.duty.upto, Books: s.books, Day: t.day,
		Today: [6]int{t.opened, t.reopened, t.resolved, t.abandoned, t.service.met, t.service.missed},
	}
	for i, at := range s.ring.at {
		if f := &s.ring.flow[i]; at != 0 && *f != (flow{}) {
			out.Steps = append(out.Steps, savedStep{at, f.arrived, f.left, f.taken, f.service.met, f.service.missed, f.duty})
		}
	}
	out.Newest = s.course.newest
	for m := max(0, s.course.newest-remembered+1); m <= s.course.newest; m++ {
		if p := s.course.points[m%remembered]; p != (point{}) {
			out.Course = append(out.Course, savedPoint{m, p.waiting, p.arrived, p.left})
		}
	}
	return out
}

func (b *Board) restoreCourse(s *savedScope) {
	c := course{newest: s.Newest}
	for _, p := range s.Course {
		if p.Minute >= 0 {
			c.points[p.Minute%remembered] = point{p.Waiting, p.Arrived, p.Left}
		}
	}
	b.scopeOf(s.Kind, s.ID).course = c
}

// scopeOf is a line; nil for an unknown kind.
func (b *Board) scopeOf(kind queries.BoardKind, id string) *scope {
	switch kind {
	case queries.BoardTotal:
		return b.total
	case queries.BoardQueue:
		return b.queues.of(id)
	case queries.BoardTeam:
		return b.teams.of(id)
	case queries.BoardChannel:
		return b.channels.of(id)
	case queries.BoardInbox:
		return b.inboxes.of(id)
	case queries.BoardAside:
		return b.asides.of(id)
	}
	return nil
}

func (b *Board) restoreScope(s *savedScope) bool {
	l := b.scopeOf(s.Kind, s.ID)
	if l == nil {
		return false
	}
	l.gone, l.duty.upto, l.books = s.Gone, s.Upto, s.Books
	n := s.Today
	l.today = today{day: s.Day, opened: n[0], reopened: n[1], resolved: n[2], abandoned: n[3], service: service{n[4], n[5]}}
	for _, st := range s.Steps {
		if f := l.ring.of(st.At); f != nil {
			*f = flow{st.Arrived, st.Left, st.Taken, service{st.Met, st.Missed}, st.Duty}
		}
	}
	return true
}

func (s *stand) all() [10]*bool {
	return [10]*bool{&s.open, &s.snoozed, &s.waiting, &s.offered, &s.inWork, &s.atRisk, &s.breached, &s.callback, &s.due, &s.late}
}

func (s stand) bits() (out uint16) {
	for i, is := range s.all() {
		if *is {
			out |= 1 << i
		}
	}
	return out
}

func standFrom(bits uint16) (s stand) {
	for i, is := range s.all() {
		*is = bits&(1<<i) != 0
	}
	return s
}
