package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// State begins a statement that was received at a moment. The provider's time is
// that moment until the caller knows better.
func State(inbox config.Inbox, kind events.InboundType, providerID string, received time.Time) *events.Inbound {
	return intake.Maker{Kind: inbox.Channel, Inbox: inbox, At: received}.Make(kind, providerID, received, events.Sender{})
}

// Keep states something raw that was not understood, under an id that derives
// from its bytes: Meta gives none to what it repeats. Flags say why.
func Keep(inbox config.Inbox, item Item, received time.Time, flags ...string) *events.Inbound {
	m := intake.Maker{Kind: inbox.Channel, Inbox: inbox, At: received}
	id := Digest("raw", string(item.Account), string(item.Raw))
	return m.Unknown(id, item.At, item.Raw, append([]string{channel.FlagDerivedID}, flags...)...)
}

// Digest makes an id of parts for an event that has none: the same parts make
// the same id.
func Digest(name string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return name + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Success is the answer to every envelope whose statements are durable: Meta
// looks at the status alone.
func Success() channel.Reply {
	return channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, Body: []byte("EVENT_RECEIVED")}
}
