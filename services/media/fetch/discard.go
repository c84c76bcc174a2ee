package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// confirm looks whether the blob is still there now that its use is written
// down: equal bytes may have been discarded between the storing and this moment.
// If so the file is fetched again. The caller holds discarding.
func (w *worker) confirm(ctx context.Context, j *job) (bool, error) {
	content, err := w.deps.Blobs.Open(ctx, j.Settled.Hash)
	if err == nil {
		return true, content.Close()
	}
	if !errors.Is(err, blob.ErrNotFound) {
		return true, nil // it cannot be asked now; it was stored a moment ago
	}
	return false, w.db.Update(func(tx *bbolt.Tx) error {
		now, err := w.standing(tx, j)
		if err != nil || now == nil {
			return err
		}
		now.Settled, now.Due = nil, w.deps.Now()
		return files{tx}.put(now)
	})
}

// maxDiscards is how many blobs go at a time, so that fetching is not held up.
const maxDiscards = 64

// discard deletes the blobs whose time has come and that nobody uses, and tells
// when the next one's time comes.
func (w *worker) discard(ctx context.Context) (next time.Time, err error) {
	now := w.deps.Now()
	var due []string
	err = w.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketDrops).ForEach(func(key, value []byte) error {
			ms, _, err := bolt.CutUint64(value)
			if err != nil {
				return fmt.Errorf("read when a blob may go: %w", err)
			}
			if at := time.UnixMilli(int64(ms)); at.After(now) {
				next = earlier(next, at)
			} else if len(due) < maxDiscards {
				due = append(due, string(key))
			} else {
				next = now
			}
			return nil
		})
	})
	for _, hash := range due {
		if err != nil || ctx.Err() != nil {
			break
		}
		var gone bool
		if gone, err = w.discardOne(ctx, hash); err == nil && !gone {
			next = earlier(next, now.Add(time.Second))
		}
	}
	return next, err
}

// discardOne reports false where the store could not do it now.
func (w *worker) discardOne(ctx context.Context, hash string) (bool, error) {
	w.discarding.Lock()
	defer w.discarding.Unlock()
	used := false
	if err := w.db.View(func(tx *bbolt.Tx) error { used = files{tx}.used(hash); return nil }); err != nil {
		return false, err
	}
	if !used {
		if err := w.deps.Blobs.Delete(ctx, hash); err != nil && !errors.Is(err, blob.ErrBadHash) {
			w.deps.Log.Warn().Err(err).Msg("a blob that nobody uses could not be deleted")
			return false, nil
		}
	}
	return true, w.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketDrops).Delete([]byte(hash)) })
}
