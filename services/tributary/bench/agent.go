package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/live"
)

// agent is one screen that follows everything. When its socket is closed with a
// code that says so, it comes back with its cursor, as a browser does, and drops
// what it has had already.
type agent struct {
	url    string
	buffer int
	buf    []byte
	cursor []byte // the newest

	seq, part int // place of the newest event
	resumed   int // how often it came back
	jumped    int // how often the gap was too long, and a snapshot came instead

	mu     sync.Mutex // guards conn and closed
	conn   *websocket.Conn
	closed bool
}

// connectAgent opens a socket and returns once its snapshot is there, so that
// no later message can be missed. buffer is the size of its read buffer.
func connectAgent(ctx context.Context, url string, buffer int) (*agent, error) {
	a := &agent{url: url, buffer: buffer}
	if err := a.dial(ctx, ""); err != nil {
		return nil, err
	}
	if err := a.join(); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *agent) dial(ctx context.Context, cursor string) error {
	dialer := websocket.Dialer{HandshakeTimeout: callTimeout, ReadBufferSize: a.buffer, WriteBufferSize: 512}
	conn, res, err := dialer.DialContext(ctx, a.url, nil)
	if err != nil {
		if res != nil {
			return fmt.Errorf("open socket: status %d: %w", res.StatusCode, err)
		}
		return fmt.Errorf("open socket: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conn = conn
	if a.closed {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	request := fmt.Appendf(nil, `{"type":"subscribe","id":"1","view":"all","limit":1,"cursor":%q}`, cursor)
	if err := conn.WriteMessage(websocket.TextMessage, request); err != nil {
		return errors.Join(fmt.Errorf("subscribe: %w", err), conn.Close())
	}
	return nil
}

func (a *agent) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	_ = a.conn.Close() // the reader's error is the one that ends it
}

var snapshotFrame = []byte(`{"type":"snapshot"`)

func (a *agent) join() error {
	if err := a.conn.SetReadDeadline(time.Now().Add(callTimeout)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	for {
		frame, err := a.next()
		if err != nil {
			return fmt.Errorf("wait for the snapshot: %w", err)
		}
		if bytes.HasPrefix(frame, snapshotFrame) {
			a.move(frame)
			return a.conn.SetReadDeadline(time.Time{})
		}
	}
}

// event returns the next frame that this screen has not had.
func (a *agent) event(ctx context.Context) ([]byte, error) {
	for {
		frame, err := a.next()
		var end *websocket.CloseError
		if errors.As(err, &end) && resumable(end.Code) {
			a.resumed++
			_ = a.conn.Close() // the other side has closed it
			if err := a.dial(ctx, string(a.cursor)); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if bytes.HasPrefix(frame, snapshotFrame) {
			a.jumped++
		}
		if a.move(frame) {
			return frame, nil
		}
	}
}

// resumable are the codes of /live that ask to come back with the cursor.
func resumable(code int) bool {
	return code == live.CloseGoingAway || code == live.CloseSlow || code == live.CloseUnavailable || code == live.CloseTooMany
}

// move keeps the frame's cursor; it reports false for an event that came before.
func (a *agent) move(frame []byte) bool {
	head := frame[:min(len(frame), 256)]
	if cursor, ok := field(head, `"cursor":"`); ok {
		a.cursor = append(a.cursor[:0], cursor...)
	}
	place, ok := field(head, `"place":"`)
	if !ok {
		return true
	}
	first, second, _ := bytes.Cut(place, []byte("."))
	seq, _ := digits(first)
	part, _ := digits(second)
	if seq < a.seq || seq == a.seq && part <= a.part {
		return false
	}
	a.seq, a.part = seq, part
	return true
}

// field cuts a plain JSON string out of the head of a frame.
func field(head []byte, before string) ([]byte, bool) {
	at := bytes.Index(head, []byte(before))
	if at < 0 {
		return nil, false
	}
	value, _, found := bytes.Cut(head[at+len(before):], []byte(`"`))
	return value, found
}

// next returns the next frame, which is valid until the next call.
func (a *agent) next() ([]byte, error) {
	_, r, err := a.conn.NextReader()
	if err != nil {
		return nil, err
	}
	a.buf = a.buf[:0]
	for {
		if len(a.buf) == cap(a.buf) {
			a.buf = append(a.buf, 0)[:len(a.buf)]
		}
		n, err := r.Read(a.buf[len(a.buf):cap(a.buf)])
		a.buf = a.buf[:len(a.buf)+n]
		if err == io.EOF {
			return a.buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
