// Package commands holds what the gateway (and any other decider) asks of the
// router, by request and reply on events.CommandSubject. A command is
// imperative, carries who asks and the version they saw, and is answered only
// after its facts are durable.
package commands

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Envelope is a command on the wire.
//
// ID is the caller's idempotency key: the same ID from the same actor about the
// same target changes nothing the second time and gives the first answer.
// Version is the conversation version the caller saw; nought means "whatever it
// is now" and is allowed for additions (messages, notes) only.
type Envelope struct {
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	Actor        events.Author         `json:"actor"`
	Conversation events.ConversationID `json:"conversation,omitempty"`
	Contact      events.ContactID      `json:"contact,omitempty"`
	Version      int64                 `json:"version,omitempty"`
	Trace        string                `json:"trace,omitempty"`
	// Rules are those that led to the command; see events.Cause.
	Rules []events.RuleID `json:"rules,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`
}

// Names of the commands; each has the body type of the same name below.
const (
	Reply             = "reply"
	AddNote           = "add_note"
	Assign            = "assign"
	Transfer          = "transfer"
	Tag               = "tag"
	Snooze            = "snooze"
	Resolve           = "resolve"
	Reopen            = "reopen"
	MarkRead          = "mark_read"
	UpdateContact     = "update_contact"
	MergeContacts     = "merge_contacts"
	ReverseMerge      = "reverse_merge"
	DismissSuggestion = "dismiss_suggestion"
	ResolveUnknown    = "resolve_unknown"
	BeginSend         = "begin_send"
	EndSend           = "end_send"
	SettleAttachment  = "settle_attachment"
	RequestCallback   = "request_callback"
	CloseCallback     = "close_callback"
	SetPresence       = "set_presence"
	AnswerOffer       = "answer_offer"
	TakeNext          = "take_next"
	Prioritise        = "prioritise"
	AskSurvey         = "ask_survey"
	AnswerSurvey      = "answer_survey"
	FindSurvey        = "find_survey"
	SegmentContact    = "segment_contact"
)

// ReplyBody answers the customer. Inbox and Channel pick the road; empty means
// the one the customer used last. Attachments are already in the blob store.
type ReplyBody struct {
	Text        string              `json:"text"`
	Channel     string              `json:"channel,omitempty"`
	Inbox       events.InboxID      `json:"inbox,omitempty"`
	Attachments []events.Attachment `json:"attachments,omitempty"`
	// Template sends an approved text instead of Text, which is empty then.
	Template *events.Template `json:"template,omitempty"`
	// QuickReplies are offered beside Text, never with a template.
	QuickReplies []events.QuickReply `json:"quick_replies,omitempty"`
	ClientID     string              `json:"client_id"`
}

// NoteBody adds an internal note.
type NoteBody struct {
	Text     string `json:"text"`
	ClientID string `json:"client_id"`
}

// AssignBody gives the conversation to an agent, or to nobody when empty.
type AssignBody struct {
	Assignee events.AgentID `json:"assignee"`
	Team     events.TeamID  `json:"team,omitempty"`
}

// TransferBody moves the conversation; at least one of the three is set.
type TransferBody struct {
	Queue    events.QueueID `json:"queue,omitempty"`
	Team     events.TeamID  `json:"team,omitempty"`
	Assignee events.AgentID `json:"assignee,omitempty"`
	Note     string         `json:"note,omitempty"`
}

