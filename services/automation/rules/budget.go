package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Limits are how much rules may do.
type Limits struct {
	// Times is how often one rule may change one conversation within an hour.
	Times int
	// Minute is how many changes all rules together may make within a minute, not
	// counting the first that a rule makes to a conversation within the hour,
	// unless it is a reply: whatever goes round comes by the same conversation
	// again, and a busy minute is no loop.
	Minute int
	// Silence is how long a rule that has replied in a conversation does not reply
	// there again.
	Silence time.Duration
}

// DefaultLimits are what holds where nothing else is said.
var DefaultLimits = Limits{Times: 10, Minute: 1000, Silence: 4 * time.Hour}

// Spent is one acting of a rule that has changed a conversation.
type Spent struct {
	Deed  string    `json:"deed"` // [Deed.ID]
	At    time.Time `json:"at"`
	Reply bool      `json:"reply,omitempty"`
}

// Key names a rule in a conversation.
type Key struct {
	Rule         events.RuleID
	Conversation events.ConversationID
}

// Budget remembers what rules have done lately and says when it is enough. It is
// for one goroutine at a time. Times may be told in any order.
type Budget struct {
	limits Limits
	spent  map[Key][]Spent // oldest first, none older than kept
	dirty  map[Key]bool
	minute []change // of the last minute, as far as they count
}

type change struct {
	rule events.RuleID
	deed string
	at   time.Time
}

// NewBudget begins with nothing spent.
func NewBudget(l Limits) *Budget {
	return &Budget{limits: l, spent: map[Key][]Spent{}, dirty: map[Key]bool{}}
}

// Load puts back what was kept of a rule in a conversation.
func (b *Budget) Load(k Key, list []Spent) { b.spent[k] = list }

// Over is why a rule must be stopped instead of acting once more at a time; empty
// when it may act. rule is the one to stop, which is another one where that has
// done most of what all have done.
func (b *Budget) Over(k Key, deed string, at time.Time) (rule events.RuleID, reason string) {
	n := 0
	for _, s := range b.spent[k] {
		if s.Deed != deed && at.Sub(s.At) < time.Hour {
			n++
		}
	}
	if n >= b.limits.Times {
		return k.Rule, fmt.Sprintf("it changed one conversation %d times within an hour", n)
	}
	b.forget(at)
	if len(b.minute) < b.limits.Minute {
		return "", ""
	}
	counts := map[events.RuleID]int{}
	for _, c := range b.minute {
		counts[c.rule]++
	}
	for id, n := range counts {
		if rule == "" || n > counts[rule] || n == counts[rule] && id < rule {
			rule = id
		}
	}
	return rule, fmt.Sprintf("it made %d of the %d repeated changes and replies of one minute", counts[rule], len(b.minute))
}

// Silent reports whether a rule has replied in a conversation too lately to reply
// again. The reply of the same acting does not count: it may be repeated.
func (b *Budget) Silent(k Key, deed string, at time.Time) bool {
	return slices.ContainsFunc(b.spent[k], func(s Spent) bool {
		return s.Reply && s.Deed != deed && at.Sub(s.At) < b.limits.Silence
	})
}

// Spend notes that a rule has changed a conversation. The same acting counts once,
// however often it is told of.
func (b *Budget) Spend(k Key, s Spent) {
	list := b.spent[k]
	at := slices.IndexFunc(list, func(x Spent) bool { return x.Deed == s.Deed })
	if at >= 0 && (list[at].Reply || !s.Reply) {
		return
	}
	if again := len(list) > 0 && s.At.Sub(list[len(list)-1].At) < time.Hour; at < 0 && again || s.Reply {
		b.minute = append(b.minute, change{k.Rule, s.Deed, s.At})
	}
	if at >= 0 {
		list = slices.Clone(list)
		list[at].Reply = true
	} else {
		list = append(list[max(0, len(list)-b.most()):], s)
	}
	b.spent[k], b.dirty[k] = list, true
}

// most bounds a list: what came before cannot matter.
func (b *Budget) most() int { return b.limits.Times * (1 + int(b.kept()/time.Hour)) }

func (b *Budget) kept() time.Duration { return max(time.Hour, b.limits.Silence) }

func (b *Budget) forget(now time.Time) {
	b.minute = slices.DeleteFunc(b.minute, func(c change) bool { return now.Sub(c.at) >= time.Minute })
}

// Clear forgets what a rule has done, but not where it has replied: somebody has
// looked at it and switched it on again.
func (b *Budget) Clear(rule events.RuleID) {
	for k, list := range b.spent {
		if k.Rule != rule {
			continue
		}
		list = slices.DeleteFunc(slices.Clone(list), func(s Spent) bool { return !s.Reply })
		if b.spent[k] = list; len(list) == 0 {
			delete(b.spent, k)
		}
		b.dirty[k] = true
	}
	b.minute = slices.DeleteFunc(b.minute, func(c change) bool { return c.rule == rule })
}

// Take hands over what has changed since it was asked last, for whoever keeps it:
// an empty list is to be deleted. It forgets what is too old to matter.
func (b *Budget) Take(now time.Time) map[Key][]Spent {
	b.forget(now)
	for k, list := range b.spent {
		if now.Sub(list[len(list)-1].At) >= b.kept() {
			delete(b.spent, k)
			b.dirty[k] = true
		}
	}
	out := make(map[Key][]Spent, len(b.dirty))
	for k := range b.dirty {
		out[k] = b.spent[k]
	}
	clear(b.dirty)
	return out
}

// Again marks what Take handed over as changed still: it could not be kept.
func (b *Budget) Again(changed map[Key][]Spent) {
	for k := range changed {
		b.dirty[k] = true
	}
}
