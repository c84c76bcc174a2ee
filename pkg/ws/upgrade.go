package ws

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Options are the limits of a connection. Zero takes the default named.
type Options struct {
	// CheckOrigin decides by the request whether its Origin may connect. It
	// must be set: a browser sends cookies along from any page.
	CheckOrigin func(*http.Request) bool
	// OverflowCode and OverflowReason close a connection whose queue is full.
	// The code must be one an application may use, 4000 to 4999 (RFC 6455
	// section 7.4.2); the reason is at most 123 bytes.
	OverflowCode   int
	OverflowReason string
	// QueueBytes and QueueFrames bound what waits to be written; 1 MiB and
	// 4096.
	QueueBytes  int
	QueueFrames int
	// ReadLimit is the largest message taken from the other side, in bytes; a
	// larger one is answered with 1009. 64 KiB.
	ReadLimit int64
	// WriteWait is how long one system call may take to write; 10 s.
	WriteWait time.Duration
	// PingEvery is the time between pings; 25 s, which is below the idle limit
	// of common proxies.
	PingEvery time.Duration
	// PongWait is how long the other side may be silent; it must exceed
	// PingEvery. 60 s.
	PongWait time.Duration
	// CloseWait is how long to wait for the answer to a close; 2 s.
	CloseWait time.Duration
	// Subprotocols are offered in this order.
	Subprotocols []string
}

func (o *Options) complete() error {
	if o.CheckOrigin == nil {
		return errors.New("websocket options: no origin check")
	}
	if o.OverflowCode < 4000 || o.OverflowCode > 4999 || len(o.OverflowReason) > maxReason {
		return fmt.Errorf("websocket options: overflow code %d or its reason is not allowed", o.OverflowCode)
	}
	def(&o.QueueBytes, 1<<20)
	def(&o.QueueFrames, 4096)
	def(&o.ReadLimit, 64<<10)
	def(&o.WriteWait, 10*time.Second)
	def(&o.PingEvery, 25*time.Second)
	def(&o.PongWait, 60*time.Second)
	def(&o.CloseWait, 2*time.Second)
	if o.PongWait <= o.PingEvery {
		return errors.New("websocket options: pong wait must exceed the time between pings")
	}
	return nil
}

func def[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// readBuffer takes the header and a short command; longer messages are read
// past it.
const readBuffer = 512

// writeBuffer is the size of a pooled buffer of gorilla's.
const writeBuffer = 2 << 10

// Upgrader turns requests into connections. Use NewUpgrader.
type Upgrader struct {
	opts Options
	up   websocket.Upgrader
}

// NewUpgrader refuses options that cannot work.
func NewUpgrader(opts Options) (*Upgrader, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	return &Upgrader{opts: opts, up: websocket.Upgrader{
		HandshakeTimeout: opts.WriteWait,
		ReadBufferSize:   readBuffer,
		WriteBufferSize:  writeBuffer,
		WriteBufferPool:  &sync.Pool{},
		Subprotocols:     opts.Subprotocols,
		CheckOrigin:      opts.CheckOrigin,
	}}, nil
}

// Upgrade answers the request. After an error the response has been written.
// The connection may be sent to at once and reads nothing before Start, which
// the caller must call, or Close and then Start.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request, header http.Header) (*Conn, error) {
	hw := &hijacked{ResponseWriter: w}
	g, err := u.up.Upgrade(hw, r, header)
	if err != nil {
		return nil, fmt.Errorf("upgrade to websocket: %w", err)
	}
	return newConn(g, hw.conn, &u.opts), nil
}