// TagBody adds and removes tags.
type TagBody struct {
	Add    []string `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// SnoozeBody puts the conversation aside until a time in the future.
type SnoozeBody struct {
	Until time.Time `json:"until"`
}

// ReasonBody is the body of resolve and reopen.
type ReasonBody struct {
	Reason string `json:"reason,omitempty"`
}

// UpdateContactBody changes name and attributes and adds or removes points. A
// point added by an agent counts as stated.
type UpdateContactBody struct {
	Name         *string           `json:"name,omitempty"`
	Attributes   map[string]string `json:"attributes,omitempty"`
	AddPoints    []events.Point    `json:"add_points,omitempty"`
	RemovePoints []events.Point    `json:"remove_points,omitempty"`
}

// MergeBody folds contact From into the envelope's contact.
type MergeBody struct {
	From   events.ContactID `json:"from"`
	Reason string           `json:"reason,omitempty"`
}

// ReverseMergeBody takes a merge of From back out of the envelope's contact.
type ReverseMergeBody struct {
	From events.ContactID `json:"from"`
}

// DismissBody takes the suggestion about Other off the screen.
type DismissBody struct {
	Other events.ContactID `json:"other"`
}

// ResolveUnknownBody is a person's word on a message whose outcome is unknown:
// it arrived (sent), or it did not and is to be sent again (retry), or it is
// given up (failed).
type ResolveUnknownBody struct {
	Message events.MessageID `json:"message"`
	Outcome string           `json:"outcome"`
}

// BeginSendBody is dispatch's claim to attempt a message. It is refused with
// conflict when the message is settled (sent, failed, unknown…) and, unless
// Resume is set, when an attempt has begun whose end nobody recorded; the
// problem's detail is then the status, and nothing else.
type BeginSendBody struct {
	Message events.MessageID `json:"message"`
	Attempt int              `json:"attempt"`
	Resume  bool             `json:"resume,omitempty"`
}

// EndSendBody records how the attempt ended.
type EndSendBody struct {
	Message events.MessageID  `json:"message"`
	Attempt int               `json:"attempt"`
	Result  events.SendResult `json:"result"`
}

// SettleAttachmentBody is the media worker's word on a file of the envelope's
// conversation: it is stored, or never will be. Said again it changes nothing.
type SettleAttachmentBody struct {
	Message    events.MessageID  `json:"message"`
	Attachment events.Attachment `json:"attachment"`
}

// RequestCallbackBody promises the customer a call to Number (E.164; empty for
// the newest phone number of the contact). A conversation has one open callback;
// a second request changes time and note of that one.
type RequestCallbackBody struct {
	Number   string     `json:"number,omitempty"`
	WantedAt *time.Time `json:"wanted_at,omitempty"`
	Note     string     `json:"note,omitempty"`
}

// CloseCallbackBody ends the open callback: reached, cancelled or in-vain.
// Attempted counts one more try in vain and leaves it open.
type CloseCallbackBody struct {
	Callback events.CallbackID `json:"callback"`
	Outcome  string            `json:"outcome"` // reached, cancelled, in-vain, attempted
	Reason   string            `json:"reason,omitempty"`
}

// SetPresenceBody says how an agent stands. Without an agent it is about who
// asks; only supervisors may speak for another. The envelope names neither a
// contact nor a conversation. Seconds, or else Until, ends a wrap-up or an absence, and
// makes them available. Connection is the gateway's
// word instead of a person's: lost (the last connection broke off) or back. A
// body that says nothing asks how they stand.
type SetPresenceBody struct {
	Agent      events.AgentID    `json:"agent,omitempty"`
	State      events.AgentState `json:"state,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Seconds    int               `json:"seconds,omitempty"`
	Until      *time.Time        `json:"until,omitempty"`
	Connection string            `json:"connection,omitempty"`
}

// AnswerOfferBody is an agent's word on an offer.
type AnswerOfferBody struct {
	Offer  events.OfferID `json:"offer"`
	Accept bool           `json:"accept"`
	Reason string         `json:"reason,omitempty"`
}

// PrioritiseBody puts a conversation ahead of others, from -10 to 10.
type PrioritiseBody struct {
	Priority int    `json:"priority"`
	Reason   string `json:"reason,omitempty"`
}

// AskSurveyBody asks the customer of a conversation. With Text the question goes
// out as a message over the road they used last, and is refused with
// window_closed or invalid where nothing may be sent there; without, the asking is
// recorded and the link is somebody else's to show. QuickReplies are the scores to
// press, their values made by [ScoreValue]. A conversation is asked once
// per resolving: a second asking while one is unanswered and has not ended is a
// conflict.
//
// With Elsewhere the question goes over another road that is proved to be the same
// customer's, the one they used last before others, never to an address among Barred
// (at most [MaxBarred]; addresses known to take nothing), and is refused with
// unproved, unreachable or invalid where there is none. The survey's channel stays
// the one that the customer used.
type AskSurveyBody struct {
	Survey       events.Survey       `json:"survey"`
	Text         string              `json:"text,omitempty"`
	QuickReplies []events.QuickReply `json:"quick_replies,omitempty"`
	Elsewhere    bool                `json:"elsewhere,omitempty"`
	Barred       []events.Point      `json:"barred,omitempty"`
}

