package events

import (
	"strconv"
	"strings"
)

// Subjects of the two streams and of the requests between services. No other
// file spells one.
const (
	// CommandSubject takes commands for the router by request and reply.
	CommandSubject = "command.router"
	// RouterPresentSubject is where the router that decides says that it is there.
	RouterPresentSubject = CommandSubject + ".present"
	// LeadSubject is where routers claim the log, in the log itself, with a
	// decision without facts whose cause is CauseLead. No contact has that shard.
	LeadSubject = "conversation.lead"
	// QueryPrefix begins the inbox's query subjects; see package queries.
	QueryPrefix = "query.inbox."
	// AutomationPresentSubject is where the automation that acts says that it does,
	// and how far it has come.
	AutomationPresentSubject = "automation.present"
	// DryRunSubject takes questions about what a rule would have done; see package
	// queries.
	DryRunSubject = "automation.dry-run"
	// RulesSubject takes the question how the rules are doing.
	RulesSubject = "automation.rules"
	// EphemeralPrefix begins what lives in memory only: presence, typing.
	EphemeralPrefix = "ephemeral."
	// WhatIfSubject takes questions about how the past would have gone otherwise; see
	// package queries.
	WhatIfSubject = "query.router.what-if"
	// InboundWildcard and ConversationWildcard cover a whole stream.
	InboundWildcard      = "inbound.>"
	ConversationWildcard = "conversation.*"
	// OutboundWildcard covers what is to be sent.
	OutboundWildcard = "outbound.*"
	// DeadWildcard covers the dead letters.
	DeadWildcard = "dead.>"
)

// InboundSubject is where a statement is published.
func InboundSubject(in *Inbound) string {
	return "inbound." + strconv.Itoa(KeyShard(in.SenderKey())) + "." + token(in.Channel) + "." + token(string(in.Inbox))
}

// ConversationSubject is the subject of a shard of decisions.
func ConversationSubject(shard int) string { return "conversation." + strconv.Itoa(shard) }

// Headers of a message in OUTBOUND: the conversation whose answers leave in
// order, and the place in CONVERSATIONS that asked for the sending.
const (
	HeaderConversation = "Tributary-Conversation"
	HeaderFactSeq      = "Tributary-Fact-Seq"
)

// OutboundSubject is where dispatch keeps what is to be sent on a channel.
func OutboundSubject(channel string) string { return "outbound." + token(channel) }

// SendSubject is where dispatch asks a channel service to send.
func SendSubject(channel string) string { return "send." + token(channel) }

// DeadSubject is where a worker leaves what it could not handle.
func DeadSubject(worker string) string { return "dead." + token(worker) }

// TypingSubject carries typing notices of a conversation.
func TypingSubject(c ConversationID) string { return EphemeralPrefix + "typing." + token(string(c)) }

// TypingWildcard covers the typing notices of all conversations.
const TypingWildcard = EphemeralPrefix + "typing.*"

// PresenceSubject carries agents' presence.
const PresenceSubject = EphemeralPrefix + "presence"

// RollSubject is where a router that begins to decide asks all gateways who is
// there. The message is empty; gateways answer by telling of whom they have.
const RollSubject = EphemeralPrefix + "roll"

// BoardSubject carries what changes on the supervisors' board, from inboxes to
// gateways; BoardFollowSubject is where a gateway says that somebody looks.
const (
	BoardSubject       = EphemeralPrefix + "board"
	BoardFollowSubject = BoardSubject + ".follow"
)

// token makes a safe subject token: separators and wildcards become "_", so a
// hostile name can neither widen nor split a subject.
func token(s string) string {
	if s == "" {
		return "_"
	}
	if !strings.ContainsAny(s, ".*> \t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(".*> \t\r\n", r) {
			return '_'
		}
		return r
	}, s)
}

// ShardOfSubject reads the shard out of a subject of CONVERSATIONS.
func ShardOfSubject(subject string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(subject, "conversation."))
	return n, err == nil && n >= 0 && n < Shards
}
