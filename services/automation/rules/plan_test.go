package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func tagging(id string, position int, on ...string) config.Rule {
	return config.Rule{ID: events.RuleID(id), Name: id, Position: position, On: on, Do: []config.Action{{Do: config.DoTag, Tags: []string{id}}}}
}

// wrote is a decision in which a customer's first message opens a conversation.
func wrote(flags ...string) *events.Decision {
	m := events.Message{ID: "ms1", ConversationID: "cv1", Direction: events.In, Kind: events.KindMessage, Text: "hello", Flags: flags}
	return &events.Decision{
		ID: "dc1", Contact: "ct100", At: noon, Seq: 7,
		Facts: []events.Fact{
			events.NewFact(&events.ConversationOpened{Conversation: "cv1"}), events.NewFact(&events.MessageAdded{Message: m}),
		},
		Conversations: []events.Conversation{{ID: "cv1", Status: events.Open, Contact: events.ContactRef{ID: "ct100"}}},
	}
}

func always(Case) (bool, error) { return true, nil }

func ids(p Plan) (out []string) {
	for _, d := range p.Deeds {
		out = append(out, string(d.Rule.ID))
	}
	return out
}

func TestRulesActInTheirOrder(t *testing.T) {
	off, stopped := tagging("off", 0, "message.added"), tagging("stopped", 0, "message.added")
	off.Off, stopped.Stopped = true, "it went round"
	s := NewSet([]config.Rule{
		tagging("c", 2, "message.added"), tagging("b", 1, "message.added"), tagging("a", 1, "conversation.opened", "message.added"),
		off, stopped, tagging("other", 0, "conversation.resolved"),
	})
	p := s.Plan(wrote(), always)
	if got := ids(p); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatalf("acted %v", got)
	}
	if p.Deeds[0].Fact != 0 || p.Deeds[1].Fact != 1 {
		t.Errorf("on facts %d and %d", p.Deeds[0].Fact, p.Deeds[1].Fact)
	}
}

// TestARuleActsOnceOnADecision: a rule that waits for two of its facts acts on the
// first one for which it holds.
func TestARuleActsOnceOnADecision(t *testing.T) {
	r := tagging("r", 0, "conversation.opened", "message.added", "message.added")
	r.When = "asked"
	p := NewSet([]config.Rule{r}).Plan(wrote(), func(c Case) (bool, error) { return c.Fact == 1, nil })
	if len(p.Deeds) != 1 || p.Deeds[0].Fact != 1 {
		t.Fatalf("deeds %+v", p.Deeds)
	}
}

func TestARuleThatFailsHoldsUpNoOther(t *testing.T) {
	bad, good := tagging("a", 0, "message.added"), tagging("b", 0, "message.added")
	bad.When, good.When = "fails", "holds"
	p := NewSet([]config.Rule{bad, good}).Plan(wrote(), func(c Case) (bool, error) {
		if c.Rule.ID == "a" {
			return true, errors.New("division by zero")
		}
		return true, nil
	})
	if got := ids(p); !slices.Equal(got, []string{"b"}) || len(p.Failed) != 1 || p.Failed[0].Rule != "a" {
		t.Fatalf("acted %v, failed %v", got, p.Failed)
	}
}

// TestAPromiseStartsARuleOnce: calls in vain are of the same promise.
func TestAPromiseStartsARuleOnce(t *testing.T) {
	s := NewSet([]config.Rule{tagging("a", 0, "callback.requested")})
	for tries, want := range []int{1, 0, 0} {
		d := wrote()
		cb := events.Callback{ID: "cb1", Number: "+8210", RequestedAt: noon, Attempts: tries}
		d.Facts = []events.Fact{events.NewFact(&events.CallbackRequested{Conversation: "cv1", Callback: cb})}
		if got := s.Plan(d, always); len(got.Deeds) != want {
			t.Errorf("after %d calls in vain %d rules act", tries, len(got.Deeds))
		}
	}
}

// TestNoRuleActsOnItself: neither on what it did nor on what followed from that,
// and a chain of different ones ends.
func TestNoRuleActsOnItself(t *testing.T) {
	s := NewSet([]config.Rule{tagging("a", 0, "message.added"), tagging("b", 1, "message.added")})
	d := wrote()
	d.Cause.Rules = []events.RuleID{"a"}
	p := s.Plan(d, always)
	if got := ids(p); !slices.Equal(got, []string{"b"}) || !slices.Equal(p.Deeds[0].Chain, []events.RuleID{"a", "b"}) {
		t.Fatalf("acted %v", got)
	}
	for i := range events.MaxRules {
		d.Cause.Rules = append(d.Cause.Rules[:0:0], d.Cause.Rules...)
		d.Cause.Rules = append(d.Cause.Rules, events.RuleID(fmt.Sprint("x", i)))
	}
	d.Cause.Rules = d.Cause.Rules[1:]
	if p = s.Plan(d, always); len(p.Deeds) != 0 || !p.Ended {
		t.Fatalf("after %d rules %v acted", len(d.Cause.Rules), ids(p))
	}
}

func TestAMachineIsNotAnswered(t *testing.T) {
	s := NewSet([]config.Rule{tagging("a", 0, "conversation.opened")})
	for flag, mute := range map[string]bool{"automatic": true, "bulk": true, events.FlagQuiet: true, "verified": false} {
		if p := s.Plan(wrote(flag), always); len(p.Deeds) != 1 || p.Deeds[0].Mute != mute {
			t.Errorf("%s: %+v", flag, p.Deeds)
		}
	}
}

