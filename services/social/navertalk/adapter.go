package navertalk

import (
	"fmt"
	"net/netip"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Kind is the channel's name.
const Kind = "navertalk"

// Settings of an inbox. The secret authorization is the token that Naver's
// partner centre shows (ct_…), as it stands in the header.
type Settings struct {
	account.API
	// Pay lets Naver Pay take payments: only then is pay_complete answered with
	// 200, which approves the payment.
	Pay bool `json:"pay,omitempty"`
	// CheckIP takes requests from Sources only, by the address of the connection:
	// leave it off behind a proxy.
	CheckIP bool     `json:"check_ip,omitempty"`
	Sources []string `json:"sources,omitempty"`
	// Notify lets Naver push a notice to a customer who has left the chat window.
	Notify bool `json:"notify,omitempty"`
	// SourceID is our chatbot's number in the options of an echo; nought where
	// it is not known.
	SourceID int64 `json:"source_id,omitempty"`
}

// ranges are where Naver posts from, by its documentation.
var ranges = []string{"211.249.40.0/27", "211.249.68.0/27", "220.230.168.0/27"}

// Adapter implements channel.Receiver, channel.Sender, channel.MediaSource. It
// remembers for two minutes what it sent, to know it again in an echo.
type Adapter struct {
	client *provider.Client
	recent wire.Shelf[events.MessageID]
}

// New makes the adapter; the caller owns the client.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "navertalk".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{"authorization"} }

// Check fills in Naver's address and source ranges.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://gw.talk.naver.com"); err != nil {
		return err
	}
	if s.CheckIP && len(s.Sources) == 0 {
		s.Sources = ranges
	}
	for _, text := range s.Sources {
		if _, err := netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("sources: %q is no range of addresses", text)
		}
	}
	if err := account.Secrets(*inbox, "authorization"); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

// from reports whether a connection's address stands in one of the sources.
func (s *Settings) from(remote string) bool {
	port, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	for _, text := range s.Sources {
		if p, err := netip.ParsePrefix(text); err == nil && p.Contains(port.Addr().Unmap()) {
			return true
		}
	}
	return false
}
