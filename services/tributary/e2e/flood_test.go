package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

const (
	// floodSenders are more than the door has places for (channel.Hooks.MaxWaiting).
	floodSenders = 1500
	// floodMemory bounds the program's own memory under the flood, in MiB. The door
	// lets 128 MiB of bodies wait at a time; the rest is the log's, the views' and
	// what Go keeps between two collections.
	floodMemory = 640
)

// TestFloodIsHeldOff offers ten times what the program takes in a second, at
// once, by more senders than have a place. Every request is answered, with
// success or with 503 and Retry-After; memory stays bounded; afterwards the door
// answers at once; and in the log stands what was acknowledged, once, and nothing
// twice.
//
// To see it fail: in pkg/channel hooks.go, publish without waiting, or let a
// refusal of busy have another status.
func TestFloodIsHeldOff(t *testing.T) {
	data := t.TempDir()
	child := rig.Start(t, data, "--log-level", "error")
	shop := child.Admin(t).Shop()
	f := &flood{child: child, shop: shop, acked: map[string]bool{}}
	rate := f.measure(t)
	each := max(10*rate/floodSenders, 8)
	begun := time.Now()
	over := make(chan struct{})
	go func() {
		defer close(over)
		f.run(each)
	}()
	peak := 0
	for look := time.NewTicker(50 * time.Millisecond); ; {
		select {
		case <-look.C:
			peak = max(peak, memory(t, child.PID(), "RssAnon:"))
			continue
		case <-over:
			look.Stop()
		}
		break
	}
	for _, fault := range f.faults {
		t.Error(fault)
	}
	offered, took := floodSenders*each, time.Since(begun)
	t.Logf("the program takes %d a second; %d were offered at once by %d senders: %d taken, %d put off, all answered in %v; at most %d MiB",
		rate, offered, floodSenders, f.taken.Load(), f.putOff.Load(), took.Round(time.Millisecond), peak)
	if got := f.taken.Load() + f.putOff.Load(); got != int64(offered) {
		t.Errorf("%d of %d requests were answered", got, offered)
	}
	if peak > floodMemory {
		t.Errorf("under the flood the program holds %d MiB, more than %d", peak, floodMemory)
	}
	f.atOnce(t, data)
	child.Healthy(t)
	must(t, child.Stop(2*rig.Patience))
	f.inTheLog(t, data)
}

// flood is what was offered and how it was answered.
type flood struct {
	child         *rig.Child
	shop          rig.Inbox
	taken, putOff atomic.Int64

	mu     sync.Mutex // guards what follows
	acked  map[string]bool
	faults []string
}

func floodBody(id string, contact int) string {
	return fmt.Sprintf(`{"id":%q,"contact":{"id":"%d"},"text":%q}`, id, contact, strings.Repeat("flood ", 40))
}

func (f *flood) note(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.acked[id] = true
}

func (f *flood) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.faults) < 20 {
		f.faults = append(f.faults, fmt.Sprintf(format, args...))
	}
}

// measure has a few senders post for a second, each when it has been answered:
// that is what the program takes.
func (f *flood) measure(t *testing.T) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var senders sync.WaitGroup
	var count atomic.Int64
	for s := range 64 {
		senders.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				id := fmt.Sprintf("before-%d-%d", s, n)
				if got, err := f.child.TryPost(f.shop.HookPath, []byte(floodBody(id, s))); err != nil || got.Status != http.StatusAccepted {
					f.fault("before the flood the hook answers %d, %v", got.Status, err)
					return
				}
				f.note(id)
				count.Add(1)
			}
		})
	}
	senders.Wait()
	if count.Load() == 0 {
		t.Fatal("the program takes nothing")
	}
	return int(count.Load())
}

// run opens all connections, and then has each sender write all of its requests
// without waiting for an answer, and read the answers.
func (f *flood) run(each int) {
	var ready, senders sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(floodSenders)
	for s := range floodSenders {
		senders.Go(func() {
			conn, err := net.Dial("tcp", f.child.HTTP)
			ready.Done()
			if err != nil {
				f.fault("dial: %v", err)
				return
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(2 * rig.Patience))
			<-gate
			written := make(chan error, 1)
			go func() { written <- f.write(conn, s, each) }()
			f.read(conn, s, each)
			if err := <-written; err != nil {
				f.fault("write: %v", err)
			}
		})
	}
	ready.Wait()
	close(gate)
	senders.Wait()
}

func (f *flood) write(conn net.Conn, s, each int) error {
	for n := range each {
		body := floodBody(fmt.Sprintf("flood-%d-%d", s, n), s)
		if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", f.shop.HookPath, len(body), body); err != nil {
			return err
		}
	}
	return nil
}

func (f *flood) read(conn net.Conn, s, each int) {
	answers := bufio.NewReader(conn)
	for n := range each {
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			f.fault("request %d of sender %d has no answer: %v", n, s, err)
			return
		}
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		switch {
		case err != nil:
			f.fault("an answer is cut: %v", err)
		case answer.StatusCode == http.StatusAccepted:
			f.taken.Add(1)
			f.note(fmt.Sprintf("flood-%d-%d", s, n))
		case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "":
			f.putOff.Add(1)
		default:
			f.fault("a flooded hook answers %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
		}
	}
}

// atOnce wants the first answers after the flood within a second each, and what the
// machine itself took in that moment tenfold.
func (f *flood) atOnce(t *testing.T, data string) {
	t.Helper()
	type bare struct {
		took time.Duration
		err  error
	}
	slowest := time.Duration(0)
	for n := range 20 {
		beside := make(chan bare, 1)
		go func() {
			took, err := bareAnswer(data)
			beside <- bare{took, err}
		}()
		id, asked := fmt.Sprintf("after-%d", n), time.Now()
		if err := f.child.TrySay(f.shop, rig.Said{ID: id, Contact: rig.SaidBy{ID: "after"}, Text: "and now?"}); err != nil {
			t.Fatal(err)
		}
		f.note(id)
		took, machine := time.Since(asked), <-beside
		must(t, machine.err)
		slowest = max(slowest, took)
		if took > time.Second+10*machine.took {
			t.Errorf("after the flood an answer took %v, and the machine itself %v", took, machine.took)
		}
	}
	t.Logf("after the flood the slowest of 20 answers took %v", slowest.Round(time.Microsecond))
}

// inTheLog opens what the program left and looks for every id.
func (f *flood) inTheLog(t *testing.T, data string) {
	t.Helper()
	in := rig.Run(t, rig.Settings(data))
	feed := in.House.Ground.In
	times := map[string]int{}
	ctx, cancel := context.WithTimeout(t.Context(), rig.Patience)
	defer cancel()
	for cursor := feed.From(0); cursor.After() < feed.Head(); {
		entries, err := cursor.Next(ctx)
		must(t, err)
		for _, e := range entries {
			must(t, e.Err)
			times[e.Value.ProviderID]++
		}
	}
	lost, double := 0, 0
	for id := range f.acked {
		if times[id] == 0 {
			lost++
		}
	}
	for _, n := range times {
		if n > 1 {
			double++
		}
	}
	if lost > 0 || double > 0 {
		t.Errorf("of %d acknowledged %d are not in the log, %d stand there twice", len(f.acked), lost, double)
	}
	n := uint64(len(times))
	in.Admin(t).AwaitBook(f.shop.ID, rig.Book{Received: n, Stored: n})
}
