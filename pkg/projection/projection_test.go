package projection_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/projection"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

const patience = time.Minute

// sum is a fold in which order matters and a second application shows: every
// key's value is a running product of what was applied.
func sum(tx *bbolt.Tx, batch []feed.Entry[int]) error {
	b, err := tx.CreateBucketIfNotExists([]byte("sum"))
	if err != nil {
		return err
	}
	for _, e := range batch {
		if e.Err != nil {
			continue
		}
		key := []byte(strconv.Itoa(e.Value % 5))
		var old uint64
		if v := b.Get(key); v != nil {
			if old, _, err = bolt.CutUint64(v); err != nil {
				return err
			}
		}
		if err := b.Put(key, bolt.AppendUint64(nil, old*31+uint64(e.Value)+1)); err != nil {
			return err
		}
	}
	return nil
}

func decode(r feed.Raw) (int, error) { return strconv.Atoi(string(r.Data)) }

// numbers appends the values and opens a feed over them.
func numbers(t testing.TB, srv *testkit.Server, stream string, values []int, o feed.Options) (*eventlog.Log, *feed.Feed[int]) {
	t.Helper()
	l := srv.OpenLog(t, stream, stream+".>")
	add(t, l, stream, values)
	f, err := feed.Open(t.Context(), l, decode, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return l, f
}

func add(t testing.TB, l *eventlog.Log, stream string, values []int) uint64 {
	t.Helper()
	var last *eventlog.Pending
	for _, v := range values {
		last = l.AppendAsync(eventlog.Message{Subject: stream + ".x", Data: strconv.AppendInt(nil, int64(v), 10)})
	}
	if last == nil {
		return 0
	}
	seq, err := last.Durable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func openFile(t testing.TB, path string) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(path, bolt.Options{Schema: 1})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func hash(t testing.TB, db *bolt.DB) string {
	t.Helper()
	h, err := bolt.Hash(db.DB)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// runUntil runs a projection over f until it has applied at least seq.
func runUntil(t testing.TB, f *feed.Feed[int], o projection.Options[int], seq uint64) {
	t.Helper()
	p, err := projection.New(f, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	if err := p.WaitFor(ctx, seq); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Any history, in any batches, with the process killed in between or not, and
// the file deleted or not, gives the same file.
func TestReplayGivesTheSameState(t *testing.T) {
	srv := testkit.NATS(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		stream := fmt.Sprint("R", round)
		values := rapid.SliceOfN(rapid.IntRange(0, 1000), 1, 200).Draw(rt, "values")
		l, f := numbers(t, srv, stream, values, feed.Options{Ring: 8, Batch: rapid.IntRange(1, 50).Draw(rt, "feed batch")})
		defer l.Close()
		defer f.Close()
		options := func(db *bolt.DB, batch int) projection.Options[int] {
			return projection.Options[int]{DB: db, Name: "p", Apply: sum, MaxBatch: batch}
		}
		dir := t.TempDir()
		once := openFile(t, filepath.Join(dir, "once.db"))
		defer once.Close()
		runUntil(t, f, options(once, 1<<20), uint64(len(values)))

		path := filepath.Join(dir, "often.db")
		often := openFile(t, path)
		for _, stop := range rapid.SliceOfN(rapid.IntRange(0, len(values)), 0, 4).Draw(rt, "kills after") {
			runUntil(t, f, options(often, rapid.IntRange(1, 60).Draw(rt, "batch")), uint64(stop))
			if err := often.Abandon(); err != nil { // as kill -9 does
				t.Fatal(err)
			}
			if rapid.IntRange(0, 5).Draw(rt, "delete") == 0 {
				if err := bolt.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			often = openFile(t, path)
		}
		defer often.Close()
		runUntil(t, f, options(often, rapid.IntRange(1, 60).Draw(rt, "last batch")), uint64(len(values)))
		if a, b := hash(t, once), hash(t, often); a != b {
			rt.Fatalf("states differ: %s and %s", a, b)
		}
	})
}

func TestReadyWhenCaughtUpAndFollowsOn(t *testing.T) {
	srv := testkit.NATS(t)
	l, f := numbers(t, srv, "S", []int{1, 2, 3}, feed.Options{})
	db := openFile(t, filepath.Join(t.TempDir(), "p.db"))
	defer db.Close()
	p, err := projection.New(f, projection.Options[int]{DB: db, Name: "p", Apply: sum})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	<-p.Ready()
	if p.Checkpoint() < 3 {
		t.Fatalf("ready at %d", p.Checkpoint())
	}
	before := hash(t, db)
	seq := add(t, l, "S", []int{4, 5})
	if err := p.WaitFor(t.Context(), seq); err != nil || hash(t, db) == before {
		t.Fatalf("the new entries were not applied: %v", err)
	}
	short, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if err := p.WaitFor(short, seq+1); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("waiting for the future gave %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := p.WaitFor(t.Context(), seq+1); !errors.Is(err, context.Canceled) {
		t.Fatalf("waiting after the end gave %v", err)
	}
	if err := p.Run(t.Context()); !errors.Is(err, projection.ErrRan) {
		t.Fatalf("a second run gave %v", err)
	}
}

func TestAFailedApplyLeavesNothing(t *testing.T) {
	srv := testkit.NATS(t)
	_, f := numbers(t, srv, "S", []int{1, 2, 3, 4}, feed.Options{Batch: 1})
	db := openFile(t, filepath.Join(t.TempDir(), "p.db"))
	defer db.Close()
	bad := errors.New("no room")
	apply := func(tx *bbolt.Tx, batch []feed.Entry[int]) error {
		if err := sum(tx, batch); err != nil {
			return err
		}
		if batch[len(batch)-1].Value == 3 {
			return bad
		}
		return nil
	}
	p, err := projection.New(f, projection.Options[int]{DB: db, Name: "p", Apply: apply, MaxBatch: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); !errors.Is(err, bad) {
		t.Fatalf("run gave %v", err)
	}
	if err := p.WaitFor(t.Context(), 3); !errors.Is(err, bad) || p.Checkpoint() != 2 {
		t.Fatalf("waiting gave %v at %d", err, p.Checkpoint())
	}
	runUntil(t, f, projection.Options[int]{DB: db, Name: "p", Apply: sum}, 4)
	clean := openFile(t, filepath.Join(t.TempDir(), "clean.db"))
	defer clean.Close()
	runUntil(t, f, projection.Options[int]{DB: clean, Name: "p", Apply: sum}, 4)
	if hash(t, db) != hash(t, clean) {
		t.Fatal("the failed batch left something behind")
	}
}

func TestAFileThatKnowsMoreThanTheLogIsReported(t *testing.T) {
	srv := testkit.NATS(t)
	_, long := numbers(t, srv, "L", []int{1, 2, 3}, feed.Options{})
	_, short := numbers(t, srv, "S", []int{1}, feed.Options{})
	db := openFile(t, filepath.Join(t.TempDir(), "p.db"))
	defer db.Close()
	runUntil(t, long, projection.Options[int]{DB: db, Name: "p", Apply: sum}, 3)
	p, err := projection.New(short, projection.Options[int]{DB: db, Name: "p", Apply: sum})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); !errors.Is(err, feed.ErrBeyondEnd) {
		t.Fatalf("run gave %v", err)
	}
	select {
	case <-p.Ready():
		t.Fatal("ready on a file from another log")
	default:
	}
}

func TestTwoProjectionsInOneFile(t *testing.T) {
	srv := testkit.NATS(t)
	_, f := numbers(t, srv, "S", []int{1, 2, 3}, feed.Options{})
	db := openFile(t, filepath.Join(t.TempDir(), "p.db"))
	defer db.Close()
	runUntil(t, f, projection.Options[int]{DB: db, Name: "a", Apply: sum}, 3)
	b, err := projection.New(f, projection.Options[int]{DB: db, Name: "b", Apply: sum})
	if err != nil || b.Checkpoint() != 0 {
		t.Fatalf("b begins at %d, %v", b.Checkpoint(), err)
	}
	if _, err := projection.New(f, projection.Options[int]{DB: db}); err == nil {
		t.Fatal("options without name and apply passed")
	}
}

func BenchmarkRebuild(b *testing.B) {
	srv := testkit.NATS(b)
	values := make([]int, 100_000)
	for i := range values {
		values[i] = i
	}
	l := srv.OpenLog(b, "B", "B.>")
	for from := 0; from < len(values); from += 10_000 {
		add(b, l, "B", values[from:from+10_000])
	}
	f, err := feed.Open(b.Context(), l, decode, feed.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	put := func(tx *bbolt.Tx, batch []feed.Entry[int]) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("rows"))
		for i := 0; i < len(batch) && err == nil; i++ {
			err = bucket.Put(bolt.AppendUint64(nil, batch[i].Seq), make([]byte, 200))
		}
		return err
	}
	for b.Loop() {
		db := openFile(b, filepath.Join(b.TempDir(), "p.db"))
		runUntil(b, f, projection.Options[int]{DB: db, Name: "p", Apply: put}, uint64(len(values)))
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(values)*b.N)/b.Elapsed().Seconds(), "entries/s")
}

// Entries gather while a projection rests, and whoever waits for one ends the
// rest: with a rest of an hour nothing else could.
func TestWhoWaitsEndsTheRest(t *testing.T) {
	srv := testkit.NATS(t)
	l, f := numbers(t, srv, "REST", nil, feed.Options{})
	db := openFile(t, filepath.Join(t.TempDir(), "rest.db"))
	defer db.Close()
	var sizes []int
	p, err := projection.New(f, projection.Options[int]{DB: db, Name: "p", Rest: time.Hour, Apply: func(tx *bbolt.Tx, batch []feed.Entry[int]) error {
		sizes = append(sizes, len(batch))
		return sum(tx, batch)
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	first := add(t, l, "REST", []int{1})
	if err := p.WaitFor(ctx, first); err != nil {
		t.Fatal(err)
	}
	last := add(t, l, "REST", []int{2, 3, 4, 5, 6})
	testkit.Eventually(t, patience, func() error {
		if head := f.Head(); head < last {
			return fmt.Errorf("the feed stands at %d of %d", head, last)
		}
		return nil
	})
	if err := p.WaitFor(ctx, last); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(sizes) > 3 { // one, at most one that a stale wish let in, and the rest together
		t.Fatalf("six entries went in as %v", sizes)
	}
}