// MaxBarred bounds the addresses that an asking keeps away from.
const MaxBarred = 64

// ScoreValue is the value of a button that gives a score to a survey, at most
// [events.MaxQuickValue] bytes for ids that this program makes. [ReadScoreValue]
// is its way back; false for a value that is no score of any survey.
func ScoreValue(survey events.SurveyID, score int) string {
	return string(survey) + ":" + strconv.Itoa(score)
}

// ReadScoreValue is told at [ScoreValue].
func ReadScoreValue(value string) (survey events.SurveyID, score int, ok bool) {
	id, number, found := strings.Cut(value, ":")
	score, err := strconv.Atoi(number)
	if !found || id == "" || err != nil || strconv.Itoa(score) != number {
		return "", 0, false
	}
	return events.SurveyID(id), score, true
}

// AnswerSurveyBody is a customer's word from outside the conversation (a link or
// a button). At least one of Score and Comment is set. The survey need not be the
// newest of the conversation: while it is open, an earlier one is answered for
// itself. Conflict: it has ended. NotFound: nobody here asked it, or so long ago
// that it is forgotten.
type AnswerSurveyBody struct {
	Survey  events.SurveyID `json:"survey"`
	Score   *int            `json:"score,omitempty"`
	Comment string          `json:"comment,omitempty"`
	Via     string          `json:"via"`
}

// FindSurveyBody asks for a survey of the envelope's conversation, or of any that
// its customer was asked about lately, as it stands: open, ended, with its newest
// score. It changes nothing; the answer is [Result.Survey], or NotFound as with
// [AnswerSurveyBody].
type FindSurveyBody struct {
	Survey events.SurveyID `json:"survey"`
}

// SegmentContactBody says which segments the envelope's contact is in from now
// on. What is so already adds no fact.
type SegmentContactBody struct {
	Segments []events.SegmentID `json:"segments"`
}

// Result answers a command. Exactly one of Problem and the rest is set.
type Result struct {
	Seq          uint64               `json:"seq,omitempty"`
	Conversation *events.Conversation `json:"conversation,omitempty"`
	Contact      events.ContactID     `json:"contact,omitempty"`
	Message      *events.Message      `json:"message,omitempty"`
	Presence     *events.Presence     `json:"presence,omitempty"`
	Survey       *events.Survey       `json:"survey,omitempty"`
	Problem      *Problem             `json:"problem,omitempty"`
}

// Problem says why a command was refused. Conversation is the present state
// where the refusal is a conflict.
type Problem struct {
	Code         Code                 `json:"code"`
	Detail       string               `json:"detail"`
	Conversation *events.Conversation `json:"conversation,omitempty"`
}

// Code is why a command was refused.
type Code string

// Conflict: somebody else was first (two claim one conversation). Stale: the
// version is not the present one. Invalid: the request makes no sense.
// NotFound: no such thing. Unavailable: cannot be stored now, try again.
const (
	Conflict    Code = "conflict"
	Stale       Code = "stale"
	Invalid     Code = "invalid"
	NotFound    Code = "not_found"
	Unavailable Code = "unavailable"
	// WindowClosed: the channel takes only templates now; see pkg/channel.
	WindowClosed Code = "window_closed"
	// ClientIDReused: the client's id was that of another message, with other words or
	// of another kind. Nothing is stored; the words want an id of their own.
	ClientIDReused Code = "client-id-reused"
	// Unproved: no address of the customer that could be asked is proved to be
	// theirs. Unreachable: all that is proved failed before, was opted out of or was
	// last used by a machine. Both refuse [AskSurvey] alone.
	Unproved    Code = "unproved"
	Unreachable Code = "unreachable"
)

// Error makes a Problem an error.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }
