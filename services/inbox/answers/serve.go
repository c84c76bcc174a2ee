package answers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Group is the queue group: with several inboxes, one of them answers.
const Group = "inbox"

// waiting is how many queries may stand in line; what comes then is answered
// "unavailable" at once. atOnce is how many may be at work, those that wait for
// a MinSeq among them, so that these do not hold up the others.
const waiting = 1024

// flushWait is how long the server may take to hear of the subscription.
const flushWait = 30 * time.Second

var atOnce = 64 + 4*runtime.GOMAXPROCS(0)

// Serve answers queries from the connection until ctx ends; then it finishes
// those it has and returns nil. ready is called once questions are heard.
func (s *Server) Serve(ctx context.Context, nc *nats.Conn, ready func()) error {
	in := make(chan *nats.Msg, waiting)
	sub, err := nc.QueueSubscribe(events.QueryPrefix+"*", Group, func(m *nats.Msg) {
		select {
		case in <- m:
		default:
			reply(m, problem("unavailable", "too many queries at once, try again"))
		}
	})
	if err != nil {
		return fmt.Errorf("hear queries: %w", err)
	}
	// The server has the subscription before anybody is told.
	flush, cancel := context.WithTimeout(ctx, flushWait)
	err = nc.FlushWithContext(flush)
	cancel()
	if err != nil && ctx.Err() == nil {
		return errors.Join(fmt.Errorf("hear queries: %w", err), sub.Unsubscribe())
	}
	ready()
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() { s.work(ctx, in) })
	}
	<-ctx.Done()
	err = sub.Unsubscribe()
	workers.Wait()
	if errors.Is(err, nats.ErrConnectionClosed) {
		return nil
	}
	return err
}

func (s *Server) work(ctx context.Context, in <-chan *nats.Msg) {
	for {
		select {
		case m := <-in:
			reply(m, s.Answer(ctx, strings.TrimPrefix(m.Subject, events.QueryPrefix), m.Data, nil))
		case <-ctx.Done():
			return
		}
	}
}

// reply answers; a sender that is gone needs no answer, and a connection that
// is gone has none to give.
func reply(m *nats.Msg, data []byte) {
	if m.Reply != "" {
		_ = m.Respond(data)
	}
}
