package routing

import (
	"context"
	"errors"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// reviewBatch bounds how many conversations are looked at again in one go.
const reviewBatch = 64

// compare looks at what each queue promises now against what its conversations
// were told last, and puts those on the list that are to be looked at again. What
// was told is kept in the state's file, so a change made while nobody decided is
// found as well.
func (r *Router) compare() error {
	now := map[events.QueueID][]byte{}
	for _, q := range r.deps.Staff.Queues() {
		raw, err := r.store.promises.of(q)
		if err != nil {
			return err
		}
		now[q.ID] = raw
	}
	told := r.store.told()
	for q := range told {
		if _, there := now[q]; !there {
			now[q] = nil
		}
	}
	for q, raw := range now {
		before, known := told[q]
		if pending, ok := r.telling[q]; ok {
			before, known = pending, true
		}
		if known && string(before) == string(raw) {
			continue
		}
		r.telling[q] = raw
		was := former(before)
		for _, c := range r.store.live(q) {
			if _, waits := r.store.promises.untold[c]; !waits {
				r.reviewing = append(r.reviewing, c)
				r.store.promises.untold[c] = was
			}
		}
	}
	return r.store.damage
}

// review looks at a batch of what is on the list: places and clocks are brought in
// line with the settings of now. When the list is done, so is the telling.
func (r *Router) review(ctx context.Context) error {
	for range min(reviewBatch, len(r.reviewing)) {
		c := r.reviewing[0]
		r.reviewing = r.reviewing[1:]
		if _, still := r.store.promises.untold[c]; !still {
			continue // a decision of its own has told it
		}
		if err := r.reconsider(ctx, c, "settings"); err != nil {
			return err
		}
		delete(r.store.promises.untold, c)
	}
	if len(r.reviewing) > 0 {
		r.unassigned = true
		return nil
	}
	for q, raw := range r.telling {
		r.store.fresh.told[q] = raw
	}
	clear(r.telling)
	r.reviewing = nil
	return nil
}

// reconsider decides what follows for one conversation from a time or a setting,
// if anything does.
func (r *Router) reconsider(ctx context.Context, c events.ConversationID, cause string) error {
	r.store.begin()
	defer r.store.end()
	s, ok := r.store.Conversation(c)
	if !ok || s.Status == events.Merged {
		return r.store.damage
	}
	d := conversation.NewDraft(r.store, id.New("dc"), standing(r.store, s.Contact.ID), r.deps.Now().UTC(), events.Cause{Kind: cause}, system)
	d.Review(c)
	o := finish(d, nil)
	if r.store.damage != nil || o.decisions[0] == nil {
		return r.store.damage
	}
	r.decisions.WithLabelValues(cause, "decided").Inc()
	err := r.submit(ctx, o, nil)
	if errors.Is(err, errUnfit) {
		r.deps.Logger.Error().Err(err).Msg("what a time or a setting came to cannot be stored")
		return nil
	}
	return err
}
