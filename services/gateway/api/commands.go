package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

// commandRequest is what every command about a conversation has. Without
// If-Match the command means the conversation as it is now.
type commandRequest[B any] struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" maxLength:"64" doc:"The version that was seen"`
	Key     string `header:"Idempotency-Key" maxLength:"128" doc:"The same key again changes nothing"`
	Body    B
}

// optional is commandRequest where there need be no body.
type optional[B any] struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" maxLength:"64" doc:"The version that was seen"`
	Key     string `header:"Idempotency-Key" maxLength:"128" doc:"The same key again changes nothing"`
	Body    *B     `required:"false"`
}

type replyBody struct {
	Text        string              `json:"text,omitempty"`
	Channel     string              `json:"channel,omitempty" maxLength:"64"`
	Inbox       events.InboxID      `json:"inbox,omitempty" maxLength:"64"`
	Attachments []events.Attachment `json:"attachments,omitempty"`
	Template    *events.Template    `json:"template,omitempty" doc:"A text the provider has approved, in place of text"`
	// The customer may press one instead of writing, where the channel has buttons.
	QuickReplies []events.QuickReply `json:"quick_replies,omitempty" maxItems:"13" doc:"Answers to press beside text, where the channel has buttons; labels of at most 20 characters, values of at most 64 bytes"`
	ClientID     string              `json:"client_id,omitempty" maxLength:"128" doc:"The client's own id for the message: the same again is the same message, and with other words it is refused with client-id-reused"`
}

type noteBody struct {
	Text     string `json:"text"`
	ClientID string `json:"client_id,omitempty" maxLength:"128"`
}

type assignBody struct {
	Assignee *events.AgentID `json:"assignee" nullable:"true" doc:"An agent's id, me, or null for nobody"`
	Team     events.TeamID   `json:"team,omitempty"`
}

type snoozeBody struct {
	Until time.Time `json:"until"`
}

type outcomeRequest struct {
	ID   string `path:"id" maxLength:"64"`
	Key  string `header:"Idempotency-Key" maxLength:"128"`
	Body struct {
		Conversation events.ConversationID `json:"conversation" maxLength:"64"`
		Outcome      string                `json:"outcome" enum:"sent,retry,failed"`
	}
}

func (a *API) commands() {
	at := func(verb, summary string, status int) operation {
		return operation{http.MethodPost, "/conversations/{id}/" + verb, summary, access.Work, status}
	}
	register(a, at("messages", "Answer the customer", http.StatusCreated), func(ctx context.Context, in *commandRequest[replyBody]) (*answer[done], error) {
		b := in.Body
		body := &commands.ReplyBody{Text: b.Text, Channel: b.Channel, Inbox: b.Inbox, Attachments: b.Attachments, Template: b.Template, QuickReplies: b.QuickReplies, ClientID: b.ClientID}
		if err := a.uploaded(ctx, body.Attachments); err != nil {
			return nil, err
		}
		return a.do(ctx, commands.Reply, in.ID, in.IfMatch, in.Key, body)
	})
	register(a, at("notes", "Add an internal note", http.StatusCreated), func(ctx context.Context, in *commandRequest[noteBody]) (*answer[done], error) {
		return a.do(ctx, commands.AddNote, in.ID, in.IfMatch, in.Key, &commands.NoteBody{Text: in.Body.Text, ClientID: in.Body.ClientID})
	})
	register(a, at("assign", "Give to an agent, or to nobody", 0), func(ctx context.Context, in *commandRequest[assignBody]) (*answer[done], error) {
		body := &commands.AssignBody{Team: in.Body.Team}
		if in.Body.Assignee != nil {
			body.Assignee = *in.Body.Assignee
		}
		return a.do(ctx, commands.Assign, in.ID, in.IfMatch, in.Key, body)
	})
	register(a, at("transfer", "Move to a queue, a team or an agent", 0), func(ctx context.Context, in *commandRequest[commands.TransferBody]) (*answer[done], error) {
		return a.do(ctx, commands.Transfer, in.ID, in.IfMatch, in.Key, &in.Body)
	})
	register(a, at("tags", "Add and remove tags", 0), func(ctx context.Context, in *commandRequest[commands.TagBody]) (*answer[done], error) {
		return a.do(ctx, commands.Tag, in.ID, in.IfMatch, in.Key, &in.Body)
	})
	register(a, at("snooze", "Put aside until a time", 0), func(ctx context.Context, in *commandRequest[snoozeBody]) (*answer[done], error) {
		return a.do(ctx, commands.Snooze, in.ID, in.IfMatch, in.Key, &commands.SnoozeBody{Until: in.Body.Until})
	})
	for name, summary := range map[string]string{commands.Resolve: "End the work on a conversation", commands.Reopen: "Take the work up again"} {
		register(a, at(name, summary, 0), func(ctx context.Context, in *optional[commands.ReasonBody]) (*answer[done], error) {
			body := &commands.ReasonBody{}
			if in.Body != nil {
				body = in.Body
			}
			return a.do(ctx, name, in.ID, in.IfMatch, in.Key, body)
		})
	}
	register(a, at("read", "Mark as read", 0), func(ctx context.Context, in *optional[nothing]) (*answer[done], error) {
		return a.do(ctx, commands.MarkRead, in.ID, in.IfMatch, in.Key, &struct{}{})
	})
	register(a, operation{http.MethodPost, "/messages/{id}/outcome", "Say what became of a message whose outcome is not known", access.Work, 0},
		func(ctx context.Context, in *outcomeRequest) (*answer[done], error) {
			body := &commands.ResolveUnknownBody{Message: events.MessageID(in.ID), Outcome: in.Body.Outcome}
			return a.do(ctx, commands.ResolveUnknown, string(in.Body.Conversation), "", in.Key, body)
		})
}

func (a *API) do(ctx context.Context, name, conversation, ifMatch, key string, body any) (*answer[done], error) {
	version, err := parseVersion(ifMatch)
	if err != nil {
		return nil, err
	}
	viewer := who(ctx).Viewer
	result, err := a.Desk.Do(ctx, viewer, desk.Command{
		ID: key, Name: name, Conversation: events.ConversationID(conversation), Version: version, Body: body,
	})
	return a.done(viewer, result, err)
}

func (a *API) done(viewer *access.Viewer, result *commands.Result, err error) (*answer[done], error) {
	if err != nil {
		return nil, err
	}
	a.remember(viewer.ID, result.Seq)
	out := done{Seq: result.Seq, Conversation: result.Conversation, Contact: result.Contact, Message: result.Message}
	if result.Message != nil {
		out.ID = result.Message.ID
	}
	return &answer[done]{out}, nil
}

// parseVersion reads If-Match: a version, bare or as an entity tag; * and
// nothing at all mean the present one.
func parseVersion(s string) (int64, error) {
	s = strings.TrimSpace(s)
	if s == "" || s == "*" {
		return 0, nil
	}
	s = strings.TrimPrefix(s, "W/")
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	version, err := strconv.ParseInt(s, 10, 64)
	if err != nil || version < 1 {
		return 0, refuse(http.StatusBadRequest, "If-Match is the version of the conversation, a whole number from 1")
	}
	return version, nil
}
