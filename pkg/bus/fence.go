package bus

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// The fence keeps the order of keys over a restart. The server lends out newer
// messages at once, and those that a dead process held only after AckWait; of
// those that were given back some may have gone to a reader that was just leaving.
// So whoever starts while messages are on loan hands nothing out until they are
// all here, and then in the order of the stream. They need not be done: one that
// rests for days holds up its own key only.

// raiseFence is called before pulling begins.
func (s *subscription) raiseFence() error {
	if s.cfg.Key == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.life, 5*time.Second)
	defer cancel()
	info, err := s.from().Info(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if info.NumAckPending > len(s.held) {
		s.fence = info.Delivered.Stream
	}
	return nil
}

// lowerFence lets the waiting messages pass once everything that is on loan is on
// loan to this side, and has its place.
func (s *subscription) lowerFence() {
	s.mu.Lock()
	fence := s.fence
	s.mu.Unlock()
	if fence == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(s.life, time.Second)
	defer cancel()
	info, err := s.from().Info(ctx)
	if err != nil {
		return // the next look will tell
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if info.AckFloor.Stream < fence && info.NumAckPending > s.placed(info.Delivered.Stream) {
		return
	}
	s.fence = 0
	slices.SortFunc(s.fenced, func(a, b *held) int { return cmp.Compare(a.seq, b.seq) })
	for _, h := range s.fenced {
		s.admit(h)
	}
	s.fenced = nil
}

// placed counts what is held here and has its place, up to a sequence: what came
// after the server was asked is in none of its numbers. It needs the lock.
func (s *subscription) placed(upTo uint64) int {
	n := 0
	for seq, h := range s.held {
		if h.placed && seq <= upTo {
			n++
		}
	}
	return n
}
