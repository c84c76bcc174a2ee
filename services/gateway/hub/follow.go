package hub

import (
	"context"
	"fmt"
)

// Follow gives a subscription everything after a sequence and then joins it to
// the live stream, without a seam: it reads the feed until it stands where the
// Hub stands. It returns when it has joined, or with an error after which the
// socket should be closed. Room is asked before each decision that is read from
// the past and may wait until the socket has written what it has; so a long gap
// does not overrun the queue of a healthy reader.
func (h *Hub) Follow(ctx context.Context, s *Subscription, after uint64, room func(context.Context) error) error {
	s.after = after
	if h.join(s) {
		return nil
	}
	cursor := h.facts.From(after)
	for {
		entries, err := cursor.Next(ctx)
		if err != nil {
			return fmt.Errorf("read gap: %w", err)
		}
		for i := range entries {
			e := &entries[i]
			if e.Err == nil {
				if err := room(ctx); err != nil {
					return err
				}
				items, conversations := expand(e.Value)
				if _, err := give(newFrames(e.Seq, e.Value, items, 1), s, items, conversations); err != nil {
					return err
				}
			}
			s.after = e.Seq
		}
		if h.join(s) {
			return nil
		}
	}
}

// join adds a subscription that has been given everything the Hub has handed
// out, and refuses one that has not.
func (h *Hub) join(s *Subscription) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.after < h.pos {
		return false
	}
	for _, key := range s.keys {
		subs := h.index[key]
		if subs == nil {
			subs = map[*Subscription]struct{}{}
			h.index[key] = subs
		}
		subs[s] = struct{}{}
	}
	s.joined = true
	h.joined.Inc()
	return true
}

// Leave takes a subscription out; one that never joined is no error. Nothing is
// sent to it after Leave has returned, so its place then stands still.
func (h *Hub) Leave(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(s)
}

// Joined reports whether the subscription follows live.
func (h *Hub) Joined(s *Subscription) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.joined
}

// remove needs the lock.
func (h *Hub) remove(s *Subscription) {
	if !s.joined {
		return
	}
	s.joined = false
	h.joined.Dec()
	for _, key := range s.keys {
		delete(h.index[key], s)
		if len(h.index[key]) == 0 {
			delete(h.index, key)
		}
	}
}
