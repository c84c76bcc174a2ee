package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/projection"
	"github.com/tributary-inbox/tributary/pkg/run"
)

const schema = 3

// rest is how long decisions may gather, so that who writes ten times in a row is
// written down once. Whoever waits for one ends it; see also [Memory.Gather].
const rest = 2 * time.Second

var (
	bucket  = []byte("contact")
	members = []byte("member") // who is in any segment: the id alone
)

// maxFollow bounds a chain of merges in a damaged log.
const maxFollow = 64

// ErrClosed is returned while the file is not open: before Run, after it, and for
// the moment in which a file is made anew.
var ErrClosed = errors.New("what is known of contacts is not open")

// Memory keeps people.db along the log. Make it with New, run it once. Its other
// methods may be called from any goroutine.
type Memory struct {
	facts *feed.Feed[*events.Decision]
	path  string
	log   zerolog.Logger
	ready *run.Signal
	rest  time.Duration
	ahead uint32 // the day of the log's end when it is followed; Run's alone

	mu sync.RWMutex // guards what follows: readers read, who opens and closes it writes
	db *bolt.DB
	at *projection.Projection[*events.Decision]

	touched touched
}

// New makes a memory whose file is people.db in dir. Nothing is opened before Run.
func New(facts *feed.Feed[*events.Decision], dir string, log zerolog.Logger) *Memory {
	return &Memory{facts: facts, path: filepath.Join(dir, "people.db"), log: log, ready: run.NewSignal(), rest: rest, touched: newTouched()}
}

// Gather says how long decisions may gather before they are written; two seconds
// otherwise. It is called before Run.
func (m *Memory) Gather(d time.Duration) { m.rest = d }

// Ready is closed once everything is known that stood in the log when Run began.
func (m *Memory) Ready() <-chan struct{} { return m.ready.Done() }

// Run follows the log until ctx ends, and then returns nil. A file that cannot be
// used, or knows more than the log, is made anew.
func (m *Memory) Run(ctx context.Context) error {
	for again := false; ; again = true {
		err := m.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, feed.ErrBeyondEnd) && !again:
			m.log.Warn().Msg("what is known of contacts is ahead of the log and is made anew")
		case errors.Is(err, errDamaged) && !again:
			m.log.Error().Err(err).Msg("what is known of contacts is damaged and is made anew")
		default:
			return err
		}
		if err := bolt.Remove(m.path); err != nil {
			return fmt.Errorf("remove what is known of contacts: %w", err)
		}
	}
}

func (m *Memory) follow(ctx context.Context) (err error) {
	db, _, why, err := bolt.OpenOrRemove(m.path, bolt.Options{Schema: schema})
	if err != nil {
		return fmt.Errorf("open what is known of contacts: %w", err)
	}
	if why != nil {
		m.log.Warn().AnErr("reason", why).Msg("what is known of contacts is made anew")
	}
	defer func() {
		m.mu.Lock()
		m.db, m.at = nil, nil
		m.mu.Unlock()
		err = errors.Join(err, db.Close())
	}()
	if err := db.Update(prepare); err != nil {
		return err
	}
	if m.ahead, err = m.lastDay(ctx); err != nil {
		return err
	}
	p, err := projection.New(m.facts, projection.Options[*events.Decision]{DB: db, Name: "people", Apply: m.apply, MaxBatch: 16384, Rest: m.rest})
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.db, m.at = db, p
	m.mu.Unlock()
	var told sync.WaitGroup
	ended := make(chan struct{})
	told.Go(func() {
		select {
		case <-p.Ready():
			m.ready.Set()
		case <-ended:
		}
	})
	err = p.Run(ctx)
	close(ended)
	told.Wait()
	return err
}

// lastDay is the day of the newest decision there is, nought where none can be read.
func (m *Memory) lastDay(ctx context.Context) (day uint32, err error) {
	head := m.facts.Head()
	batch, err := m.facts.From(max(head, 1)-1).Until(ctx, head)
	for i := range batch {
		if batch[i].Err == nil {
			day = max(day, dayOf(batch[i].Value.At))
		}
	}
	return day, err
}

var errDamaged = errors.New("a record cannot be read")

func prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucket, members, days, former, erased} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

