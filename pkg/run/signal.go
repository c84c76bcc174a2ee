package run

import "sync"

// Signal is a channel that is closed once, by whoever comes first. A service
// keeps one as its readiness.
type Signal struct {
	once sync.Once
	c    chan struct{}
}

// NewSignal makes a signal that is not set.
func NewSignal() *Signal { return &Signal{c: make(chan struct{})} }

// Set closes the channel; from the second call on it does nothing.
func (s *Signal) Set() { s.once.Do(func() { close(s.c) }) }

// Done is the channel that Set closes.
func (s *Signal) Done() <-chan struct{} { return s.c }
