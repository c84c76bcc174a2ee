package events

import "hash/fnv"

// Identifiers are opaque strings made once at the border. They are typed so
// that a contact's id is never taken for a conversation's.
type (
	// ContactID names a contact. Its last two characters are the hexadecimal
	// shard in which every decision about the contact is stored; see [ShardOf].
	ContactID string
	// ConversationID names a conversation of one contact.
	ConversationID string
	// MessageID names a message; it derives from inbox and provider id, so that
	// a second delivery of the same provider event is the same message.
	MessageID string
	// InboxID names one configured account on a channel.
	InboxID string
	// AgentID names a person who signs in.
	AgentID string
	// TeamID names a team of agents.
	TeamID string
	// QueueID names a queue that conversations wait in.
	QueueID string
	// CallbackID names a promise to call somebody back.
	CallbackID string
	// SkillID names something that an agent can do.
	SkillID string
	// OfferID names one offer of one conversation to one agent.
	OfferID string
	// PolicyID names a service level policy.
	PolicyID string
	// RouteID names a routing target: where conversations go for which an
	// expression holds.
	RouteID string
	// RuleID names a rule.
	RuleID string
	// SegmentID names a group of customers.
	SegmentID string
	// SurveyID names one asking of one customer; QuestionnaireID what is asked.
	SurveyID        string
	QuestionnaireID string
)

// Shards is the number of shards of the log. It is part of stored subjects and
// of every contact id, and therefore never changes.
const Shards = 256

const hexDigits = "0123456789abcdef"

// KeyShard maps any key (a contact point, a sender) to its shard: FNV-1a, 32
// bits, modulo [Shards]. The function is part of the stored format.
func KeyShard(key string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum32() % Shards)
}

// ShardSuffix is the two characters that end a contact id of this shard.
func ShardSuffix(shard int) string {
	return string([]byte{hexDigits[(shard>>4)&15], hexDigits[shard&15]})
}

// ShardOf reads the shard out of a contact id. An id that does not end in two
// hexadecimal digits (a forged one) falls back to [KeyShard] of the whole.
func ShardOf(id ContactID) int {
	if n := len(id); n > 2 {
		hi, lo := unhex(id[n-2]), unhex(id[n-1])
		if hi >= 0 && lo >= 0 {
			return hi<<4 | lo
		}
	}
	return KeyShard(string(id))
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
