package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Adapter is one kind of channel. Implementations hold no state per inbox: the
// inbox is given with every call, so a changed setting counts at once.
type Adapter interface {
	// Kind is the channel's name: email, webhook, webchat…
	Kind() string
	// SecretNames lists the settings that are secrets. They are moved out of
	// Settings into Secrets when an inbox is written, and never read back.
	SecretNames(inbox config.Inbox) []string
	// Check says whether an inbox can work with these settings. It refuses an
	// empty secret: an HMAC with an empty key can be computed by anybody. It may
	// fill in defaults in inbox.Settings and make secrets that the inbox needs
	// of its own (returned as Secrets).
	Check(inbox *config.Inbox) error
}

// Addressed is an adapter that finds an inbox by what stands in its settings: the
// address that a mail is for, the number that was written to. Addresses are in the
// form in which the channel compares them, and never shown. No two inboxes of a
// channel may share one: what comes in would go to either. Inboxes whose settings
// cannot be read have none. For a [Shared] that does not say otherwise they are its
// Accounts.
type Addressed interface {
	Adapter
	Addresses(inbox config.Inbox) []string
}

// AddressesOf are the addresses by which an adapter finds an inbox; none where it
// does so by the hook alone.
func AddressesOf(adapter Adapter, inbox config.Inbox) []string {
	switch a := adapter.(type) {
	case Addressed:
		return a.Addresses(inbox)
	case Shared:
		return a.Accounts(inbox)
	}
	return nil
}

// Chat is an adapter whose customers open a socket or a page of ours. ChatPath is
// where, below the program's own address; it begins with a slash and, like the hook
// path, is all that names the inbox to a stranger.
type Chat interface {
	Adapter
	ChatPath(inbox config.Inbox) string
}

// Request is a provider's HTTP request with its body read whole. Body holds the
// exact bytes, which signatures are computed over.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   []byte
	Remote string
	At     time.Time
	// Via is the inbox whose hook was called, where another one reads the request
	// now because it names an account that the request is about (see [Shared]);
	// nil where the inbox's own hook was called.
	Via *config.Inbox
}

// Called is the inbox whose hook was called, when the request is read for
// inbox. Signatures that cover the address need it.
func (r *Request) Called(inbox config.Inbox) config.Inbox {
	if r.Via != nil {
		return *r.Via
	}
	return inbox
}

// Reply is what the provider is answered once the statements are durable.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Receiver is an adapter whose provider posts to us. Receive verifies, parses
// and normalises without touching the world; an error that is a [*Refusal] is
// answered with its status, any other with 400. It returns no statements for a
// challenge. What it cannot understand it returns as events.Unknown with Raw.
type Receiver interface {
	Adapter
	Receive(inbox config.Inbox, req *Request) ([]*events.Inbound, Reply, error)
}

// Sender is an adapter that brings messages to the provider. The result says
// how the attempt ended; an error means that it never left this machine (and
// counts as events.Retry).
type Sender interface {
	Adapter
	Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error)
}

// Repeater is a [Sender] that knows whether its provider takes the same message
// twice without harm (an idempotency key, or our own log). A sender that does
// not implement it never repeats an attempt whose end nobody saw.
type Repeater interface {
	SafeToRepeat(inbox config.Inbox) bool
}

// Refusal is a request that is not taken, with the status its sender gets.
type Refusal struct {
	Status int
	// Reason is a short machine word for metrics (bad-signature, too-large…).
	Reason string
	// Detail is for the sender; it never holds secrets or message text.
	Detail string
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Reason, r.Detail) }

// Refuse makes a Refusal.
func Refuse(status int, reason, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Tester is an adapter that can ask the provider whether the inbox's credentials
// work, without side effects a customer sees. A nil error means that they do;
// an error's text is shown to the operator and holds no secret.
type Tester interface {
	Test(ctx context.Context, inbox config.Inbox) error
}

// Registrar is an adapter that can tell the provider where to post: hook is the
// public URL of the inbox. Done again it changes nothing.
type Registrar interface {
	Register(ctx context.Context, inbox config.Inbox, hook string) error
}

// Templater is an adapter whose provider keeps approved texts. The list is read
// from the provider each time; it is for people who choose one, not for every
// send.
type Templater interface {
	Templates(ctx context.Context, inbox config.Inbox) ([]events.Template, error)
}

// MediaSource is an adapter whose attachments are not bytes yet. OpenMedia asks
// the provider for one that has a URL and no hash; it is called by the media
// worker and never while a provider waits. The client given is bound to the
// hosts of MediaHosts, refuses private addresses after resolution, follows no
// redirect to another host with credentials, and bounds time; the caller bounds
// size, and closes what it gets.
//
// MediaHosts lists the host names files may come from; ".example.com" stands
// for every name below it.
type MediaSource interface {
	MediaHosts(inbox config.Inbox) []string
	OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, a events.Attachment) (Media, error)
}

// Media is an opened file. Size is -1 when the provider does not say. Type and
// Name are what the provider claims; both may be empty. SHA256 is what the
// provider says the bytes hash to, in lower-case hexadecimal, or empty.
type Media struct {
	Body   io.ReadCloser
	Size   int64
	Type   string
	Name   string
	SHA256 string
}

// ErrMediaGone says that a file will never be had: expired, deleted, refused.
// Any other error of OpenMedia is tried again.
var ErrMediaGone = errors.New("file is gone")

// Linker makes public addresses of files for providers that fetch what is sent
// through them; filelink.Links is one. private says that the inbox speaks to a
// private gateway (allow_private), for which an address need not be https.
type Linker interface {
	Link(ctx context.Context, message events.MessageID, file events.Attachment, private bool) (string, error)
}

// ErrNoAddress says that nobody outside could fetch a file from this program: it
// was not told its public address, or that is not https.
var ErrNoAddress = errors.New("this program has no public https address")
