// Package hookchannel is the adapter of the channel webhook: any system that
// can post JSON is a channel, through one of the shapes of package profile, and
// can take our answers as signed webhooks of its own.
//
// It owns the road out (see [Adapter.Send]): one POST an attempt, signed as
// Standard Webhooks 1.0 with the message's id as webhook-id, never a redirect,
// never a private address unless the inbox says so. It keeps no state between
// calls except parsed settings. Everything may be called from many goroutines.
package hookchannel

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

// Kind is the channel's name.
const Kind = "webhook"

// Adapter implements channel.Receiver and channel.Sender.
type Adapter struct {
	client *provider.Client

	mu     sync.Mutex // guards parsed
	parsed map[events.InboxID]parsed
}

// parsed are the settings of an inbox and the hash of what they were read from,
// so that a changed setting counts with the next request.
type parsed struct {
	of       [sha256.Size]byte
	settings *profile.Settings
}

// maxParsed bounds the inboxes whose settings are kept parsed.
const maxParsed = 4096

// NewAdapter makes the adapter. It opens no connection before the first Send.
func NewAdapter() *Adapter {
	return &Adapter{client: provider.New(), parsed: map[events.InboxID]parsed{}}
}

// Close drops idle connections to receivers.
func (a *Adapter) Close() { a.client.Close() }

// Kind is "webhook".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every webhook inbox.
func (*Adapter) SecretNames(config.Inbox) []string { return profile.SecretNames() }

// Check parses the settings. It makes a reply_secret where a reply_url stands
// and none was given; the console shows it once, or the receiver could check
// nothing. An inbox without a reply_url is marked as one way.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := profile.Parse(inbox)
	if err != nil {
		return err
	}
	inbox.OneWay = s.ReplyURL == ""
	return nil
}

// CanSend reports whether the inbox has a way out.
func (a *Adapter) CanSend(inbox config.Inbox) bool {
	s, err := a.settings(inbox)
	return err == nil && s.ReplyURL != ""
}

// SafeToRepeat reports whether the receiver ignores a webhook-id it has seen.
// Settings that cannot be read promise nothing.
func (a *Adapter) SafeToRepeat(inbox config.Inbox) bool {
	s, err := a.settings(inbox)
	return err == nil && s.Dedupes()
}

// Explain says what a sample would become, field by field, and stores nothing.
func (*Adapter) Explain(inbox config.Inbox, sample profile.Sample, now time.Time) (*profile.Explanation, error) {
	return profile.Explain(inbox, sample, now)
}

// Receive verifies and reads a request. OPTIONS is answered as the abuse check
// of CloudEvents web hooks; GET says 405, because no shape here has a challenge.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := a.settings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	switch req.Method {
	case http.MethodPost, http.MethodPut:
	case http.MethodOptions:
		return nil, allow(req), nil
	default:
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if err := s.Verify(req); err != nil {
		return nil, channel.Reply{}, err
	}
	statements, err := s.Read(inbox, req)
	if err != nil {
		return nil, channel.Reply{}, err
	}
	reply := channel.Reply{Status: s.SuccessStatus}
	if s.SuccessStatus == http.StatusNoContent || s.SuccessStatus == http.StatusResetContent {
		reply.Body = []byte{} // these two statuses carry no body
	}
	return statements, reply, nil
}

// allow answers a CloudEvents sender that asks whether it may post here. The
// path is secret, so whoever knows it may.
func allow(req *channel.Request) channel.Reply {
	h := http.Header{"Allow": {"POST, OPTIONS"}}
	if origin := req.Header.Get("WebHook-Request-Origin"); origin != "" && len(origin) <= 256 {
		h.Set("WebHook-Allowed-Origin", origin)
		h.Set("WebHook-Allowed-Rate", "*")
	}
	return channel.Reply{Status: http.StatusNoContent, Header: h, Body: []byte{}}
}

func (a *Adapter) settings(inbox config.Inbox) (*profile.Settings, error) {
	h := sha256.New()
	h.Write(inbox.Settings)
	for _, name := range profile.SecretNames() {
		h.Write([]byte{0})
		h.Write([]byte(inbox.Secrets[name]))
	}
	var of [sha256.Size]byte
	h.Sum(of[:0])
	a.mu.Lock()
	known, ok := a.parsed[inbox.ID]
	a.mu.Unlock()
	if ok && known.of == of {
		return known.settings, nil
	}
	s, err := profile.Load(inbox)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	if len(a.parsed) >= maxParsed {
		clear(a.parsed)
	}
	a.parsed[inbox.ID] = parsed{of, s}
	a.mu.Unlock()
	return s, nil
}
