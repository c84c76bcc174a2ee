package routing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

const (
	// claimGood is how many decisions a claim is good for.
	claimGood = 4096
	// lookEvery is how often a router that stands by looks for the other.
	lookEvery = 250 * time.Millisecond
	// lookFor is how long it waits for an answer.
	lookFor = 500 * time.Millisecond
	// missing is how many unanswered looks mean that the other is gone although
	// its connection is not.
	missing = 4
)

var errOtherLeads = errors.New("another router decides")

// request is a command that waits to be decided.
type request struct {
	msg   *nats.Msg
	since time.Time
}

// patience is how long a command may wait to be decided. Whoever asked has given
// up soon after, and must not be surprised later by what it comes to.
const patience = 4 * time.Second

var unavailable = &commands.Result{Problem: &commands.Problem{Code: commands.Unavailable, Detail: "cannot store now, try again"}}

// listen takes commands, and answers other routers that look for one. The
// function it returns ends that, and answers whoever still waits.
func (r *Router) listen() (silence func(), err error) {
	closed := make(chan struct{})
	orders, err := r.deps.NC.QueueSubscribe(events.CommandSubject, "router", r.accept)
	if err != nil {
		return nil, fmt.Errorf("router listens for commands: %w", err)
	}
	orders.SetClosedHandler(func(string) { close(closed) })
	here, err := r.deps.NC.Subscribe(r.presence, func(m *nats.Msg) {
		if string(m.Data) != r.name {
			_ = m.Respond([]byte(r.name)) // whoever looks will look again
		}
	})
	if err == nil {
		err = r.deps.NC.Flush()
	}
	silence = func() {
		if here != nil {
			_ = here.Unsubscribe()
		}
		if orders.Drain() == nil { // what has come already is accepted still
			select {
			case <-closed: // the last call of accept has returned
			case <-time.After(time.Second):
			}
		}
		r.turnAway()
	}
	if err != nil {
		silence()
		return nil, fmt.Errorf("router listens for commands: %w", err)
	}
	return silence, nil
}

// accept queues a command; one too many is told to come back, not dropped.
func (r *Router) accept(m *nats.Msg) {
	select {
	case r.commands <- request{m, time.Now()}:
	default:
		r.answer(m, unavailable)
	}
}

// turnAway tells every command that waits to come back.
func (r *Router) turnAway() {
	for {
		select {
		case req := <-r.commands:
			r.answer(req.msg, unavailable)
		default:
			return
		}
	}
}

// rest waits while nothing can be decided, and turns commands away meanwhile.
// It reports false when ctx ended first.
func (r *Router) rest(ctx context.Context, pause time.Duration) bool {
	over := time.NewTimer(pause)
	defer over.Stop()
	for {
		select {
		case <-over.C:
			return true
		case <-ctx.Done():
			return false
		case req := <-r.commands:
			r.answer(req.msg, unavailable)
		}
	}
}

// standBy returns when no other router decides. Until then it reads the log
// along, so that it can take over at once; that is being ready too.
func (r *Router) standBy(ctx context.Context, ready func()) error {
	for unanswered := 0; ; {
		other, nobody, err := r.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			unanswered = 0 // no connection: neither can the other be seen, nor anything stored
		case other != "":
			unanswered = 0
			ready()
		case nobody || unanswered >= missing:
			return r.recoverWhenRoom(ctx)
		default:
			unanswered++
		}
		if !r.rest(ctx, lookEvery) {
			return nil
		}
		if err := r.catchUp(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, eventlog.ErrUnavailable) {
			return fmt.Errorf("router reads the log: %w", err)
		}
	}
}

// claimMessage is a decision of no facts, which only says who decides.
func (r *Router) claimMessage() (eventlog.Message, error) {
	d := &events.Decision{ID: "lead/" + r.name, At: r.deps.Now().UTC(), Cause: events.Cause{Kind: events.CauseLead}, Actor: system, Facts: []events.Fact{}}
	data, err := d.Encode()
	if err != nil {
		return eventlog.Message{}, fmt.Errorf("encode claim: %w", err)
	}
	return eventlog.Message{Subject: events.LeadSubject, Data: data, Header: r.expectEnd()}, nil
}

// claim makes this router the one whose decisions the log takes: from then on
// the log refuses those of any router before it. It is written before the first
// decision, so that a start alone adds nothing to the log, and again when it lies
// far back, so that the log finds it among its newest messages whenever it
// compares. It waits for its place: were that only counted on, another router's
// claim could stand there.
func (r *Router) claim(ctx context.Context) error {
	if r.lease > 0 && r.place()-r.lease < r.claimGood {
		return nil
	}
	m, err := r.claimMessage()
	if err != nil {
		return err
	}
	if r.lease > 0 {
		m.ExpectLast = eventlog.Expect(r.lease)
	}
	p := r.deps.Log.AppendAsync(m)
	if r.lease, err = p.Accepted(ctx); err != nil {
		r.lease = 0
		return fmt.Errorf("claim the log: %w", err)
	}
	r.newest = p
	r.since++
	r.settling <- settled{pending: p}
	return nil
}

// stillLeads fails with errOtherLeads when another router has claimed the log.
func (r *Router) stillLeads(ctx context.Context) error {
	if r.lease == 0 {
		return nil
	}
	last, err := r.deps.Log.LastOnSubject(ctx, events.LeadSubject)
	if err == nil && last != r.lease {
		return errOtherLeads
	}
	return nil // without an answer the next append tells
}

// look asks who decides. nobody is set when the server knows that no router
// listens; no answer at all is neither.
func (r *Router) look(ctx context.Context) (other string, nobody bool, err error) {
	inbox := r.deps.NC.NewRespInbox()
	sub, err := r.deps.NC.SubscribeSync(inbox)
	if err != nil {
		return "", false, fmt.Errorf("look for other routers: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := r.deps.NC.PublishRequest(r.presence, inbox, []byte(r.name)); err != nil {
		return "", false, fmt.Errorf("look for other routers: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	m, err := sub.NextMsgWithContext(ctx)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return "", true, nil
	case errors.Is(err, context.DeadlineExceeded):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("look for other routers: %w", err)
	}
	return string(m.Data), false, nil
}
