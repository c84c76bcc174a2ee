package ws

import (
	"time"

	"github.com/gorilla/websocket"
)

// write is the writer goroutine: it ends when there is nothing left to write.
func (c *Conn) write() {
	defer c.helpers.Done()
	for {
		c.mu.Lock()
		batch, closing := c.queue, c.closing
		c.queue = nil
		if len(batch) == 0 && closing == nil || c.err != nil {
			c.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if len(batch) == 0 {
			c.writeClose(closing) // writing stays true: there is no writer after a close
			return
		}
		if err := c.writeBatch(batch); err != nil {
			c.net.Close() // the reader sees it and ends the connection
			c.fail(err)
			return
		}
	}
}

func (c *Conn) writeBatch(batch []item) error {
	deadline, drop := c.pace(0)
	c.g.SetWriteDeadline(deadline)
	alone := len(batch) == 1 && batch[0].prepared != nil
	if !alone {
		c.net.hold()
	}
	for i, it := range batch {
		if drop {
			break
		}
		var err error
		if it.prepared != nil {
			err = c.g.WritePreparedMessage(it.prepared)
		} else {
			err = c.g.WriteMessage(websocket.TextMessage, it.frame)
		}
		if err != nil {
			return err
		}
		batch[i] = item{}
		deadline, drop = c.pace(it.size)
		c.g.SetWriteDeadline(deadline)
	}
	return c.net.release()
}

// pace takes a frame of the size, if any, off the books and says until when
// the next may take, and whether the rest is not to be written at all. A
// connection that closes has one deadline for everything, so that a reader
// who sips cannot keep it for ever.
func (c *Conn) pace(size int) (deadline time.Time, drop bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if size > 0 && !c.overflow {
		c.frames--
		c.bytes -= size
	}
	if c.closing != nil {
		return c.closeBy, c.overflow
	}
	return time.Now().Add(c.opts.WriteWait), false
}

// writeClose begins the closing handshake; the reader ends it.
func (c *Conn) writeClose(why *Closed) {
	deadline, _ := c.pace(0)
	err := c.g.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(why.Code, why.Reason), deadline)
	if err != nil {
		c.net.Close()
		return
	}
	c.net.SetReadDeadline(time.Now().Add(c.opts.CloseWait))
}

// pingNow runs on the timer.
func (c *Conn) pingNow() {
	c.mu.Lock()
	if c.ping == nil || c.closing != nil {
		c.mu.Unlock()
		return
	}
	c.helpers.Add(1)
	c.mu.Unlock()
	defer c.helpers.Done()
	// It waits at most WriteWait, behind a writer that is stuck. What went
	// wrong is for the reader and its deadline to notice.
	_ = c.g.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.opts.WriteWait))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ping != nil {
		c.ping.Reset(c.opts.PingEvery)
	}
}

// fail keeps the first reason. One of ours stands above what the network
// said on the way out.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
	case c.closing != nil:
		c.err = c.closing
	default:
		c.err = err
	}
}
