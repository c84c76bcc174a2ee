package eventlog

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Commit is a way for appends to become durable: BlockSync, Batch or ServerAck.
// One Commit serves any number of Logs, and should be shared by all Logs of one
// server in a process. The interface is closed: its methods need what only this
// package knows.
type Commit interface {
	// Sync returns when everything that the server acknowledged on stream before
	// the call is durable. It is for what is stored without a Log, such as
	// key-value buckets ("KV_name") and object stores ("OBJ_name").
	Sync(ctx context.Context, stream string) error

	// prepare adapts the stream's configuration to what the way needs.
	prepare(*jetstream.StreamConfig) error
	// attach binds a Log whose stream exists.
	attach(ctx context.Context, l *Log, st jetstream.Stream) (committer, error)
}

// committer is a Commit at work for one Log.
type committer interface {
	// append sends p; the order of calls is the order in the stream.
	append(p *Pending)
	// settle finishes an accepted p once it is durable.
	settle(p *Pending)
	// observe says that a reader met seq in the stream.
	observe(seq uint64)
	// mark is the highest durable sequence.
	mark() *watermark
	// healthy is nil until appends are refused for good.
	healthy() error
	// syncs is how many times data was synced by this side.
	syncs() uint64
	close()
}

// ServerAck takes the server's acknowledgement for durability. Use it where that
// is true: a stream with replicas, or a server with sync_always.
func ServerAck() Commit { return serverAck{} }

type serverAck struct{}

func (serverAck) Sync(context.Context, string) error { return nil }

func (serverAck) prepare(c *jetstream.StreamConfig) error {
	if c.PersistMode == jetstream.AsyncPersistMode {
		return fmt.Errorf("stream %s persists asynchronously: its acknowledgements promise nothing", c.Name)
	}
	return nil
}

func (serverAck) attach(_ context.Context, l *Log, st jetstream.Stream) (committer, error) {
	c := &direct{log: l}
	c.water.raise(st.CachedInfo().State.LastSeq)
	return c, nil
}

// direct sends every append by itself and believes the acknowledgement.
type direct struct {
	log   *Log
	water watermark
}

func (c *direct) append(p *Pending) {
	c.log.pub.send(wire(&p.msg), func(a ack, se *serverError, err error) {
		c.log.answered(p, a, se, err)
	})
}

func (c *direct) settle(p *Pending) {
	c.water.raise(p.seq)
	p.finish()
}

func (c *direct) observe(seq uint64) { c.water.raise(seq) }
func (c *direct) mark() *watermark   { return &c.water }
func (c *direct) healthy() error     { return nil }
func (c *direct) syncs() uint64      { return 0 }
func (c *direct) close()             {}
