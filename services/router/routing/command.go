package routing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// decideCommand decides and answers one command. The answer goes out when the
// decision is durable; a refusal goes out at once.
func (r *Router) decideCommand(ctx context.Context, req request) error {
	started, msg := time.Now(), req.msg
	var env commands.Envelope
	if err := json.Unmarshal(msg.Data, &env); err != nil {
		r.answer(msg, &commands.Result{Problem: invalid("the command cannot be read")})
		return nil
	}
	if started.Sub(req.since) > patience && env.Name != commands.EndSend { // how a sending ended is true however late
		r.answer(msg, unavailable)
		return nil
	}
	r.store.begin()
	defer r.store.end()
	o, result := r.command(env)
	r.took.Observe(time.Since(started).Seconds())
	if r.store.damage != nil {
		r.answer(msg, unavailable)
		return r.store.damage
	}
	if p := result.Problem; p != nil && p.Code == commands.NotFound && r.overtaken(ctx) {
		r.answer(msg, unavailable)
		return errForeign
	}
	if len(o.decisions) == 0 {
		r.decisions.WithLabelValues("command", "refused").Inc()
		r.answer(msg, result)
		return nil
	}
	err := r.submit(ctx, o, func(seq uint64, err error) {
		if err != nil {
			result = unavailable
		} else if result.Problem == nil {
			result.Seq = seq
		}
		r.answer(msg, result)
	})
	switch {
	case errors.Is(err, errUnfit):
		r.decisions.WithLabelValues("command", "refused").Inc()
		r.answer(msg, &commands.Result{Problem: invalid("what the command says cannot be stored")})
		return nil
	case err != nil:
		r.answer(msg, unavailable)
		return err
	}
	r.decisions.WithLabelValues("command", "decided").Inc()
	return nil
}

// overtaken reports whether the log holds what this process does not know: another
// one decides too. What was not found may stand there.
func (r *Router) overtaken(ctx context.Context) bool {
	_, last, err := r.deps.Log.Bounds(ctx)
	return err == nil && last > r.prog.Checkpoint+r.since
}

func (r *Router) answer(msg *nats.Msg, result *commands.Result) {
	data, err := json.Marshal(result)
	if err == nil {
		err = msg.Respond(data)
	}
	if err != nil {
		r.deps.Logger.Warn().Err(err).Msg("answer a command")
	}
}

func invalid(detail string) *commands.Problem {
	return &commands.Problem{Code: commands.Invalid, Detail: detail}
}

// command decides. A command that changes nothing answers the present state.
func (r *Router) command(env commands.Envelope) (o outcome, result *commands.Result) {
	defer func() {
		if p := recover(); p != nil {
			r.deps.Logger.Error().Str("panic", fmt.Sprintf("%T", p)).Bytes("stack", debug.Stack()).Str("command", env.Name).Msg("deciding stumbled")
			o, result = outcome{}, &commands.Result{Problem: invalid("the command cannot be decided")}
		}
	}()
	c := &order{router: r, env: env, at: r.deps.Now().UTC(), result: &commands.Result{}}
	problem := c.decide()
	if problem != nil {
		return outcome{}, &commands.Result{Problem: problem}
	}
	o = c.finish()
	if c.refused != nil && len(o.decisions) > 0 {
		c.result = &commands.Result{Problem: c.refused}
	}
	return o, c.result
}

// order is a command being decided.
type order struct {
	router  *Router
	env     commands.Envelope
	at      time.Time
	state   *conversation.State
	draft   *conversation.Draft
	further []*conversation.Draft
	message events.MessageID
	result  *commands.Result
	// refused is what a command is told that changes something all the same.
	refused *commands.Problem
}

func (c *order) decide() *commands.Problem {
	if c.env.Conversation != "" {
		return c.decideConversation()
	}
	if c.env.Contact != "" {
		return c.decideContact()
	}
	switch c.env.Name {
	case commands.SetPresence:
		c.begin("")
		return withBody(c, c.setPresence)
	case commands.TakeNext:
		return c.takeNext()
	}
	return invalid("a command names a conversation or a contact")
}

func (c *order) decideConversation() *commands.Problem {
	s, ok := conversation.FollowConversation(c.router.store, c.env.Conversation)
	if !ok {
		return &commands.Problem{Code: commands.NotFound, Detail: "no such conversation"}
	}
	c.state = s
	c.begin(standing(c.router.store, s.Contact.ID))
	switch c.env.Name {
	case commands.Reply:
		return c.reply()
	case commands.AddNote:
		return c.note()
	case commands.ResolveUnknown:
		return c.settleUnknown()
	case commands.BeginSend:
		return withBody(c, c.beginSend)
	case commands.EndSend:
		return withBody(c, c.endSend)
	case commands.SettleAttachment:
		return withBody(c, c.draft.Settle)
	case commands.AskSurvey:
		return withBody(c, c.askSurvey)
	case commands.AnswerSurvey:
		return withBody(c, c.answerSurvey)
	case commands.FindSurvey:
		return withBody(c, c.findSurvey)
	case commands.AnswerOffer:
		return withBody(c, func(b commands.AnswerOfferBody) *commands.Problem { return c.draft.AnswerOffer(s, b) })
	case commands.Assign:
		return withBody(c, func(b commands.AssignBody) *commands.Problem { return c.draft.Assign(s, c.env.Version, b) })
	}
	if c.env.Name != commands.MarkRead {
		if problem := c.draft.CheckVersion(s, c.env.Version); problem != nil {
			return problem
		}
	}
	return c.change(s)
}

