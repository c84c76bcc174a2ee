package callchannel

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// position is how far a file was read. The file is known by its inode and by its
// first bytes: the one changes when a file is renamed and a new one is begun, the
// other when it is emptied in place.
type position struct {
	Inode  uint64    `json:"inode"`
	Offset int64     `json:"offset"`
	Head   string    `json:"head,omitempty"`
	HeadN  int64     `json:"head_n,omitempty"`
	Last   time.Time `json:"last,omitzero"` // the end of the last record
}

// headBytes is how much of a file's beginning tells it from another.
const headBytes = 256

// chunk is how much is read, and stored in one transaction, at once.
const chunk = 1 << 20

// follower reads a file that grows, record by record, over rotation, truncation
// and restarts. A record counts as read in the transaction that stores its leg.
type follower struct {
	s      *Service
	inbox  config.Inbox
	name   string
	nudge  <-chan struct{} // look now; nil: only by the clock
	quoted bool
	read   func(record []byte, after time.Time) (found, error)

	at      position
	loaded  bool
	failing bool
}

func (f *follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := f.look(ctx)
		if err != nil && !f.failing {
			what := "the file of records cannot be read"
			if errors.Is(err, fs.ErrNotExist) {
				what = "the file of records is not there (yet)"
			}
			f.s.trouble(ctx, f.inbox, what, err)
		}
		f.failing = err != nil // said once, not twice a second
		rest(ctx, f.s.deps.Poll, f.nudge)
	}
}

// look reads all complete records there are.
func (f *follower) look(ctx context.Context) error {
	if !f.loaded {
		if _, err := f.s.store.mark(f.inbox.ID, "file:"+f.name, &f.at); err != nil {
			return err
		}
		f.loaded = true
	}
	file, info, err := f.open(f.name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if id := inode(info); id != f.at.Inode {
		if err := f.finishRenamed(ctx); err != nil {
			return err
		}
		f.at = position{Inode: id, Last: f.at.Last}
	} else if same, err := f.same(file, info); err != nil {
		return err
	} else if !same {
		f.at = position{Inode: id, Last: f.at.Last}
	}
	return f.drain(ctx, file, false)
}

// open opens regular files only: a pipe would wait for its writer for ever.
func (f *follower) open(name string) (*os.File, fs.FileInfo, error) {
	info, err := f.s.files.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("open records: %w", fs.ErrInvalid)
	}
	file, err := f.s.files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// same says whether what was read is still the beginning of this file.
func (f *follower) same(file *os.File, info fs.FileInfo) (bool, error) {
	if info.Size() < f.at.Offset {
		return false, nil
	}
	head, err := headOf(file, f.at.HeadN)
	return head == f.at.Head, err
}

func headOf(file *os.File, n int64) (string, error) {
	if n == 0 {
		return "", nil
	}
	head := make([]byte, n)
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	sum := sha256.Sum256(head)
	return hex.EncodeToString(sum[:8]), nil
}

// finishRenamed reads what was written to the former file after it was last
// looked at. Rotation renames it within its folder, so it is looked for there;
// one that was compressed or deleted meanwhile is lost to us.
func (f *follower) finishRenamed(ctx context.Context) error {
	if f.at.Inode == 0 {
		return nil
	}
	dir := path.Dir(filepath.ToSlash(f.name))
	entries, err := fs.ReadDir(f.s.files.FS(), dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || inode(info) != f.at.Inode {
			continue
		}
		file, info, err := f.open(path.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		same, err := f.same(file, info)
		if err == nil && same {
			err = f.drain(ctx, file, true)
		}
		return errors.Join(err, file.Close())
	}
	return nil
}

// drain reads from the mark to the end. Final says that nothing more will be
// written: a last record without a line break is one all the same.
func (f *follower) drain(ctx context.Context, file *os.File, final bool) error {
	buf := make([]byte, chunk)
	for ctx.Err() == nil {
		n, err := file.ReadAt(buf, f.at.Offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read records: %w", err)
		}
		if n == 0 {
			return nil
		}
		data := buf[:n]
		records, used := exchange.Cut(data, f.quoted)
		if broken := f.broken(data[used:]); broken > 0 {
			records, used = append(records, data[used:used+broken-1]), used+broken
		}
		switch {
		case final && errors.Is(err, io.EOF) && used < n:
			rest, _ := exchange.Cut(append(bytes.Clone(data[used:]), '\n'), false)
			records, used = append(records, rest...), n
		case used == 0 && n == chunk:
			// No line break in all that: this is no file of records here.
			records, used = [][]byte{data[:exchange.MaxRecord]}, n
		case used == 0:
			return nil
		}
		if err := f.store(ctx, file, records, int64(used)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// broken is the length of a first line whose quote was never closed, which shows
// in that the line after it is a record by itself; nought where there is none.
func (f *follower) broken(data []byte) int {
	line, after, _ := bytes.Cut(data, []byte("\n"))
	next, _, whole := bytes.Cut(after, []byte("\n"))
	if !whole {
		return 0
	}
	if _, err := f.read(next, f.at.Last); err != nil {
		return 0
	}
	return len(line) + 1
}

// apart takes a record of several lines, none of which could be read together,
// line by line: a stray quote must not swallow the call after it.
func (f *follower) apart(record []byte) [][]byte {
	lines := bytes.Split(record, []byte("\n"))
	for _, l := range lines[1:] {
		if _, err := f.read(l, f.at.Last); err == nil {
			return lines
		}
	}
	return nil
}

func (f *follower) store(ctx context.Context, file *os.File, records [][]byte, used int64) error {
	b := batch{mark: "file:" + f.name}
	next := f.at
	var kept []*events.Inbound
	for i := 0; i < len(records); i++ {
		r := records[i]
		got, err := f.read(r, next.Last)
		if err != nil {
			if lines := f.apart(r); len(lines) > 1 {
				records = slices.Insert(records, i+1, lines...)
				continue
			}
			kept = append(kept, exchange.Kept(f.inbox, bytes.Clone(r), "text/csv", "unreadable-record", f.s.deps.Now()))
			continue
		}
		if got.leg != nil {
			b.legs = append(b.legs, *got.leg)
			next.Last = got.leg.EndedAt
		}
		if got.ended != "" {
			b.ended = append(b.ended, got.ended)
		}
	}
	next.Offset += used
	if next.HeadN < headBytes {
		next.HeadN = min(headBytes, next.Offset)
		var err error
		if next.Head, err = headOf(file, next.HeadN); err != nil {
			return fmt.Errorf("read records: %w", err)
		}
	}
	// What cannot be read is kept first: a crash in between keeps it once more,
	// under the same id.
	if err := f.s.keep(ctx, f.inbox, kept...); err != nil {
		return err
	}
	b.markValue = next
	if _, err := f.s.take(ctx, f.inbox, b); err != nil {
		return err
	}
	f.at = next
	return nil
}
