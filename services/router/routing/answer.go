package routing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/identity"
)

// newMessageID derives from the client's own id, so that a command sent twice
// is one message; without one it is new.
func (c *order) newMessageID(clientID string) events.MessageID {
	if clientID == "" {
		clientID = c.env.ID
	}
	if clientID == "" {
		return events.MessageID(id.New("ms"))
	}
	return events.MessageID(id.Derive("ms", "command", c.env.Actor.ID, string(c.env.Conversation), clientID))
}

// already reports whether the same command has been decided before; it then
// changes nothing and answers with the present state. The same id with other words,
// or of another kind, is another message, which must not be dropped in silence. A
// rule is not asked for its words: what it says may tell the time.
func (c *order) already(said string) (bool, *commands.Problem) {
	known, there := c.router.store.Message(c.message)
	if !there {
		return false, nil
	}
	if c.env.Actor.Kind != "system" && known.Content != "" && known.Content != said {
		return true, &commands.Problem{Code: commands.ClientIDReused, Detail: "this client_id was another message", Conversation: &c.state.Conversation}
	}
	c.result.Message = &events.Message{ID: c.message, ConversationID: c.state.ID}
	if stored, ok := c.router.stored(c.message); ok {
		c.result.Message = &stored
	}
	return true, nil
}

func (c *order) reply() *commands.Problem {
	return withBody(c, func(body commands.ReplyBody) *commands.Problem {
		if len(body.ClientID) > 128 || len(body.Attachments) > 20 {
			return invalid("client_id is at most 128 bytes, attachments at most 20")
		}
		c.message = c.newMessageID(body.ClientID)
		if known, problem := c.already(conversation.Words(events.KindMessage, body)); known {
			return problem
		}
		road, problem := c.road(body)
		if problem == nil {
			problem = c.window(road, body)
		}
		if problem != nil {
			return problem
		}
		return c.draft.Answer(c.state, c.message, road, body)
	})
}

// road chooses how the answer goes out: the way the agent picked, else the one
// the customer used last among those that can send; else any address of the
// contact that one of our inboxes reaches. Whichever it is, it leads to an address
// that the conversation's contact holds now: an address can have left them, by a
// merge that was undone or an agent's hand, and is somebody else's then.
func (c *order) road(body commands.ReplyBody) (conversation.Road, *commands.Problem) {
	usable := func(r conversation.Road) bool {
		inbox, ok := c.router.deps.Inboxes.ByID(r.Inbox)
		return ok && !inbox.OneWay && c.theirs(r.To.Key()) && (body.Channel == "" || body.Channel == r.Channel) && (body.Inbox == "" || body.Inbox == r.Inbox)
	}
	if road, ok := c.state.LastRoad(usable); ok {
		return road, nil
	}
	if contact, ok := c.draft.World().Contact(c.draft.Subject()); ok {
		for _, inbox := range c.router.deps.Inboxes.List(body.Channel) {
			if inbox.OneWay || body.Inbox != "" && body.Inbox != inbox.ID {
				continue
			}
			if p, ok := reach(contact, inbox); ok {
				return conversation.Road{Inbox: inbox.ID, Channel: inbox.Channel, To: p, Subject: c.state.Subject}, nil
			}
		}
	}
	if body.Channel == "" {
		return conversation.Road{}, invalid("there is no way to reach the customer")
	}
	return conversation.Road{}, invalid("there is no way to reach the customer by " + body.Channel)
}

// theirs reports whether an address, named by its key, may be written to in the conversation: its
// contact holds it, or it is one that nobody can hold, as a number lent for a time.
func (c *order) theirs(key string) bool {
	contact, ok := c.draft.World().Contact(c.draft.Subject())
	return ok && conversation.Holds(contact, key)
}

// window refuses what the channel would refuse: a text when the customer last
// wrote too long ago, and a template where there are none. A person may answer
// longer than a machine where the inbox has that right.
func (c *order) window(road conversation.Road, body commands.ReplyBody) *commands.Problem {
	limits := channel.LimitsOf(road.Channel)
	if body.Template != nil {
		if !limits.Templates {
			return invalid("this channel has no templates")
		}
		return nil
	}
	open := limits.Window
	if c.env.Actor.Kind == "agent" && limits.AgentWindow > open && c.router.humanAgent(road.Inbox) {
		open = limits.AgentWindow
	}
	if open == 0 || !road.SaidAt.IsZero() && c.at.Sub(road.SaidAt) <= open {
		return nil
	}
	problem := &commands.Problem{Code: commands.WindowClosed, Detail: "the customer has not written on this channel", Conversation: &c.state.Conversation}
	if !road.SaidAt.IsZero() {
		problem.Detail = "the window was open until " + road.SaidAt.Add(open).UTC().Format(time.RFC3339)
	}
	return problem
}

