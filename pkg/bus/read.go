package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// read takes messages until the end, and opens the consumer anew when it is
// lost.
func (s *subscription) read() {
	last := jetstream.NextContext(s.reading)
	for failures := 0; ; {
		err := s.open()
		for err == nil {
			var m jetstream.Msg
			if m, err = s.iter.Next(last); err == nil {
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
