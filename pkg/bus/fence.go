package bus

import (
	"context"
	"time"
)

// The fence keeps the order of keys over a crash. The server lends out newer
// messages at once, and those that a dead process held only after AckWait. So
// whoever starts while messages are on loan lets nothing newer pass until the
// old ones have come back and are done.

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

// lowerFence lets the waiting messages pass once everything that is on loan is
// either newer than the fence or held here behind it.
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
	if info.AckFloor.Stream < fence && info.NumAckPending > len(s.fenced) {
		return
	}
	s.fence = 0
	for _, h := range s.fenced {
		s.admit(h)
	}
	s.fenced = nil
}
