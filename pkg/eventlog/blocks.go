package eventlog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	blocksDir   = "msgs"
	blockSuffix = ".blk"

	// settle is how old a folder's modification time must be before an unchanged
	// time proves an unchanged folder: kernels stamp with a clock that ticks
	// every few milliseconds.
	settle = 25 * time.Millisecond
)

// blocks are the block files of one stream. It is used by one goroutine at a time.
//
// The newest file is kept open for two reasons. It saves an open for each sync,
// and Linux reports a failed write-back only to files that were open when it
// happened (fsync(2), errseq).
type blocks struct {
	dir  string // the stream's directory; its blocks lie in dir/msgs
	sync func(*os.File) error

	folder  os.FileInfo // of dir/msgs when all was last synced; nil before
	cur     *os.File    // nil until the first sync
	index   int         // of cur
	seen    time.Time   // when dir/msgs was modified, by its own account
	settled bool        // seen proves that no file came or went
}

func newBlocks(dir string, sync func(*os.File) error) *blocks {
	return &blocks{dir: dir, sync: sync}
}

// syncNew syncs every block that may hold bytes written since the last call,
// and the whole stream when it is new to b. Whatever was written before the call
// is durable when it returns nil.
func (b *blocks) syncNew() error {
	st, err := os.Stat(filepath.Join(b.dir, blocksDir))
	switch {
	case err != nil:
		return fmt.Errorf("stat block folder: %w", err)
	case b.folder == nil || !os.SameFile(b.folder, st):
		return b.syncAll()
	case b.cur == nil || !b.settled || !st.ModTime().Equal(b.seen):
		return b.syncFrom(st)
	}
	return b.sync(b.cur)
}

// syncFrom looks into the folder, syncs the open block and all that are newer,
// oldest first, and then the folder when a file is new in it. st is the folder
// as it was before.
func (b *blocks) syncFrom(st os.FileInfo) error {
	looked := time.Now()
	all, err := listBlocks(filepath.Join(b.dir, blocksDir))
	if err != nil {
		return err
	}
	fresh := false
	for _, n := range b.due(all) {
		opened, err := b.use(n)
		if err != nil {
			return err
		}
		fresh = fresh || opened
		if b.cur != nil {
			if err := b.sync(b.cur); err != nil {
				return err
			}
		}
	}
	if fresh {
		if err := b.syncFolder(filepath.Join(b.dir, blocksDir)); err != nil {
			return err
		}
	}
	age := looked.Sub(st.ModTime())
	b.seen, b.settled = st.ModTime(), age > settle
	return nil
}

// due are the blocks to sync: the open one and the newer ones, or all when the
// newest is older than the open one, because the folder was made anew.
func (b *blocks) due(all []int) []int {
	if b.cur == nil || len(all) == 0 || all[len(all)-1] < b.index {
		return all
	}
	from, _ := slices.BinarySearch(all, b.index)
	return all[from:]
}

// use makes block n the open one and says whether it was opened just now. A
// block that has vanished meanwhile was emptied by the server; there is nothing
// left in it to sync, and cur becomes nil.
func (b *blocks) use(n int) (opened bool, err error) {
	path := filepath.Join(b.dir, blocksDir, strconv.Itoa(n)+blockSuffix)
	if b.cur != nil && b.index == n && sameFile(b.cur, path) {
		return false, nil
	}
	if err := b.close(); err != nil {
		return false, err
	}
	// Opened for writing: some systems refuse to sync what is open for reading.
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open block: %w", err)
	}
	b.cur, b.index = f, n
	return true, nil
}

// above is how many folders over a stream's own may be as new as the stream:
// streams, the account, jetstream, the store's directory and the one it lies in.
const above = 5

// syncAll makes the whole stream durable: every file in its directory, the
// directory itself and those above it. Files that are clean take a few
// microseconds each.
func (b *blocks) syncAll() error {
	st, err := os.Stat(filepath.Join(b.dir, blocksDir))
	if err != nil {
		return fmt.Errorf("stat block folder: %w", err)
	}
	var dirs []string
	err = filepath.WalkDir(b.dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // temporary files come and go
		case err != nil:
			return err
		case e.IsDir():
			dirs = append(dirs, path)
			return nil
		case !e.Type().IsRegular():
			return nil
		}
		return b.syncPath(path)
	})
	if err != nil {
		return fmt.Errorf("sync stream directory: %w", err)
	}
	slices.Reverse(dirs) // the deepest first
	for i, up := 0, filepath.Dir(b.dir); i < above; i, up = i+1, filepath.Dir(up) {
		dirs = append(dirs, up)
	}
	for _, d := range dirs {
		if err := b.syncFolder(d); err != nil {
			return err
		}
	}
	b.folder = st
	return b.syncFrom(st)
}

func (b *blocks) syncPath(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(b.sync(f), f.Close())
}

// syncFolder makes the names in a folder durable.
func (b *blocks) syncFolder(path string) error {
	d, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // gone, or somebody else's and so not made by us
	}
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(b.sync(d), d.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// close closes the open block, if any.
func (b *blocks) close() error {
	if b.cur == nil {
		return nil
	}
	err := b.cur.Close()
	b.cur, b.settled = nil, false
	return err
}

func sameFile(f *os.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}

// listBlocks are the indices of the blocks in dir, in rising order.
func listBlocks(dir string) ([]int, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open block folder: %w", err)
	}
	names, err := d.Readdirnames(-1)
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, fmt.Errorf("list blocks: %w", err)
	}
	all := make([]int, 0, len(names))
	for _, name := range names {
		num, ok := strings.CutSuffix(name, blockSuffix)
		if n, err := strconv.Atoi(num); ok && err == nil && n > 0 {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, cmp.Compare[int])
	return all, nil
}
