package reports

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// memory keeps everything and forgets nothing; it is Keeper and Settings, and a Source by [source].
type memory struct {
	fold       *Fold
	items      map[events.ConversationID]*Item
	duties     map[events.AgentID]*Duty
	asked      map[events.SurveyID]*Asking
	carried    map[events.ConversationID]Place
	hands      map[events.AgentID]map[events.ConversationID]Hand
	places     []Place
	placeOf    map[Place]uint32
	names      []events.ConversationID
	numberOf   map[events.ConversationID]uint32
	entries    map[Code]map[int64][]byte
	standing   map[uint32]uint32
	begin, end int64
	serve      map[events.QueueID][]events.TeamID
	staff      map[events.AgentID][]events.TeamID
	closed     map[events.QueueID]bool // where nothing is known of the hours
	zone       *time.Location
	began      bool
	noted      int
}

func newMemory(zone *time.Location) *memory {
	m := &memory{
		items: map[events.ConversationID]*Item{}, duties: map[events.AgentID]*Duty{}, placeOf: map[Place]uint32{}, numberOf: map[events.ConversationID]uint32{},
		entries: map[Code]map[int64][]byte{}, standing: map[uint32]uint32{}, serve: map[events.QueueID][]events.TeamID{}, staff: map[events.AgentID][]events.TeamID{},
		closed: map[events.QueueID]bool{}, asked: map[events.SurveyID]*Asking{}, zone: zone,
		carried: map[events.ConversationID]Place{}, hands: map[events.AgentID]map[events.ConversationID]Hand{},
	}
	m.fold = NewFold(m, m)
	return m
}

func (m *memory) SetQueue(q config.Queue)                      { m.serve[q.ID] = q.Teams }
func (m *memory) Item(id events.ConversationID) *Item          { return m.items[id] }
func (m *memory) SaveDuty(id events.AgentID, d *Duty)          { m.duties[id] = d }
func (m *memory) Asking(id events.SurveyID) *Asking            { return m.asked[id] }
func (m *memory) SaveAsking(id events.SurveyID, a *Asking)     { m.asked[id] = a }
func (m *memory) Carried(id events.ConversationID) Place       { return m.carried[id] }
func (m *memory) Span() (begin, end int64)                     { return m.begin, m.end }
func (m *memory) Place(n uint32) (Place, error)                { return m.places[n-1], nil }
func (m *memory) Name(n uint32) (events.ConversationID, error) { return m.names[n-1], nil }

func (m *memory) Apply(d *events.Decision) {
	at := d.At.Unix()
	if !m.began {
		m.begin, m.end, m.began = at, at+1, true
	}
	m.begin, m.end = min(m.begin, at), max(m.end, at+1)
	m.fold.Apply(d)
}

func (m *memory) Save(id events.ConversationID, it *Item) {
	if it == nil {
		delete(m.items, id)
	} else {
		m.items[id] = it
	}
}

func (m *memory) Duty(id events.AgentID) *Duty {
	if d := m.duties[id]; d != nil {
		return d
	}
	return new(Duty)
}

func (m *memory) number(id events.ConversationID) uint32 {
	if id == "" {
		return 0
	}
	if m.numberOf[id] == 0 {
		m.names = append(m.names, id)
		m.numberOf[id] = uint32(len(m.names))
	}
	return m.numberOf[id]
}

func (m *memory) place(p Place) uint32 {
	if m.placeOf[p] == 0 {
		m.places = append(m.places, p)
		m.placeOf[p] = uint32(len(m.places))
	}
	return m.placeOf[p]
}

func (m *memory) Carry(id events.ConversationID, p Place) {
	m.number(id)
	m.carried[id] = p
}

func (m *memory) Hands(id events.AgentID) []Hand { return slices.Collect(maps.Values(m.hands[id])) }

func (m *memory) Take(id events.AgentID, h Hand) {
	if m.hands[id] == nil {
		m.hands[id] = map[events.ConversationID]Hand{}
	}
	m.hands[id][h.Conversation] = h
}

func (m *memory) Drop(id events.AgentID, c events.ConversationID) { delete(m.hands[id], c) }

// head is the number of a place, nought for none.
func (m *memory) head(p Place) uint32 {
	if p == (Place{}) {
		return 0
	}
	return m.place(p)
}

func (m *memory) Note(e Entry) {
	r := Record{Place: m.place(e.Place), Conversation: m.number(e.Conversation), Value: e.Value}
	h := HourOf(e.At)
	r.Into = uint16(e.At - h)
	if m.entries[e.Code] == nil {
		m.entries[e.Code] = map[int64][]byte{}
	}
	m.entries[e.Code][h] = r.Append(m.entries[e.Code][h])
	m.noted++
	if e.Code == BacklogCode {
		if e.Value > 0 {
			m.standing[r.Conversation] = r.Place
		} else {
			delete(m.standing, r.Conversation)
		}
	}
}

func (m *memory) TeamsOf(q events.QueueID, _ time.Time) []events.TeamID   { return m.serve[q] }
func (m *memory) TeamsWith(a events.AgentID, _ time.Time) []events.TeamID { return m.staff[a] }

// Units are those of a house that never set any.
func (m *memory) Units(channel string, _ time.Time) int {
	return config.DefaultWorkload().Of(channel).Units
}

// Business counts every second half of an hour.
func (m *memory) Business(q events.QueueID, from, to time.Time) (time.Duration, bool) {
	if m.closed[q] {
		return 0, false
	}
	return halves(to) - halves(from), true
}

func halves(t time.Time) time.Duration {
	whole := t.Truncate(time.Hour)
	return time.Duration(whole.Unix()/3600)*30*time.Minute + min(t.Sub(whole), 30*time.Minute)
}

func (m *memory) Scan(code Code, from, to int64, each func(int64, *Record)) error {
	for h, block := range m.entries[code] {
		if h >= from && h < to {
			if err := ReadBlock(block, func(r *Record) { each(h+int64(r.Into), r) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *memory) Stock(before int64, _ func(uint32, int64)) (int64, error) {
	if m.began && m.begin < before {
		return HourOf(m.begin), nil
	}
	return HourOf(before), nil
}

func (m *memory) Standing(each func(conversation, place uint32)) error {
	for c, p := range m.standing {
		each(c, p)
	}
	return nil
}

func (m *memory) Duties(each func(events.AgentID, *Duty)) error {
	for id, d := range m.duties {
		each(id, d)
	}
	return nil
}

func (m *memory) Query(q Query) (Table, error) {
	if q.Zone == nil {
		q.Zone = m.zone
	}
	return Ask(source{m}, q)
}

// source is the memory as a Source, whose names are those of a Keeper with others.
type source struct{ *memory }

func (s source) Carried(conversation uint32) (uint32, error) {
	return s.head(s.carried[s.names[conversation-1]]), nil
}

func (s source) Hands(agent events.AgentID, each func(conversation, place uint32, units int)) error {
	for id, h := range s.hands[agent] {
		each(s.number(id), s.place(h.Place), h.Units)
	}
	return nil
}

// Conversations are all behind a number, page after page.
func (m *memory) Conversations(q Query, n Number, part queries.ReportPart, limit int) ([]events.ConversationID, int, error) {
	var out []events.ConversationID
	total, before := 0, uint32(0)
	for {
		page, err := Conversations(source{m}, q, n, part, before, limit)
		if err != nil {
			return nil, 0, err
		}
		if before == 0 {
			total = page.Total
		} else if page.Total != total {
			return nil, 0, errors.New("the total changes from page to page")
		}
		out, before = append(out, page.Items...), page.Next
		if before == 0 {
			return out, total, nil
		}
	}
}
