package eventlog

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// Message is what to append. The Log does not change it, and the caller must
// not either before the append is accepted.
type Message struct {
	// Subject must be one of the stream's subjects, without wildcards.
	Subject string
	// Header may be nil. Names that begin with "Nats-" belong to the server.
	Header nats.Header
	Data   []byte
	// ExpectLast, when not nil, is the sequence that must be the last one on
	// Subject at that moment; 0 means that nothing stands on Subject yet.
	// Otherwise the append fails with ErrConflict.
	ExpectLast *uint64
	// MsgID, when set, makes the server refuse a second append with the same id
	// within the stream's Duplicates window, and answer the first one's sequence.
	MsgID string
}

// Expect is a shorthand for Message.ExpectLast.
func Expect(seq uint64) *uint64 { return &seq }

func (m *Message) size() int {
	n := len(m.Subject) + len(m.Data) + len(m.MsgID) + 64
	for k, vs := range m.Header {
		for _, v := range vs {
			n += len(k) + len(v) + 4
		}
	}
	return n
}

// Record is a message as it stands in the stream.
type Record struct {
	// Seq is its place in the stream, counted from 1, with gaps where messages
	// were deleted.
	Seq     uint64
	Subject string
	// Header is nil when the message has none.
	Header nats.Header
	Data   []byte
	// Time is when the server stored it.
	Time time.Time
}

// Pending is an append under way. Its methods may be called from any number of
// goroutines, any number of times, and in any order.
type Pending struct {
	msg       Message
	bytes     int
	seq       uint64
	acceptErr error
	finalErr  error
	duplicate bool
	accepted  chan struct{} // closed once seq and acceptErr are final
	durable   chan struct{} // closed once finalErr is final
	settled   atomic.Bool
	done      func(*Pending) // gives back the room in flight
}

func newPending(m Message, done func(*Pending)) *Pending {
	return &Pending{
		msg: m, bytes: m.size(), done: done,
		accepted: make(chan struct{}), durable: make(chan struct{}),
	}
}

// Accepted waits until the server has given the message its sequence, or has
// refused it. The sequence is not yet durable. When ctx ends first the append
// goes on; its outcome can still be asked for.
func (p *Pending) Accepted(ctx context.Context) (uint64, error) {
	select {
	case <-p.accepted:
		return p.seq, p.acceptErr
	default:
	}
	select {
	case <-p.accepted:
		return p.seq, p.acceptErr
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Durable waits until the message would survive the loss of power. When ctx
// ends first the append goes on; its outcome can still be asked for.
func (p *Pending) Durable(ctx context.Context) (uint64, error) {
	select {
	case <-p.durable:
		return p.seq, p.finalErr
	default:
	}
	select {
	case <-p.durable:
		return p.seq, p.finalErr
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Duplicate says whether the server had stored this MsgID before, so that the
// sequence is the earlier message's. It is known once Accepted has returned.
func (p *Pending) Duplicate() bool {
	select {
	case <-p.accepted:
		return p.duplicate
	default:
		return false
	}
}

func (p *Pending) accept(a ack) {
	p.seq, p.duplicate = a.seq, a.duplicate
	close(p.accepted)
}

func (p *Pending) finish() {
	if p.settled.CompareAndSwap(false, true) {
		p.done(p) // first, so that whoever was told finds the room given back
		close(p.durable)
	}
}

// fail settles p with err, whether or not it had been accepted.
func (p *Pending) fail(err error) {
	if !p.settled.CompareAndSwap(false, true) {
		return
	}
	p.finalErr = err
	p.done(p)
	select {
	case <-p.accepted:
	default:
		p.acceptErr = err
		close(p.accepted)
	}
	close(p.durable)
}
