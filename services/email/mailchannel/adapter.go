package mailchannel

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/services/email/imap"
	"github.com/tributary-inbox/tributary/services/email/mailgun"
	"github.com/tributary-inbox/tributary/services/email/ses"
	"github.com/tributary-inbox/tributary/services/email/vouch"
)

// AdapterOptions are what the adapter stands on.
type AdapterOptions struct {
	Blobs blob.Store  // attachments, both ways
	Clock clock.Clock // default: the system's
	// Inboxes tell which addresses are our own; nil knows of none.
	Inboxes channel.Inboxes
	// HTTP reaches Amazon for the certificates of SNS; the caller owns it. Nil
	// makes one that reaches public addresses only.
	HTTP *http.Client
	// Client asks OAuth servers for the tokens of mailboxes; the caller owns it.
	// Nil makes one.
	Client *provider.Client
	// IMAP says how mailboxes are reached when their credentials are tried.
	IMAP IMAPOptions
	// Relay is the way out of inboxes that name none of their own.
	Relay Relay
	// Helo is our name to the relay; default localhost.
	Helo string
	// Resolver looks up what proves the senders of mail that a mail service
	// handed over raw; nil looks nothing up.
	Resolver vouch.DNS
	// TLS checks the relay's certificate; nil trusts the system's authorities.
	TLS *tls.Config
}

// Adapter is the channel email for pkg/channel: settings, the hooks of mail
// services, and sending. Between calls it keeps what bounds harm, and nothing
// else: Mailgun's tokens, Amazon's certificates, and how much automatic mail
// went to whom.
type Adapter struct {
	opt     AdapterOptions
	mailgun *mailgun.Door
	ses     *ses.Door
	robots  *robots
	checker *vouch.Checker
	// marks is the store of the mailboxes that this process fetches from; nil in
	// one that fetches from none.
	marks atomic.Pointer[imap.Store]
}

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
	if opt.HTTP == nil {
		opt.HTTP = provider.NewHTTP(false)
	}
	if opt.Client == nil {
		opt.Client = provider.New()
	}
	set(&opt.Helo, "localhost")
	return &Adapter{opt: opt, mailgun: mailgun.New(), ses: ses.New(opt.HTTP, provider.NewHTTP(true)), robots: newRobots(), checker: vouch.New(opt.Resolver)}, nil
}

// Kind is "email".
func (a *Adapter) Kind() string { return Kind }

// SecretNames lists what is moved out of the settings.
func (a *Adapter) SecretNames(config.Inbox) []string {
	return []string{
		SecretRelayPassword, SecretReplyKey, SecretSigningKey, SecretMailgunKey, SecretPostmarkPassword,
		SecretIMAPPassword, SecretIMAPToken, SecretIMAPRefresh, SecretIMAPClient,
	}
}

// Addresses are the inbox's own and its aliases, as [Adapter] compares whom a mail is
// for: lower case, the domain in ASCII, and the part behind a plus belongs to the
// address where an inbox names it.
func (a *Adapter) Addresses(inbox config.Inbox) []string {
	s, err := ParseSettings(inbox)
	if err != nil {
		return nil
	}
	var out []string
	for _, address := range append([]string{s.Address}, s.Aliases...) {
		if address = normal(address); !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	return out
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
	relay := a.relayOf(s)
	if relay.Host == "" {
		return events.SendResult{Outcome: events.Rejected, Detail: "no relay is configured"}, nil
	}
	if normal(req.To.Value) == "" {
		return events.SendResult{Outcome: events.Rejected, Detail: "the recipient has no e-mail address"}, nil
	}
	if automatic(req.Message) && !a.robots.allow(inbox.ID, normal(req.To.Value), req.Message.ID, a.opt.Clock.Now()) {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeQuota, Detail: "too much automatic mail to this address within an hour"}, nil
	}
	msg, err := a.compose(ctx, inbox, s, req)
	if err != nil {
		return composeFailed(err)
	}
	return a.deliver(ctx, relay, s, msg, messageIDFor(req.Message.ID, s.Address))
}
