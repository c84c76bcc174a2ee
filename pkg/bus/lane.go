package bus

import (
	"context"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/tributary-inbox/tributary/pkg/clock"
)

// lane is a queue of messages that must be handed out one after the other: one
// for each key, or one for each message where nothing is ordered.
type lane struct {
	key   string
	queue []*held
	timer clock.Timer // runs while the first message rests
}

// enqueue puts a message into its lane, or behind the fence.
func (s *subscription) enqueue(h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.placed = true
	if s.fence > 0 {
		s.fenced = append(s.fenced, h)
		return
	}
	s.admit(h)
}

// admit needs the lock.
func (s *subscription) admit(h *held) {
	if s.cfg.Key == nil {
		h.lane = &lane{queue: []*held{h}}
		s.makeReady(h.lane)
		return
	}
	key := s.cfg.Key(h.meta.Subject, h.msg.Headers())
	l, busy := s.lanes[key]
	if !busy {
		l = &lane{key: key}
		s.lanes[key] = l
	}
	h.lane = l
	l.queue = append(l.queue, h)
	if !busy {
		s.makeReady(l)
	}
}

// makeReady needs the lock.
func (s *subscription) makeReady(l *lane) {
	if s.stopped {
		return
	}
	s.ready = append(s.ready, l)
	if s.active < s.cfg.Concurrency {
		s.active++
		s.workers.Add(1)
		go s.work()
	}
}

// work hands out first messages of lanes until there are none.
func (s *subscription) work() {
	defer s.workers.Done()
	for {
		s.mu.Lock()
		if len(s.ready) == 0 || s.stopped {
			s.active--
			s.mu.Unlock()
			return
		}
		l := s.ready[0]
		s.ready[0] = nil
		s.ready = s.ready[1:]
		h := l.queue[0]
		h.meta.Attempt = h.lent + h.retries
		meta, msg := h.meta, h.msg
		s.mu.Unlock()
		w := new(wish)
		s.finish(h, s.handOut(decode(msg.Headers(), msg.Data()), meta, w), w)
	}
}

type outcome int

const (
	abandoned outcome = iota // the subscription ended first
	acked
	refused
)

// handOut waits for the handler's word.
func (s *subscription) handOut(m *message.Message, meta Delivery, w *wish) outcome {
	ctx, cancel := context.WithCancel(context.WithValue(context.WithValue(s.ctx, deliveryKey{}, meta), restKey{}, w))
	defer cancel()
	m.SetContext(ctx)
	select {
	case s.out <- m:
	case <-s.life.Done():
		return abandoned
	}
	select {
	case <-m.Acked():
		return acked
	case <-m.Nacked():
		return refused
	case <-s.late:
	}
	// The handler may have spoken at the same moment, and its word counts.
	select {
	case <-m.Acked():
		return acked
	default:
		return abandoned
	}
}

// finish ends a message or has it rest: for as long as the handler wished, or
// else by the back-off.
func (s *subscription) finish(h *held, o outcome, w *wish) {
	delay := time.Duration(w.rest.Load())
	if delay <= 0 {
		delay = s.cfg.Backoff(h.meta.Attempt)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case o == acked:
		s.tell(h.seq, "done", h.msg.Ack)
		s.leave(h)
	case o == refused && s.cfg.Key == nil:
		s.tell(h.seq, "later", func() error { return h.msg.NakWithDelay(delay) })
		s.leave(h)
	case o == refused && !s.stopped:
		if !w.untried.Load() {
			h.retries++
		}
		h.lane.timer = s.cfg.Clock.AfterFunc(delay, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			h.lane.timer = nil
			s.makeReady(h.lane)
		})
	}
}

// leave takes a message out of the books and lets its lane go on. It needs the
// lock.
func (s *subscription) leave(h *held) {
	delete(s.held, h.seq)
	l := h.lane
	l.queue[0] = nil
	l.queue = l.queue[1:]
	if len(l.queue) > 0 {
		s.makeReady(l)
	} else if s.cfg.Key != nil {
		delete(s.lanes, l.key)
	}
}
