package channel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Renewer is an adapter whose credentials run out and are exchanged for new ones.
type Renewer interface {
	Adapter
	// RenewAt is when the inbox's credentials are to be exchanged; not ok where
	// there is nothing to exchange them with.
	RenewAt(inbox config.Inbox) (at time.Time, ok bool)
	// Postpone returns the inbox with that moment in its settings.
	Postpone(inbox config.Inbox, until time.Time) (config.Inbox, error)
	// Renew makes the exchange and returns all of the inbox's secrets as they are
	// now, and when to come again. The old ones may be void when it returns, so
	// what it returns must be kept. ErrRenewal says that the provider never will.
	Renew(ctx context.Context, inbox config.Inbox) (secrets map[string]string, again time.Time, err error)
}

// ErrRenewal says that the credentials cannot be exchanged any more: somebody
// must sign in at the provider and enter new ones.
var ErrRenewal = errors.New("the credentials cannot be renewed; enter new ones")

// Renewals exchanges credentials in time. Several processes may run it over the
// same table: before the exchange one of them postpones the next, and the others
// lose that write. An exchange that dies half way is tried again after the claim.
type Renewals struct {
	Table  *kv.Table[config.Inbox]
	Health *Health // may be nil
	Log    zerolog.Logger
	Now    func() time.Time // time.Now when nil
	// Every is how often inboxes are looked through; a minute when nought.
	Every time.Duration
}

const (
	// renewClaim is how long one process has for an exchange and the others stay
	// away, and so the pause after one that failed.
	renewClaim = 10 * time.Minute
	// renewRefused is the pause after a refusal: new credentials may stand in the
	// settings any moment, and then RenewAt says so.
	renewRefused = 6 * time.Hour
	// renewKeep is how long the result of an exchange is tried to be stored.
	renewKeep = 2 * time.Minute
)

// Run looks through the inboxes of these adapters until ctx ends. An exchange
// that is under way then is brought to its end.
func (r *Renewals) Run(ctx context.Context, adapters ...Renewer) {
	every := r.Every
	if every == 0 {
		every = time.Minute
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		r.Once(ctx, adapters...)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Once exchanges what is due now.
func (r *Renewals) Once(ctx context.Context, adapters ...Renewer) {
	for _, adapter := range adapters {
		for _, item := range r.Table.All() {
			inbox := item.Value
			if ctx.Err() != nil || inbox.Channel != adapter.Kind() {
				continue
			}
			if at, ok := adapter.RenewAt(inbox); !ok || r.now().Before(at) {
				continue
			}
			if err := r.renew(ctx, adapter, inbox, item.Rev); err != nil {
				r.Log.Warn().Err(err).Str("channel", inbox.Channel).Str("inbox", string(inbox.ID)).Msg("credentials not renewed")
			}
		}
	}
}

func (r *Renewals) renew(ctx context.Context, adapter Renewer, inbox config.Inbox, rev uint64) error {
	claimed, err := adapter.Postpone(inbox, r.now().Add(renewClaim))
	if err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	// UpdatedAt stays: only new credentials end a suspension.
	switch rev, err = r.Table.Put(ctx, string(inbox.ID), claimed, &rev); {
	case errors.Is(err, kv.ErrConflict):
		return nil // another process has it, or an operator has just written
	case err != nil:
		return fmt.Errorf("claim: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewClaim/2)
	defer cancel()
	secrets, again, err := adapter.Renew(ctx, claimed)
	switch {
	case errors.Is(err, ErrRenewal):
		if current, _, ok := r.Table.Get(string(inbox.ID)); !ok || !maps.Equal(current.Secrets, claimed.Secrets) {
			return nil // what was refused counts no more
		}
		r.Health.Suspend(ctx, inbox.ID, err.Error())
		if refused, failed := adapter.Postpone(claimed, r.now().Add(renewRefused)); failed == nil {
			_, _ = r.Table.Put(ctx, string(inbox.ID), refused, &rev) // whoever wrote in between knows better
		}
		return err
	case err != nil:
		r.Health.Failed(ctx, inbox.ID, "credentials not renewed: "+err.Error())
		return err
	}
	return r.keep(ctx, adapter, claimed, secrets, again)
}

// keep stores what an exchange gave. It does not give up at the first failure:
// the old credentials may be void. An operator who has entered others in the
// meantime keeps theirs.
func (r *Renewals) keep(ctx context.Context, adapter Renewer, claimed config.Inbox, secrets map[string]string, again time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, renewKeep)
	defer cancel()
	for {
		current, rev, ok := r.Table.Get(string(claimed.ID))
		if !ok {
			return nil
		}
		merged, ours := exchanged(current.Secrets, claimed.Secrets, secrets)
		if !ours {
			return nil
		}
		current.Secrets, current.UpdatedAt = merged, r.now()
		next, err := adapter.Postpone(current, again)
		if err != nil {
			return fmt.Errorf("postpone: %w", err)
		}
		if _, err = r.Table.Put(ctx, string(claimed.ID), next, &rev); err == nil {
			return nil
		}
		pause := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("keep renewed credentials: %w", err)
		case <-pause.C:
		}
	}
}

// exchanged puts what an exchange changed into the present secrets; not ours where
// somebody has changed one of these too.
func exchanged(present, before, after map[string]string) (merged map[string]string, ours bool) {
	merged = maps.Clone(present)
	if merged == nil {
		merged = map[string]string{}
	}
	for name, value := range after {
		if value == before[name] {
			continue
		}
		if present[name] != before[name] {
			return nil, false
		}
		merged[name] = value
	}
	return merged, true
}

func (r *Renewals) now() time.Time {
	if r.Now != nil {
		return r.Now().UTC()
	}
	return time.Now().UTC()
}
