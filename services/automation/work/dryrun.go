package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

const (
	// dryRunFor bounds one dry run; what was found by then is the answer.
	dryRunFor = 15 * time.Second
	// longestPast is how much of the past may be asked about.
	longestPast = 92 * 24 * time.Hour
)

type dryAnswer = queries.Answer[queries.DryRunAnswer]

func dryRefusal(code, format string, args ...any) dryAnswer {
	return dryAnswer{Problem: &queries.Problem{Code: code, Detail: fmt.Sprintf(format, args...)}}
}

// dryRun answers one question about the past.
func (s *Service) dryRun(ctx context.Context, question []byte) dryAnswer {
	var q queries.DryRun
	if err := json.Unmarshal(question, &q); err != nil {
		return dryRefusal("invalid", "the question cannot be read")
	}
	if !q.From.Before(q.To) || q.To.Sub(q.From) > longestPast {
		return dryRefusal("invalid", "a dry run is over at most %d days", longestPast/(24*time.Hour))
	}
	now, err := s.scene.single(q.Rule)
	if err != nil {
		return dryRefusal("invalid", "%s", err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, s.dryFor)
	defer cancel()
	r := &rehearsal{
		scene: s.scene, now: now, budget: rules.NewBudget(s.deps.Limits), in: map[events.ConversationID]bool{}, marked: map[mark]bool{},
		out: queries.DryRunAnswer{From: q.From, To: q.To, ReadTo: q.From, Cases: []queries.DryRunOne{}},
	}
	err = s.replay(ctx, q, r)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		r.out.Partial = true
	case err != nil:
		s.deps.Logger.Warn().Err(err).Msg("a dry run could not read the log")
		return dryRefusal("unavailable", "the log cannot be read now, try again")
	default:
		r.out.ReadTo = q.To
	}
	r.out.Conversations = len(r.in)
	return dryAnswer{OK: &r.out}
}

// replay hands the decisions of a span of time to a rehearsal.
func (s *Service) replay(ctx context.Context, q queries.DryRun, r *rehearsal) error {
	head := s.deps.Facts.Head()
	from, err := s.placeAt(ctx, q.From, head)
	if err != nil || from >= head {
		return err
	}
	err = s.rules.read(ctx, from, func(d *events.Decision) error {
		if !d.At.Before(q.To) || r.out.Stopped != "" {
			return errEnough
		}
		if !d.At.Before(q.From) {
			r.see(ctx, d)
		}
		if d.Seq >= head {
			return errEnough
		}
		return ctx.Err()
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// placeAt is a place in the log before which nothing was stored at a time or later.
func (s *Service) placeAt(ctx context.Context, at time.Time, head uint64) (uint64, error) {
	first, _, err := s.deps.Log.Bounds(ctx)
	if err != nil {
		return 0, err
	}
	low, high := first, head+1 // the first at or after it lies in low..high
	for low < high {
		middle := low + (high-low)/2
		record, err := s.deps.Log.Get(ctx, middle)
		switch {
		case errors.Is(err, eventlog.ErrNotFound): // deleted for good; its neighbour tells as much
			low = middle + 1
			continue
		case err != nil:
			return 0, err
		}
		d, err := events.DecodeDecision(record.Data)
		if err == nil && d.At.Before(at) || err != nil && record.Time.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return max(low, 1) - 1, nil
}

// rehearsal is a rule going through the past.
type rehearsal struct {
	scene  *scene
	now    *standing
	budget *rules.Budget
	in     map[events.ConversationID]bool
	marked map[mark]bool
	out    queries.DryRunAnswer
}

func (r *rehearsal) see(ctx context.Context, d *events.Decision) {
	r.out.Read++
	r.out.ReadTo = d.At
	plan := r.scene.plan(ctx, r.now, d)
	for _, f := range plan.Failed {
		if ctx.Err() != nil {
			return // the time is up; the expression is not to blame
		}
		if r.out.Failed++; r.out.Failure == "" {
			r.out.Failure = f.Err.Error()
		}
	}
	for i := range plan.Deeds {
		r.act(ctx, &plan.Deeds[i])
	}
}

// act notes what would have been done.
func (r *rehearsal) act(ctx context.Context, d *rules.Deed) {
	key := rules.Key{Rule: d.Rule.ID, Conversation: d.Conversation.ID}
	if _, reason := r.budget.Over(key, d.ID, d.Decision.At); reason != "" {
		r.out.Stopped = reason
		return
	}
	one := queries.DryRunOne{
		Seq: d.Decision.Seq, At: d.Decision.At, Fact: d.Decision.Facts[d.Fact].Type,
		Conversation: d.Conversation.ID, Contact: d.Conversation.Contact, Actions: []config.Action{},
	}
	spent, v := rules.Spent{Deed: d.ID, At: d.Decision.At}, r.scene.view(d.Decision, d.Fact, d.Conversation)
	for i := range d.Rule.Do {
		do := d.Rule.Do[i]
		if do.Do == config.DoReply {
			if d.Mute || r.budget.Silent(key, d.ID, d.Decision.At) {
				one.Held = true
				continue
			}
			spent.Reply = true
		}
		if rules.Idle(d, i) || rules.Moot(&do, d.Conversation) || r.marks(d.Conversation.ID, do.Do, i) {
			continue
		}
		do.Text = r.scene.text(ctx, do.Text, v)
		one.Actions = append(one.Actions, do)
	}
	if len(one.Actions) == 0 && !one.Held {
		return
	}
	if len(one.Actions) > 0 {
		r.budget.Spend(key, spent)
	}
	if r.out.Acted%4096 == 4095 {
		r.budget.Take(d.Decision.At) // what is too old to matter is forgotten
	}
	r.out.Acted++
	r.in[d.Conversation.ID] = true
	if len(r.out.Cases) < queries.MaxDryRuns {
		r.out.Cases = append(r.out.Cases, one)
	}
}

// mark is an action that leaves a conversation marked, by its place in the list.
type mark struct {
	conversation events.ConversationID
	action       int
}

// marks reports whether an action has left its mark already: the log does not show
// what was not done, so a tag would be set anew by every message.
func (r *rehearsal) marks(c events.ConversationID, do string, i int) bool {
	switch do {
	case config.DoTag, config.DoUntag, config.DoPrioritise:
		was := r.marked[mark{c, i}]
		r.marked[mark{c, i}] = true
		return was
	}
	return false
}
