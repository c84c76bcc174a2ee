package search

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func open(t *testing.T, dir string) *index {
	t.Helper()
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func add(t *testing.T, x *index, seq uint64) {
	t.Helper()
	b := x.NewBatch()
	if err := addMessage(b, messageDoc("cv-1", events.MessageID(fmt.Sprint("ms-", seq))), seq, "a lamp"); err != nil {
		t.Fatal(err)
	}
	if err := x.commit(b, seq); err != nil {
		t.Fatal(err)
	}
}

func nothing() {}

// enough is for a slow disk, and less than the writer rests by itself.
const enough = writeEvery * 2 / 3

// TestAnIndexIsKeptWheneverItIsShut stops while the background writer is in any
// of its states. Let wake ask once instead of until it is stopped, and some round
// finds the writer at rest for its full time.
func TestAnIndexIsKeptWheneverItIsShut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "search")
	var seq uint64
	for round := range 40 {
		x := open(t, dir)
		if x.seq != seq {
			t.Fatalf("round %d: opened at %d, shut at %d", round, x.seq, seq)
		}
		for range round % 5 {
			seq++
			add(t, x, seq)
		}
		if round%3 == 2 { // and once more after the writer has been woken in between
			if err := x.SetInternal([]byte("round"), []byte{byte(round)}); err != nil {
				t.Fatal(err)
			}
			seq++
			add(t, x, seq)
		}
		if err := x.shut(enough, nothing); err != nil {
			t.Fatal(err)
		}
	}
	x := open(t, dir)
	if n, err := x.DocCount(); err != nil || n != seq || x.seq != seq {
		t.Errorf("%d documents up to %d, want %d (%v)", n, x.seq, seq, err)
	}
	if err := x.shut(enough, nothing); err != nil {
		t.Error(err)
	}
}

// TestAStopDoesNotWaitForever closes an index that has no time to be written. It
// says so, and what is opened then claims nothing that it does not hold.
func TestAStopDoesNotWaitForever(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "search")
	x := open(t, dir)
	for seq := range uint64(5) {
		add(t, x, seq+1)
	}
	closed := false
	if err := x.shut(0, func() { closed = true }); !errors.Is(err, errNotKept) || !closed {
		t.Fatalf("shut: %v, done %v", err, closed)
	}
	x = open(t, dir)
	n, err := x.DocCount()
	if err != nil || n != x.seq || x.kept.Load() != x.seq {
		t.Errorf("%d documents, up to %d, on disk %d (%v)", n, x.seq, x.kept.Load(), err)
	}
	if err := x.shut(enough, nothing); err != nil {
		t.Error(err)
	}
}
