package channel

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Health is the record of inboxes that cannot send, shared by all processes and
// shown to operators. A nil Health knows of no trouble and keeps none.
type Health struct {
	Table *kv.Table[config.Health]
	Log   zerolog.Logger
	Now   func() time.Time // time.Now when nil
}

// errorEvery bounds how often an inbox's last error is written.
const errorEvery = time.Minute

// Suspended reports why an inbox is not to be used. Settings that were written
// after it was suspended count as mended.
func (h *Health) Suspended(inbox config.Inbox) (reason string, yes bool) {
	if h == nil {
		return "", false
	}
	found, _, ok := h.Table.Get(string(inbox.ID))
	if !ok || !found.Suspended || inbox.UpdatedAt.After(found.Since) {
		return "", false
	}
	return found.Reason, true
}

// Held reports why nothing is to be sent through an inbox now: an operator has
// paused it, or its provider has shut it out.
func (h *Health) Held(inbox config.Inbox) (why string, yes bool) {
	if inbox.Paused {
		return "inbox is paused", true
	}
	if reason, yes := h.Suspended(inbox); yes {
		return "inbox is suspended: " + reason, true
	}
	return "", false
}

// Suspend keeps an inbox from sending. Reason is for operators; it holds no
// secret and no text of a message.
func (h *Health) Suspend(ctx context.Context, inbox events.InboxID, reason string) {
	if h == nil {
		return
	}
	h.Log.Error().Str("inbox", string(inbox)).Str("reason", shorten(reason, 200)).Msg("inbox is suspended: nothing goes out through it")
	now := h.now()
	h.write(ctx, inbox, func(r *config.Health) {
		r.Suspended, r.Reason, r.Since, r.LastError, r.LastErrorAt = true, shorten(reason, 200), now, shorten(reason, 200), now
	})
}

// Resume lets an inbox send again. It is an operator's word.
func (h *Health) Resume(ctx context.Context, inbox events.InboxID) {
	if h != nil {
		h.write(ctx, inbox, func(r *config.Health) { r.Suspended, r.Reason, r.Since = false, "", time.Time{} })
	}
}

// Failed notes an error that suspends nothing; a storm of them is written once
// a minute.
func (h *Health) Failed(ctx context.Context, inbox events.InboxID, what string) {
	if h == nil {
		return
	}
	now := h.now()
	if found, _, ok := h.Table.Get(string(inbox)); ok && now.Sub(found.LastErrorAt) < errorEvery {
		return
	}
	h.write(ctx, inbox, func(r *config.Health) { r.LastError, r.LastErrorAt = shorten(what, 200), now })
}

func (h *Health) now() time.Time {
	if h.Now != nil {
		return h.Now().UTC()
	}
	return time.Now().UTC()
}

func (h *Health) write(ctx context.Context, inbox events.InboxID, change func(*config.Health)) {
	record, _, _ := h.Table.Get(string(inbox))
	record.Inbox = inbox
	change(&record)
	if _, err := h.Table.Put(ctx, string(inbox), record, nil); err != nil {
		h.Log.Warn().Err(err).Str("inbox", string(inbox)).Msg("health of an inbox not written")
	}
}
