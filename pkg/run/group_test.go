package run_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

// diary writes down who started and stopped.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.lines...)
}

func (d *diary) service(name string, gate <-chan struct{}) run.Service {
	return run.Func(func(ctx context.Context, ready func()) error {
		d.write("start " + name)
		select {
		case <-gate:
			ready()
		case <-ctx.Done():
		}
		<-ctx.Done()
		d.write("stop " + name)
		return ctx.Err()
	})
}

func open() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func group(opts run.Options) *run.Group { return run.NewGroup(zerolog.Nop(), opts) }

func TestStartInOrderStopInReverse(t *testing.T) {
	var d diary
	gate := make(chan struct{})
	g := group(run.Options{})
	g.Add("a", d.service("a", open()))
	g.Add("b", d.service("b", gate))
	g.Add("c", d.service("c", open()))
	if got := g.NotReady(); !reflect.DeepEqual(got, []string{"a", "b", "c"}) {
		t.Fatalf("before run: %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	until(t, func() bool { return reflect.DeepEqual(g.NotReady(), []string{"b", "c"}) })
	if got := d.read(); len(got) > 2 {
		t.Fatalf("c started before b was ready: %v", got)
	}
	if g.IsReady() {
		t.Fatal("ready while b is not")
	}
	close(gate)
	<-g.Ready()
	if !g.IsReady() {
		t.Fatalf("not ready: %v", g.NotReady())
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	want := []string{"start a", "start b", "start c", "stop c", "stop b", "stop a"}
	if got := d.read(); !reflect.DeepEqual(got, want) {
		t.Fatalf("diary %v", got)
	}
	if g.IsReady() {
		t.Fatal("ready after the end")
	}
}

// A service that starts beside another does not wait for it; what comes after
// waits for both.
func TestBeside(t *testing.T) {
	var d diary
	gate := make(chan struct{})
	g := group(run.Options{})
	g.Add("a", d.service("a", gate))
	g.AddBeside("b", d.service("b", open()))
	g.Add("c", d.service("c", open()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	until(t, func() bool { return reflect.DeepEqual(g.NotReady(), []string{"a", "c"}) })
	if got := d.read(); len(got) > 2 {
		t.Fatalf("c started before a was ready: %v", got)
	}
	close(gate)
	until(t, g.IsReady)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, want := d.read()[3:], []string{"stop c", "stop b", "stop a"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFirstErrorStopsAll(t *testing.T) {
	bad := errors.New("disk gone")
	for name, c := range map[string]struct {
		fail run.Service
		want error
	}{
		"error before ready": {run.Func(func(context.Context, func()) error { return bad }), bad},
		"error after ready": {run.Func(func(_ context.Context, ready func()) error {
			ready()
			return bad
		}), bad},
		"quiet end": {run.Func(func(_ context.Context, ready func()) error { ready(); return nil }), run.ErrEnded},
		"panic":     {run.Func(func(context.Context, func()) error { panic("boom") }), run.ErrPanic},
	} {
		t.Run(name, func(t *testing.T) {
			var d diary
			g := group(run.Options{})
			g.Add("good", d.service("good", open()))
			g.Add("bad", c.fail)
			err := g.Run(t.Context())
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "bad: ") {
				t.Fatalf("run gave %v", err)
			}
			if got := d.read(); !reflect.DeepEqual(got, []string{"start good", "stop good"}) {
				t.Fatalf("diary %v", got)
			}
		})
	}
}

func TestAnEarlierServiceThatDiesStopsTheStart(t *testing.T) {
	die := make(chan struct{})
	bad := errors.New("died")
	g := group(run.Options{})
	g.Add("first", run.Func(func(_ context.Context, ready func()) error { ready(); <-die; return bad }))
	g.Add("second", run.Func(func(ctx context.Context, _ func()) error {
		close(die)
		<-ctx.Done()
		return nil
	}))
	if err := g.Run(t.Context()); !errors.Is(err, bad) {
		t.Fatalf("run gave %v", err)
	}
}

func TestDeadlines(t *testing.T) {
	release := make(chan struct{})
	var late sync.WaitGroup
	late.Add(1)
	g := group(run.Options{Start: 20 * time.Millisecond, Stop: 20 * time.Millisecond})
	g.Add("stubborn", run.Func(func(context.Context, func()) error {
		defer late.Done()
		<-release
		return nil
	}))
	err := g.Run(t.Context())
	if !errors.Is(err, run.ErrNotReady) || !errors.Is(err, run.ErrOverstayed) {
		t.Fatalf("run gave %v", err)
	}
	close(release)
	late.Wait()
}

func TestErrorWhileStoppingIsReported(t *testing.T) {
	bad := errors.New("flush failed")
	ctx, cancel := context.WithCancel(t.Context())
	g := group(run.Options{})
	g.Add("x", run.Func(func(ctx context.Context, ready func()) error {
		ready()
		<-ctx.Done()
		return bad
	}))
	go func() { <-g.Ready(); cancel() }()
	if err := g.Run(ctx); !errors.Is(err, bad) {
		t.Fatalf("run gave %v", err)
	}
}

func TestGroupsNest(t *testing.T) {
	var d diary
	inner, outer := group(run.Options{}), group(run.Options{})
	inner.Add("in", d.service("in", open()))
	outer.Add("inner", inner)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-outer.Ready(); cancel() }()
	if err := outer.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := d.read(); !reflect.DeepEqual(got, []string{"start in", "stop in"}) {
		t.Fatalf("diary %v", got)
	}
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("condition not met in time")
		}
	}
}
