package hub

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// Facts is the feed of decisions, opened once a process by the caller.
type Facts = feed.Feed[*events.Decision]

// Hub is the one intake of a process. Its methods may be called from any
// goroutine; nothing may be called before [New] or joined after Run returned.
type Hub struct {
	facts *Facts
	log   zerolog.Logger
	ready chan struct{}

	fanout   prometheus.Histogram
	sent     prometheus.Counter
	unread   prometheus.Counter
	joined   prometheus.Gauge
	position prometheus.Gauge

	mu     sync.Mutex // guards all below, and the order in which sockets are sent to
	pos    uint64     // everything up to here has been handed to whoever had joined
	stamp  uint64
	index  map[access.Key]map[*Subscription]struct{}
	recent *recent
	found  []*Subscription // kept between fan-outs, so that none makes garbage
}

// New makes a Hub that begins at the present head of the feed. reg may be nil.
func New(facts *Facts, log zerolog.Logger, reg prometheus.Registerer) *Hub {
	h := &Hub{
		facts: facts, log: log, ready: make(chan struct{}), pos: facts.Head(),
		index: map[access.Key]map[*Subscription]struct{}{}, recent: newRecent(keepRecent),
		fanout: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tributary_gateway_fanout_seconds", Help: "Time to hand one decision to every subscription it concerns.",
			Buckets: prometheus.ExponentialBuckets(10e-6, 3, 10),
		}),
		sent:     prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_gateway_events_total", Help: "Events handed to sockets."}),
		unread:   prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_gateway_unreadable_facts_total", Help: "Log entries that could not be decoded and were passed over."}),
		joined:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_gateway_subscriptions", Help: "Subscriptions that follow live."}),
		position: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_gateway_position", Help: "Log sequence that sockets have been handed."}),
	}
	if reg != nil {
		reg.MustRegister(h.fanout, h.sent, h.unread, h.joined, h.position)
	}
	return h
}

// Ready is closed once Run reads the feed.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

// Run hands every new decision on until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	cursor := h.facts.From(h.pos)
	h.mu.Unlock()
	close(h.ready)
	for {
		entries, err := cursor.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		for i := range entries {
			h.hand(&entries[i])
		}
	}
}

func (h *Hub) hand(e *feed.Entry[*events.Decision]) {
	if e.Err != nil {
		h.unread.Inc()
		h.log.Error().Err(e.Err).Uint64("seq", e.Seq).Msg("decision not readable, sockets pass over it")
	}
	began := time.Now()
	h.mu.Lock()
	if e.Err == nil {
		h.spread(e.Seq, e.Value)
	}
	h.pos = e.Seq
	h.mu.Unlock()
	h.fanout.Observe(time.Since(began).Seconds())
	h.position.Set(float64(e.Seq))
}

// spread needs the lock.
func (h *Hub) spread(seq uint64, d *events.Decision) {
	items, conversations := expand(d)
	if len(items) == 0 {
		return
	}
	for i := range conversations {
		conversations[i].prior = h.recent.get(conversations[i].conv.ID)
	}
	h.collect(conversations)
	out := newFrames(seq, d, items, len(h.found))
	n := 0
	for _, s := range h.found {
		if s.after >= seq {
			continue // what it was given before it joined goes beyond this
		}
		count, err := give(out, s, items, conversations)
		n += count
		s.after = seq
		if err != nil {
			h.remove(s)
			s.out.Close(live.CloseUnavailable, "resume") // unless it is closing, as one that was too slow is
		}
	}
	clear(h.found)
	h.sent.Add(float64(n))
	for i := range conversations {
		h.recent.put(conversations[i].conv)
	}
}

// collect finds every subscription that the conversations may concern.
func (h *Hub) collect(conversations []touched) {
	h.stamp++
	h.found = h.found[:0]
	for i := range conversations {
		t := &conversations[i]
		if t.prior == nil && t.moved {
			h.collectAll()
			return
		}
		h.collectKeys(t.conv)
		if t.prior != nil {
			h.collectKeys(t.prior)
		}
	}
}

func (h *Hub) collectKeys(c *events.Conversation) {
	for _, key := range access.ConversationKeys(c) {
		h.add(h.index[key])
	}
	h.add(h.index[conversationKey(c.ID)])
	if c.Assignee != "" {
		h.add(h.index[mineKey(c.Assignee)])
	}
}

func (h *Hub) collectAll() {
	for _, subs := range h.index {
		h.add(subs)
	}
}

func (h *Hub) add(subs map[*Subscription]struct{}) {
	for s := range subs {
		if s.stamp != h.stamp {
			s.stamp = h.stamp
			h.found = append(h.found, s)
		}
	}
}

// give hands one decision to one subscription and returns how many events that
// were. The last of them moves the cursor.
func give(out *frames, s *Subscription, items []item, conversations []touched) (int, error) {
	var room [8]delivery
	plan := room[:0]
	for i := range items {
		n := position(conversations, items[i].conv)
		switch s.judge(&conversations[n]) {
		case show:
			plan = append(plan, delivery{item: i, conversation: n})
		case hide:
			if !hidden(plan, n) {
				plan = append(plan, delivery{item: i, conversation: n, hide: true})
			}
		}
	}
	for i, p := range plan {
		last := i == len(plan)-1
		var err error
		if p.hide {
			err = out.hide(s, p.item, p.conversation, conversations[p.conversation].conv, last)
		} else {
			err = out.send(s, p.item, last, items[p.item].secret.kept(s.viewer, conversations))
		}
		if err != nil {
			return i, err
		}
	}
	return len(plan), nil
}

type delivery struct {
	item, conversation int
	hide               bool
}

func hidden(plan []delivery, conversation int) bool {
	for _, p := range plan {
		if p.hide && p.conversation == conversation {
			return true
		}
	}
	return false
}

func position(conversations []touched, c *events.Conversation) int {
	for i := range conversations {
		if conversations[i].conv == c {
			return i
		}
	}
	return 0
}

// Position is the sequence up to which everybody who had joined has been
// handed everything.
func (h *Hub) Position() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pos
}

// Recent is the newest state of a conversation, if it changed lately. It is
// shared: treat it as read-only.
func (h *Hub) Recent(id events.ConversationID) (*events.Conversation, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.recent.get(id)
	return c, c != nil
}
