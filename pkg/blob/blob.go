// Package blob keeps byte strings under the SHA-256 of their content.
//
// It owns one JetStream object store bucket. Equal content is stored once; what
// was stored never changes. It does not count who uses a blob: whoever deletes
// one must know that nobody else needs it, and must not put the same content
// elsewhere at that moment.
//
// A Put that returned is durable in the sense of the eventlog.Commit it was
// opened with. A Put that was cut short leaves chunks that nothing names; they
// take room and are otherwise harmless.
package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

var (
	// ErrTooLarge means that the content is longer than the caller's limit.
	ErrTooLarge = errors.New("blob is larger than allowed")
	// ErrNotFound means that no such blob is stored.
	ErrNotFound = errors.New("no such blob")
	// ErrBadHash means that a hash is not 64 lower-case hexadecimal digits.
	ErrBadHash = errors.New("malformed blob hash")
	// ErrUnavailable means that the store cannot answer now: try again later.
	ErrUnavailable = errors.New("blob store is not available now")
)

// Ref names a stored blob.
type Ref struct {
	// Hash is the SHA-256 of the content as 64 lower-case hexadecimal digits.
	Hash string
	// Size is the length of the content in bytes.
	Size int64
}

// Store keeps blobs. Its methods may be called from any goroutine.
type Store interface {
	// Put stores what r holds and returns once it is durable. More than limit
	// bytes are ErrTooLarge and store nothing. An error of r is returned wrapped.
	Put(ctx context.Context, r io.Reader, limit int64) (Ref, error)
	// Open reads a blob. The caller closes the reader; ctx must live until then.
	// Reading ends with an error instead of io.EOF when the content is damaged.
	// SizeOf tells the length of what it returns.
	Open(ctx context.Context, hash string) (io.ReadCloser, error)
	// Delete removes a blob; one that is not there is no error.
	Delete(ctx context.Context, hash string) error
}

// bucket is a Store over one object store bucket.
type bucket struct {
	store  jetstream.ObjectStore
	stream string
	commit eventlog.Commit
	seed   maphash.Seed
	locks  [64]sync.Mutex // one for each share of the hashes: equal content is put once
}

// Open creates or opens the bucket called name, of letters, digits, dashes and
// underscores, with the given number of replicas (1 for an embedded server).
// The caller owns nc and commit.
func Open(ctx context.Context, nc *nats.Conn, name string, replicas int, commit eventlog.Commit) (Store, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("open blob bucket %s: %w", name, err)
	}
	store, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: name, Storage: jetstream.FileStorage, Replicas: replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("open blob bucket %s: %w: %w", name, ErrUnavailable, err)
	}
	b := &bucket{store: store, stream: "OBJ_" + name, commit: commit, seed: maphash.MakeSeed()}
	if err := b.sync(ctx); err != nil {
		return nil, fmt.Errorf("open blob bucket %s: %w", name, err)
	}
	return b, nil
}

func (b *bucket) Put(ctx context.Context, r io.Reader, limit int64) (Ref, error) {
	s, err := takeIn(r, limit)
	if err != nil {
		return Ref{}, fmt.Errorf("put blob: %w", err)
	}
	defer s.close()
	lock := &b.locks[maphash.String(b.seed, s.ref.Hash)%uint64(len(b.locks))]
	lock.Lock()
	defer lock.Unlock()
	if err := b.putOnce(ctx, s); err != nil {
		return Ref{}, fmt.Errorf("put blob: %w", err)
	}
	// Also when it was there before: whoever put it may still wait for the sync.
	if err := b.sync(ctx); err != nil {
		return Ref{}, fmt.Errorf("put blob: %w", err)
	}
	return s.ref, nil
}

func (b *bucket) putOnce(ctx context.Context, s *spool) error {
	_, err := b.store.GetInfo(ctx, s.ref.Hash)
	if err == nil {
		return nil
	}
	if !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r, err := s.content()
	if err != nil {
		return err
	}
	if _, err := b.store.Put(ctx, jetstream.ObjectMeta{Name: s.ref.Hash}, r); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

func (b *bucket) Open(ctx context.Context, hash string) (io.ReadCloser, error) {
	if !wellFormed(hash) {
		return nil, ErrBadHash
	}
	r, err := b.store.Get(ctx, hash)
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound):
		return nil, fmt.Errorf("open blob: %w", ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("open blob: %w: %w", ErrUnavailable, err)
	}
	info, err := r.Info()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open blob: %w: %w", ErrUnavailable, err), r.Close())
	}
	return opened{r, int64(info.Size)}, nil
}

// opened is a blob being read.
type opened struct {
	io.ReadCloser
	size int64
}

func (o opened) Size() int64 { return o.size }

// SizeOf is the length in bytes of the whole blob that a Store's Open returned,
// wherever its reader stands; false for a reader that does not know it.
func SizeOf(r io.Reader) (int64, bool) {
	sized, ok := r.(interface{ Size() int64 })
	if !ok {
		return 0, false
	}
	return sized.Size(), true
}

func (b *bucket) Delete(ctx context.Context, hash string) error {
	if !wellFormed(hash) {
		return ErrBadHash
	}
	err := b.store.Delete(ctx, hash)
	if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("delete blob: %w: %w", ErrUnavailable, err)
	}
	if err := b.sync(ctx); err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func (b *bucket) sync(ctx context.Context) error {
	if err := b.commit.Sync(ctx, b.stream); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

func wellFormed(hash string) bool {
	raw, err := hex.DecodeString(hash)
	return err == nil && len(raw) == 32 && hex.EncodeToString(raw) == hash
}
