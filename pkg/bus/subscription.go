package bus

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
)

// subscription reads one consumer. Its goroutines are run, which owns the
// others: the reader, the heart, and up to Concurrency workers.
type subscription struct {
	cfg    *SubscriberConfig
	reopen func(context.Context) (jetstream.Consumer, error)
	out    chan *message.Message
	done   chan struct{}

	life       context.Context // until stop; what the subscription itself does
	endLife    context.CancelFunc
	ctx        context.Context // until the drain is over; what messages inherit
	cancel     context.CancelFunc
	late       chan struct{}   // closed when the drain is over
	reading    context.Context // until the reader must not wait any longer
	endReading context.CancelFunc
	workers    sync.WaitGroup

	mu       sync.Mutex // guards all below
	consumer jetstream.Consumer
	stopped  bool
	iter     jetstream.MessagesContext
	held     map[uint64]*held // by sequence
	lanes    map[string]*lane // by key; unordered lanes are not in it
	ready    []*lane
	active   int // workers
	fence    uint64
	fenced   []*held
}

// held is a message that the server has lent to this side.
type held struct {
	msg     jetstream.Msg
	seq     uint64
	meta    Delivery
	lent    int // deliveries by the server
	retries int // refusals answered here
	lane    *lane
	placed  bool // in its lane, or behind the fence
}

func newSubscription(ctx context.Context, cfg *SubscriberConfig, c jetstream.Consumer,
	reopen func(context.Context) (jetstream.Consumer, error)) *subscription {
	life, endLife := context.WithCancel(ctx)
	own, cancel := context.WithCancel(ctx)
	reading, endReading := context.WithCancel(context.WithoutCancel(ctx))
	return &subscription{
		cfg: cfg, consumer: c, reopen: reopen, life: life, endLife: endLife, ctx: own, cancel: cancel,
		reading: reading, endReading: endReading,
		out: make(chan *message.Message), done: make(chan struct{}), late: make(chan struct{}),
		held: map[uint64]*held{}, lanes: map[string]*lane{},
	}
}

// run ends when everything that belongs to the subscription has.
func (s *subscription) run() {
	defer close(s.done)
	defer s.cancel()
	defer s.endReading()
	var helpers sync.WaitGroup
	helpers.Go(s.read)
	beaten := make(chan struct{})
	helpers.Go(func() { s.beat(beaten) })
	<-s.life.Done()
	s.stop()
	patience := time.AfterFunc(s.lastCall(), s.endReading)
	defer patience.Stop()
	s.drain()
	close(beaten)
	helpers.Wait()
	s.giveBack()
	close(s.out)
}

// stop asks for the end and returns.
func (s *subscription) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	s.endLife()
	if s.iter != nil {
		s.iter.Drain() // so that what is under way to here is given back, not lost until AckWait
	}
}

// lastCall is how long to wait for what the server sent before it heard of the
// end. Without a connection there is nothing to wait for, and the client
// library would wait ten seconds.
func (s *subscription) lastCall() time.Duration {
	if s.cfg.JetStream.Conn().IsConnected() {
		return 2 * time.Second
	}
	return 0
}

// drain waits for the handlers, and cancels their contexts when they are late.
func (s *subscription) drain() {
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		s.workers.Wait()
	}()
	timer := time.NewTimer(max(s.cfg.DrainTimeout, 0))
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
		s.cancel()
		close(s.late)
		<-idle
	}
}

// giveBack returns what is left to the server, oldest first, which is also the
// order in which it lends it out again.
func (s *subscription) giveBack() {
	s.mu.Lock()
	rest := make([]*held, 0, len(s.held))
	for _, h := range s.held {
		if h.lane != nil && h.lane.timer != nil {
			h.lane.timer.Stop()
		}
		rest = append(rest, h)
	}
	s.mu.Unlock()
	slices.SortFunc(rest, func(a, b *held) int { return cmp.Compare(a.seq, b.seq) })
	for _, h := range rest {
		s.tell(h.seq, "give back", h.msg.Nak)
	}
	if !s.cfg.JetStream.Conn().IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Second)
	defer cancel()
	if err := s.cfg.JetStream.Conn().FlushWithContext(ctx); err != nil {
		s.cfg.Logger.Debug().Str("service", s.cfg.Group).Err(err).Msg("flush of acknowledgements failed")
	}
}

// tell sends the server a word on a message. What does not arrive costs a
// repetition and no more.
func (s *subscription) tell(seq uint64, what string, send func() error) {
	if err := send(); err != nil {
		s.cfg.Logger.Debug().Str("service", s.cfg.Group).Uint64("seq", seq).Str("word", what).Err(err).
			Msg("word on a message not sent")
	}
}

// beat tells the server that what is held is not forgotten, and looks whether
// the fence may fall. It goes on while handlers finish, until end is closed.
func (s *subscription) beat(end <-chan struct{}) {
	extend := time.NewTicker(s.cfg.AckWait / 3)
	defer extend.Stop()
	look := time.NewTicker(min(s.cfg.AckWait/3, 100*time.Millisecond))
	defer look.Stop()
	for {
		select {
		case <-end:
			return
		case <-look.C:
			s.lowerFence()
		case <-extend.C:
			for seq, m := range s.lent() {
				s.tell(seq, "in progress", m.InProgress)
			}
		}
	}
}

// lent is what is held now.
func (s *subscription) lent() map[uint64]jetstream.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[uint64]jetstream.Msg, len(s.held))
	for seq, h := range s.held {
		all[seq] = h.msg
	}
	return all
}
