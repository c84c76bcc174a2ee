package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Set are the rules in force, in the order in which they are asked.
type Set struct {
	rules []config.Rule
	on    map[string][]int // by type of fact, in that order
}

// NewSet leaves out rules that are off or were stopped.
func NewSet(all []config.Rule) *Set {
	s := &Set{on: map[string][]int{}}
	for _, r := range all {
		if !r.Off && r.Stopped == "" {
			s.rules = append(s.rules, r)
		}
	}
	slices.SortFunc(s.rules, func(a, b config.Rule) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), strings.Compare(string(a.ID), string(b.ID)))
	})
	for i := range s.rules {
		for _, t := range s.rules[i].On {
			if list := s.on[t]; len(list) == 0 || list[len(list)-1] != i { // a type listed twice counts once
				s.on[t] = append(list, i)
			}
		}
	}
	return s
}

// Case is one asking: a rule, the fact that it may act on, by its place in the
// decision, and the conversation that would be acted on. Nothing of it may be
// changed.
type Case struct {
	Rule *config.Rule
	Fact int
	Row  *events.Conversation
}

// Deed is a rule that acts: what it does, and by which ids.
type Deed struct {
	Rule         config.Rule
	Decision     *events.Decision
	Fact         int
	Conversation *events.Conversation
	// ID is of this acting; that of each action is [Deed.ActionID].
	ID string
	// Chain are the rules that led here, this one the last.
	Chain []events.RuleID
	// Mute says that replies are not sent, since what it acts on was said by a
	// machine.
	Mute bool
}

// ActionID is the id of the command for an action of the list: the same for the
// same rule, decision, fact and place in the list, for ever.
func (d *Deed) ActionID(i int) string { return d.ID + "." + strconv.Itoa(i) }

// RuleOf reads out of the id of a command which rule gave it and in which acting;
// false for an id that no rule made.
func RuleOf(command string) (rule events.RuleID, deed string, ok bool) {
	rest, ok := strings.CutPrefix(command, idPrefix)
	if !ok {
		return "", "", false
	}
	name, _, ok := strings.Cut(rest, ".")
	end := strings.LastIndexByte(command, '.')
	if !ok || name == "" || end <= len(idPrefix)+len(name)+1 {
		return "", "", false
	}
	return events.RuleID(name), command[:end], true
}

const idPrefix = "rule."

// Plan is what the rules do about a decision. Failed are the rules whose
// expression could not be asked, in the order of asking; they do nothing. Ended
// says that rules were not asked because a chain of them is as long as it may be.
type Plan struct {
	Deeds  []Deed
	Failed []Failure
	Ended  bool
}

// Failure is an expression that could not be asked.
type Failure struct {
	Rule events.RuleID
	Err  error
}

// Concerns reports whether any rule waits for what a decision says, so that a
// caller prepares nothing for the many decisions that none does.
func (s *Set) Concerns(d *events.Decision) bool {
	if len(s.rules) == 0 {
		return false
	}
	for i := range d.Facts {
		if len(s.on[d.Facts[i].Type]) > 0 {
			return true
		}
	}
	return false
}

// Plan asks the rules about a decision. holds is asked for rules with an
// expression only. What the plan names lives as long as the decision and must not
// be changed.
func (s *Set) Plan(d *events.Decision, holds func(Case) (bool, error)) Plan {
	var p Plan
	if !s.Concerns(d) {
		return p
	}
	if len(d.Cause.Rules) >= events.MaxRules {
		p.Ended = true
		return p
	}
	cases := s.cases(d)
	acted := map[acting]bool{}
	for _, c := range cases {
		key := acting{c.Rule.ID, c.Row.ID}
		if acted[key] {
			continue
		}
		if c.Rule.When != "" {
			yes, err := holds(c)
			if err != nil {
				p.Failed = append(p.Failed, Failure{c.Rule.ID, err})
			}
			if err != nil || !yes {
				continue
			}
		}
		acted[key] = true
		p.Deeds = append(p.Deeds, deed(d, c))
	}
	return p
}

type acting struct {
	rule         events.RuleID
	conversation events.ConversationID
}

// cases are all askings about a decision: rules in their order, and for each rule
// the facts in theirs.
func (s *Set) cases(d *events.Decision) []Case {
	type candidate struct {
		rule int
		Case
	}
	var found []candidate
	for i := range d.Facts {
		list := s.on[d.Facts[i].Type]
		if len(list) == 0 || toldAgain(d.Facts[i].Body) {
			continue
		}
		touched := rows(d, d.Facts[i].Body)
		for _, n := range list {
			if slices.Contains(d.Cause.Rules, s.rules[n].ID) {
				continue // it does not act on what followed from itself
			}
			for _, row := range touched {
				found = append(found, candidate{n, Case{&s.rules[n], i, row}})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.rule - b.rule })
	out := make([]Case, len(found))
	for i := range found {
		out[i] = found[i].Case
	}
	return out
}

func deed(d *events.Decision, c Case) Deed {
	m := MessageOf(d, c.Fact, c.Row.ID)
	return Deed{
		Rule: *c.Rule, Decision: d, Fact: c.Fact, Conversation: c.Row,
		ID:    idPrefix + string(c.Rule.ID) + "." + d.ID + "." + string(c.Row.ID) + "." + strconv.Itoa(c.Fact),
		Chain: append(slices.Clone(d.Cause.Rules), c.Rule.ID),
		Mute:  m != nil && m.Direction == events.In && m.ForPeople(),
	}
}
