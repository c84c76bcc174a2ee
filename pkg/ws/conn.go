package ws

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

var (
	// ErrClosed is returned by sends after the connection began to close.
	ErrClosed = errors.New("websocket is closed")
	// ErrOverflow is returned by the send that found the queue full; the
	// connection closes with Options.OverflowCode.
	ErrOverflow = errors.New("websocket queue is full")
	// ErrSilent is the end of a connection whose other side answered no ping.
	ErrSilent = errors.New("websocket peer is silent")
)

// maxReason is what a control frame of 125 bytes leaves beside the code.
const maxReason = 123

// Closed says with which code a connection ended, and who chose it. A handler
// returns one to choose it.
type Closed struct {
	Code   int
	Reason string
	Remote bool // the other side closed
}

// Error gives the code, and not the reason, which the other side may have
// written.
func (c *Closed) Error() string { return fmt.Sprintf("websocket closed with %d", c.Code) }

// Conn is one connection. It is made by Upgrader.Upgrade.
type Conn struct {
	g    *websocket.Conn
	net  *cork
	opts *Options
	done chan struct{}

	mu       sync.Mutex // guards all below
	queue    []item
	frames   int // queued or being written
	bytes    int
	writing  bool    // the writer goroutine lives
	closing  *Closed // nothing more is accepted; set once
	closeBy  time.Time
	overflow bool // closing because of it: what waits is not written
	started  bool
	err      error          // why it ended; set before done is closed
	ping     *time.Timer    // nil before Start and after the end
	helpers  sync.WaitGroup // writer and ping
}

type item struct {
	frame    []byte
	prepared *websocket.PreparedMessage
	size     int
}

func newConn(g *websocket.Conn, n *cork, opts *Options) *Conn {
	return &Conn{g: g, net: n, opts: opts, done: make(chan struct{})}
}

// Send queues a text message. The connection keeps frame, which must be valid
// UTF-8 and must not be changed any more. It returns ErrClosed, or ErrOverflow
// when this frame does not fit; both mean that the frame and everything after
// it will not arrive, so the other side has to resume.
func (c *Conn) Send(frame []byte) error {
	return c.enqueue(item{frame: frame, size: len(frame)})
}

// SendPrepared is Send for a message framed once for many connections, of
// size bytes.
func (c *Conn) SendPrepared(m *websocket.PreparedMessage, size int) error {
	return c.enqueue(item{prepared: m, size: size})
}

// Queued is how many frames and bytes wait to be written.
func (c *Conn) Queued() (frames, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames, c.bytes
}

// Subprotocol is the one agreed on, or "".
func (c *Conn) Subprotocol() string { return c.g.Subprotocol() }

// Done is closed when the socket is closed and both goroutines have ended. It
// never is unless Start has been called.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is why the connection ended: a *Closed, ErrSilent, or an error of the
// network. It is nil before Done.
func (c *Conn) Err() error {
	select {
	case <-c.done:
	default:
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close writes what is queued, then a close with the code and the reason, cut
// to 123 bytes, and returns at once. The first close wins.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.close(code, reason)
}

// close needs the lock.
func (c *Conn) close(code int, reason string) {
	if c.closing != nil {
		return
	}
	c.closing = &Closed{Code: code, Reason: trim(reason)}
	c.closeBy = time.Now().Add(c.opts.WriteWait)
	c.wake()
}

func (c *Conn) enqueue(it item) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing != nil {
		return ErrClosed
	}
	if c.frames >= c.opts.QueueFrames || c.bytes+it.size > c.opts.QueueBytes {
		c.queue, c.frames, c.bytes = nil, 0, 0
		c.overflow = true
		c.close(c.opts.OverflowCode, c.opts.OverflowReason)
		return ErrOverflow
	}
	c.queue = append(c.queue, it)
	c.frames++
	c.bytes += it.size
	c.wake()
	return nil
}

// wake starts the writer unless it lives. It needs the lock.
func (c *Conn) wake() {
	if c.writing || c.err != nil {
		return
	}
	c.writing = true
	c.helpers.Add(1)
	go c.write()
}

// Start begins to read and returns. Each text message is handed to handle on
// the reader's goroutine: while it runs nothing more is read, which is how
// the other side is slowed down. The slice is handle's to keep. An error
// closes the connection: a *Closed with its code, any other with 1011.
// Ended, which may be nil, is called last, once, after Done is closed.
func (c *Conn) Start(handle func(text []byte) error, ended func(error)) {
	c.mu.Lock()
	if c.started {
		c.mu.Unlock()
		panic("ws: connection started twice")
	}
	c.started = true
	// The first ping comes early at random, so that a crowd that came
	// together does not ping together.
	c.ping = time.AfterFunc(c.opts.PingEvery/2+rand.N(c.opts.PingEvery/2+1), c.pingNow)
	c.mu.Unlock()
	go c.read(handle, ended)
}

// trim cuts between characters, as the reason must be UTF-8.
func trim(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	n := maxReason
	for n > 0 && !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}
