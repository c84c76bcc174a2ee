package callfake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Socket is the listening side of a fake that is connected to. It may be used
// from many goroutines; the zero value is ready for Open.
type Socket struct {
	// Attend talks to whoever has connected until the connection ends. It calls
	// greeted once they may hear calls; who never gets there hears none. Nil:
	// everybody hears, and what they say is not listened to.
	Attend func(conn net.Conn, greeted func())

	mu       sync.Mutex // guards what follows
	listener net.Listener
	all      map[net.Conn]bool
	live     net.Conn
	came     chan struct{} // closed and made anew whenever somebody is greeted
	greeted  int
	serving  sync.WaitGroup
}

// Open listens on a port of loopback.
func (s *Socket) Open() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen as an exchange: %w", err)
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	s.serving.Go(func() { s.serve(l) })
	return nil
}

// Close ends the listening and every connection.
func (s *Socket) Close() error {
	s.mu.Lock()
	l := s.listener
	s.listener = nil
	for conn := range s.all {
		_ = conn.Close()
	}
	s.mu.Unlock()
	if l == nil {
		return nil
	}
	err := l.Close()
	s.serving.Wait()
	return err
}

// Address is host:port; empty before Open.
func (s *Socket) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Greeted is how many have connected and been greeted so far.
func (s *Socket) Greeted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.greeted
}

// Drop ends the connection, as an exchange does that is started anew.
func (s *Socket) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		_ = s.live.Close()
		s.live = nil
	}
}

// Say writes to whoever is connected, and waits for somebody until ctx ends. What
// is written may be lost with the connection: nothing is kept for the next.
func (s *Socket) Say(ctx context.Context, text string) error {
	for {
		s.mu.Lock()
		if s.live != nil {
			_, err := fmt.Fprint(s.live, text)
			if err != nil {
				_ = s.live.Close()
				s.live = nil
			}
			s.mu.Unlock()
			if err == nil {
				return nil
			}
			continue
		}
		came := s.came
		if came == nil {
			came = make(chan struct{})
			s.came = came
		}
		s.mu.Unlock()
		select {
		case <-came:
		case <-ctx.Done():
			return errors.New("nobody listens to the exchange")
		}
	}
}

func (s *Socket) serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if !s.enter(conn) {
			return
		}
		s.serving.Go(func() {
			defer s.leave(conn)
			if s.Attend != nil {
				s.Attend(conn, func() { s.join(conn) })
				return
			}
			s.join(conn)
			_, _ = io.Copy(io.Discard, conn) // until it ends
		})
	}
}

// enter counts a connection; false where all is being closed.
func (s *Socket) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		_ = conn.Close()
		return false
	}
	if s.all == nil {
		s.all = map[net.Conn]bool{}
	}
	s.all[conn] = true
	return true
}

// join has a connection hear calls, instead of the one before.
func (s *Socket) join(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		_ = s.live.Close()
	}
	s.live = conn
	s.greeted++
	if s.came != nil {
		close(s.came)
		s.came = nil
	}
}

func (s *Socket) leave(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, conn)
	if s.live == conn {
		s.live = nil
	}
}
