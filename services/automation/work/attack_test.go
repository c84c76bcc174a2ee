package work

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// The id of a command is its giver's to choose: an agent who gives theirs the look of
// a rule's uses up nothing of that rule's budget, and stops it from nothing.
func TestAnAgentCannotUseUpARulesBudget(t *testing.T) {
	y := newYard(t)
	y.limits = rules.Limits{Times: 3, Minute: 1000, Silence: time.Hour}
	y.rule(config.Rule{ID: "r", On: []string{"message.added"}, Do: []config.Action{tag("seen")}})
	s := y.start()
	for i := range 5 {
		at := time.Now().UTC()
		y.store(&events.Decision{
			ID: fmt.Sprint("dcforged", i), Contact: "ct00", At: at, Actor: events.Author{Kind: "agent", ID: "ag1"},
			Cause:         events.Cause{Kind: "command", CommandID: fmt.Sprintf("rule.r.forged%d.0", i)},
			Facts:         []events.Fact{events.NewFact(&events.ConversationTagged{Conversation: "cv1", Added: []string{fmt.Sprint("t", i)}})},
			Conversations: []events.Conversation{*y.router.row("cv1")},
		})
	}
	head := y.facts.Head
	y.settled(s)
	testkit.Eventually(t, patience, func() error {
		if at := s.watched.Load(); at < head() {
			return fmt.Errorf("the guard has read up to %d of %d", at, head())
		}
		return nil
	})
	y.says("cv1", "hello")
	y.await(1, in("tag", "cv1"))
	if r, _, _ := y.rules.Get("r"); r.Stopped != "" {
		t.Errorf("an agent stopped a rule: %s", r.Stopped)
	}
}

// A queue that was taken away, or an agent who left, is not where a rule sends
// anybody: nobody would ever look there.
func TestARuleSendsNobodyWhereNobodyIs(t *testing.T) {
	y := newYard(t)
	_, err := y.agents.Put(t.Context(), "agleft", config.Agent{ID: "agleft", Disabled: true}, nil)
	must(t, err)
	y.rule(config.Rule{ID: "a", On: []string{"message.added"}, Do: []config.Action{{Do: config.DoTransfer, Queue: "qugone"}}})
	y.rule(config.Rule{ID: "b", On: []string{"message.added"}, Do: []config.Action{{Do: config.DoAssign, Agent: "agleft"}}})
	y.rule(config.Rule{ID: "c", On: []string{"message.added"}, Do: []config.Action{tag("seen")}})
	s := y.start()
	y.says("cv1", "hello")
	y.await(1, in("tag", "cv1"))
	y.settled(s)
	for _, name := range []string{"transfer", "assign"} {
		if n := y.router.count(in(name, "cv1")); n != 0 {
			t.Errorf("%d commands to %s", n, name)
		}
	}
	for _, h := range s.rules.tally.health() {
		if h.Rule != "c" && (h.Refused != 1 || h.LastError == "") {
			t.Errorf("health %+v", h)
		}
	}
}
