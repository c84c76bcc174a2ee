package chatchannel

import (
	"crypto/sha256"
	"sync"
)

// maxSent bounds the messages whose client ids are remembered in memory. What
// is older is found in the file.
const maxSent = 20_000

// sent remembers messages on their way, so that one client id is published
// once, also when two sockets of a visitor send it at the same moment.
type sent struct {
	mu    sync.Mutex // guards all below
	known map[string]*onItsWay
	order []string // as they came; the oldest is forgotten first
}

// onItsWay is one message. done is closed when durable or failed is final,
// placed when seq is.
type onItsWay struct {
	text   [sha256.Size]byte
	done   chan struct{}
	err    error
	placed chan struct{}
	seq    uint64
}

func newSent() *sent { return &sent{known: map[string]*onItsWay{}} }

// begin gives the message of that id, and whether the caller is the first and
// must publish it and call end.
func (s *sent) begin(provider, text string) (m *onItsWay, first, same bool) {
	sum := sha256.Sum256([]byte(text))
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.known[provider]; m != nil {
		return m, false, m.text == sum
	}
	m = &onItsWay{text: sum, done: make(chan struct{}), placed: make(chan struct{})}
	if len(s.order) >= maxSent {
		delete(s.known, s.order[0])
		s.order = s.order[1:]
	}
	s.known[provider] = m
	s.order = append(s.order, provider)
	return m, true, true
}

// end says that the message is durable, or why not; then it may be begun again.
func (s *sent) end(provider string, m *onItsWay, err error) {
	s.mu.Lock()
	m.err = err
	if err != nil && s.known[provider] == m {
		delete(s.known, provider)
		for i, id := range s.order {
			if id == provider {
				s.order = append(s.order[:i:i], s.order[i+1:]...)
				break
			}
		}
	}
	s.mu.Unlock()
	close(m.done)
}

// place says where in the log the message stands.
func (s *sent) place(provider string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.known[provider]; m != nil && m.seq == 0 {
		m.seq = seq
		close(m.placed)
	}
}
