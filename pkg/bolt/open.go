package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrUnclean means that the file may have lost writes or is damaged.
	// Remove it and build it anew.
	ErrUnclean = errors.New("derived data was not closed cleanly before the machine went down")
	// ErrStale means that the file was written with another schema. Remove it
	// and build it anew.
	ErrStale = errors.New("derived data has another schema version")
	// ErrLocked means that another process holds the file.
	ErrLocked = errors.New("derived data is held by another process")
)

// Options say what is expected of a file.
type Options struct {
	// Schema is the version of what the owner writes; another one in the file
	// gives ErrStale. It must not be zero.
	Schema uint64
	// Mmap is how many bytes of address space are mapped at the start, so that
	// growing need not wait for open read transactions. It costs no memory.
	// Zero is 16 MiB.
	Mmap int
	// LockWait is how long to wait for another process to let go of the file.
	// Zero is one second.
	LockWait time.Duration
	// BootID overrides how the machine's boot is told from others; nil reads
	// it from the kernel. It returns "" where there is none.
	BootID func() string
}

// DB is an open file. The embedded bbolt handle is used as always; Close must
// be called on DB.
type DB struct {
	*bbolt.DB
	path string
	mark mark
}

// Open opens or creates the file and its directory. It fails with ErrUnclean,
// ErrStale or ErrLocked, or with what the file system said; after the first
// two nothing has been changed and Remove is the way on.
func Open(path string, opts Options) (*DB, error) {
	if opts.Schema == 0 {
		return nil, errors.New("open derived data: schema version is zero")
	}
	if opts.Mmap <= 0 {
		opts.Mmap = 16 << 20
	}
	if opts.LockWait <= 0 {
		opts.LockWait = time.Second
	}
	if opts.BootID == nil {
		opts.BootID = bootID
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open derived data: %w", err)
	}
	boot := opts.BootID()
	if err := check(path, opts.Schema, boot); err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	return open(path, opts, boot)
}

// check decides by the mark alone, without touching the file.
func check(path string, schema uint64, boot string) error {
	switch st, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case st.Size() == 0:
		return nil
	}
	m, err := readMark(path)
	switch {
	case err != nil:
		return err
	case m.Schema != schema:
		return fmt.Errorf("%w: has %d, want %d", ErrStale, m.Schema, schema)
	case !m.Clean && (boot == "" || m.Boot != boot):
		return ErrUnclean
	}
	return nil
}

func open(path string, opts Options, boot string) (*DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         opts.LockWait,
		NoSync:          true,
		NoGrowSync:      true,
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: opts.Mmap,
		NoStatistics:    true,
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), ErrLocked)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum),
		errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrInvalidMapping):
		return nil, fmt.Errorf("open %s: %w: %w", filepath.Base(path), ErrUnclean, err)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	// The lock is held from here on, so nobody else changes the mark.
	d := &DB{DB: db, path: path, mark: mark{Schema: opts.Schema, Boot: boot}}
	if err := writeMark(path, d.mark); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", filepath.Base(path), err), db.Close())
	}
	return d, nil
}

// Close waits for open transactions, syncs, marks the file clean and lets go
// of it. After an error the file counts as not closed cleanly. It may be
// called again and then does nothing.
func (d *DB) Close() error {
	if d.Path() == "" {
		return nil
	}
	if err := d.settle(); err != nil {
		return errors.Join(fmt.Errorf("close %s: %w", filepath.Base(d.path), err), d.DB.Close())
	}
	// Marked while the lock on the file is still held: the next owner sees
	// either state, never half of one.
	clean := d.mark
	clean.Clean = true
	if err := errors.Join(writeMark(d.path, clean), d.DB.Close()); err != nil {
		return fmt.Errorf("close %s: %w", filepath.Base(d.path), err)
	}
	return nil
}

// settle makes one last, empty commit that is synced and carries the list of
// free pages, without which the next open reads the whole file. A writer that
// slips in between this and the end syncs its commit as well, so the mark
// stays true. The fields are read by bbolt only within write transactions.
func (d *DB) settle() error {
	return d.Update(func(*bbolt.Tx) error {
		d.NoSync, d.NoGrowSync, d.NoFreelistSync = false, false, false
		return nil
	})
}

// Abandon lets go of the file as a killed process would: no sync, no mark. It
// is for tests and for owners about to call Remove.
func (d *DB) Abandon() error { return d.DB.Close() }

// Remove deletes the file and its mark. Nothing to delete is no error.
func Remove(path string) error {
	for _, p := range []string{path, markPath(path)} {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove derived data: %w", err)
		}
	}
	return nil
}

// OpenOrRemove is Open, and where that fails with ErrUnclean or ErrStale,
// Remove and Open again. Fresh tells that the file came out empty, so that
// its owner builds it from the beginning; why is the reason for a removal, or
// nil.
func OpenOrRemove(path string, opts Options) (db *DB, fresh bool, why, err error) {
	db, err = Open(path, opts)
	if errors.Is(err, ErrUnclean) || errors.Is(err, ErrStale) {
		why = err
		if err := Remove(path); err != nil {
			return nil, false, why, err
		}
		db, err = Open(path, opts)
	}
	if err != nil {
		return nil, false, why, err
	}
	fresh = true
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func([]byte, *bbolt.Bucket) error { fresh = false; return nil })
	})
	return db, fresh, why, err
}
