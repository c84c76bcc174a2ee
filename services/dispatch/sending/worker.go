package sending

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/id"
)

var dispatcher = events.Author{Kind: "system", Name: "dispatch"}

// worker handles one message of OUTBOUND at a time within a conversation.
type worker struct {
	nc      *nats.Conn
	log     zerolog.Logger
	now     func() time.Time
	giveUp  time.Duration
	timeout time.Duration
	// perInbox bounds attempts under way for one inbox, so that a provider that
	// hangs does not take the others' places.
	perInbox int

	// held reports inboxes through which nothing is to be sent now.
	held func(events.InboxID) bool
	look time.Duration

	mu   sync.Mutex
	busy map[events.InboxID]int
}

// errLater says that a message is to be handed out again.
var errLater = errors.New("not now")

// placeLook is about how long an answer waits for a place at its inbox before it
// looks again: a receiver that takes a second for each is kept busy, and thousands
// that wait for it cost little.
const placeLook = 50 * time.Millisecond

// maxRest bounds how long a provider may put an answer off at a time.
const maxRest = 24 * time.Hour

// handle brings one answer to its channel. Nil means that it is settled, or that
// it is to be handed out again later, which is no error: a provider that is down
// is not this program's trouble.
func (w *worker) handle(msg *message.Message) error {
	err := w.bring(msg)
	if errors.Is(err, errLater) {
		w.log.Debug().Err(err).Str("uuid", msg.UUID).Msg("sent later")
		msg.Nack()
		return nil
	}
	return err
}

func (w *worker) bring(msg *message.Message) error {
	var req events.SendRequest
	if err := json.Unmarshal(msg.Payload, &req); err != nil {
		return bus.Permanent(fmt.Errorf("request cannot be read: %w", err))
	}
	if w.held(req.Inbox) {
		// Asked before anything is recorded: what waits for days must not fill
		// the log with attempts.
		bus.Wait(msg.Context(), w.look)
		return errLater
	}
	if !w.enter(req.Inbox) {
		// By chance, so that those who wait do not all come back at once.
		bus.Wait(msg.Context(), placeLook/2+rand.N(placeLook))
		return errLater
	}
	defer w.leave(req.Inbox)
	settled, err := w.claim(msg.Context(), &req)
	if err != nil || settled {
		return err
	}
	return w.attempt(msg.Context(), req)
}

// claim has the router record that an attempt begins. It reports true when the
// message needs none.
func (w *worker) claim(ctx context.Context, req *events.SendRequest) (bool, error) {
	body := commands.BeginSendBody{Message: req.Message.ID, Attempt: req.Attempt}
	problem, err := w.command(ctx, commands.BeginSend, req.Conversation, body)
	if err != nil {
		return false, err
	}
	if problem != nil && problem.Detail == string(events.StatusSending) {
		// An attempt began and nobody saw its end: this process or another
		// stopped in the middle of it.
		body.Resume, req.InDoubt = true, true
		if problem, err = w.command(ctx, commands.BeginSend, req.Conversation, body); err != nil {
			return false, err
		}
	}
	switch {
	case problem == nil:
		return false, nil
	case problem.Code == commands.Unavailable:
		return false, errLater
	case problem.Code == commands.Conflict:
		return true, nil // settled before
	}
	return false, bus.Permanent(problem)
}

func (w *worker) attempt(ctx context.Context, req events.SendRequest) error {
	result := w.ask(ctx, req)
	if result.Outcome == events.Retry && !result.Suspend && w.now().Sub(req.At) > w.giveUp {
		result = events.SendResult{Outcome: events.Rejected, Detail: "given up: " + result.Detail}
	}
	// The end is recorded even when the worker is stopping: without it the
	// attempt would be in doubt.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	body := commands.EndSendBody{Message: req.Message.ID, Attempt: req.Attempt, Result: result}
	problem, err := w.command(recording, commands.EndSend, req.Conversation, body)
	if err != nil {
		return err
	}
	if problem != nil && problem.Code == commands.Unavailable {
		return errLater
	}
	if result.Outcome == events.Retry {
		if result.RetryAfter > 0 {
			bus.Rest(ctx, min(result.RetryAfter, maxRest))
		}
		return fmt.Errorf("%w: %s", errLater, result.Detail)
	}
	return nil
}

// ask has the channel service make the attempt. Nobody listening means that it
// never left; no answer in time means that nobody knows.
func (w *worker) ask(ctx context.Context, req events.SendRequest) events.SendResult {
	data, err := json.Marshal(req)
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: "request cannot be written"}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.timeout)
	defer cancel()
	msg, err := w.nc.RequestWithContext(ctx, events.SendSubject(req.Message.Channel), data)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return events.SendResult{Outcome: events.Retry, Detail: "the channel service is away"}
	case err != nil:
		return events.SendResult{Outcome: events.Unclear, Detail: "the channel service did not answer in time"}
	}
	var result events.SendResult
	if err := json.Unmarshal(msg.Data, &result); err != nil || result.Outcome == "" {
		return events.SendResult{Outcome: events.Unclear, Detail: "the channel service's answer cannot be read"}
	}
	return result
}

func (w *worker) command(ctx context.Context, name string, c events.ConversationID, body any) (*commands.Problem, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	data, err := json.Marshal(commands.Envelope{ID: id.New("cm"), Name: name, Actor: dispatcher, Conversation: c, Body: raw})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	msg, err := w.nc.RequestWithContext(ctx, events.CommandSubject, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, errLater, err)
	}
	var result commands.Result
	if err := json.Unmarshal(msg.Data, &result); err != nil {
		return nil, fmt.Errorf("%s: answer: %w", name, err)
	}
	return result.Problem, nil
}

func (w *worker) enter(inbox events.InboxID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[inbox] >= w.perInbox {
		return false
	}
	w.busy[inbox]++
	return true
}

func (w *worker) leave(inbox events.InboxID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[inbox]--; w.busy[inbox] <= 0 {
		delete(w.busy, inbox)
	}
}