// TestAFactAboutACustomerConcernsWhatGoesOn: an order is about every conversation
// that the decision has a row of, but for those that are over.
func TestAFactAboutACustomerConcernsWhatGoesOn(t *testing.T) {
	d := &events.Decision{ID: "dc2", Contact: "ct100", At: noon, Facts: []events.Fact{events.NewFact(&events.OrderStated{})}, Conversations: []events.Conversation{
		{ID: "cv1", Status: events.Open}, {ID: "cv2", Status: events.Resolved}, {ID: "cv3", Status: events.Snoozed}, {ID: "cv4", Status: events.Merged},
	}}
	p := NewSet([]config.Rule{tagging("a", 0, "contact.order_stated")}).Plan(d, always)
	var got []string
	for _, x := range p.Deeds {
		got = append(got, string(x.Conversation.ID))
	}
	if !slices.Equal(got, []string{"cv1", "cv3"}) {
		t.Fatalf("acted in %v", got)
	}
	if p.Deeds[0].ID == p.Deeds[1].ID {
		t.Error("two conversations have one id")
	}
}

// TestEveryFactSaysWhatItIsAbout fills each type that names a conversation and
// looks whether rules find it: a new one that is forgotten in [Conversation] would
// make rules that wait for it do nothing.
func TestEveryFactSaysWhatItIsAbout(t *testing.T) {
	for name := range events.Types() {
		body := events.New(name)
		about := Conversation(fillConversation(body))
		switch {
		case aboutContact(body), name == "contact.erased", name == "message.receipt_held", name == "agent.presence_changed",
			name == "inbound.stored", name == "inbound.duplicate", name == "inbound.rejected":
			if about != "" {
				t.Errorf("%s is about %s", name, about)
			}
		case about != "cv1":
			t.Errorf("%s is about %q", name, about)
		}
	}
}

// TestAgainIsTheSame: the same rules over the same decision give the same ids,
// whatever order the rules are listed in; and no two actions have one id.
func TestAgainIsTheSame(t *testing.T) {
	types := []string{"conversation.opened", "message.added", "conversation.tagged"}
	rapid.Check(t, func(t *rapid.T) {
		var all []config.Rule
		for i := range rapid.IntRange(1, 8).Draw(t, "rules") {
			r := tagging(fmt.Sprint("r", i), rapid.IntRange(0, 2).Draw(t, "position"), rapid.SliceOfN(rapid.SampledFrom(types), 1, 3).Draw(t, "on")...)
			for range rapid.IntRange(0, 3).Draw(t, "more") {
				r.Do = append(r.Do, config.Action{Do: config.DoReopen})
			}
			all = append(all, r)
		}
		list := func(p Plan) (out []string) {
			for i := range p.Deeds {
				for n := range p.Deeds[i].Rule.Do {
					id := p.Deeds[i].ActionID(n)
					rule, deed, ok := RuleOf(id)
					if !ok || rule != p.Deeds[i].Rule.ID || deed != p.Deeds[i].ID {
						t.Fatalf("%s is read as %s, %s, %v", id, rule, deed, ok)
					}
					out = append(out, id)
				}
			}
			return out
		}
		first := list(NewSet(all).Plan(wrote(), always))
		again := list(NewSet(rapid.Permutation(all).Draw(t, "permutation")).Plan(wrote(), always))
		if !slices.Equal(first, again) {
			t.Fatalf("first %v\nthen  %v", first, again)
		}
		slices.Sort(again)
		if len(slices.Compact(again)) != len(first) {
			t.Fatalf("ids twice in %v", again)
		}
	})
}

func TestRuleOfRefusesWhatNoRuleMade(t *testing.T) {
	for _, id := range []string{"", "rule.", "rule.x", "rule.x.", "cm01", "rule..", "rules.a.b.c"} {
		if rule, deed, ok := RuleOf(id); ok && (rule == "" || deed == "" || len(deed) <= len("rule.")+len(rule)) {
			t.Errorf("%q is read as %q, %q", id, rule, deed)
		}
	}
	if _, _, ok := RuleOf("cm01jd3x8v7m6q0k2r5t9w4y1zab"); ok {
		t.Error("a person's command is taken for a rule's")
	}
}

func BenchmarkPlan(b *testing.B) {
	var all []config.Rule
	for i := range 50 {
		r := tagging(fmt.Sprint("r", i), i, "message.added", "conversation.opened")
		r.When = "something"
		all = append(all, r)
	}
	s, d := NewSet(all), wrote()
	no := func(Case) (bool, error) { return false, nil }
	b.ReportAllocs()
	for b.Loop() {
		if p := s.Plan(d, no); len(p.Deeds) != 0 {
			b.Fatal("a rule acted")
		}
	}
}

// FuzzRuleOf reads ids of commands as they stand in the log, where anybody's are.
func FuzzRuleOf(f *testing.F) {
	f.Add("rule.ru1.dc1.cv1.0.2")
	f.Add("rule...")
	f.Fuzz(func(t *testing.T, id string) {
		rule, deed, ok := RuleOf(id)
		if ok && (rule == "" || !strings.HasPrefix(deed, "rule."+string(rule)+".") || !strings.HasPrefix(id, deed+".")) {
			t.Fatalf("%q is read as %q, %q", id, rule, deed)
		}
	})
}
