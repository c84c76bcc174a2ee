package segments

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/expr"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/automation/people"
)

// Bounds of the work in the background.
const (
	page    = 256 // contacts looked at in one reading
	giving  = 8   // commands under way at a time
	asking  = 5 * time.Second
	sweep   = time.Hour
	reprove = 2 * time.Second // until those are looked at again whose command could not be stored
)

// Table is where segments are kept; *kv.Table[config.Segment] behind a short
// adapter is one.
type Table interface {
	Segments() []config.Segment
	// Changes is closed at the next change.
	Changes() <-chan struct{}
}

// People is what is known of contacts; *people.Memory is one.
type People interface {
	Person(events.ContactID) (*people.Person, error)
	Each(after events.ContactID, limit int, see func(*people.Person)) (events.ContactID, error)
	// Members is as Each for those alone who are in a segment.
	Members(after events.ContactID, limit int, see func(*people.Person)) (events.ContactID, error)
	// Among are those of some who are in a segment.
	Among(ids []events.ContactID) ([]events.ContactID, error)
	Changes() <-chan struct{}
	Changed(withTalk bool) (ids []events.ContactID, all bool)
}

// Deps is what the worker needs. The caller owns all of it.
type Deps struct {
	NC      *nats.Conn
	Table   Table
	People  People
	Clock   clock.Clock // nil is the system's
	Logger  zerolog.Logger
	Metrics prometheus.Registerer // may be nil
}

// Worker says who is in which segment. Make it with New.
type Worker struct {
	deps     Deps
	language *expr.Language[config.Scope]
	list     []segment
	talk     bool // one of them looks at what changes whenever somebody writes

	mu    sync.Mutex // guards again
	again map[events.ContactID]bool

	looked  prometheus.Counter
	changed *prometheus.CounterVec
	failed  *prometheus.CounterVec
	took    prometheus.Gauge
}

type segment struct {
	id   events.SegmentID
	when *expr.Program[config.Scope]
}

// New makes a worker that has looked at nobody yet.
func New(d Deps) (*Worker, error) {
	if d.Clock == nil {
		d.Clock = clock.System{}
	}
	names, _ := config.Sees(config.KindSegment)
	language, err := expr.For[config.Scope](names...)
	if err != nil {
		return nil, err
	}
	w := &Worker{deps: d, language: language, again: map[events.ContactID]bool{},
		looked:  prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_segments_looked_total", Help: "Contacts that were held against the segments."}),
		changed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_segments_commands_total", Help: "Commands that say a contact's segments anew, by result: stored, refused, unavailable."}, []string{"result"}),
		failed:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_segments_failed_total", Help: "Expressions that failed at work, by segment."}, []string{"segment"}),
		took:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_segments_sweep_seconds", Help: "How long it took to look at all contacts the last time."}),
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(w.looked, w.changed, w.failed, w.took)
	}
	return w, nil
}

