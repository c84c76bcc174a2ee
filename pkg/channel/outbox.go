package channel

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Outbox answers dispatch: it takes SendRequests for one channel by request and
// reply and has the adapter send them. Several outboxes of one channel share
// the work by queue group.
type Outbox struct {
	Sender  Sender
	Inboxes Inboxes
	Log     zerolog.Logger
	// Timeout bounds one attempt; 30 s when nought. An attempt that runs into
	// it has an unclear outcome.
	Timeout time.Duration
	// Parallel bounds attempts under way; 64 when nought.
	Parallel int
	// Health knows which inboxes cannot send, and is told; may be nil.
	Health *Health
	// Links makes addresses of files where the provider fetches them; nil has
	// none, and a message with files is then rejected on such a channel.
	Links Linker

	pace Pace
}

// Run serves until ctx ends, then waits for the attempts under way.
func (o *Outbox) Run(ctx context.Context, nc *nats.Conn, ready func()) error {
	parallel := o.Parallel
	if parallel == 0 {
		parallel = 64
	}
	slots := make(chan struct{}, parallel)
	var running sync.WaitGroup
	requests := make(chan *nats.Msg, parallel)
	sub, err := nc.ChanQueueSubscribe(events.SendSubject(o.Sender.Kind()), "outbox", requests)
	if err != nil {
		return err
	}
	if err := nc.Flush(); err != nil {
		return err
	}
	o.pace.Limits = LimitsOf(o.Sender.Kind())
	ready()
	defer running.Wait()
	for {
		select {
		case <-ctx.Done():
			return sub.Unsubscribe()
		case msg := <-requests:
			slots <- struct{}{}
			running.Add(1)
			go func() {
				defer func() { <-slots; running.Done() }()
				o.answer(context.WithoutCancel(ctx), msg)
			}()
		}
	}
}

func (o *Outbox) answer(ctx context.Context, msg *nats.Msg) {
	var req events.SendRequest
	result := events.SendResult{}
	if err := json.Unmarshal(msg.Data, &req); err != nil {
		result = events.SendResult{Outcome: events.Rejected, Detail: "request not readable"}
	} else {
		result = o.send(ctx, req)
	}
	data, err := json.Marshal(result)
	if err != nil {
		o.Log.Error().Err(err).Msg("encode send result")
		return
	}
	if err := msg.Respond(data); err != nil {
		o.Log.Warn().Err(err).Str("message", string(req.Message.ID)).Msg("answer send request")
	}
}

func (o *Outbox) send(ctx context.Context, req events.SendRequest) events.SendResult {
	inbox, ok := o.Inboxes.ByID(req.Inbox)
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Detail: "inbox does not exist"}
	}
	if why, yes := o.Health.Held(inbox); yes {
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: why, RetryAfter: time.Minute}
	}
	if repeater, ok := o.Sender.(Repeater); req.InDoubt && (!ok || !repeater.SafeToRepeat(inbox)) {
		return events.SendResult{Outcome: events.Unclear, Detail: "an earlier attempt may have arrived"}
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if refused := o.link(ctx, inbox, &req.Message); refused != nil {
		return *refused
	}
	if err := o.pace.Wait(ctx, req.Inbox, req.To.Key()); err != nil {
		return events.SendResult{Outcome: events.Retry, Detail: "the channel's rate does not allow it yet"}
	}
	result, err := o.Sender.Send(ctx, inbox, req)
	if err != nil {
		o.Log.Warn().Err(err).Str("inbox", string(req.Inbox)).Str("message", string(req.Message.ID)).Int("attempt", req.Attempt).Msg("send attempt failed before it left")
		result = events.SendResult{Outcome: events.Retry, Detail: "not sent: " + shorten(err.Error(), 200)}
	}
	switch {
	case result.Suspend:
		o.Health.Suspend(ctx, req.Inbox, result.Detail)
	case result.Outcome != events.Sent:
		o.Health.Failed(ctx, req.Inbox, result.Detail)
	}
	return result
}

// link gives every file of ours an address where the provider takes nothing else.
// A file that has one already keeps it.
func (o *Outbox) link(ctx context.Context, inbox config.Inbox, m *events.Message) *events.SendResult {
	if LimitsOf(o.Sender.Kind()).Files != ByLink {
		return nil
	}
	for i := range m.Attachments {
		file := &m.Attachments[i]
		if file.Hash == "" || file.URL != "" {
			continue
		}
		address, err := "", error(ErrNoAddress)
		if o.Links != nil {
			address, err = o.Links.Link(ctx, m.ID, *file, allowsPrivate(inbox))
		}
		switch {
		case errors.Is(err, ErrNoAddress):
			return &events.SendResult{
				Outcome: events.Rejected, Code: events.CodeBadMedia,
				Detail: "this channel fetches files from us, and this program has no public https address (setting public-url)",
			}
		case err != nil:
			o.Log.Warn().Err(err).Str("inbox", string(inbox.ID)).Str("message", string(m.ID)).Msg("no address could be made of a file")
			return &events.SendResult{Outcome: events.Retry, Detail: "no address could be made of the file"}
		}
		file.URL = address
	}
	return nil
}

// allowsPrivate reads the setting that every adapter has under the same name.
func allowsPrivate(inbox config.Inbox) bool {
	var s struct {
		AllowPrivate bool `json:"allow_private"`
	}
	return json.Unmarshal(inbox.Settings, &s) == nil && s.AllowPrivate
}

func shorten(s string, max int) string {
	if len(s) > max {
		return s[:max]
	}
	return s
}
