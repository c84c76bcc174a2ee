package events

import "time"

// Stream is a JetStream stream as plain data. MaxAge nought keeps for ever.
type Stream struct {
	Name     string
	Subjects []string
	MaxAge   time.Duration
	// Why says what the stream is for; it is the stream's description.
	Why string
}

// Names of the streams and of the bucket of settings.
const (
	InboundStream      = "INBOUND"
	ConversationStream = "CONVERSATIONS"
	OutboundStream     = "OUTBOUND"
	DeadStream         = "DEAD"
	ConfigBucket       = "CONFIG"
	BlobBucket         = "BLOBS"
)

// Streams lists every stream the program makes at start.
func Streams(keepInbound time.Duration) []Stream {
	return []Stream{
		{InboundStream, []string{InboundWildcard}, keepInbound, "what providers said, raw included"},
		{ConversationStream, []string{ConversationWildcard}, 0, "the only truth: every decision, for ever"},
		{OutboundStream, []string{OutboundWildcard}, 0, "what is to be sent, one message an answer, until it is settled; derived from CONVERSATIONS"},
		{DeadStream, []string{DeadWildcard}, 0, "what a worker could not handle, until an operator redrives it"},
	}
}

// Durable is a durable consumer as plain data.
type Durable struct {
	Stream, Name, Filter, Why string
}

// Durables lists every durable consumer. Projections have none: they keep their
// place in their own file.
func Durables() []Durable {
	return []Durable{
		{OutboundStream, "dispatch", OutboundWildcard, "sends what SendRequested asks for, one at a time within a conversation"},
	}
}
