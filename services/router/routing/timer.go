package routing

import (
	"context"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// wakeBatch bounds how many snoozes end in one go, so that a day's worth that
// is due after a stop does not hold up the customers who write meanwhile.
const wakeBatch = 256

// wake ends the snoozes that are due. They are kept in the state's file, so a
// stop loses none.
func (r *Router) wake(ctx context.Context) error {
	now := r.deps.Now().UTC()
	if r.store.damage != nil {
		return r.store.damage
	}
	for _, due := range r.store.dueSnoozes(timeKey(now), wakeBatch) {
		s, ok := r.store.Conversation(due)
		if !ok {
			continue
		}
		d := conversation.NewDraft(r.store, id.New("dc"), s.Contact.ID, now, events.Cause{Kind: "timer"}, system)
		d.Wake(s, now)
		if d.Empty() {
			continue
		}
		r.decisions.WithLabelValues("timer", "decided").Inc()
		if err := r.submit(ctx, finish(d, nil), nil); err != nil {
			return err
		}
	}
	return r.sayTimes(ctx, now)
}

// sayTimes has the clocks speak that warn or are late by now, one decision each.
// They are kept as the snoozes are.
func (r *Router) sayTimes(ctx context.Context, now time.Time) error {
	due := r.store.dueClocks(timeKey(now), wakeBatch)
	for _, c := range due {
		if err := r.reconsider(ctx, c, "timer"); err != nil {
			return err
		}
	}
	r.overdue = len(due) >= wakeBatch
	return nil
}
