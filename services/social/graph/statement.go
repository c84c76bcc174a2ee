package graph

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// State begins a statement that was received at a moment. The provider's time is
// that moment until the caller knows better.
func State(inbox config.Inbox, kind events.InboundType, providerID string, received time.Time) *events.Inbound {
	return &events.Inbound{
		V: 1, Type: kind, Channel: inbox.Channel, Inbox: inbox.ID, ProviderID: providerID,
		OccurredAt: received, ReceivedAt: received,
	}
}

// Keep states something raw that was not understood, under an id that derives
// from its bytes: Meta gives none to what it repeats. Flags say why.
func Keep(inbox config.Inbox, item Item, received time.Time, flags ...string) *events.Inbound {
	in := State(inbox, events.Unknown, Digest("raw", string(item.Account), string(item.Raw)), received)
	if !item.At.IsZero() {
		in.OccurredAt = item.At
	}
	raw := bytes.Clone(item.Raw)
	if len(raw) == 0 {
		raw = []byte("null") // an empty body is nothing to keep, and yet it came
	}
	in.Raw = &events.Raw{Type: "application/json", Bytes: raw, Size: int64(len(raw))}
	in.Flags = append([]string{"id-derived"}, flags...)
	return in
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
