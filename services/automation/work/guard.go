package work

import (
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// guard is the loop guard: the budget, and which rules it has stopped. It may be
// used from any goroutine.
type guard struct {
	mu      sync.Mutex // guards what follows
	budget  *rules.Budget
	stopped map[events.RuleID]uint64 // by this process: at which revision of the table, nought until it says so
}

func newGuard(b *rules.Budget) *guard {
	return &guard{budget: b, stopped: map[events.RuleID]uint64{}}
}

// ruleOf is [rules.RuleOf] of a decision. What somebody else has asked for under an
// id that looks like a rule's is none: people choose the ids of their commands.
func ruleOf(d *events.Decision) (rule events.RuleID, deed string, ok bool) {
	rule, deed, ok = rules.RuleOf(d.Cause.CommandID)
	return rule, deed, ok && d.Actor.Kind == "system" && d.Actor.ID == ruleActor+string(rule)
}

// saw takes note of a decision that a rule has led to.
func (g *guard) saw(d *events.Decision) {
	rule, deed, ok := ruleOf(d)
	if !ok {
		return
	}
	s, conversation := rules.Spent{Deed: deed, At: d.At}, events.ConversationID("")
	for i := range d.Facts {
		if id := rules.Conversation(d.Facts[i].Body); id != "" {
			conversation = id
		}
		if _, sends := d.Facts[i].Body.(*events.SendRequested); sends {
			s.Reply = true
		}
	}
	g.spend(rules.Key{Rule: rule, Conversation: conversation}, s)
}

func (g *guard) spend(k rules.Key, s rules.Spent) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.budget.Spend(k, s)
}

// may reports whether a rule may act. Where it is enough it says which rule is to
// be stopped and why; that one does nothing more from then on.
func (g *guard) may(k rules.Key, deed string, now time.Time) (ok bool, stop events.RuleID, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, stopped := g.stopped[k.Rule]; stopped {
		return false, "", ""
	}
	if stop, reason = g.budget.Over(k, deed, now); stop == "" {
		return true, "", ""
	}
	g.stopped[stop] = 0
	return stop != k.Rule, stop, reason
}

func (g *guard) silent(k rules.Key, deed string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.budget.Silent(k, deed, now)
}

// wrote takes note of the revision at which the table says that a rule is stopped.
func (g *guard) wrote(rule events.RuleID, revision uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, stopped := g.stopped[rule]; stopped {
		g.stopped[rule] = revision
	}
}

// halted are the rules that the table says are stopped, and since which revision.
func (g *guard) halted() (out map[events.RuleID]uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for rule, revision := range g.stopped {
		if revision == 0 {
			continue
		}
		if out == nil {
			out = map[events.RuleID]uint64{}
		}
		out[rule] = revision
	}
	return out
}

// resume lets a rule act again: somebody has switched it on.
func (g *guard) resume(rule events.RuleID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.stopped, rule)
	g.budget.Clear(rule)
}

func (g *guard) take(now time.Time) map[rules.Key][]rules.Spent {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.budget.Take(now)
}

func (g *guard) again(changed map[rules.Key][]rules.Spent) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.budget.Again(changed)
}
