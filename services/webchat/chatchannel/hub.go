package chatchannel

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// maxRecent bounds the messages that the hub knows without the file.
const maxRecent = 4096

// hub hands what the log says to the sockets it concerns. It reads the feed
// itself, so a push never waits for the file.
type hub struct {
	store *store
	sent  *sent

	mu       sync.Mutex // guards all below
	at       uint64     // the decision being handed on, or the last one
	sockets  map[*socket]struct{}
	visitors map[visitorKey]map[*socket]struct{}
	talks    map[events.ConversationID]map[*socket]struct{}
	recent   map[events.MessageID]recent
	order    []events.MessageID
}

type recent struct {
	visitor visitorKey
	line    Line
}

func newHub(st *store, se *sent, at uint64) *hub {
	return &hub{
		store: st, sent: se, at: at,
		sockets: map[*socket]struct{}{}, visitors: map[visitorKey]map[*socket]struct{}{},
		talks: map[events.ConversationID]map[*socket]struct{}{}, recent: map[events.MessageID]recent{},
	}
}

// run follows the log until ctx ends.
func (h *hub) run(ctx context.Context, facts *feed.Feed[*events.Decision]) error {
	cursor := facts.From(h.at)
	for {
		batch, err := cursor.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range batch {
			h.decision(e)
		}
	}
}

func (h *hub) decision(e feed.Entry[*events.Decision]) {
	// at moves before anything is handed on: who joins from now on waits until
	// the file has this decision, who joined before is handed it.
	h.mu.Lock()
	h.at = e.Seq
	h.mu.Unlock()
	var changes []change
	if e.Err == nil {
		changes = fold(e.Value)
	}
	for i := range changes {
		c := &changes[i]
		if c.line.Type == "edited" || c.line.Type == "removed" {
			if !h.resolve(c) {
				continue
			}
		} else if c.provider != "" {
			h.sent.place(c.provider, c.line.Seq)
		}
		h.push(c)
	}
}

// resolve finds whose message is edited or removed: among the newest, which the
// file may not have yet, then in the file.
func (h *hub) resolve(c *change) bool {
	r, known := h.find(c.message)
	if !known {
		return false
	}
	c.visitor, c.line.ID = r.visitor, r.line.ID
	if c.line.Type == "removed" {
		h.mu.Lock()
		if _, is := h.recent[c.message]; is { // with its buttons
			h.recent[c.message] = recent{r.visitor, Line{ID: r.line.ID, From: r.line.From}}
		}
		h.mu.Unlock()
	}
	return true
}

func (h *hub) find(id events.MessageID) (recent, bool) {
	h.mu.Lock()
	r, known := h.recent[id]
	h.mu.Unlock()
	if known {
		return r, true
	}
	v, l, found, err := h.store.owner(id)
	return recent{v, l}, err == nil && found
}

// isFor reports whether a message is an agent's to this visitor.
func (h *hub) isFor(s *socket, id events.MessageID) bool {
	_, ok := h.toVisitor(s, id)
	return ok
}

// toVisitor is what is known of an agent's message to this visitor.
func (h *hub) toVisitor(s *socket, id events.MessageID) (Line, bool) {
	r, known := h.find(id)
	return r.line, known && r.line.From == "agent" && slices.Contains(s.keys, r.visitor)
}

func (h *hub) push(c *change) {
	h.mu.Lock()
	if c.line.Type == "message" {
		h.remember(c)
	}
	targets := make([]*socket, 0, len(h.visitors[c.visitor]))
	for s := range h.visitors[c.visitor] {
		targets = append(targets, s)
		if c.conversation != "" {
			h.follow(s, talk{c.conversation, c.contact})
		}
	}
	h.mu.Unlock()
	for _, s := range targets {
		s.line(c.line)
	}
}

// remember needs the lock.
func (h *hub) remember(c *change) {
	if len(h.order) >= maxRecent {
		delete(h.recent, h.order[0])
		h.order = h.order[1:]
	}
	h.recent[c.message] = recent{c.visitor, Line{ID: c.line.ID, From: c.line.From, QuickReplies: c.line.QuickReplies}}
	h.order = append(h.order, c.message)
}

// open counts a socket in before it has said who it is.
func (h *hub) open(s *socket) {
	h.mu.Lock()
	h.sockets[s] = struct{}{}
	h.mu.Unlock()
}

// join begins to hand lines to the socket. Everything up to the decision it
// returns may have been handed on before and must be read from the file.
func (h *hub) join(s *socket) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range s.keys {
		if h.visitors[v] == nil {
			h.visitors[v] = map[*socket]struct{}{}
		}
		h.visitors[v][s] = struct{}{}
	}
	return h.at
}

func (h *hub) leave(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
	for _, v := range s.keys {
		delete(h.visitors[v], s)
		if len(h.visitors[v]) == 0 {
			delete(h.visitors, v)
		}
	}
	h.follow(s, talk{})
}

// followTalk is follow with the lock; a talk known from the feed is newer and
// stays.
func (h *hub) followTalk(s *socket, t talk) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.talk.Conversation == "" {
		h.follow(s, t)
	}
}

// follow moves the socket to the talk whose typing it sees. It needs the lock,
// which also guards socket.talk.
func (h *hub) follow(s *socket, t talk) {
	if s.talk.Conversation == t.Conversation {
		s.talk = t
		return
	}
	if old := h.talks[s.talk.Conversation]; old != nil {
		delete(old, s)
		if len(old) == 0 {
			delete(h.talks, s.talk.Conversation)
		}
	}
	s.talk = t
	if t.Conversation == "" {
		return
	}
	if h.talks[t.Conversation] == nil {
		h.talks[t.Conversation] = map[*socket]struct{}{}
	}
	h.talks[t.Conversation][s] = struct{}{}
}

func (h *hub) talkOf(s *socket) talk {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.talk
}

// all lists the sockets, for draining.
func (h *hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		out = append(out, s)
	}
	return out
}

// listen hands agents' typing to visitors: one subscription for the process.
func (h *hub) listen(nc *nats.Conn) (*nats.Subscription, error) {
	every := strings.TrimSuffix(events.TypingSubject("x"), "x") + "*"
	return nc.Subscribe(every, func(m *nats.Msg) {
		var a live.Activity
		if json.Unmarshal(m.Data, &a) != nil || a.Agent == "" || a.Type != live.TypeTyping {
			return // a visitor's own, or an agent who only looks
		}
		h.mu.Lock()
		var targets []*socket
		for s := range h.talks[a.Conversation] {
			targets = append(targets, s)
		}
		h.mu.Unlock()
		for _, s := range targets {
			s.send(Typing{Type: "typing", Name: shortLine(a.Name, 100), On: a.On})
		}
	})
}
