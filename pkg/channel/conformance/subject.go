package conformance

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance/door"
)

// Subject describes an adapter to the suite.
type Subject struct {
	Adapter channel.Adapter
	// Inbox works. NoSecret is the same with its secret empty, which Check must
	// refuse; nil where the channel has no secret.
	Inbox    config.Inbox
	NoSecret *config.Inbox
	// Receiving is nil for a channel whose provider never posts to us, Sending
	// for one without an HTTP provider to send to.
	Receiving *Receiving
	Sending   *Sending
}

// Receiving describes the provider's requests. Every function makes a request
// that is signed and valid now.
type Receiving struct {
	// Message is a customer's message number n: another id and another text for
	// each n, one sender.
	Message func(n int) Call
	// Signed says that the request carries a proof over its body.
	Signed bool
	// Unknown is an event that the adapter does not know; nil where the format
	// has one kind of event only.
	Unknown func() Call
	// Batch has messages 0 to n-1 in order, with one item that cannot be read
	// between the first and the second; nil where a request is one message.
	Batch func(n int) Call
	// HasTimes says that messages carry the provider's time.
	HasTimes bool
	// Elsewhere is for a channel.Shared adapter with an inbox that names its
	// account; nil for any other.
	Elsewhere *Elsewhere
}

// Elsewhere is a second inbox of the same provider app.
type Elsewhere struct {
	// Inbox names another account and has the same secrets, as far as the
	// provider signs with them. Unproved is an inbox with the same account that
	// the request proves nothing to.
	Inbox, Unproved config.Inbox
	// Adapter reads for Inbox where it is of another kind; nil for the subject's
	// own.
	Adapter channel.Receiver
	// Message is the message number n of a customer to that account, as it comes
	// to the hook of the subject's inbox.
	Message func(n int) Call
	// Kept says that without such an inbox the message is kept raw; otherwise the
	// inbox whose hook was called takes it.
	Kept bool
}

// Sending describes the way out over HTTP.
type Sending struct {
	// Inbox sends to a provider that listens at the address.
	Inbox func(provider string) config.Inbox
	// Key reads the idempotency key from a request to the provider; nil where
	// the provider has none, and then an attempt without an answer must be
	// unclear.
	Key func(*http.Request) string
	// To is whom messages go to.
	To events.Point
	// Accept is the body with which the provider takes a message.
	Accept string
	// Pressing is like Inbox and To, for a channel of which only some customers have
	// buttons; nil where To has them, as the table of channel.LimitsOf says.
	Pressing func(provider string) (config.Inbox, events.Point)
}

// Call is one request of a provider to the inbox's hook.
type Call = door.Call

// Door is where calls go.
type Door = door.Door

// Answer is what a provider is answered.
type Answer = door.Answer

// URL is the door at an address.
type URL = door.URL

// tap is a publisher that keeps what it is given and can be made to fail.
type tap struct {
	mu    sync.Mutex // guards all below
	kept  []*events.Inbound
	fails error
}

// Publish keeps the statements.
func (t *tap) Publish(_ context.Context, statements ...*events.Inbound) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fails != nil {
		return t.fails
	}
	t.kept = append(t.kept, statements...)
	return nil
}

func (t *tap) take() []*events.Inbound {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.kept
	t.kept = nil
	return out
}

func (t *tap) fail(err error) {
	t.mu.Lock()
	t.fails = err
	t.mu.Unlock()
}

// directory is a list of inboxes.
type directory []config.Inbox

func (d directory) find(is func(config.Inbox) bool) (config.Inbox, bool) {
	if at := slices.IndexFunc(d, is); at >= 0 {
		return d[at], true
	}
	return config.Inbox{}, false
}

func (d directory) ByID(id events.InboxID) (config.Inbox, bool) {
	return d.find(func(in config.Inbox) bool { return in.ID == id })
}

func (d directory) ByHook(kind, token string) (config.Inbox, bool) {
	return d.find(func(in config.Inbox) bool { return in.Channel == kind && in.HookToken == token })
}

func (d directory) List(kind string) []config.Inbox {
	return slices.DeleteFunc(slices.Clone(d), func(in config.Inbox) bool { return in.Channel != kind })
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, d Door, c Call) Answer {
	t.Helper()
	a, err := d.Call(within(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
