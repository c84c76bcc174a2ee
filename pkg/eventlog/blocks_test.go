package eventlog

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// spySync records the base names of what was synced.
type spySync struct{ names []string }

func (s *spySync) sync(f *os.File) error {
	s.names = append(s.names, filepath.Base(f.Name()))
	return nil
}

func (s *spySync) take() []string {
	out := s.names
	s.names = nil
	return out
}

func makeBlock(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "msgs", strconv.Itoa(n)+".blk"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// age makes the folder look untouched for a while.
func age(t *testing.T, dir string) {
	t.Helper()
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(dir, "msgs"), old, old); err != nil {
		t.Fatal(err)
	}
}

func TestBlocksFollowTheNewest(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "msgs"), 0o700); err != nil {
		t.Fatal(err)
	}
	spy := &spySync{}
	b := newBlocks(dir, spy.sync)
	defer b.close()
	step := func(what string, want ...string) {
		t.Helper()
		if err := b.syncNew(); err != nil {
			t.Fatal(err)
		}
		if got := spy.take(); !slices.Equal(got, want) {
			t.Errorf("%s: synced %v, want %v", what, got, want)
		}
	}
	if err := b.syncNew(); err != nil {
		t.Fatal(err)
	}
	got := spy.take()
	if len(got) != 2+above || got[0] != "msgs" {
		t.Fatalf("a new stream: synced %v, want its two folders and %d above", got, above)
	}
	makeBlock(t, dir, 1)
	step("first block", "1.blk", "msgs")
	step("nothing new", "1.blk")
	age(t, dir)
	step("an old folder is looked into once", "1.blk")
	if !b.settled {
		t.Error("an old folder is not believed to be unchanged")
	}
	step("and then believed", "1.blk")
	makeBlock(t, dir, 2)
	step("the next block", "1.blk", "2.blk", "msgs")
	makeBlock(t, dir, 4)
	step("a block after one that came and went", "2.blk", "4.blk", "msgs")
	// A compacted block takes the place of the old one under the same name.
	if err := os.Rename(filepath.Join(dir, "msgs", "2.blk"), filepath.Join(dir, "msgs", "4.blk")); err != nil {
		t.Fatal(err)
	}
	step("a replaced block", "4.blk", "msgs")
	if err := os.Remove(filepath.Join(dir, "msgs", "4.blk")); err != nil {
		t.Fatal(err)
	}
	step("all newer blocks gone", "1.blk", "msgs")
	if err := os.RemoveAll(filepath.Join(dir, "msgs")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "msgs"), 0o700); err != nil {
		t.Fatal(err)
	}
	makeBlock(t, dir, 1)
	if err := b.syncNew(); err != nil {
		t.Fatal(err)
	}
	if got := spy.take(); !slices.Contains(got, "1.blk") || len(got) < 3+above {
		t.Errorf("a stream made anew: synced %v", got)
	}
}

func TestFailedSyncIsForGood(t *testing.T) {
	d := newDisk()
	r := startRig(t, t.TempDir(), d)
	defer r.stop(t)
	if _, err := r.log.Append(t.Context(), Message{Subject: "s.a"}); err != nil || r.log.Healthy() != nil {
		t.Fatalf("before: %v, %v", err, r.log.Healthy())
	}
	d.cutAfter(0)
	p := r.log.AppendAsync(Message{Subject: "s.a"})
	if _, err := p.Accepted(t.Context()); err != nil {
		t.Fatalf("the server took it: %v", err)
	}
	if _, err := p.Durable(t.Context()); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errPower) {
		t.Fatalf("told %v", err)
	}
	d.mu.Lock()
	d.dark = false // the disk works again, but what it dropped is gone
	d.mu.Unlock()
	if _, err := r.log.Append(t.Context(), Message{Subject: "s.a"}); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("append after a failed sync: %v", err)
	}
	if r.log.Healthy() == nil || r.log.DurableSeq() != 1 {
		t.Fatalf("healthy %v, durable %d", r.log.Healthy(), r.log.DurableSeq())
	}
	if err := r.log.WaitDurable(t.Context(), 2); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("waiting for what will never be durable: %v", err)
	}
	if err := r.commit.Sync(t.Context(), "S"); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("barrier after a failed sync: %v", err)
	}
}
