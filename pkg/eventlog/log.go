package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config says which stream a Log appends to and how.
type Config struct {
	// Stream is created, or updated to this. Open forces file storage, direct
	// gets and atomic publishing.
	Stream jetstream.StreamConfig
	// Commit is how appends become durable. Required.
	Commit Commit
	// AckTimeout is how long an append waits for the server's answer before it
	// fails with ErrUnavailable. Default 5 s.
	AckTimeout time.Duration
	// MaxInFlight bounds the appends that are not yet durable. One more fails at
	// once with ErrUnavailable. Default 16 384.
	MaxInFlight int
	// MaxInFlightBytes bounds them in bytes, as counted on this side. A single
	// append may always pass. Default 64 MiB.
	MaxInFlightBytes int
}

// Log appends to one stream. All methods may be called from any goroutine.
// Several Logs may share a stream, a connection and a Commit.
type Log struct {
	cfg    Config
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	pub    *publisher
	com    committer
	atomic chan struct{} // one token for each atomic append under way

	order sync.Mutex // held from admission to the wire: calls enter the stream in order
	gone  atomic.Bool

	count, bytes                 atomic.Int64 // appends that are not settled
	appended, conflicts, refused atomic.Uint64
}

// atomicInFlight stays well below the server's limit of 50 batches in flight on
// one stream.
const atomicInFlight = 16

// Open creates or updates the stream and readies it for appends. With BlockSync
// it also syncs what the stream holds already, so that DurableSeq starts at the
// stream's last sequence. The caller owns nc, keeps it open while the Log is in
// use, and closes the Log first.
func Open(ctx context.Context, nc *nats.Conn, cfg Config) (*Log, error) {
	l, err := open(ctx, nc, cfg)
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", cfg.Stream.Name, err)
	}
	return l, nil
}

func open(ctx context.Context, nc *nats.Conn, cfg Config) (*Log, error) {
	if cfg.Commit == nil {
		return nil, errors.New("no way to commit given")
	}
	cfg.AckTimeout = positive(cfg.AckTimeout, 5*time.Second)
	cfg.MaxInFlight = positive(cfg.MaxInFlight, 16_384)
	cfg.MaxInFlightBytes = positive(cfg.MaxInFlightBytes, 64<<20)
	cfg.Stream.Storage = jetstream.FileStorage
	cfg.Stream.AllowDirect = true
	cfg.Stream.AllowAtomicPublish = true
	if err := cfg.Commit.prepare(&cfg.Stream); err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	st, err := js.CreateOrUpdateStream(ctx, cfg.Stream)
	if err != nil {
		return nil, err
	}
	l := &Log{cfg: cfg, nc: nc, js: js, stream: st, atomic: make(chan struct{}, atomicInFlight)}
	if l.pub, err = newPublisher(nc, cfg.Stream.Name, cfg.AckTimeout); err != nil {
		return nil, err
	}
	if l.com, err = cfg.Commit.attach(ctx, l, st); err != nil {
		l.pub.close()
		return nil, err
	}
	return l, nil
}

func positive[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Append stores m and returns its sequence once it is durable. When ctx ends
// first the error wraps both ErrUnavailable and ctx.Err(), and whether m was
// stored is not known.
func (l *Log) Append(ctx context.Context, m Message) (uint64, error) {
	seq, err := l.AppendAsync(m).Durable(ctx)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) && !errors.Is(err, ErrUnavailable) {
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return seq, err
}

// AppendAsync sends m and returns at once; it never waits for a sync. The order
// of calls is the order in the stream. The caller may drop the Pending.
func (l *Log) AppendAsync(m Message) *Pending {
	p := newPending(m, l.release)
	l.order.Lock()
	defer l.order.Unlock()
	if l.admit(p) {
		l.com.append(p)
	}
	return p
}

// admit counts p among those in flight, or fails it when there is no room.
func (l *Log) admit(p *Pending) bool {
	count, bytes := l.count.Add(1), l.bytes.Add(int64(p.bytes))
	err := l.com.healthy()
	switch {
	case err != nil:
	case l.gone.Load():
		err = ErrClosed
	case count > int64(l.cfg.MaxInFlight), count > 1 && bytes > int64(l.cfg.MaxInFlightBytes):
		err = fmt.Errorf("%w: %d appends in flight", ErrUnavailable, count-1)
	}
	if err != nil {
		l.refused.Add(1)
		p.fail(err)
	}
	return err == nil
}

// release gives back the room of a settled append.
func (l *Log) release(p *Pending) {
	l.count.Add(-1)
	l.bytes.Add(-int64(p.bytes))
}

// answered takes the server's word on p.
func (l *Log) answered(p *Pending, a ack, se *serverError, err error) {
	switch {
	case err != nil:
		l.refused.Add(1)
		p.fail(err)
	case se != nil && se.conflict():
		l.conflicts.Add(1)
		p.fail(conflictOf(&p.msg, se))
	case se != nil:
		l.refused.Add(1)
		p.fail(se.classify())
	default:
		l.appended.Add(1)
		p.accept(a)
		l.com.settle(p)
	}
}

// DurableSeq is the sequence up to which everything in the stream is durable, as
// far as this side knows. It only rises, except when the stream is made anew.
func (l *Log) DurableSeq() uint64 { return l.com.mark().get() }

// WaitDurable returns when everything up to seq is durable. seq must come from
// the stream: from Accepted, or from a reader that told Observe. It fails with
// ErrUnavailable when that can no longer be promised.
func (l *Log) WaitDurable(ctx context.Context, seq uint64) error {
	return l.com.mark().wait(ctx, seq)
}

// Observe says that a reader met seq in the stream, so that what others append,
// who do not use this Log, becomes durable and known too. It does not wait.
func (l *Log) Observe(seq uint64) {
	if seq > l.DurableSeq() {
		l.com.observe(seq)
	}
}

// Healthy is nil while appends can be durable. An error is for good: the process
// must be started anew (see the package comment on failed syncs).
func (l *Log) Healthy() error { return l.com.healthy() }

// Stats are counters since Open.
type Stats struct {
	// Appended counts messages that the server took, an atomic append as one.
	Appended uint64
	// Conflicts counts appends refused because an expectation did not hold.
	Conflicts uint64
	// Refused counts appends that failed otherwise.
	Refused uint64
	// Syncs counts the times that data was synced, or a batch sent, from this
	// side, for all Logs that share the stream's Commit.
	Syncs uint64
	// InFlight is how many appends are not settled now.
	InFlight int
	// Durable is DurableSeq.
	Durable uint64
}

// Stats may be called often; it takes no lock.
func (l *Log) Stats() Stats {
	return Stats{
		Appended: l.appended.Load(), Conflicts: l.conflicts.Load(), Refused: l.refused.Load(),
		Syncs: l.com.syncs(), InFlight: int(l.count.Load()), Durable: l.DurableSeq(),
	}
}

// Close refuses further appends and fails those in flight with ErrUnavailable:
// what was not yet told durable may or may not be stored. It closes neither the
// connection nor the Commit.
func (l *Log) Close() {
	l.order.Lock()
	was := l.gone.Swap(true)
	l.order.Unlock()
	if was {
		return
	}
	l.pub.close()
	l.com.close()
}
