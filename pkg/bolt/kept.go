package bolt

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"
	"weak"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTime bounds the wait for a file that another process has open.
const lockTime = time.Second

// kept are the files that OpenKept has opened in this process, by path. bbolt
// locks a file against a second opening by the same process, too, so a copy has to
// be made through the handle that is there. The pointers are weak: a handle that
// was closed and forgotten is not held.
var kept sync.Map // absolute path → weak.Pointer[bbolt.DB]

// OpenKept opens or creates a file for what no log can say again. Unlike a derived
// file it is synced at every write, and it can be copied by CopyKept while it is
// open. The folder must exist; patience bounds the wait for another process that
// has the file. The caller closes it.
func OpenKept(path string, patience time.Duration) (*bbolt.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: patience, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	kept.Store(absolute, weak.Make(db))
	return db, nil
}

// CopyKept writes a file as it stands at one moment, whether this process has it
// open or nobody has; begin is told the length of the copy in bytes and says where
// it goes. Writers are not held up meanwhile. A file that another process has open
// is an error.
func CopyKept(path string, begin func(size int64) (io.Writer, error)) error {
	write := func(tx *bbolt.Tx) error {
		to, err := begin(tx.Size())
		if err == nil {
			_, err = tx.WriteTo(to)
		}
		return err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	if pointer, ok := kept.Load(absolute); ok {
		if db := pointer.(weak.Pointer[bbolt.DB]).Value(); db != nil {
			if err := db.View(write); !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
				return err
			}
		}
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockTime})
	if err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	return errors.Join(db.View(write), db.Close())
}
