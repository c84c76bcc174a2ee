package mailchannel

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/clock"
)

// AdapterOptions are what the sending side stands on.
type AdapterOptions struct {
	Blobs blob.Store  // attachments of answers
	Clock clock.Clock // default: the system's
	// Relay is the way out of inboxes that name none of their own.
	Relay Relay
	// Helo is our name to the relay; default localhost.
	Helo string
	// TLS checks the relay's certificate; nil trusts the system's authorities.
	TLS *tls.Config
}

// Adapter is the channel email for pkg/channel: settings and sending. It keeps
// nothing between calls.
type Adapter struct{ opt AdapterOptions }

// NewAdapter makes the adapter.
func NewAdapter(opt AdapterOptions) (*Adapter, error) {
	if opt.Blobs == nil {
		return nil, errors.New("mail adapter needs blobs")
	}
	if err := opt.Relay.check(); err != nil {
		return nil, err
	}
	if opt.Clock == nil {
		opt.Clock = clock.System{}
	}
	set(&opt.Helo, "localhost")
	return &Adapter{opt: opt}, nil
}

// Kind is "email".
func (a *Adapter) Kind() string { return Kind }

// SecretNames lists what is moved out of the settings.
func (a *Adapter) SecretNames(config.Inbox) []string {
	return []string{SecretRelayPassword, SecretReplyKey}
}

// Check accepts settings that can work, makes the key for reply tokens, and
// marks the inbox one-way where no relay is known.
func (a *Adapter) Check(inbox *config.Inbox) error { return check(inbox, a.opt.Relay) }

// Send brings one message to the relay. See package comment for what each
// outcome means.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := ParseSettings(inbox)
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: "the inbox's settings cannot be used"}, nil
	}
	relay := s.Relay
	if relay.Host == "" {
		relay = a.opt.Relay
	}
	if relay.Host == "" {
		return events.SendResult{Outcome: events.Rejected, Detail: "no relay is configured"}, nil
	}
	if normal(req.To.Value) == "" {
		return events.SendResult{Outcome: events.Rejected, Detail: "the recipient has no e-mail address"}, nil
	}
	msg, err := a.compose(ctx, inbox, s, req)
	if err != nil {
		return composeFailed(err)
	}
	return a.deliver(ctx, relay, msg, messageIDFor(req.Message.ID, s.Address))
}
