package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// ways are the three Commits, each with the server that makes it true.
var ways = []struct {
	name   string
	sync   natsd.Sync
	commit func(*testkit.Server) eventlog.Commit
}{
	{"blocksync", natsd.SyncByLog, func(s *testkit.Server) eventlog.Commit { return s.Commit }},
	{"batch", natsd.SyncAlways, func(*testkit.Server) eventlog.Commit { return eventlog.Batch() }},
	{"serverack", natsd.SyncAlways, func(*testkit.Server) eventlog.Commit { return eventlog.ServerAck() }},
}

func openLog(t testing.TB, s *testkit.Server, c eventlog.Commit, change ...func(*eventlog.Config)) *eventlog.Log {
	t.Helper()
	cfg := eventlog.Config{
		Stream: jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Duplicates: time.Minute},
		Commit: c,
	}
	for _, f := range change {
		f(&cfg)
	}
	l, err := eventlog.Open(t.Context(), s.Conn(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// everyWay runs a story under each Commit.
func everyWay(t *testing.T, story func(*testing.T, *eventlog.Log)) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			s := testkit.NATS(t, func(o *natsd.Options) { o.Sync = w.sync })
			story(t, openLog(t, s, w.commit(s)))
		})
	}
}

func TestAppendThenRead(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		ctx := t.Context()
		h := nats.Header{"Kind": {"greeting"}}
		seq, err := l.Append(ctx, eventlog.Message{Subject: "s.a", Header: h, Data: []byte("hello")})
		if err != nil || seq != 1 {
			t.Fatalf("append: %d, %v", seq, err)
		}
		r, err := l.Get(ctx, 1)
		if err != nil || r.Subject != "s.a" || string(r.Data) != "hello" || r.Header.Get("Kind") != "greeting" || r.Time.IsZero() {
			t.Fatalf("read back %+v, %v", r, err)
		}
		if _, err := l.Get(ctx, 2); !errors.Is(err, eventlog.ErrNotFound) {
			t.Fatalf("message 2: %v", err)
		}
		if last, err := l.LastOnSubject(ctx, "s.a"); last != 1 || err != nil {
			t.Fatalf("last on s.a: %d, %v", last, err)
		}
		if last, err := l.LastOnSubject(ctx, "s.b"); last != 0 || err != nil {
			t.Fatalf("last on s.b: %d, %v", last, err)
		}
		if l.DurableSeq() != 1 {
			t.Fatalf("durable up to %d", l.DurableSeq())
		}
	})
}

func TestExpectationRefusesTheSecondWriter(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		ctx := t.Context()
		first := eventlog.Message{Subject: "s.a", Data: []byte("1"), ExpectLast: eventlog.Expect(0)}
		if _, err := l.Append(ctx, first); err != nil {
			t.Fatal(err)
		}
		_, err := l.Append(ctx, first)
		var c *eventlog.ConflictError
		if !errors.Is(err, eventlog.ErrConflict) || !errors.As(err, &c) || c.Subject != "s.a" || c.Last != 1 {
			t.Fatalf("second writer got %v", err)
		}
		if _, err := l.Append(ctx, eventlog.Message{Subject: "s.a", ExpectLast: eventlog.Expect(1)}); err != nil {
			t.Fatalf("after reading on: %v", err)
		}
	})
}

func TestInnocentsPassWhenOthersConflict(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		ctx := t.Context()
		if _, err := l.Append(ctx, eventlog.Message{Subject: "s.taken"}); err != nil {
			t.Fatal(err)
		}
		var pend []*eventlog.Pending
		for i := range 60 {
			m := eventlog.Message{Subject: fmt.Sprintf("s.%d", i), ExpectLast: eventlog.Expect(0)}
			if i%20 == 7 {
				m.Subject = "s.taken"
			}
			pend = append(pend, l.AppendAsync(m))
		}
		last := uint64(1)
		for i, p := range pend {
			seq, err := p.Durable(ctx)
			if i%20 == 7 {
				if !errors.Is(err, eventlog.ErrConflict) {
					t.Errorf("append %d should lose, got %d, %v", i, seq, err)
				}
				continue
			}
			if err != nil || seq != last+1 {
				t.Fatalf("append %d: %d, %v after %d", i, seq, err, last)
			}
			last = seq
		}
	})
}