func read(b *bbolt.Bucket, id events.ContactID) (*Record, bool, error) {
	return decode(b.Get([]byte(id)))
}

// decode reads a record; false where there is none, or what was kept is that there was
// none.
func decode(v []byte) (*Record, bool, error) {
	if len(v) == 0 {
		return nil, false, nil
	}
	r := new(Record)
	if err := json.Unmarshal(v, r); err != nil {
		return nil, false, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return r, true, nil
}

func (m *Memory) view(f func(*bbolt.Bucket) error) error {
	return m.look(func(tx *bbolt.Tx) error { return f(tx.Bucket(bucket)) })
}

func (m *Memory) look(f func(*bbolt.Tx) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.db == nil {
		return ErrClosed
	}
	return m.db.View(f)
}

// WaitFor returns once the decision with the sequence, or one after it, is known;
// it fails with ctx's error, or while the file is not open.
func (m *Memory) WaitFor(ctx context.Context, seq uint64) error {
	m.mu.RLock()
	p := m.at
	m.mu.RUnlock()
	if p == nil {
		return ErrClosed
	}
	return p.WaitFor(ctx, seq)
}

// Seen is what expressions see of a contact, or of the one they were folded into.
// It is the caller's. It is false for one who is not known, or while nobody is.
func (m *Memory) Seen(id events.ContactID) (*config.ScopeContact, bool) {
	p, err := m.Person(id)
	if err != nil || p == nil {
		return nil, false
	}
	return p.Contact, true
}

// Person is a contact that stands, with what the log says of their segments.
// Segmented is the place where it says so.
type Person struct {
	Contact   *config.ScopeContact
	Segments  []events.SegmentID
	Segmented uint64
}

// Person finds a contact, or the one they were folded into; nil is one who is not
// known.
func (m *Memory) Person(id events.ContactID) (p *Person, err error) {
	err = m.view(func(b *bbolt.Bucket) error {
		for range maxFollow {
			r, ok, err := read(b, id)
			if err != nil || !ok {
				return err
			}
			if r.MergedInto == "" {
				p = person(b, r)
				return nil
			}
			id = r.MergedInto
		}
		return nil
	})
	return p, err
}

func person(b *bbolt.Bucket, r *Record) *Person {
	return &Person{Segments: r.Segments, Segmented: r.Segmented, Contact: see(r, func(id events.ContactID) (*Record, bool) {
		from, ok, err := read(b, id)
		return from, ok && err == nil
	})}
}

// Each hands over up to limit contacts that stand, in the order of their ids
// after one, and returns the last id it looked at, "" at the end.
func (m *Memory) Each(after events.ContactID, limit int, see func(*Person)) (last events.ContactID, err error) {
	return m.each(bucket, after, limit, see)
}

// Members is as [Memory.Each] for those alone whom the log puts into a segment.
func (m *Memory) Members(after events.ContactID, limit int, see func(*Person)) (last events.ContactID, err error) {
	return m.each(members, after, limit, see)
}

// Among are those of some contacts whom the log puts into a segment.
func (m *Memory) Among(ids []events.ContactID) (in []events.ContactID, err error) {
	err = m.look(func(tx *bbolt.Tx) error {
		b := tx.Bucket(members)
		for _, id := range ids {
			if b.Get([]byte(id)) != nil {
				in = append(in, id)
			}
		}
		return nil
	})
	return in, err
}

func (m *Memory) each(of []byte, after events.ContactID, limit int, see func(*Person)) (last events.ContactID, err error) {
	err = m.look(func(tx *bbolt.Tx) error {
		b, c := tx.Bucket(bucket), tx.Bucket(of).Cursor()
		k, v := c.Seek([]byte(after))
		if k != nil && string(k) == string(after) {
			k, v = c.Next()
		}
		for n := 0; k != nil; k, v = c.Next() {
			if n++; n > limit {
				return nil
			}
			if len(v) == 0 { // a list of ids alone
				v = b.Get(k)
			}
			r, ok, err := decode(v)
			if err != nil {
				return err
			}
			last = events.ContactID(k)
			if ok && r.MergedInto == "" {
				see(person(b, r))
			}
		}
		last = ""
		return nil
	})
	return last, err
}
