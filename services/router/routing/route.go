package routing

import (
	"cmp"
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/expr"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// Routes is what the router knows of routing targets, always current. Its methods
// are called by the deciding goroutine.
type Routes interface {
	Routes() []config.Route
	// Changed is closed at the next change.
	Changed() <-chan struct{}
}

// targets are the routing targets made ready, in the order in which they are
// asked. They see of a contact what the router holds: not what they wrote or answered
// before, which is why an expression that names that is refused where it is saved.
// Orders are read only where one of them names orders.
type targets struct {
	source   Routes
	language *expr.Language[config.Scope]
	moved    <-chan struct{}
	list     []target
	orders   bool
	told     map[events.RouteID]bool // of which the operator has read that it failed
	asked    *prometheus.CounterVec
}

// orderly are the paths that follow from orders; see [config.SetOrders].
var orderly = []string{
	"contact.orders", "contact.orders_count", "contact.orders_since", "contact.currency", "contact.spent", "contact.spent_since",
	"contact.spent_in", "contact.first_order_at", "contact.last_order_at",
}

type target struct {
	config.Route
	when *expr.Program[config.Scope]
	// segments says that it looks at the segments of the contact.
	segments bool
}

func newTargets(source Routes) *targets {
	names, _ := config.Sees(config.KindRoute)
	return &targets{source: source, language: expr.Must[config.Scope](names...), asked: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_router_routed_total", Help: "Conversations that were placed, by outcome: routed, by the inbox, and expressions that failed.",
	}, []string{"outcome"})}
}