func TestCallsStandInOrder(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		ctx := t.Context()
		const n = 2000
		pend := make([]*eventlog.Pending, n)
		for i := range pend {
			m := eventlog.Message{Subject: "s.a", Data: fmt.Append(nil, i)}
			if i > 0 && i%50 == 0 { // a pipelined decision: it names what was accepted before
				seq, err := pend[i-1].Accepted(ctx)
				if err != nil {
					t.Fatal(err)
				}
				m.ExpectLast = &seq
			}
			pend[i] = l.AppendAsync(m)
		}
		for i, p := range pend {
			if seq, err := p.Durable(ctx); err != nil || seq != uint64(i+1) {
				t.Fatalf("append %d: %d, %v", i, seq, err)
			}
		}
		if r, err := l.Get(ctx, n); err != nil || string(r.Data) != fmt.Sprint(n-1) {
			t.Fatalf("last message: %q, %v", r.Data, err)
		}
		if st := l.Stats(); st.Appended != n || st.InFlight != 0 || st.Durable != n {
			t.Fatalf("stats %+v", st)
		}
	})
}

func TestManyWritersOneCounter(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		const writers, each = 8, 15
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					err := eventlog.Retry(t.Context(), 1000, func(ctx context.Context) error {
						last, err := l.LastOnSubject(ctx, "s.count")
						if err != nil {
							return err
						}
						_, err = l.Append(ctx, eventlog.Message{Subject: "s.count", Data: fmt.Append(nil, last), ExpectLast: &last})
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if last, err := l.LastOnSubject(t.Context(), "s.count"); err != nil || last != writers*each {
			t.Fatalf("%d appends, %v", last, err)
		}
		for seq := uint64(1); seq <= writers*each; seq++ {
			r, err := l.Get(t.Context(), seq)
			if err != nil || string(r.Data) != fmt.Sprint(seq-1) {
				t.Fatalf("message %d saw %q, %v", seq, r.Data, err)
			}
		}
	})
}

func TestAtomicIsAllOrNone(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		ctx := t.Context()
		pair := func(a, b uint64) []eventlog.Message {
			return []eventlog.Message{
				{Subject: "s.a", Data: []byte("a"), ExpectLast: &a},
				{Subject: "s.b", Data: []byte("b"), ExpectLast: &b},
			}
		}
		if last, err := l.AppendAtomic(ctx, pair(0, 0)); err != nil || last != 2 || l.DurableSeq() != 2 {
			t.Fatalf("both right: %d, %v, durable %d", last, err, l.DurableSeq())
		}
		_, err := l.AppendAtomic(ctx, pair(1, 1))
		var c *eventlog.ConflictError
		if !errors.As(err, &c) || c.Subject != "s.b" || c.Last != 2 {
			t.Fatalf("one wrong: %v", err)
		}
		if _, last, err := l.Bounds(ctx); err != nil || last != 2 {
			t.Fatalf("a refused pair left something: last %d, %v", last, err)
		}
		if last, err := l.AppendAtomic(ctx, pair(1, 2)); err != nil || last != 4 {
			t.Fatalf("both right again: %d, %v", last, err)
		}
		if _, err := l.AppendAtomic(ctx, nil); !errors.Is(err, eventlog.ErrRejected) {
			t.Fatalf("empty: %v", err)
		}
		if _, err := l.AppendAtomic(ctx, make([]eventlog.Message, eventlog.MaxAtomic+1)); !errors.Is(err, eventlog.ErrTooLarge) {
			t.Fatalf("too many: %v", err)
		}
	})
}

func TestManyAtomicsAtOnce(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		var wg sync.WaitGroup
		for i := range 80 {
			wg.Go(func() {
				a, b := fmt.Sprintf("s.x%d", i), fmt.Sprintf("s.y%d", i)
				if _, err := l.AppendAtomic(t.Context(), []eventlog.Message{{Subject: a}, {Subject: b}}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, last, err := l.Bounds(t.Context()); err != nil || last != 160 {
			t.Fatalf("last %d, %v", last, err)
		}
	})
}

func TestMsgIDStoresOnce(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		m := eventlog.Message{Subject: "s.a", MsgID: "once"}
		one, two := l.AppendAsync(m), l.AppendAsync(m)
		a, err1 := one.Durable(t.Context())
		b, err2 := two.Durable(t.Context())
		if err1 != nil || err2 != nil || a != 1 || b != 1 || one.Duplicate() || !two.Duplicate() {
			t.Fatalf("%d %v %v, %d %v %v", a, err1, one.Duplicate(), b, err2, two.Duplicate())
		}
	})
}

