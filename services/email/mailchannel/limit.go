package mailchannel

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// limiter bounds connections, in all and from one address. A refused client
// reads 421 and is asked to come back.
type limiter struct {
	net.Listener
	total, perIP int
	refused      func()

	mu    sync.Mutex // guards what follows
	open  map[*trackedConn]struct{}
	byIP  map[string]int
	drain bool
}

func newLimiter(l net.Listener, total, perIP int, refused func()) *limiter {
	return &limiter{Listener: l, total: total, perIP: perIP, refused: refused, open: map[*trackedConn]struct{}{}, byIP: map[string]int{}}
}

// Accept returns the next connection within the bounds.
func (l *limiter) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if t, ok := l.admit(c); ok {
			return t, nil
		}
		l.refused()
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte("421 4.7.0 too many connections, try again later\r\n"))
		_ = c.Close()
	}
}

func (l *limiter) admit(c net.Conn) (*trackedConn, bool) {
	ip := remoteIP(c.RemoteAddr())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drain || len(l.open) >= l.total || l.byIP[ip] >= l.perIP {
		return nil, false
	}
	t := &trackedConn{Conn: c, ip: ip, owner: l}
	l.open[t] = struct{}{}
	l.byIP[ip]++
	return t, true
}

// closeIdle closes every connection that carries no mail just now and keeps
// new ones out; it returns how many are left.
func (l *limiter) closeIdle(force bool) int {
	l.mu.Lock()
	l.drain = true
	var idle []*trackedConn
	for t := range l.open {
		if force || t.busy.Load() == 0 {
			idle = append(idle, t)
		}
	}
	l.mu.Unlock()
	for _, t := range idle {
		_ = t.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// trackedConn tells the limiter when it closes and whether a mail is on it.
type trackedConn struct {
	net.Conn
	ip    string
	owner *limiter
	busy  atomic.Int32
	once  sync.Once

	// Of the one goroutine that reads commands and answers them: what was read ahead
	// of it, and whether a command comes next.
	held    []byte
	command bool
}

// Close may be called more than once.
func (t *trackedConn) Close() error {
	t.once.Do(func() {
		t.owner.mu.Lock()
		defer t.owner.mu.Unlock()
		delete(t.owner.open, t)
		if t.owner.byIP[t.ip]--; t.owner.byIP[t.ip] <= 0 {
			delete(t.owner.byIP, t.ip)
		}
	})
	return t.Conn.Close()
}

func remoteIP(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}
