package routing

import (
	"encoding/binary"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// messageID names the message that a statement becomes. The same statement has
// the same id for ever, which is how a second delivery is recognised.
func messageID(in *events.Inbound) events.MessageID {
	return events.MessageID(id.Derive("ms", string(in.Inbox), in.ProviderID))
}

// reusedID names a message that came under an id already used for another one.
func reusedID(in *events.Inbound) events.MessageID {
	return events.MessageID(id.Derive("ms", string(in.Inbox), in.ProviderID, in.Content))
}

func statementKey(in *events.Inbound) string { return channel.EventID(in) }

// derivable reports whether a thread id leads to its message without an index
// entry: it is the provider id itself, inside one inbox.
func derivable(ch string, inbox events.InboxID, threadID string, message events.MessageID) bool {
	return ch != "email" && message == events.MessageID(id.Derive("ms", string(inbox), threadID))
}

func snoozeKey(s *conversation.State) string {
	return string(timeKey(*s.SnoozedUntil)) + string(s.ID)
}

func timeKey(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(max(t.UnixNano(), 0)))
}

// newContactID makes a contact id that ends in the shard of the address the
// contact was first met by, so that two statements about one new address meet
// in one shard.
func newContactID(seed string, point events.Point) events.ContactID {
	return events.ContactID(id.Derive("ct", seed, point.Key()) + events.ShardSuffix(events.KeyShard(point.Key())))
}
