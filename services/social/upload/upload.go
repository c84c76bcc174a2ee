// Package upload brings the bytes of outgoing files from the blob store to an
// adapter whose provider takes uploads. A request to a provider stands in memory
// whole, so few files are held at once.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
)

// ErrNever says that the file can never be sent: there are no bytes, or more of
// them than the provider takes.
var ErrNever = errors.New("the file cannot be sent")

// held is how many files one adapter has in memory at a time.
const held = 2

// Files reads files. The zero value has none.
type Files struct {
	blobs blob.Store
	slots chan struct{}
}

// From reads from a store, which may be nil: then every file is ErrNever.
func From(blobs blob.Store) *Files { return &Files{blobs: blobs, slots: make(chan struct{}, held)} }

// Has reports whether the file's bytes can be had here.
func (f *Files) Has(a events.Attachment) bool { return f.blobs != nil && a.Hash != "" }

// With reads a file of at most limit bytes and hands it to use, whose error it
// returns. It waits for its turn while others hold files. The bytes are use's
// until it returns.
func (f *Files) With(ctx context.Context, a events.Attachment, limit int64, use func(data []byte) error) error {
	if !f.Has(a) {
		return fmt.Errorf("%w: it has no stored bytes", ErrNever)
	}
	if a.Size > limit {
		return fmt.Errorf("%w: it is over %d bytes", ErrNever, limit)
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return fmt.Errorf("wait to read file: %w", ctx.Err())
	}
	r, err := f.blobs.Open(ctx, a.Hash)
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrBadHash) {
		return fmt.Errorf("%w: its bytes are gone", ErrNever)
	}
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return fmt.Errorf("read file: %w", err)
	case int64(len(data)) > limit:
		return fmt.Errorf("%w: it is over %d bytes", ErrNever, limit)
	}
	return use(data)
}

// Rejected is what ErrNever means for a message.
func Rejected(err error) events.SendResult {
	return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: err.Error()}
}
