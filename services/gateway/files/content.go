package files

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tributary-inbox/tributary/pkg/blob"
)

// content makes a blob, which is read from its start, into something that can be
// read from anywhere: forward by passing over bytes, back by opening it anew.
// Only a blob that is read from start to end is checked against its hash.
type content struct {
	ctx   context.Context // the request's: a content lives within one
	blobs blob.Store
	hash  string
	size  int64

	want int64 // where the next Read begins
	r    io.ReadCloser
	at   int64 // where r stands
}

func open(ctx context.Context, blobs blob.Store, hash string) (*content, error) {
	c := &content{ctx: ctx, blobs: blobs, hash: hash}
	if err := c.begin(); err != nil {
		return nil, err
	}
	size, known := blob.SizeOf(c.r)
	if !known {
		c.close()
		return nil, errors.New("open file: the store does not know its size")
	}
	c.size = size
	return c, nil
}

// begin opens the blob at its start.
func (c *content) begin() error {
	c.close()
	r, err := c.blobs.Open(c.ctx, c.hash)
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrBadHash) {
		return ErrGone
	}
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	c.r, c.at = r, 0
	return nil
}

// Read reads from where Seek went.
func (c *content) Read(p []byte) (int, error) {
	if c.want >= c.size {
		return 0, io.EOF
	}
	if c.want < c.at {
		if err := c.begin(); err != nil {
			return 0, err
		}
	}
	if skip := c.want - c.at; skip > 0 {
		n, err := io.CopyN(io.Discard, c.r, skip)
		c.at += n
		if err != nil {
			return 0, fmt.Errorf("read file: %w", err)
		}
	}
	n, err := c.r.Read(p)
	c.at += int64(n)
	c.want = c.at
	return n, err
}

// Seek only notes where to read next.
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.want
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start of a file")
	}
	c.want = offset
	return offset, nil
}

func (c *content) close() {
	if c.r != nil {
		_ = c.r.Close() // only read; nothing can be lost
		c.r = nil
	}
}
