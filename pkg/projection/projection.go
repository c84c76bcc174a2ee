// Package projection folds a log into a bbolt file: it follows a feed, hands
// its entries to a function within a transaction, and writes how far it came
// in the same transaction.
//
// State and checkpoint therefore never disagree, whenever the process dies,
// and no entry is applied twice to a state. What the fold makes of the same
// entries must depend on nothing else; then the file can be deleted at any
// time and comes out the same, which tests compare with bolt.Hash.
//
// A projection does not decide what to do with a file that cannot be used: it
// reports, and its owner deletes the file and begins at zero (see
// bolt.OpenOrRemove).
package projection

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// Bucket holds the checkpoints of all projections in a file. Skip it when
// states that stand at different places of the log are compared.
const Bucket = "projection"

// ErrRan is returned by a second call of Run.
var ErrRan = errors.New("projection ran already")

// Options say what to fold into where.
type Options[T any] struct {
	// DB is the file. The projection does not close it. Required.
	DB *bolt.DB
	// Name tells this projection from others in the same file. Required.
	Name string
	// Apply folds entries, which follow the checkpoint in order, into tx. It
	// is called on one goroutine. An entry that could not be decoded has Err
	// set and is Apply's to handle. The entries and the slice are only lent.
	// An error rolls back, and ends Run: it is for what must not happen.
	Apply func(tx *bbolt.Tx, batch []feed.Entry[T]) error
	// MaxBatch is the most entries in one transaction; 1024. Fewer are not
	// waited for, but for Rest. While the file catches up at most 4096 count.
	MaxBatch int
	// Rest is how long after a transaction entries may gather for the next, so that
	// under load there are fewer and larger ones; none by default. An entry that
	// comes alone does not wait, and whoever waits for one ends the rest.
	Rest time.Duration
}

// Projection is one fold. Use New. Its methods may be called from many
// goroutines.
type Projection[T any] struct {
	opts  Options[T]
	src   source[T]
	ready chan struct{}
	hurry chan struct{} // somebody waits for an entry

	mu      sync.Mutex // guards all below
	at      uint64
	moved   chan struct{} // closed and replaced when at rises, closed when Run ends
	ran     bool
	failure error // set when Run has ended
}

// source is a feed, cut down to what is needed.
type source[T any] struct {
	head func() uint64
	from func(after uint64) cursor[T]
}

type cursor[T any] interface {
	Next(context.Context) ([]feed.Entry[T], error)
}

// New reads the checkpoint from the file.
func New[T any](f *feed.Feed[T], opts Options[T]) (*Projection[T], error) {
	return newFrom(source[T]{
		head: f.Head,
		from: func(after uint64) cursor[T] { return f.From(after) },
	}, opts)
}

