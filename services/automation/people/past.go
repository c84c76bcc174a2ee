package people

import (
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// maxHeld bounds what one past remembers, in bytes, about.
const maxHeld = 64 << 20

// ErrTooMuch is returned once a past would have to remember more than it may.
var ErrTooMuch = errors.New("more customers changed than can be remembered")

// Past is what was known of contacts at a place in the log that moves on: the records
// as they stood when a day began, and what the log says since. It is for one
// goroutine.
type Past struct {
	memory *Memory
	day    uint32
	first  uint64 // the place of the day's first decision
	begins uint64
	at     uint64 // how far it was told
	most   int    // bounds held
	held   map[events.ContactID]*holding
	weight int
}

// holding is a record as it stands by now.
type holding struct {
	record *Record
	there  bool // it is somebody's who is known
	erased *erasure
	weight int
}

// Past begins at a place in the log, or somewhat before it; see [Past.Begins]. The
// memory must know what the log has; it fails while the file is not open.
func (m *Memory) Past(place uint64) (*Past, error) {
	p := &Past{memory: m, begins: place, first: place + 1, at: place, most: maxHeld, held: map[events.ContactID]*holding{}}
	err := m.look(func(tx *bbolt.Tx) error {
		day, first, ok := begun(tx, place+1)
		if !ok {
			return nil
		}
		p.day, p.first, p.begins = day, first, min(place, first-1)
		p.at = p.begins
		return nil
	})
	return p, err
}

// Begins is the place after which the past must be told everything, in order.
func (p *Past) Begins() uint64 { return p.begins }

// Tell moves the past on by a decision; before the day there is nothing to move. It
// fails with ErrTooMuch.
func (p *Past) Tell(d *events.Decision) error {
	p.at = d.Seq
	if d.Seq < p.first {
		return nil
	}
	err := tell(d, p.find, func(r *Record, n news) error {
		if n != none {
			h := p.held[r.ID]
			now := weigh(r)
			p.weight += now - h.weight
			h.weight, h.there = now, true
		}
		return nil
	})
	if err == nil && p.weight > p.most {
		return ErrTooMuch
	}
	return err
}

// find is a record to be changed.
func (p *Past) find(id events.ContactID) (*Record, error) {
	if h := p.held[id]; h != nil {
		return h.record, nil
	}
	h, _, err := p.stood(id)
	if err != nil {
		return nil, err
	}
	if !h.there {
		h.record = &Record{ID: id}
	}
	h.weight = weigh(h.record)
	p.held[id] = h
	p.weight += h.weight
	return h.record, nil
}

// stood is how a contact stood when the day began; kept is false where that is not
// known any more.
func (p *Past) stood(id events.ContactID) (h *holding, kept bool, err error) {
	h = new(holding)
	err = p.memory.look(func(tx *bbolt.Tx) (err error) {
		if h.record, kept, err = stood(tx, id, p.day); err == nil {
			h.there = h.record != nil
			h.erased, err = erasedOf(tx, id)
		}
		return err
	})
	return h, kept, err
}

// Doubt is why somebody is not told as they stood. What is
// queries.UnknownCustomers before the oldest day that is kept: they are told as they
// stood when it began, at Until; or queries.UnknownErased where something of theirs
// was erased since, at Until. None is the zero value.
type Doubt struct {
	What  string
	Until time.Time
}

// Contact is what expressions saw of a contact, or of the one they had been folded
// into; nil for one who was not known. It is good until Tell is called.
func (p *Past) Contact(id events.ContactID) (c *config.ScopeContact, doubt Doubt, err error) {
	since := Doubt{queries.UnknownCustomers, time.Unix(int64(p.day)*86_400, 0).UTC()}
	if p.at < p.first {
		doubt = since
	}
	look := func(id events.ContactID) (*Record, bool) {
		h := p.held[id]
		if h == nil {
			var kept bool
			var wrong error
			if h, kept, wrong = p.stood(id); wrong != nil {
				err = wrong
				return nil, false
			}
			if !kept {
				doubt = since
			}
		}
		if h.there && h.erased != nil && h.erased.Seq > p.at {
			doubt = Doubt{queries.UnknownErased, h.erased.At}
			return h.erased.from(h.record), true
		}
		return h.record, h.there
	}
	for range maxFollow {
		r, ok := look(id)
		if !ok || err != nil {
			return nil, doubt, err
		}
		if r.MergedInto == "" {
			c = see(r, look)
			return c, doubt, err
		}
		id = r.MergedInto
	}
	return nil, doubt, err
}

// weigh is about what a record takes in memory.
func weigh(r *Record) int {
	n := 512 + len(r.Name) + 96*len(r.Points) + 32*(len(r.Segments)+len(r.Live)+len(r.Merged))
	for k, v := range r.Attributes {
		n += len(k) + len(v) + 64
	}
	for i := range r.Orders {
		n += 384 + 64*len(r.Orders[i].Lines) + 128*len(r.Orders[i].Refunds)
	}
	return n
}