func TestErrorsSayWhatToDo(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		ctx := t.Context()
		big := make([]byte, 9<<20)
		for _, c := range []struct {
			name string
			m    eventlog.Message
			want error
		}{
			{"larger than a message may be", eventlog.Message{Subject: "s.a", Data: big}, eventlog.ErrTooLarge},
			{"larger than a header may be", eventlog.Message{Subject: "s.a", Header: nats.Header{"K": {string(big[:70_000])}}}, eventlog.ErrTooLarge},
			{"nobody's subject", eventlog.Message{Subject: "elsewhere"}, eventlog.ErrUnavailable},
			{"no subject", eventlog.Message{}, eventlog.ErrRejected},
		} {
			if _, err := l.Append(ctx, c.m); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if _, err := l.Append(ctx, eventlog.Message{Subject: "s.a"}); err != nil {
			t.Errorf("a good one after the bad: %v", err)
		}
		if n := l.Stats().InFlight; n != 0 {
			t.Errorf("%d still in flight", n)
		}
	})
}

func TestFullStreamIsUnavailable(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			s := testkit.NATS(t, func(o *natsd.Options) { o.Sync = w.sync })
			l := openLog(t, s, w.commit(s), func(c *eventlog.Config) {
				c.Stream.MaxMsgs = 1
				c.Stream.Discard = jetstream.DiscardNew
			})
			if _, err := l.Append(t.Context(), eventlog.Message{Subject: "s.a"}); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Append(t.Context(), eventlog.Message{Subject: "s.a"}); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Fatalf("a full stream said %v", err)
			}
		})
	}
}

func TestNoRoomInFlightFailsAtOnce(t *testing.T) {
	s := testkit.NATS(t)
	l := openLog(t, s, s.Commit, func(c *eventlog.Config) { c.MaxInFlight = 1; c.AckTimeout = 100 * time.Millisecond })
	s.Shutdown() // nobody answers any more
	first := l.AppendAsync(eventlog.Message{Subject: "s.a"})
	second := l.AppendAsync(eventlog.Message{Subject: "s.a"})
	if _, err := second.Durable(t.Context()); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Fatalf("second: %v", err)
	}
	if _, err := first.Durable(t.Context()); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Fatalf("first: %v", err)
	}
}

func TestCloseSettlesEverything(t *testing.T) {
	everyWay(t, func(t *testing.T, l *eventlog.Log) {
		var pend []*eventlog.Pending
		for range 500 {
			pend = append(pend, l.AppendAsync(eventlog.Message{Subject: "s.a"}))
		}
		l.Close()
		l.Close()
		for i, p := range pend {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, err := p.Durable(ctx)
			if errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("append %d hangs", i)
			}
			cancel()
		}
		if _, err := l.Append(t.Context(), eventlog.Message{Subject: "s.a"}); !errors.Is(err, eventlog.ErrClosed) {
			t.Fatalf("append after close: %v", err)
		}
	})
}

func TestEndedContextIsUnavailable(t *testing.T) {
	s := testkit.NATS(t)
	l := openLog(t, s, s.Commit)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Shutdown()
	_, err := l.Append(ctx, eventlog.Message{Subject: "s.a"})
	if !errors.Is(err, eventlog.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
}

func TestOpenRefusesWhatCannotBeDurable(t *testing.T) {
	s := testkit.NATS(t)
	for name, cfg := range map[string]eventlog.Config{
		"no commit":   {Stream: jetstream.StreamConfig{Name: "A"}},
		"replicas":    {Stream: jetstream.StreamConfig{Name: "A", Replicas: 3}, Commit: s.Commit},
		"async":       {Stream: jetstream.StreamConfig{Name: "A", PersistMode: jetstream.AsyncPersistMode}, Commit: s.Commit},
		"async, acks": {Stream: jetstream.StreamConfig{Name: "A", PersistMode: jetstream.AsyncPersistMode}, Commit: eventlog.ServerAck()},
	} {
		if l, err := eventlog.Open(t.Context(), s.Conn(t), cfg); err == nil {
			l.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

func TestRetryStops(t *testing.T) {
	n := 0
	err := eventlog.Retry(t.Context(), 3, func(context.Context) error { n++; return &eventlog.ConflictError{Subject: "x"} })
	if n != 3 || !errors.Is(err, eventlog.ErrConflict) {
		t.Errorf("%d attempts, %v", n, err)
	}
	n = 0
	other := errors.New("other")
	if err := eventlog.Retry(t.Context(), 3, func(context.Context) error { n++; return other }); n != 1 || err != other {
		t.Errorf("another error: %d attempts, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = eventlog.Retry(ctx, 1000, func(context.Context) error { cancel(); return eventlog.ErrConflict })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
