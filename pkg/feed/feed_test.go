package feed_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

var errPoison = errors.New("poison")

// number decodes the decimal in a message's body.
func number(r feed.Raw) (int, error) {
	switch string(r.Data) {
	case "poison":
		return 0, errPoison
	case "panic":
		panic("decoder")
	}
	return strconv.Atoi(string(r.Data))
}

func openFeed(t testing.TB, l *eventlog.Log, o feed.Options) *feed.Feed[int] {
	t.Helper()
	f, err := feed.Open(t.Context(), l, number, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func appendNumbers(t testing.TB, l *eventlog.Log, from, to int) {
	t.Helper()
	var last *eventlog.Pending
	for i := from; i < to; i++ {
		last = l.AppendAsync(eventlog.Message{Subject: "test.a", Data: fmt.Append(nil, i)})
		if i%1000 == 999 {
			if _, err := last.Durable(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if last == nil {
		return
	}
	if _, err := last.Durable(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// expect reads n entries and checks that they are next, next+1, … .
func expect(ctx context.Context, c *feed.Cursor[int], next, n int) error {
	for n > 0 {
		es, err := c.Next(ctx)
		if err != nil {
			return fmt.Errorf("waiting for %d: %w", next, err)
		}
		for _, e := range es {
			if e.Err != nil || e.Value != next {
				return fmt.Errorf("sequence %d: got %d (%v), want %d", e.Seq, e.Value, e.Err, next)
			}
			next++
			n--
		}
	}
	if n < 0 {
		return fmt.Errorf("%d entries too many", -n)
	}
	return nil
}

func TestCursorsBeginAnywhere(t *testing.T) {
	l := testkit.Log(t)
	appendNumbers(t, l, 0, 300)
	f := openFeed(t, l, feed.Options{Ring: 64})
	if f.Head() != 300 {
		t.Fatalf("head is %d", f.Head())
	}
	appendNumbers(t, l, 300, 1000)
	for _, after := range []int{0, 1, 299, 300, 301, 600, 935, 936, 937, 998, 999} {
		if err := expect(t.Context(), f.From(uint64(after)), after, 1000-after); err != nil {
			t.Errorf("after %d: %v", after, err)
		}
	}
	c := f.From(1000)
	l.AppendAsync(eventlog.Message{Subject: "test.a", Data: []byte("1000")})
	if err := expect(t.Context(), c, 1000, 1); err != nil {
		t.Error(err)
	}
}

// Any interleaving of appends, cursor starts and slow readers over a tiny ring
// gives each cursor the log from its position, once and in order.
func TestEveryCursorSeesTheLogOnce(t *testing.T) {
	s := testkit.NATS(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		name := fmt.Sprintf("R%d", round)
		l, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{
			Stream: jetstream.StreamConfig{Name: name, Subjects: []string{name + ".>"}}, Commit: s.Commit,
		})
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		before := rapid.IntRange(0, 30).Draw(rt, "before")
		total, deleted := 0, map[int]bool{}
		grow := func(n int) {
			var p *eventlog.Pending
			for range n {
				p = l.AppendAsync(eventlog.Message{Subject: name + ".a", Data: fmt.Append(nil, total)})
				total++
			}
			if p != nil {
				if _, err := p.Durable(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		grow(before)
		st, err := l.JetStream().Stream(t.Context(), name)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range before { // holes, as erasure leaves them
			if rapid.IntRange(0, 9).Draw(rt, "hole") == 0 {
				if err := st.DeleteMsg(t.Context(), uint64(i+1)); err != nil {
					rt.Fatal(err)
				}
				deleted[i] = true
			}
		}
		f, err := feed.Open(t.Context(), l, number, feed.Options{
			Ring:       rapid.IntRange(1, 12).Draw(rt, "ring"),
			Batch:      rapid.IntRange(1, 5).Draw(rt, "batch"),
			FetchBytes: rapid.IntRange(1, 200).Draw(rt, "fetch"),
		})
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		type reader struct {
			c    *feed.Cursor[int]
			next int
		}
		var readers []*reader
		take := func(r *reader) {
			es, err := r.c.Next(t.Context())
			if err != nil {
				rt.Fatal(err)
			}
			for _, e := range es {
				for deleted[r.next] {
					r.next++
				}
				if e.Value != r.next || e.Seq != uint64(r.next+1) {
					rt.Fatalf("got %d at %d, want %d", e.Value, e.Seq, r.next)
				}
				r.next++
			}
		}
		left := func(r *reader) bool {
			for i := r.next; i < total; i++ {
				if !deleted[i] {
					return true
				}
			}
			return false
		}
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) { grow(rapid.IntRange(1, 9).Draw(rt, "n")) },
			"start": func(rt *rapid.T) {
				at := rapid.IntRange(0, total).Draw(rt, "after")
				readers = append(readers, &reader{f.From(uint64(at)), at})
			},
			"read": func(rt *rapid.T) {
				if len(readers) == 0 {
					rt.Skip("no reader yet")
				}
				r := rapid.SampledFrom(readers).Draw(rt, "reader")
				if left(r) {
					take(r)
				}
			},
		})
		for _, r := range readers {
			for left(r) {
				take(r)
			}
		}
	})
}

func TestPoisonIsPassedOn(t *testing.T) {
	l := testkit.Log(t)
	f := openFeed(t, l, feed.Options{})
	for _, body := range []string{"0", "poison", "panic", "3"} {
		if _, err := l.Append(t.Context(), eventlog.Message{Subject: "test.a", Data: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(c *feed.Cursor[int]) {
		t.Helper()
		var got []feed.Entry[int]
		for len(got) < 4 {
			es, err := c.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, es...)
		}
		if got[0].Err != nil || !errors.Is(got[1].Err, errPoison) || got[2].Err == nil || got[3].Value != 3 {
			t.Fatalf("got %+v", got)
		}
	}
	check(f.From(0))
	check(openFeed(t, l, feed.Options{}).From(0)) // from behind the ring
}

// A second Log of the same stream, as another service in the process has it.
func TestAppendsOfOthersAreShownOnceDurable(t *testing.T) {
	s := testkit.NATS(t)
	ours := s.OpenLog(t, "TEST", "test.>")
	f := openFeed(t, ours, feed.Options{})
	theirs := s.OpenLog(t, "TEST", "test.>")
	appendNumbers(t, theirs, 0, 50)
	js := s.JetStream(t)
	if _, err := js.Publish(t.Context(), "test.a", []byte("50")); err != nil { // without any Log
		t.Fatal(err)
	}
	if err := expect(t.Context(), f.From(0), 0, 51); err != nil {
		t.Fatal(err)
	}
	if ours.DurableSeq() < 51 {
		t.Fatalf("shown although durable only up to %d", ours.DurableSeq())
	}
}

func TestHeadersAndTime(t *testing.T) {
	l := testkit.Log(t)
	type seen struct {
		h    string
		n    int
		subj string
	}
	f, err := feed.Open(t.Context(), l, func(r feed.Raw) (seen, error) {
		return seen{r.Header.Get("Kind"), len(r.Header), r.Subject}, nil
	}, feed.Options{Ring: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range 3 {
		m := eventlog.Message{Subject: "test.h", Header: nats.Header{"Kind": {"k"}}}
		if _, err := l.Append(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	c := f.From(0)
	for n := 0; n < 3; {
		es, err := c.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			if e.Value != (seen{"k", 1, "test.h"}) || e.Subject != "test.h" || time.Since(e.Time) > time.Minute {
				t.Fatalf("got %+v", e)
			}
			n++
		}
	}
}

func TestBeyondEnd(t *testing.T) {
	l := testkit.Log(t)
	f := openFeed(t, l, feed.Options{})
	appendNumbers(t, l, 0, 3)
	if _, err := f.From(4).Next(t.Context()); !errors.Is(err, feed.ErrBeyondEnd) {
		t.Fatalf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if es, err := f.From(3).Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("at the end: %v, %v", es, err)
	}
}

func TestCloseEndsNext(t *testing.T) {
	l := testkit.Log(t)
	f := openFeed(t, l, feed.Options{})
	done := make(chan error)
	go func() {
		_, err := f.From(0).Next(t.Context())
		done <- err
	}()
	f.Close()
	if err := <-done; !errors.Is(err, feed.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

// Reading keeps nothing behind for each entry.
func TestNoGoroutinePerEntry(t *testing.T) {
	l := testkit.Log(t)
	f := openFeed(t, l, feed.Options{})
	c := f.From(0)
	appendNumbers(t, l, 0, 1)
	if err := expect(t.Context(), c, 0, 1); err != nil {
		t.Fatal(err)
	}
	const n = 300
	before := runtime.NumGoroutine()
	for i := 1; i <= n; i++ { // one by one, so that none are read together
		appendNumbers(t, l, i, i+1)
		if err := expect(t.Context(), c, i, 1); err != nil {
			t.Fatal(err)
		}
	}
	if more := runtime.NumGoroutine() - before; more > n/4 {
		t.Errorf("%d goroutines more after %d entries", more, n)
	}
}

func TestThousandCursors(t *testing.T) {
	l := testkit.Log(t)
	f := openFeed(t, l, feed.Options{Ring: 128})
	const n = 600
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for range 1000 {
		c := f.From(0)
		wg.Go(func() {
			if err := expect(ctx, c, 0, n); err != nil {
				t.Error(err)
			}
		})
	}
	appendNumbers(t, l, 0, n)
	wg.Wait()
}

// The reader outlives the server it reads from, and the loss of its consumer.
func TestSurvivesRestartOfTheServer(t *testing.T) {
	o := natsd.Options{StoreDir: t.TempDir(), Logger: testkit.Logger(t), Sync: natsd.SyncAlways}
	o.Host, o.Port = addressOf(t)
	s, err := natsd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(s.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{
		Stream: jetstream.StreamConfig{Name: "TEST", Subjects: []string{"test.>"}}, Commit: eventlog.ServerAck(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := openFeed(t, l, feed.Options{Ring: 8})
	c, slow := f.From(0), f.From(0)
	appendNumbers(t, l, 0, 20)
	if err := expect(t.Context(), c, 0, 20); err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	if s, err = natsd.Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown()
	appendSoon(t, l, 20)
	appendNumbers(t, l, 21, 40)
	if err := expect(t.Context(), c, 20, 20); err != nil {
		t.Fatal(err)
	}
	dropConsumers(t, l)
	appendNumbers(t, l, 40, 50)
	if err := expect(t.Context(), c, 40, 10); err != nil {
		t.Fatal(err)
	}
	if err := expect(t.Context(), slow, 0, 50); err != nil {
		t.Fatal(err)
	}
	f.Close()
}
