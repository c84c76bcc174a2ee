package bus

import (
	"cmp"
	"context"
	"errors"
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

	life    context.Context // until stop; what the subscription itself does
	endLife context.CancelFunc
	ctx     context.Context // until the drain is over; what messages inherit
	cancel  context.CancelFunc
	late    chan struct{} // closed when the drain is over
	workers sync.WaitGroup

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
}

func newSubscription(ctx context.Context, cfg *SubscriberConfig, c jetstream.Consumer,
	reopen func(context.Context) (jetstream.Consumer, error)) *subscription {
	life, endLife := context.WithCancel(ctx)
	own, cancel := context.WithCancel(ctx)
	return &subscription{
		cfg: cfg, consumer: c, reopen: reopen, life: life, endLife: endLife, ctx: own, cancel: cancel,
		out: make(chan *message.Message), done: make(chan struct{}), late: make(chan struct{}),
		held: map[uint64]*held{}, lanes: map[string]*lane{},
	}
}

// run ends when everything that belongs to the subscription has.
func (s *subscription) run() {
	defer close(s.done)
	defer s.cancel()
	var helpers sync.WaitGroup
	helpers.Go(s.read)
	beaten := make(chan struct{})
	helpers.Go(func() { s.beat(beaten) })
	<-s.life.Done()
	s.stop()
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

// read takes messages until the end, and opens the consumer anew when it is
// lost.
func (s *subscription) read() {
	for failures := 0; ; {
		err := s.open()
		for err == nil {
			var m jetstream.Msg
			if m, err = s.iter.Next(); err == nil {
				failures = 0
				s.take(m)
			}
		}
		if s.isStopped() {
			return
		}
		if s.iter != nil {
			s.iter.Stop()
		}
		if errors.Is(err, jetstream.ErrConnectionClosed) || s.cfg.JetStream.Conn().IsClosed() {
			s.cfg.Logger.Error().Str("service", s.cfg.Group).Msg("subscription ends with its connection")
			s.stop()
			return
		}
		failures++
		s.cfg.Logger.Warn().Str("service", s.cfg.Group).Err(err).Int("attempt", failures).Msg("consumer lost")
		if !s.sleep(Exponential(50*time.Millisecond, 5*time.Second)(failures)) {
			return
		}
		s.find()
	}
}

// find makes the consumer anew where it has been deleted.
func (s *subscription) find() {
	ctx, cancel := context.WithTimeout(s.life, 5*time.Second)
	defer cancel()
	if c, err := s.reopen(ctx); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.consumer = c
	}
}

func (s *subscription) from() jetstream.Consumer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.consumer
}

// open begins to pull. After stop it fails.
func (s *subscription) open() error {
	if err := s.raiseFence(); err != nil {
		return err
	}
	n := min(s.cfg.MaxAckPending, 256)
	iter, err := s.from().Messages(jetstream.PullMaxMessages(n), jetstream.PullExpiry(30*time.Second))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		iter.Stop()
		return ErrClosed
	}
	s.iter = iter
	return nil
}

// take books a message. A second delivery of one that is held renews the loan
// and is nothing else.
func (s *subscription) take(m jetstream.Msg) {
	md, err := m.Metadata()
	if err != nil {
		s.cfg.Logger.Error().Str("service", s.cfg.Group).Err(err).Msg("message without a place in a stream")
		return
	}
	h := &held{msg: m, seq: md.Sequence.Stream, lent: int(md.NumDelivered), meta: Delivery{
		Stream: md.Stream, Seq: md.Sequence.Stream, Subject: m.Subject(), Stored: md.Timestamp,
	}}
	s.mu.Lock()
	if old, ok := s.held[h.seq]; ok {
		old.msg, old.lent = m, max(old.lent, h.lent)
		s.mu.Unlock()
		return
	}
	s.held[h.seq] = h
	s.mu.Unlock()
	if s.awaitDurable(h.seq) {
		s.enqueue(h)
	}
}

// awaitDurable is false when the subscription stopped before.
func (s *subscription) awaitDurable(seq uint64) bool {
	if s.cfg.Durability == nil {
		return true
	}
	s.cfg.Durability.Observe(seq)
	for {
		err := s.cfg.Durability.WaitDurable(s.life, seq)
		if err == nil {
			return true
		}
		if s.life.Err() != nil {
			return false
		}
		s.cfg.Logger.Warn().Str("service", s.cfg.Group).Uint64("seq", seq).Err(err).Msg("message is not durable yet")
		if !s.sleep(time.Second) {
			return false
		}
	}
}

func (s *subscription) isStopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// sleep is false when the subscription stopped before d was over.
func (s *subscription) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.life.Done():
		return false
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
