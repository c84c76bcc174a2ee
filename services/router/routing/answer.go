package routing

import (
	"context"
	"encoding/json"
	"strings"
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
// changes nothing and answers with the present state.
func (c *order) already() bool {
	if _, known := c.router.store.Message(c.message); !known {
		return false
	}
	c.result.Message = &events.Message{ID: c.message, ConversationID: c.state.ID}
	if stored, ok := c.router.stored(c.message); ok {
		c.result.Message = &stored
	}
	return true
}

func (c *order) reply() *commands.Problem {
	return withBody(c, func(body commands.ReplyBody) *commands.Problem {
		if len(body.ClientID) > 128 || len(body.Attachments) > 20 {
			return invalid("client_id is at most 128 bytes, attachments at most 20")
		}
		c.message = c.newMessageID(body.ClientID)
		if c.already() {
			return nil
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
// contact that one of our inboxes reaches.
func (c *order) road(body commands.ReplyBody) (conversation.Road, *commands.Problem) {
	usable := func(r conversation.Road) bool {
		inbox, ok := c.router.deps.Inboxes.ByID(r.Inbox)
		return ok && !inbox.OneWay && (body.Channel == "" || body.Channel == r.Channel) && (body.Inbox == "" || body.Inbox == r.Inbox)
	}
	if road, ok := c.state.LastRoad(usable); ok {
		return road, nil
	}
	if contact, ok := c.draft.World().Contact(c.state.Contact.ID); ok {
		for _, inbox := range c.router.deps.Inboxes.List(body.Channel) {
			if inbox.OneWay || body.Inbox != "" && body.Inbox != inbox.ID {
				continue
			}
			if p, ok := reach(contact, inbox); ok {
				return conversation.Road{Inbox: inbox.ID, Channel: inbox.Channel, To: p, Subject: c.state.Subject}, nil
			}
		}
	}
	return conversation.Road{}, invalid("there is no way to reach the customer " + strings.TrimSpace("by "+body.Channel))
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
	if open == 0 || !road.LastAt.IsZero() && c.at.Sub(road.LastAt) <= open {
		return nil
	}
	problem := &commands.Problem{Code: commands.WindowClosed, Detail: "the customer has not written on this channel", Conversation: &c.state.Conversation}
	if !road.LastAt.IsZero() {
		problem.Detail = "the window was open until " + road.LastAt.Add(open).UTC().Format(time.RFC3339)
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
		if c.already() {
			return nil
		}
		return c.draft.Remark(c.state, c.message, body)
	})
}

// transfer moves the conversation; a note that goes with it makes the command
// one that is decided once.
func (c *order) transfer(body commands.TransferBody) *commands.Problem {
	c.message = c.newMessageID("")
	if body.Note != "" && c.already() {
		return nil
	}
	return c.draft.Transfer(c.state, c.message, body)
}

func (c *order) settleUnknown() *commands.Problem {
	return withBody(c, func(body commands.ResolveUnknownBody) *commands.Problem {
		var again *events.SendRequest
		if body.Outcome == "retry" {
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