// humanAgent reads from an inbox's settings whether the provider lets people
// answer after the window.
func (r *Router) humanAgent(inbox events.InboxID) bool {
	var settings struct {
		HumanAgent bool `json:"human_agent"`
	}
	return json.Unmarshal(r.inboxOf(inbox).Settings, &settings) == nil && settings.HumanAgent
}

// reachedBy is the kind of address that a channel can write to unasked.
var reachedBy = map[string]string{"email": "email", "sms": "phone", "twilio": "phone", "vonage": "phone", "alimtalk": "phone"}

// reach finds an address that an inbox can send to without having heard from it
// before. A claimed address may be anybody's and is left alone.
func reach(contact *conversation.Contact, inbox config.Inbox) (events.Point, bool) {
	kind := reachedBy[inbox.Channel]
	for _, p := range contact.Points {
		if kind != "" && p.Kind == kind && !identity.Nameless(p) && p.Trust.AtLeast(events.Stated) {
			return p, true
		}
	}
	return events.Point{}, false
}

func (c *order) note() *commands.Problem {
	return withBody(c, func(body commands.NoteBody) *commands.Problem {
		if len(body.ClientID) > 128 {
			return invalid("client_id is at most 128 bytes")
		}
		c.message = c.newMessageID(body.ClientID)
		if known, problem := c.already(conversation.Words(events.KindNote, commands.ReplyBody{Text: body.Text})); known {
			return problem
		}
		return c.draft.Remark(c.state, c.message, body)
	})
}

// transfer moves the conversation; a note that goes with it makes the command
// one that is decided once.
func (c *order) transfer(body commands.TransferBody) *commands.Problem {
	c.message = c.newMessageID("")
	if body.Note != "" {
		if known, problem := c.already(""); known {
			return problem
		}
	}
	return c.draft.Transfer(c.state, c.message, body)
}

func (c *order) settleUnknown() *commands.Problem {
	return withBody(c, func(body commands.ResolveUnknownBody) *commands.Problem {
		var again *events.SendRequest
		if body.Outcome == "retry" {
			if ref, ok := c.router.store.Message(body.Message); ok && ref.To != "" && !c.theirs(ref.To) {
				return &commands.Problem{Code: commands.Conflict, Detail: "the address is not this customer's any more", Conversation: &c.state.Conversation}
			}
			stored, ok := c.router.stored(body.Message)
			if !ok {
				return &commands.Problem{Code: commands.Unavailable, Detail: "the message cannot be read now, try again"}
			}
			again = c.again(stored)
		}
		return c.draft.SettleUnknown(body.Message, body.Outcome, again)
	})
}

// again makes the request to send a stored message once more.
func (c *order) again(m events.Message) *events.SendRequest {
	ref, _ := c.router.store.Message(m.ID)
	req := &events.SendRequest{Message: m, Conversation: c.state.ID, Inbox: m.InboxID, Attempt: ref.Attempt + 1, At: c.at}
	if m.From != nil {
		req.To = *m.From
	}
	for _, road := range c.state.Roads {
		if road.Inbox == m.InboxID && road.To.Key() == req.To.Key() {
			req.Thread = events.Thread{Subject: road.Subject, References: road.References, Key: road.Key}
		}
	}
	return req
}

// stored asks the inbox for a whole message; the router itself remembers only
// where messages stand.
func (r *Router) stored(m events.MessageID) (events.Message, bool) {
	request, err := json.Marshal(queries.ByID{ID: string(m)})
	if err != nil {
		return events.Message{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	msg, err := r.deps.NC.RequestWithContext(ctx, events.QueryPrefix+queries.Message, request)
	if err != nil {
		return events.Message{}, false
	}
	var answer queries.Answer[events.Message]
	if json.Unmarshal(msg.Data, &answer) != nil || answer.OK == nil {
		return events.Message{}, false
	}
	return *answer.OK, true
}
