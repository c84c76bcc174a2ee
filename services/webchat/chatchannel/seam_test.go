package chatchannel

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// The past comes from the file and the present from the feed. Here the file is
// held up on purpose, so that some lines stand before the join and not in the
// file yet, and others come while the past is being read and stand in both.
//
// Break it: leave out WaitFor in past, or let line and open send what is not
// newer than last.
func TestPastAndPresentJoinWithoutASeam(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.say("a", "first")
	v.sees("first")
	want := []string{"first"}
	handedOn := func(seq uint64) {
		t.Helper()
		testkit.Eventually(t, time.Minute, func() error {
			h.svc.hub.mu.Lock()
			defer h.svc.hub.mu.Unlock()
			if h.svc.hub.at < seq {
				return errors.New("not handed on yet")
			}
			return nil
		})
	}
	for round := range 25 {
		_ = v.ws.Close()
		testkit.Eventually(t, time.Minute, func() error {
			if n := len(h.svc.hub.all()); n != 0 {
				return fmt.Errorf("%d sockets", n)
			}
			return nil
		})
		hold, err := h.svc.store.db.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		say := func(part string) {
			name := fmt.Sprintf("%d%s", round, part)
			want = append(want, "answer "+name)
			h.decide(answer(name, v.point()))
		}
		say("before")
		handedOn(h.facts.DurableSeq())
		v.dial()
		v.send(map[string]any{"type": "hello", "visitor": v.token, "after": v.cursor})
		key := keyOf(inboxID, v.point())
		testkit.Eventually(t, time.Minute, func() error {
			h.svc.hub.mu.Lock()
			defer h.svc.hub.mu.Unlock()
			if len(h.svc.hub.visitors[key]) == 0 {
				return errors.New("not joined yet")
			}
			return nil
		})
		say("during")
		say("during too")
		handedOn(h.facts.DurableSeq())
		if err := hold.Rollback(); err != nil {
			t.Fatal(err)
		}
		var w Welcome
		v.until("welcome", &w)
		v.lines = append(v.lines, w.Lines...)
		v.cursor = w.Cursor
		say("after")
		v.sees(want...)
	}
}
