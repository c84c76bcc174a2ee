package work

import (
	"context"
	"errors"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

const (
	// lanes is how many conversations are acted on at a time, laneRoom how much
	// waits in each.
	lanes    = 16
	laneRoom = 64
	// late is how old a fact may be that is still acted on.
	late = 24 * time.Hour
)

// acting is the duty of rules.
type acting struct {
	deps  Deps
	scene *scene
	guard *guard
	tally *tally

	mu   sync.Mutex // guards what follows
	at   uint64     // everything up to it is settled
	open []*settling
}

// settling is a decision of which something is not carried out yet.
type settling struct {
	seq  uint64
	at   time.Time
	left int
}

func newActing(d Deps, s *scene, g *guard, place uint64) *acting {
	a := &acting{deps: d, scene: s, guard: g, at: place}
	a.tally = newTally(a.lag)
	return a
}

// place is how far everything has been settled.
func (a *acting) place() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at
}

// follow moves the place of a process that stands by to that of the one that acts.
func (a *acting) follow(place uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = max(a.at, min(place, a.deps.Facts.Head()))
}

// lag is the age of the oldest decision that is not settled.
func (a *acting) lag() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.open) == 0 {
		return 0
	}
	return max(a.deps.Clock.Now().Sub(a.open[0].at), 0)
}

// run acts from its place on until ctx ends.
func (a *acting) run(ctx context.Context) error {
	a.mu.Lock()
	a.open = nil
	from := a.at
	a.mu.Unlock()
	done, until, err := a.done(ctx, from)
	if err != nil {
		return ended(ctx, err)
	}
	var lane [lanes]chan errand
	var busy sync.WaitGroup
	for i := range lane {
		lane[i] = make(chan errand, laneRoom)
		busy.Go(func() { a.carryAll(ctx, lane[i]) })
	}
	err = a.read(ctx, from, func(d *events.Decision) error {
		if d.Seq > until {
			done = nil // what follows was never acted on
		}
		return a.ask(ctx, d, done, lane[:])
	})
	for i := range lane {
		close(lane[i])
	}
	busy.Wait()
	return ended(ctx, err)
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// done reads which commands of rules the log has from a place on, so that one that
// was given before a crash is not given again, and up to where it looked.
func (a *acting) done(ctx context.Context, from uint64) (map[string]bool, uint64, error) {
	until, out := a.deps.Facts.Head(), map[string]bool{}
	if from >= until {
		return out, until, nil
	}
	err := a.read(ctx, from, func(d *events.Decision) error {
		if _, _, ok := ruleOf(d); ok {
			out[d.Cause.CommandID] = true
			a.guard.saw(d)
		}
		if d.Seq >= until {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, until, err
}

var errEnough = errors.New("read far enough")

// read hands decisions on in order. One that cannot be read is passed over: no
// reader of the log can do more.
func (a *acting) read(ctx context.Context, from uint64, each func(*events.Decision) error) error {
	cursor := a.deps.Facts.From(from)
	for {
		batch, err := cursor.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range batch {
			if err := each(decisionOf(e)); err != nil {
				return err
			}
		}
	}
}

// decisionOf is an empty decision where the entry cannot be read, so that places
// are counted all the same.
func decisionOf(e feed.Entry[*events.Decision]) *events.Decision {
	if e.Err != nil {
		return &events.Decision{Seq: e.Seq, At: e.Time}
	}
	return e.Value
}

// ask asks the rules about one decision and gives what they do to the lanes.
func (a *acting) ask(ctx context.Context, d *events.Decision, done map[string]bool, lane []chan errand) error {
	now, back := a.scene.current()
	for _, rule := range back {
		a.guard.resume(rule)
	}
	// Between a stop and a person's no nothing may have been asked.
	for rule, stopped := range a.guard.halted() {
		if r, rev, ok := a.deps.Rules.Get(string(rule)); ok && rev > stopped && r.Stopped == "" {
			a.guard.resume(rule)
		}
	}
	deeds := a.deeds(ctx, now, d)
	entry := a.enter(d, len(deeds))
	for i := range deeds {
		e := errand{deed: &deeds[i], done: done, settled: func() { a.settle(entry) }}
		select {
		case lane[laneOf(deeds[i].Conversation.ID)] <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (a *acting) deeds(ctx context.Context, now *standing, d *events.Decision) []rules.Deed {
	if !now.set.Concerns(d) {
		return nil
	}
	at := a.deps.Clock.Now()
	if at.Sub(d.At) > late {
		a.tally.passed.WithLabelValues("late").Inc()
		return nil
	}
	plan := now.plan(ctx, present{&a.deps, now}, d)
	if plan.Ended {
		a.tally.passed.WithLabelValues("chain").Inc()
	}
	for _, f := range plan.Failed {
		a.tally.count(f.Rule, resultFailed, f.Err.Error(), at)
	}
	return plan.Deeds
}

func laneOf(c events.ConversationID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c))
	return int(h.Sum32() % lanes)
}

// enter notes that a decision was read. One of which nothing has to be carried out
// is settled with those before it; several of them in a row are one entry, so that
// the list is no longer than what waits in the lanes, however far one that has to
// wait lies behind.
func (a *acting) enter(d *events.Decision, left int) *settling {
	e := &settling{d.Seq, d.At, left}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.open); n > 0 && left == 0 && a.open[n-1].left == 0 {
		a.open[n-1].seq = d.Seq
		return e
	}
	a.open = append(a.open, e)
	a.advanceLocked()
	return e
}

func (a *acting) settle(e *settling) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.left--
	a.advanceLocked()
}

func (a *acting) advanceLocked() {
	n := 0
	for n < len(a.open) && a.open[n].left == 0 {
		a.at = max(a.at, a.open[n].seq)
		n++
	}
	if n > 0 {
		a.open = append(a.open[:0], a.open[n:]...)
	}
}

// ruleActor begins the id of who a rule's command comes from.
const ruleActor = "rule:"

// ruleAuthor is who a rule's command comes from.
func ruleAuthor(d *rules.Deed) events.Author {
	return events.Author{Kind: "system", ID: ruleActor + string(d.Rule.ID), Name: strings.TrimSpace(d.Rule.Name)}
}