// read takes over the targets as they are now, if they have changed. One whose
// expression is none holds for nothing, as one that fails.
func (t *targets) read(failed func(route events.RouteID)) {
	if t.source == nil || t.moved != nil && !closed(t.moved) {
		return
	}
	t.moved = t.source.Changed() // before the look: what changes meanwhile is found next time
	t.list, t.orders, t.told = nil, false, map[events.RouteID]bool{}
	for _, r := range t.source.Routes() {
		if r.Off {
			continue
		}
		when, err := t.language.Compile(r.When)
		if err != nil || slices.ContainsFunc(config.Unseen(config.KindRoute), when.Uses) {
			failed(r.ID)
			continue
		}
		t.list = append(t.list, target{r, when, when.Uses("contact.segments")})
		t.orders = t.orders || slices.ContainsFunc(orderly, when.Uses)
	}
	slices.SortFunc(t.list, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// first is the first target that holds.
func (t *targets) first(scope *config.Scope, failed func(route events.RouteID)) (config.Route, bool) {
	for i := range t.list {
		holds, err := t.list[i].when.Holds(context.Background(), scope)
		if err != nil {
			t.asked.WithLabelValues("failed").Inc()
			failed(t.list[i].ID)
			continue
		}
		if holds {
			t.asked.WithLabelValues("routed").Inc()
			return t.list[i].Route, true
		}
	}
	t.asked.WithLabelValues("inbox").Inc()
	return config.Route{}, false
}

// placing asks the routing targets on behalf of a draft.
func (r *Router) placing(d *conversation.Draft) func(*events.Conversation, *events.Message) conversation.Target {
	r.targets.read(r.routeFailed)
	if len(r.targets.list) == 0 {
		return nil
	}
	return func(row *events.Conversation, m *events.Message) conversation.Target {
		route, ok := r.targets.first(r.seen(d, row, m), r.routeFailed)
		if !ok {
			return conversation.Target{}
		}
		return r.leadsTo(route)
	}
}

// leadsTo is where a route sends a conversation.
func (r *Router) leadsTo(route config.Route) conversation.Target {
	to := conversation.Target{Route: route.ID, Name: route.Name, Team: route.Team, Needs: route.Needs, Priority: route.Priority}
	if _, there := r.store.Queue(route.Queue); there {
		to.Queue = route.Queue // one that is gone would hold it for ever
	}
	for _, tag := range route.Tags {
		if tag, ok := events.Tag(tag); ok { // one from before there was a rule is none
			to.Tags = append(to.Tags, tag)
		}
	}
	return to
}

// replacing asks the routing targets again on behalf of a draft that has changed the
// segments of a contact. Only those that look at segments can have changed their mind,
// and among them those that stand before the one that placed the conversation; the first
// that holds now takes its place. They see of the last message what the row has of it.
func (r *Router) replacing(d *conversation.Draft) func(*events.Conversation, events.RouteID) conversation.Target {
	r.targets.read(r.routeFailed)
	if !slices.ContainsFunc(r.targets.list, func(t target) bool { return t.segments }) {
		return nil
	}
	return func(row *events.Conversation, now events.RouteID) conversation.Target {
		var m events.Message
		if last := row.LastMessage; last != nil {
			m = events.Message{ID: last.ID, Direction: last.Direction, Kind: last.Kind, Channel: last.Channel, Text: last.Text, OccurredAt: last.OccurredAt, Author: events.Author{Name: last.Author}}
		}
		route, ok := r.targets.again(r.seen(d, row, &m), now, r.routeFailed)
		if !ok {
			return conversation.Target{}
		}
		return r.leadsTo(route)
	}
}

// again is the first target that holds of those that look at segments, unless the one
// that holds already comes first.
func (t *targets) again(scope *config.Scope, now events.RouteID, failed func(route events.RouteID)) (config.Route, bool) {
	for i := range t.list {
		is := &t.list[i]
		if !is.segments {
			if is.ID == now {
				return config.Route{}, false
			}
			continue
		}
		holds, err := is.when.Holds(context.Background(), scope)
		if err != nil {
			t.asked.WithLabelValues("failed").Inc()
			failed(is.ID)
			continue
		}
		if holds {
			if is.ID != now {
				t.asked.WithLabelValues("routed").Inc()
			}
			return is.Route, true
		}
	}
	return config.Route{}, false
}

// seen is what there is to see of a conversation that is to be placed.
func (r *Router) seen(d *conversation.Draft, row *events.Conversation, m *events.Message) *config.Scope {
	s := config.NewScope(d.At())
	s.Conversation, s.Message = config.SeeConversation(row, s.Now), config.SeeMessage(m)
	if c, ok := d.World().Contact(d.Subject()); ok {
		s.Contact = config.SeeContact(c.ID, c.Name, c.Points, c.Attributes)
		for _, id := range c.Segments {
			s.Contact.Segments = append(s.Contact.Segments, string(id))
		}
		if r.targets.orders {
			config.SetOrders(s.Contact, conversation.Purchases(d.World(), c.ID))
		}
		s.Contact.OpenConversations, s.Contact.ConversationCount = len(c.Live), len(d.World().Talks(c.ID))
	}
	if s.Contact.Language == "" {
		s.Contact.Language = config.LanguageOf(s.Message.Text)
	}
	s.Hours = r.store.promises.seen(row.Queue, s)
	return s
}

// seen says what is open at the moment of a scope.
func (p *promises) seen(queue events.QueueID, s *config.Scope) *config.ScopeHours {
	out := &config.ScopeHours{Open: true}
	for id, c := range p.calendars {
		if c.Open(s.Now) {
			out.OpenIDs = append(out.OpenIDs, string(id))
		}
	}
	slices.Sort(out.OpenIDs)
	if q, ok := p.staff.Queue(queue); ok {
		if c, ok := p.calendars[q.Hours]; ok {
			out.Open = c.Open(s.Now)
		}
	}
	return out
}

// routeFailed tells the operator once; why an asking failed may hold what a
// customer wrote, and is not told.
func (r *Router) routeFailed(route events.RouteID) {
	if !r.targets.told[route] {
		r.targets.told[route] = true
		r.deps.Logger.Warn().Str("route", string(route)).Msg("the expression of a routing target failed; it holds for nothing")
	}
}
