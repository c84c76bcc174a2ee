package mailchannel

import (
	"context"
	"errors"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/imap"
)

// Test signs in at the mailbox, where mail is fetched from one, and at the relay
// that answers go out through; neither is left changed, and no mail is sent. A
// mail service that posts to us has nothing to sign in at.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := ParseSettings(inbox)
	if err != nil {
		return err
	}
	var errs []error
	if s.source() == SourceIMAP {
		opt := imap.Options{Store: a.marks.Load(), Client: a.opt.Client, Clock: a.opt.Clock, TLS: a.opt.IMAP.TLS}
		if err := imap.Test(ctx, accountOf(inbox, s), opt); err != nil {
			errs = append(errs, fmt.Errorf("mail cannot be fetched: %w", err))
		}
	}
	if relay := a.relayOf(s); relay.Host != "" {
		if err := a.tryRelay(ctx, relay); err != nil {
			errs = append(errs, fmt.Errorf("mail cannot be sent: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (a *Adapter) relayOf(s Settings) Relay {
	if s.Relay.Host == "" {
		return a.opt.Relay
	}
	return s.Relay
}

func (a *Adapter) tryRelay(ctx context.Context, relay Relay) error {
	client, err := a.client(ctx, relay)
	if err != nil {
		return errors.New("the relay's settings cannot be used")
	}
	if err := client.DialWithContext(ctx); err != nil {
		return errors.New("the relay did not take us: " + redact(err))
	}
	_ = client.Close() // we are in, which is what was asked
	return nil
}

var _ channel.Tester = (*Adapter)(nil)
