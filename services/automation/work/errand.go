package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// errand is a deed to be carried out. done are commands that the log has already.
type errand struct {
	deed    *rules.Deed
	done    map[string]bool
	settled func()
}

// carryAll carries out the deeds of a lane in order. Once ctx has ended they stay
// undone, and the place stays before them.
func (a *acting) carryAll(ctx context.Context, lane <-chan errand) {
	for e := range lane {
		if ctx.Err() == nil && a.carry(ctx, e) {
			e.settled()
		}
	}
}

// carry does what a rule says, one action after the other, until one is refused:
// what comes after may rest on it. It reports false when ctx ended before.
func (a *acting) carry(ctx context.Context, e errand) bool {
	d, now := e.deed, a.deps.Clock.Now()
	key := rules.Key{Rule: d.Rule.ID, Conversation: d.Conversation.ID}
	ok, stop, reason := a.guard.may(key, d.ID, now)
	if stop != "" {
		a.stop(ctx, stop, reason)
	}
	if !ok {
		a.tally.count(d.Rule.ID, resultStopped, "", now)
		return ctx.Err() == nil
	}
	v := look(present{deps: &a.deps}, d.Decision, d.Fact, d.Conversation)
	for i := range d.Rule.Do {
		if e.done[d.ActionID(i)] || rules.Idle(d, i) {
			continue
		}
		do := &d.Rule.Do[i]
		if do.Do == config.DoReply && (d.Mute || a.guard.silent(key, d.ID, now)) {
			a.tally.count(d.Rule.ID, resultHeld, "", now)
			continue
		}
		name, body, any := rules.Command(do, v.text(ctx, do.Text), d.Decision.At)
		if !any {
			continue
		}
		if gone := a.gone(do); gone != "" {
			a.tally.count(d.Rule.ID, resultRefused, do.Do+": "+gone, a.deps.Clock.Now())
			return true
		}
		result, err := a.command(ctx, d, d.ActionID(i), name, body)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			a.tally.count(d.Rule.ID, resultRefused, fmt.Sprintf("%s: %s", do.Do, err), a.deps.Clock.Now())
			return true
		}
		a.tally.count(d.Rule.ID, resultDone, "", now)
		if result.Seq > 0 {
			a.guard.spend(key, rules.Spent{Deed: d.ID, At: a.deps.Clock.Now(), Reply: do.Do == config.DoReply})
		}
	}
	return ctx.Err() == nil
}

// gone says what an action names that has been taken away since the rule was written:
// a conversation moved there would wait where nobody looks.
func (a *acting) gone(do *config.Action) string {
	if do.Do == config.DoTransfer && do.Queue != "" {
		if _, _, ok := a.deps.Queues.Get(string(do.Queue)); !ok {
			return "there is no such queue any more"
		}
	}
	if do.Do == config.DoAssign && do.Agent != "" {
		if v, _, ok := a.deps.Agents.Get(string(do.Agent)); !ok || v.Disabled {
			return "there is no such agent any more"
		}
	}
	return ""
}

// Bounds of giving a command.
const (
	commandTimeout = 10 * time.Second
	longestRest    = 5 * time.Second
)

// command gives a command until it is carried out or refused for good: an error
// then, a *commands.Problem where the router refused it.
func (a *acting) command(ctx context.Context, d *rules.Deed, id, name string, body any) (*commands.Result, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	data, err := json.Marshal(commands.Envelope{
		ID: id, Name: name, Actor: ruleAuthor(d), Conversation: d.Conversation.ID, Rules: d.Chain, Body: raw,
	})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	for rest := a.deps.Retry; ; rest = min(2*rest, longestRest) {
		result, err := a.request(ctx, data)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && result.Problem == nil:
			return result, nil
		case err == nil && result.Problem.Code != commands.Unavailable:
			return nil, result.Problem
		case errors.Is(err, nats.ErrMaxPayload): // filled in, it is more than the server takes, now and later
			return nil, fmt.Errorf("give %s: %w", name, err)
		}
		t := a.deps.Clock.NewTimer(rest)
		select {
		case <-t.C():
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
	}
}

func (a *acting) request(ctx context.Context, data []byte) (*commands.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	msg, err := a.deps.NC.RequestWithContext(ctx, events.CommandSubject, data)
	if err != nil {
		return nil, err
	}
	result := new(commands.Result)
	if err := json.Unmarshal(msg.Data, result); err != nil {
		return nil, fmt.Errorf("read the router's answer: %w", err)
	}
	return result, nil
}

// stop switches a rule off, so that people see that it is and why. The guard has
// stopped it already, whatever becomes of that here; it goes on trying until ctx
// ends.
func (a *acting) stop(ctx context.Context, id events.RuleID, reason string) {
	a.deps.Logger.Warn().Str("rule", string(id)).Str("reason", reason).Msg("the loop guard stops a rule")
	for rest := a.deps.Retry; ctx.Err() == nil; rest = min(2*rest, longestRest) {
		rule, rev, ok := a.deps.Rules.Get(string(id))
		if !ok {
			return
		}
		if rule.Stopped != "" {
			a.guard.wrote(id, rev)
			return
		}
		rule.Stopped = reason
		rev, err := a.deps.Rules.Put(ctx, string(id), rule, &rev)
		if err == nil {
			a.guard.wrote(id, rev)
			return
		}
		if errors.Is(err, kv.ErrConflict) {
			rest = a.deps.Retry
		}
		t := a.deps.Clock.NewTimer(rest)
		select {
		case <-t.C():
		case <-ctx.Done():
			t.Stop()
		}
	}
}