// Run keeps everybody where they belong until ctx ends. It may be called again
// after it has returned, never twice at once.
func (w *Worker) Run(ctx context.Context) error {
	whole := true
	next := w.deps.Clock.Now()
	var moved <-chan struct{}
	for {
		if whole {
			moved = w.deps.Table.Changes() // before they are read
			w.read()
			_, _ = w.deps.People.Changed(true) // all of them are looked at now
			if err := w.sweep(ctx); err != nil && ctx.Err() == nil {
				w.deps.Logger.Warn().Err(err).Msg("not everybody could be held against the segments; it is tried again")
				next = w.deps.Clock.Now().Add(reprove)
			} else {
				next = w.deps.Clock.Now().Add(sweep)
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		var retry <-chan time.Time
		if w.owes() {
			retry = w.deps.Clock.After(reprove)
		}
		whole = false
		hour := w.deps.Clock.NewTimer(max(next.Sub(w.deps.Clock.Now()), 0))
		select {
		case <-ctx.Done():
		case <-moved:
			whole = true
		case <-hour.C():
			whole = true
		case <-retry:
			w.look(ctx, w.debts())
		case <-w.deps.People.Changes(): // also where there are no segments: a fact may be news of one that was
			ids, all := w.deps.People.Changed(w.talk)
			if len(w.list) == 0 && !all {
				if in, err := w.deps.People.Among(ids); err == nil {
					ids = in
				}
			}
			if whole = all; !all {
				w.look(ctx, ids)
			}
		}
		hour.Stop()
	}
}

// ofTalk is what changes whenever somebody writes, or a conversation begins or
// ends; where no segment looks at it, nobody is looked at for that.
var ofTalk = []string{
	"contact.messages_count", "contact.last_message_at", "contact.last_seen", "contact.language",
	"contact.conversations_count", "contact.open_conversations",
}

// read takes over the segments as they are now.
func (w *Worker) read() {
	w.list, w.talk = nil, false
	for _, s := range w.deps.Table.Segments() {
		if s.Off {
			continue
		}
		when, err := w.language.Compile(s.When)
		if err != nil || slices.ContainsFunc(config.Unseen(config.KindSegment), when.Uses) {
			w.failed.WithLabelValues(string(s.ID)).Inc()
			w.deps.Logger.Warn().Err(err).Str("segment", string(s.ID)).Msg("the expression of a segment is none; nobody is in it")
			continue
		}
		w.list = append(w.list, segment{s.ID, when})
		w.talk = w.talk || slices.ContainsFunc(ofTalk, when.Uses)
	}
	slices.SortFunc(w.list, func(a, b segment) int { return strings.Compare(string(a.id), string(b.id)) })
}

// sweep looks at everybody, a page at a time, so that nobody waits long for the
// file; where there are no segments, at those who are in one still.
func (w *Worker) sweep(ctx context.Context) error {
	began := time.Now()
	each := w.deps.People.Each
	if len(w.list) == 0 {
		each = w.deps.People.Members
	}
	for after := events.ContactID(""); ; {
		var wrong []errand
		last, err := each(after, page, func(p *people.Person) { wrong = w.hold(ctx, p, wrong) })
		if err != nil {
			return err
		}
		w.giveAll(ctx, wrong)
		if last == "" || ctx.Err() != nil {
			w.took.Set(time.Since(began).Seconds())
			return ctx.Err()
		}
		after = last
	}
}

// look looks at a few. One who cannot be read now is looked at again.
func (w *Worker) look(ctx context.Context, ids []events.ContactID) {
	done := map[events.ContactID]bool{}
	for len(ids) > 0 && ctx.Err() == nil {
		var wrong []errand
		n := min(len(ids), page)
		for _, id := range ids[:n] {
			p, err := w.deps.People.Person(id)
			switch {
			case err != nil:
				w.owe(id)
			case p != nil && !done[events.ContactID(p.Contact.ID)]:
				done[events.ContactID(p.Contact.ID)] = true
				wrong = w.hold(ctx, p, wrong)
			}
		}
		w.giveAll(ctx, wrong)
		ids = ids[n:]
	}
	for _, id := range ids {
		w.owe(id)
	}
}

// errand is a contact whose segments are to be said anew.
type errand struct {
	contact events.ContactID
	at      uint64
	in      []events.SegmentID
}

// hold holds one contact against the segments; who is where they belong adds no
// errand.
func (w *Worker) hold(ctx context.Context, p *people.Person, wrong []errand) []errand {
	w.looked.Inc()
	scope := config.Scope{Now: w.deps.Clock.Now().UTC(), Contact: p.Contact}
	var in []events.SegmentID
	for _, s := range w.list {
		holds, err := s.when.Holds(ctx, &scope)
		if ctx.Err() != nil {
			return wrong
		}
		if err != nil {
			w.failed.WithLabelValues(string(s.id)).Inc()
		}
		if holds {
			in = append(in, s.id)
		}
	}
	if !slices.Equal(in, p.Segments) {
		wrong = append(wrong, errand{events.ContactID(p.Contact.ID), p.Segmented, in})
	}
	return wrong
}

// giveAll gives the commands, a few at a time.
func (w *Worker) giveAll(ctx context.Context, list []errand) {
	var under sync.WaitGroup
	room := make(chan struct{}, giving)
	for _, e := range list {
		room <- struct{}{}
		under.Go(func() {
			defer func() { <-room }()
			if err := w.give(ctx, e); err != nil {
				w.owe(e.contact)
			}
		})
	}
	under.Wait()
}

// give says the segments of one contact. An error is one that passes; what is
// refused was decided on an old state, and the fact that made it old has been, or
// will be, looked at.
func (w *Worker) give(ctx context.Context, e errand) error {
	in := e.in
	if in == nil {
		in = []events.SegmentID{}
	}
	body, err := json.Marshal(commands.SegmentContactBody{Segments: in})
	if err != nil {
		return err
	}
	parts := []string{string(e.contact), strconv.FormatUint(e.at, 10)}
	for _, s := range in {
		parts = append(parts, string(s))
	}
	env, err := json.Marshal(commands.Envelope{
		ID: id.Derive("cm", parts...), Name: commands.SegmentContact, Actor: events.Author{Kind: "system", ID: "segments"}, Contact: e.contact, Body: body,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	msg, err := w.deps.NC.RequestWithContext(ctx, events.CommandSubject, env)
	var result commands.Result
	if err == nil {
		err = json.Unmarshal(msg.Data, &result)
	}
	switch {
	case err != nil:
		w.changed.WithLabelValues("unavailable").Inc()
		return fmt.Errorf("say a contact's segments: %w", err)
	case result.Problem == nil:
		w.changed.WithLabelValues("stored").Inc()
	case result.Problem.Code == commands.Unavailable:
		w.changed.WithLabelValues("unavailable").Inc()
		return result.Problem
	default:
		w.changed.WithLabelValues("refused").Inc()
	}
	return nil
}

func (w *Worker) owe(id events.ContactID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again[id] = true
}

func (w *Worker) owes() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.again) > 0
}

// debts are those to be looked at again.
func (w *Worker) debts() []events.ContactID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []events.ContactID
	for id := range w.again {
		out = append(out, id)
	}
	clear(w.again)
	slices.Sort(out)
	return out
}
