package channel

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Pace keeps what goes out within a channel's limits, per inbox and per
// customer. It bounds one process; the provider's own 429 bounds the rest. The
// zero value with Limits set is ready; it may be used from many goroutines.
type Pace struct {
	Limits Limits

	mu      sync.Mutex // guards what follows
	inboxes map[events.InboxID]*rate.Limiter
	chats   map[chat]time.Time // when the next message may go
}

type chat struct {
	inbox events.InboxID
	to    string
}

// maxChats bounds what is remembered of customers.
const maxChats = 10_000

// Wait returns when the next message to a customer may go, or when ctx ends,
// with its error.
func (p *Pace) Wait(ctx context.Context, inbox events.InboxID, to string) error {
	if p.Limits.PerSecond <= 0 && p.Limits.PerChat <= 0 {
		return nil
	}
	limiter, after := p.book(inbox, to, time.Now())
	if limiter != nil {
		if err := limiter.Wait(ctx); err != nil {
			return err
		}
	}
	pause := time.Until(after)
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pace) book(inbox events.InboxID, to string, now time.Time) (*rate.Limiter, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var limiter *rate.Limiter
	if p.Limits.PerSecond > 0 {
		if limiter = p.inboxes[inbox]; limiter == nil {
			limiter = rate.NewLimiter(rate.Limit(p.Limits.PerSecond), max(1, p.Limits.Burst))
			if p.inboxes == nil {
				p.inboxes = map[events.InboxID]*rate.Limiter{}
			}
			p.inboxes[inbox] = limiter
		}
	}
	if p.Limits.PerChat <= 0 {
		return limiter, now
	}
	if p.chats == nil {
		p.chats = map[chat]time.Time{}
	}
	if len(p.chats) >= maxChats {
		for k, at := range p.chats {
			if at.Before(now) {
				delete(p.chats, k)
			}
		}
	}
	key := chat{inbox, to}
	at := p.chats[key]
	if at.Before(now) {
		at = now
	}
	p.chats[key] = at.Add(p.Limits.PerChat)
	return limiter, at
}
