package chatchannel

import (
	"context"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Kind is the channel's name.
const Kind = "webchat"

// Adapter implements channel.Sender. It has no state.
type Adapter struct{}

// Kind is "webchat".
func (Adapter) Kind() string { return Kind }

// SecretNames are the keys with which a page's server signs its user ids.
func (Adapter) SecretNames(config.Inbox) []string { return secretNames() }

// Check reads the settings and makes an identity_secret where none was given.
// One that is given must have at least 16 bytes.
func (Adapter) Check(inbox *config.Inbox) error { return check(inbox) }

// ChatPath is where the widget of an inbox opens its socket.
func (Adapter) ChatPath(inbox config.Inbox) string { return "/chat/" + inbox.HookToken }

// Send has nothing left to do: the message stands in the log, and every socket
// of the visitor follows the log, now or when it next connects. It is
// delivered and read once the widget says so.
func (Adapter) Send(_ context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	if req.To.Kind != kindVisitor && req.To.Kind != kindExternal {
		return events.SendResult{Outcome: events.Rejected, Detail: "a web chat answer needs a visitor, not an address of another kind"}, nil
	}
	if req.Inbox != inbox.ID {
		return events.SendResult{Outcome: events.Rejected, Detail: "the answer is for another inbox"}, nil
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{string(req.Message.ID)}}, nil
}

// SafeToRepeat is always true: what is repeated is the message in our own log.
func (Adapter) SafeToRepeat(config.Inbox) bool { return true }
