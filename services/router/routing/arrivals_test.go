package routing

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// rushed is what a rush of customers came to.
type rushed struct {
	took    time.Duration // from the first arrival until the last was somebody's
	waits   []time.Duration
	doubled int // offered while an offer stood
}

// rush has customers write into a push queue with a promise, as fast as they can,
// and five hundred agents take what they are offered; whoever has taken one resolves
// it at once. restart has the router start again when a third is taken.
func (h *house) rush(round, arrivals int, restart bool) rushed {
	h.t.Helper()
	_, last, err := h.facts.Bounds(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	cursor := h.out.From(last)
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	todo := make(chan hand, 2*arrivals)
	wait := h.work(todo)
	defer wait()
	defer close(todo)
	publisher := channel.NewLogPublisher(h.inbound)
	sent := make(chan error, 1)
	began := time.Now()
	go func() {
		for i := 0; i < arrivals; {
			var batch []*events.Inbound
			for ; len(batch) < 100 && i < arrivals; i++ {
				in := statement("shop", "webhook", fmt.Sprintf("rush-%d-%d", round, i), "hello", point("external", fmt.Sprintf("r-%d-%d", round, i), events.Stated))
				in.OccurredAt, in.ReceivedAt = h.clock.Now(), h.clock.Now()
				batch = append(batch, in)
			}
			if err := publisher.Publish(ctx, batch...); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	var out rushed
	came, standing := map[events.ConversationID]time.Time{}, map[events.ConversationID]bool{}
	for len(out.waits) < arrivals {
		batch, err := cursor.Next(ctx)
		if err != nil {
			h.t.Fatalf("%d of %d were taken: %v", len(out.waits), arrivals, err)
		}
		if restart && len(out.waits) > arrivals/3 {
			restart = false
			h.stop()
			h.start()
		}
		for _, e := range batch {
			for _, f := range e.Value.Facts {
				switch b := f.Body.(type) {
				case *events.ConversationOpened:
					came[b.Conversation] = time.Now()
				case *events.ConversationOffered:
					if standing[b.Conversation] {
						out.doubled++
					}
					standing[b.Conversation] = true
					todo <- hand{commands.AnswerOffer, b.Conversation, b.Offer.Agent, commands.AnswerOfferBody{Offer: b.Offer.ID, Accept: true}}
				case *events.OfferClosed:
					delete(standing, b.Conversation)
				case *events.ConversationAssigned:
					out.waits = append(out.waits, time.Since(came[b.Conversation]))
					todo <- hand{commands.Resolve, b.Conversation, b.Assignee, commands.ReasonBody{}}
				}
			}
		}
	}
	out.took = time.Since(began)
	if err := <-sent; err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(out.waits)
	return out
}

// hands are how many agents do something at a time.
const hands = 128

// hand is one thing that an agent does.
type hand struct {
	name string
	of   events.ConversationID
	who  events.AgentID
	body any
}

// work does what agents do, many at once, and again where the router has too much
// to do already. It returns a function that waits for the end of it.
func (h *house) work(todo <-chan hand) (wait func()) {
	var working sync.WaitGroup
	for range hands {
		working.Go(func() {
			for a := range todo {
				for {
					r, err := h.try(a.name, commands.Envelope{Conversation: a.of, Actor: by(string(a.who))}, a.body)
					if errors.Is(err, nats.ErrNoResponders) || err == nil && r.Problem != nil && r.Problem.Code == commands.Unavailable {
						runtime.Gosched()
						continue
					}
					if err != nil || r.Problem != nil && r.Problem.Code != commands.Conflict { // its answer was lost, and it was done
						h.t.Errorf("%s by %s: %v %+v", a.name, a.who, err, r)
					}
					break
				}
			}
		})
	}
	return working.Wait
}

// crowded is a router whose push queue five hundred agents serve.
func crowded(t testing.TB) *house {
	t.Helper()
	var agents []config.Agent
	for i := range 500 {
		agents = append(agents, config.Agent{ID: events.AgentID(fmt.Sprintf("a%03d", i)), Skills: map[events.SkillID]int{"korean": i % 5}})
	}
	policy := fast()
	policy.Hours, policy.Raise = "office", config.Raise{Warned: 1, Missed: 2}
	q := config.Queue{Mode: config.QueuePush, Policy: "fast", OfferFor: 60, Needs: []events.Need{{Skill: "korean", Level: 1}}, PreferFor: 60}
	h, _, _ := newOffice(t, q, &book{policies: []config.Policy{policy}, hours: []config.Hours{office()}}, agents...)
	for _, a := range agents {
		h.present(string(a.ID), commands.SetPresenceBody{State: events.AgentAvailable})
	}
	return h
}

// bareRush is how long as many arrivals take without a router: for each, five
// records made durable one after the other, as its statement and its four decisions
// are, and two requests answered by somebody who does nothing, by as many hands as
// work has.
func (h *house) bareRush(log *eventlog.Log, arrivals int) time.Duration {
	h.t.Helper()
	echo, err := h.nc.Subscribe("bare.echo", func(m *nats.Msg) {
		if err := m.Respond(m.Data); err != nil {
			h.t.Error(err)
		}
	})
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = echo.Unsubscribe() }() // the connection ends with the test
	data := make([]byte, 1024)
	began := time.Now()
	var working sync.WaitGroup
	left := make(chan int, arrivals)
	for n := range arrivals {
		left <- n
	}
	close(left)
	for range hands {
		working.Go(func() {
			for n := range left {
				for step := range 5 {
					if _, err := log.Append(h.t.Context(), eventlog.Message{Subject: fmt.Sprintf("plain.%d.%d", n, step), Data: data}); err != nil {
						h.t.Error(err)
						return
					}
				}
				for range 2 {
					if _, err := h.nc.Request("bare.echo", data, time.Minute); err != nil {
						h.t.Error(err)
						return
					}
				}
			}
		})
	}
	working.Wait()
	return time.Since(began)
}

// Customers write faster than they can be dealt with, into a queue that five hundred
// agents serve, at four decisions and two commands each: everybody is taken, and
// nobody is offered while an offer stands. With thousands of conversations behind it
// the router still keeps up with the machine: a round takes no longer than tenfold
// what log and network alone take for as many there and then; where something else
// has the machine during one of the two, another round says. How many a second that
// makes is for BenchmarkArrivals and the program's own bench to say: a thousand on a
// machine of two cores that does nothing else.
func TestARushIsTakenWhole(t *testing.T) {
	h := crowded(t)
	arrivals, least, most := 1000, 3, 10
	if raceDetector {
		arrivals, most = 150, 2 // it slows the router down, and the server in other places
	}
	log := h.server.OpenLog(t, "PLAIN", "plain.>")
	for round := 1; ; round++ {
		got := h.rush(round, arrivals, false)
		if got.doubled > 0 {
			t.Fatalf("%d were offered while an offer stood", got.doubled)
		}
		bare := h.bareRush(log, arrivals)
		t.Logf("%.0f arrivals/s, taken after %v (median), %v (p99); without a router %.0f arrivals/s", float64(arrivals)/got.took.Seconds(),
			got.waits[len(got.waits)/2].Round(time.Millisecond), got.waits[len(got.waits)*99/100].Round(time.Millisecond), float64(arrivals)/bare.Seconds())
		switch {
		case raceDetector && round == most, round >= least && got.took <= 10*bare:
			return
		case round == most:
			t.Fatalf("%d arrivals took %v, and log and network alone %v", arrivals, got.took, bare)
		}
	}
}

// BenchmarkArrivals is how many customers a second are offered, accepted and
// resolved, and how long it takes until somebody has them while as many come as can.
func BenchmarkArrivals(b *testing.B) {
	h := crowded(b)
	var took time.Duration
	var last rushed
	n := 0
	for b.Loop() {
		last = h.rush(n, 2000, false)
		took += last.took
		n++
	}
	b.ReportMetric(float64(n*2000)/took.Seconds(), "arrivals/s")
	b.ReportMetric(float64(last.waits[len(last.waits)*99/100].Milliseconds()), "p99-ms")
}

// A router that is stopped in the middle of it and started again offers nobody what
// is offered already, and forgets nobody.
func TestARestartInTheRushOffersNothingTwice(t *testing.T) {
	h := crowded(t)
	arrivals := 600
	if raceDetector {
		arrivals = 150
	}
	got := h.rush(0, arrivals, true)
	if got.doubled > 0 {
		t.Fatalf("%d were offered while an offer stood", got.doubled)
	}
}