// beginSend tells a refused dispatcher what the message has come to. One that would
// go to an address which has left its contact meanwhile fails instead.
func (c *order) beginSend(body commands.BeginSendBody) *commands.Problem {
	if c.draft.Astray(body) {
		c.refused = &commands.Problem{Code: commands.Conflict, Detail: string(events.StatusFailed)}
		return nil
	}
	status, problem := c.draft.BeginSend(body)
	if problem != nil && status != "" {
		problem.Detail = string(status)
	}
	return problem
}

// endSend records how an attempt ended; what was shown as an echo of it until
// its ids were known is taken back.
func (c *order) endSend(body commands.EndSendBody) *commands.Problem {
	if problem := c.draft.EndSend(body); problem != nil {
		return problem
	}
	if ref, ok := c.router.store.Message(body.Message); ok {
		c.router.fold(c.draft, ref.Channel, ref.Inbox, body.Message, body.Result.ProviderIDs)
	}
	return nil
}

func (c *order) change(s *conversation.State) *commands.Problem {
	switch c.env.Name {
	case commands.Transfer:
		return withBody(c, c.transfer)
	case commands.Tag:
		return withBody(c, func(b commands.TagBody) *commands.Problem { return c.draft.Tag(s, b) })
	case commands.Snooze:
		return withBody(c, func(b commands.SnoozeBody) *commands.Problem { return c.draft.Snooze(s, b.Until) })
	case commands.Resolve:
		return withBody(c, func(b commands.ReasonBody) *commands.Problem { return c.draft.Resolve(s, b.Reason) })
	case commands.Reopen:
		return withBody(c, func(b commands.ReasonBody) *commands.Problem { return c.draft.Reopen(s, b.Reason) })
	case commands.Prioritise:
		return withBody(c, func(b commands.PrioritiseBody) *commands.Problem { return c.draft.Prioritise(s, b.Priority, b.Reason) })
	case commands.MarkRead:
		return c.draft.MarkRead(s)
	case commands.RequestCallback:
		return withBody(c, func(b commands.RequestCallbackBody) *commands.Problem {
			return c.draft.RequestCallback(s, events.CallbackID(id.New("cb")), b)
		})
	case commands.CloseCallback:
		return withBody(c, func(b commands.CloseCallbackBody) *commands.Problem { return c.draft.CloseCallback(s, b) })
	}
	return invalid("no such command")
}

func (c *order) decideContact() *commands.Problem {
	contact, ok := conversation.FollowContact(c.router.store, c.env.Contact)
	if !ok {
		return &commands.Problem{Code: commands.NotFound, Detail: "no such contact"}
	}
	c.begin(contact.ID)
	c.result.Contact = contact.ID
	switch c.env.Name {
	case commands.MergeContacts:
		return withBody(c, c.merge)
	case commands.ReverseMerge:
		return withBody(c, c.reverseMerge)
	case commands.UpdateContact:
		return withBody(c, c.updateContact)
	case commands.SegmentContact:
		if contact.ID != c.env.Contact {
			return invalid("the contact is merged into another")
		}
		return withBody(c, func(b commands.SegmentContactBody) *commands.Problem { return c.segment(b) })
	case commands.DismissSuggestion:
		return withBody(c, func(b commands.DismissBody) *commands.Problem { return c.draft.Dismiss(b.Other) })
	}
	return invalid("no such command")
}

func (c *order) begin(contact events.ContactID) {
	cause := events.Cause{Kind: "command", CommandID: c.env.ID, Trace: c.env.Trace, Rules: c.env.Rules}
	c.draft = conversation.NewDraft(c.router.store, id.New("dc"), contact, c.at, cause, c.env.Actor)
}

func (c *order) finish() outcome {
	if c.draft == nil {
		return outcome{}
	}
	o := finish(c.draft, c.further)
	if o.decisions[0] == nil {
		o = outcome{}
	}
	if c.state != nil {
		if s, ok := c.draft.World().Conversation(c.state.ID); ok {
			row := s.Conversation
			c.result.Conversation = &row
		}
	}
	for _, d := range o.decisions {
		for _, f := range d.Facts {
			if added, ok := f.Body.(*events.MessageAdded); ok && added.Message.ID == c.message {
				c.result.Message = &added.Message
			}
		}
	}
	return o
}

// withBody reads the command's body strictly: a word it does not know is the
// sender's mistake and is told.
func withBody[B any](c *order, decide func(B) *commands.Problem) *commands.Problem {
	var body B
	if len(c.env.Body) > 0 {
		dec := json.NewDecoder(bytes.NewReader(c.env.Body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&body); err != nil {
			return invalid("the command's body cannot be read: " + err.Error())
		}
	}
	return decide(body)
}
