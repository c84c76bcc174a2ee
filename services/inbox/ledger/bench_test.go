package ledger

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// month are the decisions of n conversations in thirty days: 60 agents, 8 queues, 4
// channels, 12 tags. Each is opened, taken, answered twice and resolved.
func month(n int) []*events.Decision {
	chance := rand.New(rand.NewPCG(1, 2))
	var out []*events.Decision
	for i := range n {
		id := events.ConversationID(fmt.Sprintf("cv%026d", i))
		at := start.Add(time.Duration(chance.Int64N(int64(30 * 24 * time.Hour))))
		agent := events.AgentID(fmt.Sprintf("ag%02d", chance.IntN(60)))
		channel := []string{"email", "webchat", "whatsapp", "phone"}[chance.IntN(4)]
		row := events.Conversation{
			ID: id, Status: events.Open, Queue: events.QueueID(fmt.Sprint("qu", chance.IntN(8))), Channels: []string{channel}, Inboxes: []events.InboxID{"in1"},
			Tags: []string{fmt.Sprint("tag", chance.IntN(12))}[:chance.IntN(2)], Priority: chance.IntN(2),
		}
		say := func(after time.Duration, bodies ...events.Body) {
			at = at.Add(after)
			d := &events.Decision{At: at, Contact: "ct1", Actor: events.Author{Kind: "agent", ID: string(agent)}, Conversations: []events.Conversation{row}}
			for _, b := range bodies {
				d.Facts = append(d.Facts, events.NewFact(b))
			}
			out = append(out, d)
		}
		said := func(direction events.Direction, author string, id2 string) *events.MessageAdded {
			return &events.MessageAdded{Message: events.Message{ConversationID: id, Direction: direction, Kind: events.KindMessage, Channel: channel, InboxID: "in1", Author: events.Author{Kind: author, ID: id2}, OccurredAt: at}}
		}
		row.Wait = &events.Wait{Queue: row.Queue, Since: at}
		say(0, &events.ConversationOpened{Conversation: id, Channel: channel, Inbox: "in1"}, said(events.In, "contact", ""))
		row.Wait, row.Assignee = nil, agent
		say(time.Duration(chance.IntN(600))*time.Second, &events.ConversationAssigned{Conversation: id, Assignee: agent})
		clock := events.Clock{Kind: events.FirstResponse}
		say(time.Duration(chance.IntN(600))*time.Second, said(events.Out, "agent", string(agent)), &events.ClockStopped{Conversation: id, Clock: clock, Outcome: []string{"met", "missed"}[chance.IntN(2)], Took: chance.Int64N(600_000)})
		say(time.Duration(chance.IntN(3600))*time.Second, said(events.In, "contact", ""))
		say(time.Duration(chance.IntN(600))*time.Second, said(events.Out, "agent", string(agent)))
		row.Status = events.Resolved
		say(time.Duration(chance.IntN(600))*time.Second, &events.ConversationResolved{Conversation: id})
	}
	slices.SortStableFunc(out, func(a, b *events.Decision) int { return a.At.Compare(b.At) })
	return out
}

// BenchmarkMonth is a month of 100 000 conversations, asked for in several ways, with
// every number or with one. The decisions are folded in before; with -v it says how
// fast.
func BenchmarkMonth(b *testing.B) {
	log := month(100_000)
	day := someDay(1, 1)
	db := fresh(b)
	began := time.Now()
	write(b, db, &writer{settings: plainOf(day)}, log, func() int { return 1024 })
	spent := time.Since(began)
	st, err := os.Stat(db.Path())
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d decisions in %v: %.0f a second, %d MiB", len(log), spent, float64(len(log))/spent.Seconds(), st.Size()>>20)
	for _, way := range []struct {
		name    string
		by      []reports.Dimension
		numbers []reports.Number
	}{
		{"all", nil, nil}, {"all by day", []reports.Dimension{queries.ByDay}, nil}, {"all by agent", []reports.Dimension{queries.ByAgent}, nil}, {"all by tag", []reports.Dimension{queries.ByTag}, nil},
		{"one by day and agent", []reports.Dimension{queries.ByDay, queries.ByAgent}, []reports.Number{queries.ReportFirstResponse}},
		{"card", nil, []reports.Number{queries.ReportFirstResponse, queries.ReportServiceLevel, queries.ReportOpened, queries.ReportResolved}},
	} {
		b.Run(way.name, func(b *testing.B) {
			view(b, db, func(s source) {
				for b.Loop() {
					if _, err := reports.Ask(s, reports.Query{From: start, To: start.AddDate(0, 0, 31), By: way.by, Numbers: way.numbers}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
	b.Run("behind", func(b *testing.B) {
		view(b, db, func(s source) {
			for b.Loop() {
				if _, err := reports.Conversations(s, reports.Query{From: start, To: start.AddDate(0, 0, 31)}, queries.ReportFirstResponse, "", 0, 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
