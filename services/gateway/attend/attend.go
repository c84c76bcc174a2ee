// Package attend tells the router whose connections broke off and came back, so
// that nothing is offered to an agent who is not there. It says what the presence
// board of all gateways says; every gateway does, and what is said twice changes
// nothing.
//
// The board is in memory, and it tells no change that ends as it began. So every
// [Settle] the router is told of everybody; the first time is long enough after a
// start for those to have come back who were there when the program ended. A router
// that begins to decide trusts nobody's word from before, and calls the roll: it is
// told at once of those who are there, and of nobody that they are not, since a
// gateway that has just begun does not know that.
package attend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/presence"
)

// Settle is how long agents may take to connect again after a start. It is longer
// than a gateway's word on an agent holds.
const Settle = time.Minute

const (
	// queued bounds changes that wait for the router; one that does not fit is
	// made up for by the next look at everybody.
	queued     = 1024
	retryPause = time.Second
)

// Deps is what a Watch needs.
type Deps struct {
	// Do carries a command to the router.
	Do func(context.Context, commands.Envelope) (*commands.Result, error)
	// Agents lists everybody, Online whether somebody has a socket at any gateway.
	Agents func() []events.AgentID
	Online func(events.AgentID) bool
	// Next is told of everything too, on the same goroutine.
	Next presence.Listener
	// NC is where a router calls the roll; without one nobody does.
	NC    *nats.Conn
	Clock clock.Clock
	Log   zerolog.Logger
}

// Watch stands between the board and the sockets. Use New, then Run.
type Watch struct {
	deps    Deps
	changes chan live.Presence
	missed  chan struct{} // a change did not fit
	roll    chan struct{} // a router asks who is there
}

// New makes a Watch.
func New(d Deps) *Watch {
	return &Watch{deps: d, changes: make(chan live.Presence, queued), missed: make(chan struct{}, 1), roll: make(chan struct{}, 1)}
}

// Presence makes Watch a presence.Listener.
func (w *Watch) Presence(changes []live.Presence) {
	w.deps.Next.Presence(changes)
	for _, c := range changes {
		select {
		case w.changes <- c:
		default:
			w.lookAgain()
		}
	}
}

// Activity makes Watch a presence.Listener.
func (w *Watch) Activity(a live.Activity) { w.deps.Next.Activity(a) }

func (w *Watch) lookAgain() { wake(w.missed) }

// wake has something looked at once, however often it is called meanwhile.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run tells the router until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	if w.deps.NC != nil {
		calls, err := w.deps.NC.Subscribe(events.RollSubject, func(*nats.Msg) { wake(w.roll) })
		if err != nil {
			return fmt.Errorf("listen for the roll: %w", err)
		}
		defer func() { _ = calls.Unsubscribe() }()
	}
	settle := w.deps.Clock.NewTimer(Settle)
	defer settle.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-w.changes:
			w.tell(ctx, c.Agent, c.State != presence.Offline)
		case <-settle.C():
			w.everybody(ctx)
			settle.Reset(Settle)
		case <-w.missed:
			w.everybody(ctx)
		case <-w.roll:
			for _, a := range w.deps.Agents() {
				if w.deps.Online(a) {
					w.tell(ctx, a, true)
				}
			}
		}
	}
}

func (w *Watch) everybody(ctx context.Context) {
	for _, a := range w.deps.Agents() {
		w.tell(ctx, a, w.deps.Online(a))
	}
}

// tell repeats until the router has decided: an agent who is not there would be
// offered work. Newer word about the same agent waits behind, in order.
func (w *Watch) tell(ctx context.Context, agent events.AgentID, there bool) {
	body := commands.SetPresenceBody{Agent: agent, Connection: "lost"}
	if there {
		body.Connection = "back"
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings can always be written
	}
	env := commands.Envelope{ID: id.New("cm"), Name: commands.SetPresence, Actor: events.Author{Kind: "system"}, Body: data}
	for ctx.Err() == nil {
		if _, err = w.deps.Do(ctx, env); err == nil {
			return
		}
		w.deps.Log.Warn().Err(err).Msg("tell the router who is there")
		var p *ask.Problem
		if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
			return // it will not be taken later either
		}
		pause := w.deps.Clock.NewTimer(retryPause)
		select {
		case <-pause.C():
		case <-ctx.Done():
		}
		pause.Stop()
	}
}
