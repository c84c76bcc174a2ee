package work

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/expr"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// BenchmarkFactWith50Rules asks 50 rules, each with an expression of its own that
// does not hold, about a customer's message that opens a conversation. At 200 such
// facts a second one core is busy for 200 times the result.
func BenchmarkFactWith50Rules(b *testing.B) {
	s := &scene{}
	names, _ := config.Sees(config.KindRule)
	s.language = expr.Must[config.Scope](names...)
	s.deps.Known = func(context.Context, uint64) error { return nil }
	s.deps.Contact = func(events.ContactID) (*config.ScopeContact, bool) { return nil, false }
	var all []config.Rule
	now := &standing{programs: map[events.RuleID]*program{}}
	for i := range 50 {
		r := config.Rule{ID: events.RuleID(fmt.Sprint("r", i)), On: []string{"message.added"}, When: fmt.Sprintf(
			"message.direction == 'in' && message.text.contains_any(['refund %d', 'cancel %d']) && conversation.priority < 5 && contact.spent > 100.0", i, i)}
		p, err := s.language.Compile(r.When)
		if err != nil {
			b.Fatal(err)
		}
		all, now.programs[r.ID] = append(all, r), p
	}
	now.set = rules.NewSet(all)
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	d := &events.Decision{
		ID: "dc", Contact: "ct00", At: at, Facts: []events.Fact{
			events.NewFact(&events.ConversationOpened{Conversation: "cv"}),
			events.NewFact(&events.MessageAdded{Message: events.Message{ID: "ms", ConversationID: "cv", Direction: events.In, Text: "Hello, my parcel with the blue lamp has not arrived yet. Could you look where it is? Thank you."}}),
		}, Conversations: []events.Conversation{{ID: "cv", Status: events.Open, Channels: []string{"email"}, Tags: []string{"parcel"}, CreatedAt: at}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if p := s.plan(context.Background(), now, d); len(p.Deeds) != 0 || len(p.Failed) != 0 {
			b.Fatalf("%+v", p)
		}
	}
}
