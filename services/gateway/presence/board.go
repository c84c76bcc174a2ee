package presence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/id"
)

// States of an agent.
const (
	Online  = "online"
	Away    = "away"
	Offline = "offline"
)

const (
	repeatEvery = 20 * time.Second
	staleAfter  = 50 * time.Second
	// flushEvery gathers changes, so that an agent whose page reloads does not
	// flicker and a crowd that connects at once is one message each.
	flushEvery = 200 * time.Millisecond

	maxAgents        = 20_000
	maxConversations = 20_000
	maxViewers       = 100 // of one conversation
	maxNotice        = 4 << 10
)

// Listener is told of changes, on the Board's own goroutine; it must not wait.
type Listener interface {
	Presence(changes []live.Presence)
	Activity(a live.Activity)
}

// Board is the shared state as this process knows it. Its methods may be called
// from any goroutine.
type Board struct {
	nc    *nats.Conn
	clock clock.Clock
	log   zerolog.Logger
	self  string
	ready chan struct{}

	mu      sync.Mutex // guards all below
	local   map[events.AgentID]*here
	agents  map[events.AgentID]*agent
	changed map[events.AgentID]string // last told state of agents to tell about
	looking map[events.ConversationID]map[events.AgentID]looker
}

// here is an agent with sockets of this process.
type here struct {
	name    string
	sockets int
	state   string
	looks   map[events.ConversationID]int
}

// agent is what all gateways say of one agent.
type agent struct {
	name  string
	told  string
	gates map[string]gate
}

type gate struct {
	state string
	until time.Time
}

type looker struct {
	name  string
	until time.Time
}

// notice is what gateways tell each other on events.PresenceSubject.
type notice struct {
	Gateway string         `json:"gateway"`
	Agent   events.AgentID `json:"agent"`
	Name    string         `json:"name"`
	State   string         `json:"state"`
}

// New makes a Board. The caller owns nc.
func New(nc *nats.Conn, c clock.Clock, log zerolog.Logger) *Board {
	return &Board{
		nc: nc, clock: c, log: log, self: id.New("gw"), ready: make(chan struct{}),
		local: map[events.AgentID]*here{}, agents: map[events.AgentID]*agent{}, changed: map[events.AgentID]string{},
		looking: map[events.ConversationID]map[events.AgentID]looker{},
	}
}

// Ready is closed once Run listens.
func (b *Board) Ready() <-chan struct{} { return b.ready }

// Run listens and repeats until ctx ends, then says that its agents are gone.
func (b *Board) Run(ctx context.Context, listener Listener) error {
	notices := make(chan *nats.Msg, 4096)
	agents, err := b.nc.ChanSubscribe(events.PresenceSubject, notices)
	if err != nil {
		return fmt.Errorf("listen for presence: %w", err)
	}
	typing, err := b.nc.ChanSubscribe(events.TypingWildcard, notices)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for typing: %w", err), agents.Unsubscribe())
	}
	if err := b.nc.Flush(); err != nil {
		return fmt.Errorf("listen for presence: %w", err)
	}
	close(b.ready)
	repeat, flush := b.clock.NewTimer(repeatEvery), b.clock.NewTimer(flushEvery)
	defer repeat.Stop()
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			b.leave()
			return errors.Join(agents.Unsubscribe(), typing.Unsubscribe())
		case msg := <-notices:
			b.hear(msg, listener)
		case <-flush.C():
			if changes := b.changes(); len(changes) > 0 {
				listener.Presence(changes)
			}
			flush.Reset(flushEvery)
		case <-repeat.C():
			for _, a := range b.repeat() {
				listener.Activity(a)
			}
			repeat.Reset(repeatEvery)
		}
	}
}

func (b *Board) hear(msg *nats.Msg, listener Listener) {
	if len(msg.Data) > maxNotice {
		return
	}
	if msg.Subject == events.PresenceSubject {
		var n notice
		if json.Unmarshal(msg.Data, &n) == nil && n.Agent != "" && n.Gateway != "" {
			b.heardAgent(n)
		}
		return
	}
	var a live.Activity
	if json.Unmarshal(msg.Data, &a) != nil || a.Conversation == "" || (a.Type != live.TypeTyping && a.Type != live.TypeViewing) {
		return
	}
	if a.Type == live.TypeViewing && !b.heardLook(a) {
		return
	}
	listener.Activity(a)
}

func (b *Board) heardAgent(n notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.agents[n.Agent]
	if a == nil {
		if n.State == Offline || len(b.agents) >= maxAgents {
			return
		}
		a = &agent{told: Offline, gates: map[string]gate{}}
		b.agents[n.Agent] = a
	}
	a.name = n.Name
	if n.State == Offline {
		delete(a.gates, n.Gateway)
	} else {
		a.gates[n.Gateway] = gate{n.State, b.clock.Now().Add(staleAfter)}
	}
	b.changed[n.Agent] = a.told
}

// heardLook reports whether the notice tells something new.
func (b *Board) heardLook(a live.Activity) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	lookers := b.looking[a.Conversation]
	_, known := lookers[a.Agent]
	if !a.On {
		delete(lookers, a.Agent)
		if len(lookers) == 0 {
			delete(b.looking, a.Conversation)
		}
		return known
	}
	if lookers == nil {
		if len(b.looking) >= maxConversations {
			return false
		}
		lookers = map[events.AgentID]looker{}
		b.looking[a.Conversation] = lookers
	}
	if !known && len(lookers) >= maxViewers {
		return false
	}
	lookers[a.Agent] = looker{a.Name, b.clock.Now().Add(staleAfter)}
	return !known
}

// changes lists agents whose overall state is not what was told last.
func (b *Board) changes() []live.Presence {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []live.Presence
	for agentID := range b.changed {
		a := b.agents[agentID]
		if a == nil {
			continue
		}
		if state := a.overall(); state != a.told {
			a.told = state
			out = append(out, live.Presence{Type: live.TypePresence, Agent: agentID, Name: a.name, State: state})
		}
		if len(a.gates) == 0 {
			delete(b.agents, agentID)
		}
	}
	clear(b.changed)
	return out
}

func (a *agent) overall() string {
	state := Offline
	for _, g := range a.gates {
		if g.state == Online {
			return Online
		}
		state = Away
	}
	return state
}
