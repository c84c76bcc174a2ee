package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gorilla/websocket"
)

// agent is one socket that follows everything.
type agent struct {
	conn *websocket.Conn
	buf  []byte
}

// connectAgent opens a socket and returns once its snapshot is there, so that
// no later message can be missed. buffer is the size of its read buffer.
func connectAgent(ctx context.Context, url string, buffer int) (*agent, error) {
	dialer := websocket.Dialer{HandshakeTimeout: callTimeout, ReadBufferSize: buffer, WriteBufferSize: 512}
	conn, res, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		if res != nil {
			return nil, fmt.Errorf("open socket: status %d: %w", res.StatusCode, err)
		}
		return nil, fmt.Errorf("open socket: %w", err)
	}
	a := &agent{conn: conn}
	if err := a.join(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return a, nil
}

func (a *agent) join() error {
	if err := a.conn.SetReadDeadline(time.Now().Add(callTimeout)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	request := []byte(`{"type":"subscribe","id":"1","view":"all","limit":1}`)
	if err := a.conn.WriteMessage(websocket.TextMessage, request); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for {
		frame, err := a.next()
		if err != nil {
			return fmt.Errorf("wait for the snapshot: %w", err)
		}
		if bytes.HasPrefix(frame, []byte(`{"type":"snapshot"`)) {
			return a.conn.SetReadDeadline(time.Time{})
		}
	}
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
