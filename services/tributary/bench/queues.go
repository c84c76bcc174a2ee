package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// queueAgents are available, each for up to 50 conversations at a time, so that
	// what is measured is not how soon the generator resolves them.
	queueAgents   = 500
	fewAgents     = 60    // when short: to make one takes a password's hash
	queueCapacity = 1_000 // a conversation takes 20 by the default workload
	queueRate     = 1_000 // arrivals a second, driven
	// queueMost bounds the books of the senders who never rest.
	queueMost = 200_000
	// settlers make agents at the same time; more would only wait for a turn to
	// hash a password.
	settlers = 4
)

// queues is how fast a push queue with a promise gives out what arrives: at an
// even rate, and as fast as senders can who never rest. Every message is somebody
// new, and so a conversation to be given to an agent, who resolves it at once.
func (s *suite) queues(ctx context.Context) error {
	data := s.folder()
	p, err := s.startProduct(ctx, data)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := p.staff(ctx, pick(s, queueAgents, fewAgents)); err != nil {
		return joined(err, p.stop())
	}
	s.say("queues: %d agents are made after %v", len(p.crew), time.Since(began).Round(time.Millisecond))
	for round := range s.o.Rounds {
		if err := s.deal(ctx, p, round); err != nil {
			return joined(err, p.stop())
		}
	}
	return errors.Join(p.stop(), os.RemoveAll(data))
}

// deal is one round, on the same server as those before it: making the agents
// takes longer than all else.
func (s *suite) deal(ctx context.Context, p *product, round int) error {
	length := pick(s, 10*time.Second, 3*time.Second)
	even := Plan{Kind: "queues", Run: fmt.Sprintf("q%d", round), Agents: 1, Senders: 64, Rate: queueRate, Warm: time.Second, Duration: length}
	even.Contacts = int(float64(even.Rate) * (even.Warm + even.Duration).Seconds())
	rush := Plan{Kind: "queues", Run: fmt.Sprintf("r%d", round), Agents: 1, Senders: 64, Count: queueMost, Contacts: queueMost, Duration: length}
	var found [2]*Result
	for i, plan := range []Plan{even, rush} {
		if err := p.clockIn(ctx); err != nil {
			return err
		}
		before := p.busy()
		res, err := s.load(ctx, p.aim(plan), nil)
		if err != nil {
			return err
		}
		res.Cost = perMessage(p.busy()-before, res)
		s.check(plan, res)
		found[i] = res
	}
	at := fmt.Sprintf("push queue with a promise, %d agents", len(p.crew))
	s.report.figure(fmt.Sprintf("%s, %d/s driven, assigned", at, queueRate), "arrivals/s").add(found[0].Rate)
	s.report.figure(fmt.Sprintf("%s, %d/s, acknowledgement to assignment, p50", at, queueRate), "ms").add(found[0].Assigned.P50)
	s.report.figure(fmt.Sprintf("%s, %d/s, acknowledgement to assignment, p99", at, queueRate), "ms").add(found[0].Assigned.P99)
	s.report.figure(at+", 64 senders, assigned", "arrivals/s").add(found[1].Rate).atLeast(queueRate, queueRate)
	s.report.figure(at+", 64 senders, server's processor time", "µs/arrival").add(found[1].Cost)
	s.say("queues round %d: %d/s driven: %.0f/s assigned, p50 %.2f p99 %.2f max %.2f ms after the acknowledgement, one agent had at most %d; 64 senders: %.0f/s, p99 %.2f ms",
		round+1, queueRate, found[0].Rate, found[0].Assigned.P50, found[0].Assigned.P99, found[0].Assigned.Max, found[0].Most, found[1].Rate, found[1].Assigned.P99)
	return nil
}

// staff makes hours, a policy, a push queue that gives without asking, an inbox
// that fills it and those who work on it.
func (p *product) staff(ctx context.Context, agents int) error {
	var made struct {
		ID   string `json:"id"`
		Hook string `json:"hook_path"`
	}
	week := map[string]any{}
	for d := range time.Weekday(7) {
		week[[...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}[d]] = []any{map[string]string{"from": "00:00", "to": "24:00"}}
	}
	if err := p.rest(ctx, http.MethodPost, "/hours", map[string]any{"name": "always", "zone": "Asia/Seoul", "week": week}, &made); err != nil {
		return err
	}
	policy := map[string]any{"name": "bench", "hours": made.ID, "warn_before": 20, "targets": []any{map[string]int{"priority": -10, "first_response": 60, "resolution": 3600}}}
	if err := p.rest(ctx, http.MethodPost, "/policies", policy, &made); err != nil {
		return err
	}
	if err := p.rest(ctx, http.MethodPost, "/queues", map[string]any{"name": "bench", "teams": []string{}, "mode": "push", "policy": made.ID}, &made); err != nil {
		return err
	}
	settings := map[string]string{"profile": "plain", "auth": "none"}
	if err := p.rest(ctx, http.MethodPost, "/inboxes", map[string]any{"channel": "webhook", "name": "queue", "queue": made.ID, "settings": settings}, &made); err != nil {
		return err
	}
	p.hook = made.Hook
	return p.hire(ctx, agents)
}

func (p *product) hire(ctx context.Context, agents int) error {
	p.crew = make([]string, agents)
	return p.each(func(i int) error { return p.hireOne(ctx, i) })
}

// each does something for every agent, some at the same time.
func (p *product) each(do func(agent int) error) error {
	var doing sync.WaitGroup
	failed := make(chan error, settlers)
	for first := range settlers {
		doing.Go(func() {
			for i := first; i < len(p.crew); i += settlers {
				if err := do(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	doing.Wait()
	close(failed)
	return <-failed // nil when nobody failed
}

func (p *product) hireOne(ctx context.Context, i int) error {
	var made struct{ ID string }
	agent := map[string]any{"name": fmt.Sprintf("Agent %d", i), "email": fmt.Sprintf("agent%d@example.com", i), "password": adminPassword, "role": "agent", "capacity": queueCapacity}
	if err := p.rest(ctx, http.MethodPost, "/agents", agent, &made); err != nil {
		return err
	}
	p.crew[i] = made.ID
	return nil
}

// clockIn makes all agents available. They have no screen, so the gateway will
// report them gone within a minute and a half: it is done before each load, none
// of which lasts that long.
func (p *product) clockIn(ctx context.Context) error {
	return p.each(func(i int) error {
		return p.rest(ctx, http.MethodPut, "/agents/"+p.crew[i]+"/presence", map[string]string{"state": "available"}, nil)
	})
}
