package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/automation/people"
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
	one, err := s.scene.single(q.Rule)
	if err != nil {
		return dryRefusal("invalid", "%s", err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, s.dryFor)
	defer cancel()
	r := newRehearsal(one, &s.deps, &q)
	err = s.replay(ctx, q, r)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, people.ErrTooMuch):
		r.out.Partial = true
	case err != nil:
		s.deps.Logger.Warn().Err(err).Msg("a dry run could not read the past")
		return dryRefusal("unavailable", "the log cannot be read now, try again")
	default:
		r.out.ReadTo = q.To
	}
	r.out.Conversations, r.out.Unknown = len(r.in), r.then.unknown()
	return dryAnswer{OK: &r.out}
}

// replay hands the decisions of a span of time to a rehearsal, and those before it
// from which follows how customers stood when it began.
func (s *Service) replay(ctx context.Context, q queries.DryRun, r *rehearsal) (err error) {
	head := s.deps.Facts.Head()
	if r.then.settings, err = kv.ReadPast(ctx, s.deps.Settings); err != nil {
		return err
	}
	from, err := s.placeAt(ctx, q.From, head)
	if err != nil || from >= head {
		return err
	}
	if looksAtCustomers(&q.Rule, r.now) {
		if err := s.deps.Known(ctx, head); err != nil {
			return err
		}
		if r.then.people, err = s.deps.Past(from); err != nil {
			return err
		}
		from = min(from, r.then.people.Begins())
	}
	err = s.rules.read(ctx, from, func(d *events.Decision) error {
		if !d.At.Before(q.To) || r.out.Stopped != "" {
			return errEnough
		}
		if err := r.then.next(d); err != nil {
			return err
		}
		if !d.At.Before(q.From) {
			r.see(ctx, d)
		}
		if r.then.err != nil {
			return r.then.err
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

// looksAtCustomers reports whether a rule, or a text of it, asks who the customer is.
func looksAtCustomers(r *config.Rule, one *standing) bool {
	p := one.programs[r.ID]
	return p != nil && p.Uses("contact") || slices.ContainsFunc(r.Do, func(a config.Action) bool { return hasVariables(a.Text) })
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
	now    *standing
	then   *bygone
	budget *rules.Budget
	in     map[events.ConversationID]bool
	left   leavings
	today  func(events.ContactID) (*config.ScopeContact, bool)
	out    queries.DryRunAnswer
}

func newRehearsal(one *standing, d *Deps, q *queries.DryRun) *rehearsal {
	p := one.programs[q.Rule.ID]
	return &rehearsal{
		now: one, budget: rules.NewBudget(d.Limits), in: map[events.ConversationID]bool{}, left: leavings{}, today: d.Contact,
		then: &bygone{allHours: p != nil && p.Uses("hours.open_ids"), doubts: map[doubt]*queries.DryRunUnknown{}, doubted: map[doubt]bool{}},
		out:  queries.DryRunAnswer{From: q.From, To: q.To, ReadTo: q.From, Cases: []queries.DryRunOne{}},
	}
}

func (r *rehearsal) see(ctx context.Context, d *events.Decision) {
	r.out.Read++
	r.out.ReadTo = d.At
	for i := range d.Conversations {
		r.left.saw(&d.Conversations[i])
	}
	plan := r.now.plan(ctx, r.then, d)
	if ctx.Err() != nil || r.then.err != nil {
		return // neither the expression nor the customer is to blame
	}
	for _, f := range plan.Failed {
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
	spent := rules.Spent{Deed: d.ID, At: d.Decision.At}
	r.list(ctx, d, &one, &spent)
	one.Unsure = len(r.then.doubted) > 0
	if len(one.Actions) == 0 && !one.Held && one.Refused == "" {
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
		if c, ok := r.today(one.Contact.ID); ok && c != nil { // whom to look for, and whose name may still be told
			one.Contact.Name = c.Name
		}
		r.out.Cases = append(r.out.Cases, one)
	}
}

// list goes through the actions as the worker does, up to the one that would have
// been refused.
func (r *rehearsal) list(ctx context.Context, d *rules.Deed, one *queries.DryRunOne, spent *rules.Spent) {
	key, v := rules.Key{Rule: d.Rule.ID, Conversation: d.Conversation.ID}, look(r.then, d.Decision, d.Fact, d.Conversation)
	row := r.left.row(d.Conversation)
	began := row
	stood := *d
	stood.Conversation = &began
	for i := range d.Rule.Do {
		do := d.Rule.Do[i]
		if rules.Idle(&stood, i) {
			continue
		}
		if do.Do == config.DoReply && (d.Mute || r.budget.Silent(key, d.ID, d.Decision.At)) {
			one.Held = true
			continue
		}
		do.Text = v.text(ctx, do.Text)
		if _, _, any := rules.Command(&do, do.Text, d.Decision.At); !any {
			continue
		}
		if one.Refused = r.then.gone(&do, d.Decision.At); one.Refused != "" {
			break
		}
		if rules.Moot(&do, &row) {
			continue
		}
		rules.Leave(&do, &row)
		spent.Reply = spent.Reply || do.Do == config.DoReply
		one.Actions = append(one.Actions, do)
	}
	r.left.note(d.Conversation, &row)
}
