package wiretest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
)

// stored is the one file of Blobs, and hash the name it has there.
const stored = "bytes of a file"

var hash = strings.Repeat("ab", 32)

// Blobs is a store with one file in it, which nothing can be added to: what an
// adapter needs of a store is to read from it.
type Blobs struct{}

// Put refuses.
func (Blobs) Put(context.Context, io.Reader, int64) (blob.Ref, error) {
	return blob.Ref{}, errors.New("this store is for reading")
}

// Open opens the file.
func (Blobs) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if name != hash {
		return nil, blob.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader([]byte(stored))), nil
}

// Delete refuses.
func (Blobs) Delete(context.Context, string) error { return errors.New("this store is for reading") }

// Blob is an attachment whose bytes are the file in Blobs.
func Blob(name, kind string) events.Attachment {
	return events.Attachment{ID: "1", Name: name, Type: kind, Size: int64(len(stored)), Hash: hash}
}
