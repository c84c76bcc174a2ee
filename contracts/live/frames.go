// Package live holds the frames of the agents' socket (/live): JSON text
// frames, one object each. The cursor is opaque to clients; it names a place in
// the log, so any gateway can go on from it.
package live

import (
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Protocol is the version a server says in hello. A client that does not know
// it gives up.
const Protocol = 1

// Types of frames. Client to server: subscribe, unsubscribe, command, presence,
// typing, viewing, ping. Server to client: hello, snapshot, event, result,
// presence, typing, viewing, pong, error, and those of the board.
const (
	TypeHello       = "hello"
	TypeSubscribe   = "subscribe"
	TypeUnsubscribe = "unsubscribe"
	TypeSnapshot    = "snapshot"
	TypeEvent       = "event"
	TypeCommand     = "command"
	TypeResult      = "result"
	TypePresence    = "presence"
	TypeTyping      = "typing"
	TypeViewing     = "viewing"
	TypePing        = "ping"
	TypePong        = "pong"
	TypeError       = "error"
)

// Views a client may subscribe to. All of them are limited to what the agent
// may see. "conversation" takes Filter.Conversation and also carries messages
// of that conversation in its snapshot. [ViewBoard] is no view of conversations.
const (
	ViewAll          = "all"
	ViewMine         = "mine"
	ViewUnassigned   = "unassigned"
	ViewConversation = "conversation"
)

// Hello is the first frame of a socket.
type Hello struct {
	Type     string         `json:"type"`
	Protocol int            `json:"protocol"`
	Session  string         `json:"session"`
	Cursor   string         `json:"cursor"`
	Agent    events.AgentID `json:"agent"`
	Role     string         `json:"role"`
}

// Client is any frame from a client; which fields matter depends on Type.
type Client struct {
	Type         string                `json:"type"`
	ID           string                `json:"id,omitempty"`
	View         string                `json:"view,omitempty"`
	Filter       *Filter               `json:"filter,omitempty"`
	Cursor       string                `json:"cursor,omitempty"`
	Limit        int                   `json:"limit,omitempty"`
	Name         string                `json:"name,omitempty"`
	Conversation events.ConversationID `json:"conversation,omitempty"`
	Version      int64                 `json:"version,omitempty"`
	Body         json.RawMessage       `json:"body,omitempty"`
	State        string                `json:"state,omitempty"`
	On           bool                  `json:"on,omitempty"`
}

// Filter narrows a view.
type Filter struct {
	Status       events.ConversationStatus `json:"status,omitempty"`
	Queue        events.QueueID            `json:"queue,omitempty"`
	Team         events.TeamID             `json:"team,omitempty"`
	Channel      string                    `json:"channel,omitempty"`
	Tag          string                    `json:"tag,omitempty"`
	Conversation events.ConversationID     `json:"conversation,omitempty"`
}

// Snapshot is the state of a view as of Cursor. With a cursor given in
// subscribe and the gap still known, no snapshot comes but the gap's events.
type Snapshot struct {
	Type     string                `json:"type"`
	ID       string                `json:"id"`
	Cursor   string                `json:"cursor"`
	Items    []events.Conversation `json:"items"`
	Messages []events.Message      `json:"messages,omitempty"`
	Resumed  bool                  `json:"resumed,omitempty"`
}

// Event is one fact about one conversation, with the state after it. Several
// facts of one decision are several events; only the last of them moves the
// cursor, so a client that stops in between gets the whole decision again and
// drops what it has by (seq, fact index) in Place.
type Event struct {
	Type         string               `json:"type"`
	ID           string               `json:"id"`
	Cursor       string               `json:"cursor"`
	Fact         string               `json:"fact"`
	Conversation *events.Conversation `json:"conversation"`
	Message      *events.Message      `json:"message,omitempty"`
	Actor        *events.Author       `json:"actor,omitempty"`
	// Data is the fact itself where it is no message. Of merges, their reversals and
	// suggestions it is left out for whoever may not see all that it names; what they may
	// know of it the contact's page tells.
	Data any `json:"data,omitempty"`
	// Place orders events and tells one that came before: the log sequence and
	// the number of the fact in its decision, "seq.fact".
	Place string `json:"place,omitempty"`
	// Partial says that the message was cut to fit; REST has it whole.
	Partial bool `json:"partial,omitempty"`
	// At is the time of the decision.
	At *time.Time `json:"at,omitempty"`
}

// Result answers a command frame by its ID. Status is the HTTP status the same
// command would have had over REST.
type Result struct {
	Type         string               `json:"type"`
	ID           string               `json:"id"`
	Status       int                  `json:"status"`
	Detail       string               `json:"detail,omitempty"`
	Conversation *events.Conversation `json:"conversation,omitempty"`
	Message      *events.Message      `json:"message,omitempty"`
}

// Presence tells who is there: online, away, offline.
type Presence struct {
	Type  string         `json:"type"`
	Agent events.AgentID `json:"agent"`
	Name  string         `json:"name,omitempty"`
	State string         `json:"state"`
}

// Activity is a typing or viewing notice about a conversation.
type Activity struct {
	Type         string                `json:"type"`
	Conversation events.ConversationID `json:"conversation"`
	Agent        events.AgentID        `json:"agent,omitempty"`
	Contact      events.ContactID      `json:"contact,omitempty"`
	Name         string                `json:"name,omitempty"`
	On           bool                  `json:"on"`
}

// Failure tells a client what was wrong with a frame of its own.
type Failure struct {
	Type   string `json:"type"`
	ID     string `json:"id,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Close codes. Each says what the client does next.
const (
	// CloseGoingAway: the server stops; resume with the cursor, after a pause.
	CloseGoingAway = 1001
	// CloseTooLarge: a frame was over the limit; give up.
	CloseTooLarge = 1009
	// CloseBadFrame: frames that are not of this protocol; give up.
	CloseBadFrame = 4400
	// CloseSignIn: the token is missing, wrong or ended; sign in again.
	CloseSignIn = 4401
	// CloseForbidden: signed in, but this is not yours; give up.
	CloseForbidden = 4403
	// CloseSlow: the reader is too slow; resume with the cursor.
	CloseSlow = 4408
	// CloseTooMany: too many frames or sockets; resume after a pause.
	CloseTooMany = 4429
	// CloseUnavailable: something behind the gateway is away; resume later.
	CloseUnavailable = 4503
)
