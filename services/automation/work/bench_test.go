package work

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
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
	in := present{&s.deps, now}
	b.ReportAllocs()
	for b.Loop() {
		if p := now.plan(context.Background(), in, d); len(p.Deeds) != 0 || len(p.Failed) != 0 {
			b.Fatalf("%+v", p)
		}
	}
}

// BenchmarkDryRunOfAWeek is a rule with an expression over customers and hours, tried
// over a week of 100 000 facts about 20 000 customers, all known from before that week,
// each fact with the row of its conversation.
func BenchmarkDryRunOfAWeek(b *testing.B) {
	const customers, facts = 20_000, 100_000
	y, now := newYard(b), time.Now().UTC()
	var last *eventlog.Pending
	store := func(i int, at time.Time, bodies ...events.Body) {
		contact := events.ContactID(fmt.Sprintf("ct%05d", i*7919%customers))
		row := events.Conversation{ID: "cv" + events.ConversationID(contact), Status: events.Open, Queue: "q", Contact: events.ContactRef{ID: contact, Name: "Kim"}, Channels: []string{"email"}, Tags: []string{"parcel"}, CreatedAt: at}
		d := events.Decision{ID: fmt.Sprint("dc", i, at.Unix()), Contact: contact, At: at, Conversations: []events.Conversation{row}}
		for _, body := range bodies {
			d.Facts = append(d.Facts, events.NewFact(body))
		}
		data, err := d.Encode()
		must(b, err)
		last = y.log.AppendAsync(eventlog.Message{Subject: events.ConversationSubject(events.ShardOf(contact)), Data: data})
	}
	for i := range customers {
		store(i, now.Add(-8*24*time.Hour), &events.ContactCreated{Name: "Kim Minsu", Points: []events.Point{{Kind: "email", Value: fmt.Sprint(i, "@example.com")}}, Attributes: map[string]string{"plan": "gold"}},
			&events.OrderStated{Inbox: "tea", Order: events.Order{ID: fmt.Sprint(i), Currency: "KRW", Total: "30000", PlacedAt: now}})
	}
	for i := range facts {
		at := now.Add(-7*24*time.Hour + time.Duration(i)*(7*24*time.Hour/facts))
		store(i, at, &events.MessageAdded{Message: events.Message{ID: events.MessageID(fmt.Sprint("ms", i)), ConversationID: "cv" + events.ConversationID(fmt.Sprintf("ct%05d", i*7919%customers)), Direction: events.In, Kind: events.KindMessage,
			Author: events.Author{Kind: "contact"}, Text: "Hello, my parcel with the blue lamp has not arrived yet. Could you look where it is?", OccurredAt: at}})
	}
	seq, err := last.Durable(b.Context())
	must(b, err)
	put(y, y.hours, "h1", always("h1"))
	remember := remembering(y)
	s := y.start(remember)
	must(b, s.deps.Known(b.Context(), seq))
	q := queries.DryRun{From: now.Add(-7 * 24 * time.Hour), To: now, Rule: config.Rule{ID: "ru", Name: "r", On: []string{"message.added"},
		When: "contact.spent_since(now - days(90)) > 100.0 && contact.messages_count > 4 && hours.open", Do: []config.Action{tag("x"), {Do: config.DoNote, Text: "{{contact.name}}"}}}}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		a, p := y.askDry(q)
		if p != nil || a.Partial || a.Read != facts || a.Acted != customers || len(a.Unknown) > 0 {
			b.Fatalf("%+v, %v", a.Unknown, p)
		}
	}
}