func newFrom[T any](src source[T], opts Options[T]) (*Projection[T], error) {
	if opts.DB == nil || opts.Name == "" || opts.Apply == nil {
		return nil, errors.New("projection: file, name and apply are required")
	}
	if opts.MaxBatch <= 0 {
		opts.MaxBatch = 1024
	}
	p := &Projection[T]{opts: opts, src: src, ready: make(chan struct{}), hurry: make(chan struct{}, 1), moved: make(chan struct{})}
	err := opts.DB.View(func(tx *bbolt.Tx) (err error) {
		p.at, err = read(tx, opts.Name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("projection %s: %w", opts.Name, err)
	}
	return p, nil
}

// Ready is closed when everything has been applied that stood in the log when
// Run began.
func (p *Projection[T]) Ready() <-chan struct{} { return p.ready }

// Checkpoint is the sequence of the last entry applied and committed, or 0.
func (p *Projection[T]) Checkpoint() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// WaitFor returns once the entry with the sequence, or one after it, has been
// applied, and can be read in a new transaction. It fails with ctx's error, or
// when Run has ended before.
func (p *Projection[T]) WaitFor(ctx context.Context, seq uint64) error {
	for {
		p.mu.Lock()
		at, moved, failure := p.at, p.moved, p.failure
		p.mu.Unlock()
		switch {
		case at >= seq:
			return nil
		case failure != nil:
			return fmt.Errorf("wait for projection %s: %w", p.opts.Name, failure)
		}
		select {
		case p.hurry <- struct{}{}:
		default:
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Run applies entries until ctx is cancelled and then returns nil, or until
// something fails: Apply, the file, or the feed, as with feed.ErrBeyondEnd when
// the file knows more than the log, after which it must be rebuilt. It can run
// once.
func (p *Projection[T]) Run(ctx context.Context) error {
	p.mu.Lock()
	if p.ran {
		p.mu.Unlock()
		return ErrRan
	}
	p.ran = true
	after := p.at
	p.mu.Unlock()

	err := p.follow(ctx, after)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	p.end(err)
	if err != nil {
		return fmt.Errorf("projection %s: %w", p.opts.Name, err)
	}
	return nil
}

func (p *Projection[T]) follow(ctx context.Context, after uint64) error {
	goal := p.src.head()
	c := p.src.from(after)
	caughtUp := false
	var batch []feed.Entry[T]
	var rested time.Time // until then entries gather
	for {
		// A file that stands past the head has to prove itself first: Next
		// fails unless the log has that sequence.
		if !caughtUp && after >= goal && after <= p.src.head() {
			caughtUp = true
			close(p.ready)
		}
		most := p.opts.MaxBatch
		if !caughtUp {
			most = min(most, catchUp)
		}
		batch = batch[:0]
		for gathering := true; gathering; gathering = caughtUp && len(batch) < most && p.gather(ctx, rested) {
			for len(batch) == 0 || len(batch) < most && after < p.src.head() {
				entries, err := c.Next(ctx)
				if err != nil {
					return err
				}
				for _, e := range entries {
					if e.Seq > after { // what comes twice changes nothing
						batch = append(batch, e)
						after = e.Seq
					}
				}
			}
		}
		for rest := batch; len(rest) > 0; {
			n := min(len(rest), p.opts.MaxBatch)
			if err := bolt.WhenRoom(ctx, func() error { return p.apply(rest[:n]) }); err != nil {
				return err
			}
			rest = rest[n:]
		}
		clear(batch) // what was lent may be collected
		rested = time.Now().Add(p.opts.Rest)
	}
}

// catchUp bounds a transaction while a file catches up; slice is how long at a time
// nobody looks for what has come: shorter than what a feed keeps at hand.
const (
	catchUp = 4096
	slice   = 50 * time.Millisecond
)

// gather lets entries come for a slice of the time until; false says that the time
// is over, or somebody waits.
func (p *Projection[T]) gather(ctx context.Context, until time.Time) bool {
	left := time.Until(until)
	if left <= 0 {
		return false
	}
	t := time.NewTimer(min(left, slice))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.hurry:
	case <-ctx.Done():
	}
	return false
}

func (p *Projection[T]) apply(batch []feed.Entry[T]) error {
	last := batch[len(batch)-1].Seq
	err := p.opts.DB.Update(func(tx *bbolt.Tx) error {
		at, err := read(tx, p.opts.Name)
		if err != nil {
			return err
		}
		if at >= batch[0].Seq {
			return fmt.Errorf("file stands at %d, entry %d is next: it has two writers", at, batch[0].Seq)
		}
		if err := p.opts.Apply(tx, batch); err != nil {
			return fmt.Errorf("apply entries %d to %d: %w", batch[0].Seq, last, err)
		}
		return write(tx, p.opts.Name, last)
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = last
	close(p.moved)
	p.moved = make(chan struct{})
	return nil
}

func (p *Projection[T]) end(err error) {
	if err == nil {
		err = context.Canceled
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = err
	close(p.moved)
	p.moved = make(chan struct{})
}

// At is the checkpoint of a projection within a transaction: what else is read in
// it stands for that sequence.
func At(tx *bbolt.Tx, name string) (uint64, error) { return read(tx, name) }

func read(tx *bbolt.Tx, name string) (uint64, error) {
	b := tx.Bucket([]byte(Bucket))
	if b == nil {
		return 0, nil
	}
	v := b.Get([]byte(name))
	if v == nil {
		return 0, nil
	}
	at, _, err := bolt.CutUint64(v)
	if err != nil {
		return 0, fmt.Errorf("read checkpoint: %w", err)
	}
	return at, nil
}

func write(tx *bbolt.Tx, name string, at uint64) error {
	b, err := tx.CreateBucketIfNotExists([]byte(Bucket))
	if err == nil {
		err = b.Put([]byte(name), bolt.AppendUint64(nil, at))
	}
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return nil
}
