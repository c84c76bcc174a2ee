package eventlog

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// disk remembers what syncs made durable, and can lose the rest. It stands in
// for a power cut without mounting anything, so that it works wherever tests do:
// it listens to every sync that BlockSync asks for, and at the cut keeps of each
// file the bytes it had when its inode was last synced, and of each folder the
// names it had when it was last synced. That is what POSIX promises and nothing
// more. What was not synced may survive or not; the dice decide.
type disk struct {
	mu     sync.Mutex // guards what follows
	sizes  map[uint64]int64
	names  map[uint64]map[string]bool
	after  int // syncs until the power goes
	dark   bool
	asleep bool // syncs do nothing and say all is well
}

var errPower = errors.New("power is gone")

func newDisk() *disk {
	return &disk{sizes: map[uint64]int64{}, names: map[uint64]map[string]bool{}, after: -1}
}

// cutAfter lets n more syncs pass; the one after them never returns success.
func (d *disk) cutAfter(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.after = n
}

func (d *disk) sleep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asleep = true
}

func (d *disk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dark = true
}

func (d *disk) sync(f *os.File) error {
	d.mu.Lock()
	if d.after == 0 {
		d.dark = true
	}
	d.after--
	dark, asleep := d.dark, d.asleep
	d.mu.Unlock()
	if dark {
		return errPower
	}
	if asleep {
		return nil
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	names := map[string]bool{}
	if st.IsDir() {
		es, err := os.ReadDir(f.Name())
		if err != nil {
			return err
		}
		for _, e := range es {
			names[e.Name()] = true
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dark {
		return errPower
	}
	if st.IsDir() {
		d.names[inode(st)] = names
	} else {
		d.sizes[inode(st)] = st.Size()
	}
	return nil
}

// survive copies to what a power cut leaves of from.
func (d *disk) survive(t *testing.T, from, to string, dice *rand.Rand) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.surviveDir(from, to, dice); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) surviveDir(from, to string, dice *rand.Rand) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	st, err := os.Stat(from)
	if err != nil {
		return err
	}
	kept := d.names[inode(st)]
	es, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range es {
		if !kept[e.Name()] && dice.IntN(2) == 0 {
			continue // the name was never synced, and is lost
		}
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		if e.IsDir() {
			err = d.surviveDir(src, dst, dice)
		} else {
			err = d.surviveFile(src, dst, dice)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (d *disk) surviveFile(src, dst string, dice *rand.Rand) error {
	st, err := os.Stat(src)
	if err != nil {
		return err
	}
	all, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	safe := min(int(d.sizes[inode(st)]), len(all))
	kept := all[:safe:safe]
	if tail := all[safe:]; len(tail) > 0 {
		switch dice.IntN(4) {
		case 0: // nothing more
		case 1: // a part
			kept = append(kept, tail[:dice.IntN(len(tail)+1)]...)
		case 2: // the size, not the bytes
			kept = append(kept, make([]byte, dice.IntN(min(len(tail), 1<<16)+1))...)
		case 3: // everything, spoilt in one place
			kept = append(kept, tail...)
			kept[safe+dice.IntN(len(tail))] ^= 0x5a
		}
	}
	return os.WriteFile(dst, kept, 0o600)
}

func inode(st os.FileInfo) uint64 { return st.Sys().(*syscall.Stat_t).Ino }
