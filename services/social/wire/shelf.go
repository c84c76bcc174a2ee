package wire

import (
	"sync"
	"time"
)

// Shelf keeps short-lived things, several to a key, each taken once. It holds at
// most Max of them (10 000 when nought); when it is full, what has expired makes
// room, else the keys that the map yields first. It may be used from many
// goroutines; the zero value is empty.
type Shelf[V any] struct {
	Max int

	mu    sync.Mutex // guards all below
	held  map[string][]shelved[V]
	count int
}

type shelved[V any] struct {
	value V
	until time.Time
}

// Put keeps a value until a moment, behind those the key has already.
func (s *Shelf[V]) Put(key string, value V, now, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string][]shelved[V]{}
	}
	limit := s.Max
	if limit == 0 {
		limit = 10_000
	}
	if s.count >= limit {
		s.expire(now)
	}
	for k, list := range s.held {
		if s.count < limit {
			break
		}
		s.count -= len(list)
		delete(s.held, k)
	}
	s.held[key] = append(s.held[key], shelved[V]{value, until})
	s.count++
}

// Back puts a value that was taken in vain before all others of the key.
func (s *Shelf[V]) Back(key string, value V, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string][]shelved[V]{}
	}
	s.held[key] = append([]shelved[V]{{value, until}}, s.held[key]...)
	s.count++
}

// Take removes and returns the oldest value of the key that still holds.
func (s *Shelf[V]) Take(key string, now time.Time) (value V, until time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.held[key]
	for len(list) > 0 && !ok {
		first := list[0]
		list = list[1:]
		s.count--
		if now.Before(first.until) {
			value, until, ok = first.value, first.until, true
		}
	}
	if len(list) == 0 {
		delete(s.held, key)
	} else {
		s.held[key] = list
	}
	return value, until, ok
}

func (s *Shelf[V]) expire(now time.Time) {
	for key, list := range s.held {
		var live []shelved[V]
		for _, v := range list {
			if now.Before(v.until) {
				live = append(live, v)
			}
		}
		s.count -= len(list) - len(live)
		if len(live) == 0 {
			delete(s.held, key)
		} else {
			s.held[key] = live
		}
	}
}
