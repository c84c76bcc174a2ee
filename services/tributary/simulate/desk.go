package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
)

// desk is where the agents sit: what they have seen of conversations.
type desk struct {
	world    *world
	agents   []*agent
	watchers []*agent

	mu    sync.Mutex // guards all below
	known map[events.ConversationID]events.Conversation
	order []events.ConversationID
}

// agent is one person at work.
type agent struct {
	desk   *desk
	client *client
	id     events.AgentID
	rng    *rand.Rand
	number int
	watch  chan struct{} // closed when the watching has ended
	stop   context.CancelFunc
}

// openDesk makes the agents, signs them in and has each watch everything. With
// no agents the administrator watches, so that what is seen live is known.
func (w *world) openDesk(ctx context.Context, rng *rand.Rand) (*desk, error) {
	d := &desk{world: w, known: map[events.ConversationID]events.Conversation{}}
	for i := range w.o.Agents {
		email, password := fmt.Sprintf("agent%d.%s@tributary.example", i, w.run), fmt.Sprintf("simulated %d %x", i, rng.Uint64())
		var made struct {
			ID events.AgentID `json:"id"`
		}
		body := map[string]string{"name": fmt.Sprintf("Agent %d", i+1), "email": email, "password": password, "role": "agent"}
		if err := w.admin.call(ctx, "POST", "/api/v1/agents", 0, body, &made); err != nil {
			return nil, fmt.Errorf("make an agent: %w", err)
		}
		a := &agent{desk: d, client: &client{http: w.admin.http, base: w.o.URL}, id: made.ID, number: i, rng: rand.New(rand.NewPCG(w.o.Seed, uint64(i+2)))}
		if err := a.client.signIn(ctx, email, password); err != nil {
			return nil, err
		}
		d.agents = append(d.agents, a)
	}
	watchers := d.agents
	if len(watchers) == 0 {
		watchers = []*agent{{desk: d, client: w.admin}}
	}
	for _, a := range watchers {
		if err := a.open(ctx); err != nil {
			d.close()
			return nil, err
		}
		d.watchers = append(d.watchers, a)
	}
	return d, nil
}

// open begins to watch, and returns once the first snapshot is there.
func (a *agent) open(ctx context.Context) error {
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx)) // until the books are closed
	a.watch = make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(a.watch)
		a.follow(ctx, sync.OnceFunc(func() { close(ready) }))
	}()
	select {
	case <-ready:
		return nil
	case <-a.watch:
		return errors.New("an agent's socket could not be opened")
	case <-time.After(20 * time.Second):
		a.stop()
		return errors.New("an agent's socket gives no snapshot")
	}
}

// follow watches, and comes back with its cursor whenever the socket ends.
func (a *agent) follow(ctx context.Context, ready func()) {
	cursor := ""
	for ctx.Err() == nil {
		err := a.session(ctx, &cursor, ready)
		if ctx.Err() != nil {
			return
		}
		var end *websocket.CloseError
		if errors.As(err, &end) && (end.Code == live.CloseSignIn || end.Code == live.CloseForbidden || end.Code == live.CloseBadFrame) {
			a.desk.world.books.problem("live", err)
			return
		}
		a.desk.world.books.count("screens that came back with their cursor")
		sleep(ctx, 200*time.Millisecond)
	}
}

func (a *agent) session(ctx context.Context, cursor *string, ready func()) error {
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.DialContext(ctx, socketURL(a.client.base)+"/live?token="+url.QueryEscape(a.client.token), nil)
	if err != nil {
		return fmt.Errorf("open live: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.WriteJSON(live.Client{Type: live.TypeSubscribe, ID: "1", View: live.ViewAll, Cursor: *cursor, Limit: 1}); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		var f struct {
			Type         string               `json:"type"`
			Cursor       string               `json:"cursor"`
			Conversation *events.Conversation `json:"conversation"`
			Message      *events.Message      `json:"message"`
		}
		if json.Unmarshal(data, &f) != nil {
			continue // frames of other types have other shapes
		}
		if f.Cursor != "" && f.Type != live.TypeHello {
			*cursor = f.Cursor
		}
		if f.Type == live.TypeSnapshot {
			ready()
		}
		if f.Type == live.TypeEvent {
			a.desk.see(f.Conversation, f.Message)
		}
	}
}

func (d *desk) see(c *events.Conversation, m *events.Message) {
	if m != nil {
		if found := d.world.markOf(m); found != "" && (m.Direction == events.In || m.Kind == events.KindCall) {
			d.world.books.saw(found)
		}
	}
	if c == nil || !d.ours(c) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	former, known := d.known[c.ID]
	if !known {
		d.order = append(d.order, c.ID)
	}
	if !known || c.Version >= former.Version {
		d.known[c.ID] = *c
	}
}

// ours reports whether the conversation is one of this run's.
func (d *desk) ours(c *events.Conversation) bool {
	for _, inbox := range c.Inboxes {
		for _, id := range d.world.inbox.ids {
			if string(inbox) == id {
				return true
			}
		}
	}
	return false
}

// some picks a conversation that has been seen.
func (d *desk) some(rng *rand.Rand) (events.Conversation, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.order) == 0 {
		return events.Conversation{}, false
	}
	// Newer ones are likelier to need something.
	from := max(0, len(d.order)-200)
	return d.known[d.order[from+rng.IntN(len(d.order)-from)]], true
}

func (d *desk) close() {
	for _, a := range d.watchers {
		a.stop()
		<-a.watch
	}
}
