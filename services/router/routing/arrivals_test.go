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
	ctx, cancel := context.WithTimeout(h.t.Context(), 40*time.Second)
	defer cancel()
	hands := make(chan hand, 2*arrivals)
	wait := h.work(hands)
	defer wait()
	defer close(hands)
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
					hands <- hand{commands.AnswerOffer, b.Conversation, b.Offer.Agent, commands.AnswerOfferBody{Offer: b.Offer.ID, Accept: true}}
				case *events.OfferClosed:
					delete(standing, b.Conversation)
				case *events.ConversationAssigned:
					out.waits = append(out.waits, time.Since(came[b.Conversation]))
					hands <- hand{commands.Resolve, b.Conversation, b.Assignee, commands.ReasonBody{}}
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

// hand is one thing that an agent does.
type hand struct {
	name string
	of   events.ConversationID
	who  events.AgentID
	body any
}

// work does what agents do, many at once, and again where the router has too much
// to do already. It returns a function that waits for the end of it.
func (h *house) work(hands <-chan hand) (wait func()) {
	var working sync.WaitGroup
	for range 128 {
		working.Go(func() {
			for a := range hands {
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

// shared is the least that a machine must do which runs other tests beside this one.
const shared = 400

// Those who write are offered, accepted and resolved by five hundred agents at a
// thousand a second, at four decisions and two commands each, on a machine of two
// cores that does nothing else; see BenchmarkArrivals for the figure. Where it does
// not come to that in three rounds, less passes, but not much less. Under the race
// detector only that everybody is taken once counts.
func TestAThousandArrivalsASecond(t *testing.T) {
	h := crowded(t)
	arrivals, best := 2000, 0.0
	if raceDetector {
		arrivals = 200
	}
	for round := range 3 {
		got := h.rush(round, arrivals, false)
		if got.doubled > 0 {
			t.Fatalf("%d were offered while an offer stood", got.doubled)
		}
		rate := float64(arrivals) / got.took.Seconds()
		t.Logf("%.0f arrivals/s, taken after %v (median), %v (p99)", rate, got.waits[len(got.waits)/2].Round(time.Millisecond), got.waits[len(got.waits)*99/100].Round(time.Millisecond))
		if best = max(best, rate); best >= 1000 || raceDetector {
			return
		}
	}
	if best < shared {
		t.Fatalf("at best %.0f arrivals/s", best)
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
