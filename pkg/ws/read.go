package ws

import (
	"errors"
	"io"
	"net"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// drain bounds what is read and thrown away after a close, in bytes. A socket
// closed with bytes unread is reset by the kernel, and a reset may overtake
// the close frame and its code.
const drain = 4 << 20

// read is the reader goroutine and the owner of the connection's end.
func (c *Conn) read(handle func([]byte) error, ended func(error)) {
	err := c.readAll(handle)
	c.fail(err)
	c.mu.Lock()
	c.ping.Stop()
	c.ping = nil
	c.queue = nil
	if c.closing == nil {
		c.closing = &Closed{Code: websocket.CloseAbnormalClosure}
	}
	c.mu.Unlock()
	c.net.Close()
	c.helpers.Wait()
	close(c.done)
	if ended != nil {
		ended(c.Err())
	}
}

// readAll returns why the connection is over, with nothing left to say to the
// other side.
func (c *Conn) readAll(handle func([]byte) error) error {
	c.g.SetReadLimit(c.opts.ReadLimit)
	c.g.SetPongHandler(func(string) error { c.alive(); return nil })
	answer := c.g.PingHandler()
	c.g.SetPingHandler(func(data string) error { c.alive(); return answer(data) })
	c.g.SetCloseHandler(func(int, string) error { return nil })
	c.alive()
	for {
		kind, frame, err := c.g.ReadMessage()
		if err != nil {
			return c.over(err)
		}
		c.alive()
		if c.isClosing() != nil {
			continue // only the answer to our close matters now
		}
		switch {
		case kind != websocket.TextMessage:
			c.Close(websocket.CloseUnsupportedData, "text only")
			continue
		case !utf8.Valid(frame):
			c.Close(websocket.CloseInvalidFramePayloadData, "not utf-8")
			continue
		}
		if err := handle(frame); err != nil {
			why := &Closed{Code: websocket.CloseInternalServerErr}
			errors.As(err, &why)
			c.Close(why.Code, why.Reason)
		}
	}
}

// alive gives the other side PongWait from now, unless a close is under way,
// whose deadline stands.
func (c *Conn) alive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing == nil {
		c.net.SetReadDeadline(time.Now().Add(c.opts.PongWait))
	}
}

func (c *Conn) isClosing() *Closed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

func (c *Conn) over(err error) error {
	ours := c.isClosing()
	var theirs *websocket.CloseError
	var slow net.Error // gorilla hides os.ErrDeadlineExceeded
	switch {
	case errors.As(err, &theirs):
		if ours != nil {
			return ours
		}
		c.answerClose(theirs.Code)
		return &Closed{Code: theirs.Code, Reason: theirs.Text, Remote: true}
	case errors.Is(err, websocket.ErrReadLimit):
		c.linger() // gorilla has written the close
		return &Closed{Code: websocket.CloseMessageTooBig}
	case ours != nil:
		return ours
	case errors.As(err, &slow) && slow.Timeout():
		return ErrSilent
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return err
	default:
		// Gorilla has answered a breach of the protocol with 1002; on a dead
		// network the linger ends at once.
		c.linger()
		return err
	}
}

// answerClose echoes the code, as RFC 6455 section 5.5.1 asks.
func (c *Conn) answerClose(code int) {
	msg := []byte{}
	if code != websocket.CloseNoStatusReceived {
		msg = websocket.FormatCloseMessage(code, "")
	}
	// The other side may be gone already; there is nobody else to tell.
	_ = c.g.WriteControl(websocket.CloseMessage, msg, time.Now().Add(c.opts.CloseWait))
}

// linger lets the other side read our close before the socket goes.
func (c *Conn) linger() {
	if half, ok := c.net.Conn.(interface{ CloseWrite() error }); ok {
		if half.CloseWrite() != nil {
			return
		}
	}
	c.net.SetReadDeadline(time.Now().Add(c.opts.CloseWait))
	// However it ends, the socket is closed next.
	_, _ = io.CopyN(io.Discard, c.net.Conn, drain)
}
