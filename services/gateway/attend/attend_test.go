package attend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/gateway/presence"
)

// router takes down what it is told, and is away a few times.
type router struct {
	mu    sync.Mutex
	fails int
	told  []string
}

func (r *router) do(_ context.Context, env commands.Envelope) (*commands.Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails > 0 {
		r.fails--
		return nil, errors.New("away")
	}
	var body commands.SetPresenceBody
	if err := json.Unmarshal(env.Body, &body); err != nil {
		return nil, err
	}
	r.told = append(r.told, fmt.Sprint(body.Agent, " ", body.Connection))
	return &commands.Result{}, nil
}

func (r *router) said(want ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fmt.Sprint(r.told) != fmt.Sprint(want) {
		return fmt.Errorf("told %v, want %v", r.told, want)
	}
	return nil
}

// begins is said, where the same may have been said again since.
func (r *router) begins(want ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.told) < len(want) || fmt.Sprint(r.told[:len(want)]) != fmt.Sprint(want) {
		return fmt.Errorf("told %v, want %v first", r.told, want)
	}
	return nil
}

type deaf struct{}

func (deaf) Presence([]live.Presence) {}
func (deaf) Activity(live.Activity)   {}

// The router hears of every connection in order, also when it was away for a
// while, and after the start of everybody who has not come back.
func TestTheRouterIsTold(t *testing.T) {
	r, now := &router{fails: 2}, clock.NewFake(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	w := New(Deps{
		Do: r.do, Next: deaf{}, Clock: now, Log: zerolog.Nop(),
		Agents: func() []events.AgentID { return []events.AgentID{"anna", "bo"} },
		Online: func(a events.AgentID) bool { return a == "anna" },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.Presence([]live.Presence{{Agent: "anna", State: presence.Online}, {Agent: "bo", State: presence.Away}})
	w.Presence([]live.Presence{{Agent: "bo", State: presence.Offline}})
	want := []string{"anna back", "bo back", "bo lost"}
	testkit.Eventually(t, time.Minute, func() error {
		now.Advance(retryPause / 10)
		return r.said(want...)
	})
	testkit.Eventually(t, time.Minute, func() error {
		now.Advance(Settle / 4)
		return r.begins(append(want, "anna back", "bo lost")...)
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A router that begins to decide asks who is there: it is told of those who are, and
// of nobody that they are not, for a gateway that has just begun knows nothing of
// those who are connected elsewhere.
//
// To see it fail: answer the roll with everybody.
func TestTheRollIsAnswered(t *testing.T) {
	nc := testkit.NATS(t).Conn(t)
	r, now := &router{}, clock.NewFake(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	w := New(Deps{
		Do: r.do, Next: deaf{}, NC: nc, Clock: now, Log: zerolog.Nop(),
		Agents: func() []events.AgentID { return []events.AgentID{"bo", "anna", "cho"} },
		Online: func(a events.AgentID) bool { return a == "anna" },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	testkit.Eventually(t, time.Minute, func() error {
		if err := nc.Publish(events.RollSubject, nil); err != nil { // nobody may listen yet
			return err
		}
		return r.begins("anna back")
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, told := range r.told { // Run has ended, and nobody tells any more
		if told != "anna back" {
			t.Fatalf("told %v", r.told)
		}
	}
}
