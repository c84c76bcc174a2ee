package ws

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync"
)

// batchSize is how many bytes of frames are gathered for one write.
const batchSize = 16 << 10

var batches = sync.Pool{New: func() any { b := make([]byte, 0, batchSize); return &b }}

// hijacked hands gorilla a corkable connection in place of the plain one.
type hijacked struct {
	http.ResponseWriter
	conn *cork
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hj, ok := h.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("response cannot be hijacked")
	}
	c, rw, err := hj.Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &cork{Conn: c}
	return h.conn, rw, nil
}

// cork gathers writes between hold and release, so that many frames become
// one system call. Frames of other goroutines (pongs, closes) keep their
// place.
type cork struct {
	net.Conn
	mu    sync.Mutex // guards batch; held while writing, which orders writes
	batch *[]byte    // nil while not holding
}

func (c *cork) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch == nil {
		c.batch = batches.Get().(*[]byte)
	}
}

// release writes what was gathered.
func (c *cork) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch == nil {
		return nil
	}
	err := c.flush()
	batches.Put(c.batch)
	c.batch = nil
	return err
}

// Write never keeps p. While holding, an error shows at a later write or at
// release.
func (c *cork) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batch == nil {
		return c.Conn.Write(p)
	}
	if len(*c.batch)+len(p) > batchSize {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) >= batchSize {
		return c.Conn.Write(p)
	}
	*c.batch = append(*c.batch, p...)
	return len(p), nil
}

// flush needs the lock.
func (c *cork) flush() error {
	if len(*c.batch) == 0 {
		return nil
	}
	_, err := c.Conn.Write(*c.batch)
	*c.batch = (*c.batch)[:0]
	return err
}
