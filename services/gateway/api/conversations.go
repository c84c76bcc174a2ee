package api

import (
	"context"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

type listRequest struct {
	Status   string `query:"status" enum:"open,snoozed,resolved,merged"`
	Queue    string `query:"queue" maxLength:"64"`
	Team     string `query:"team" maxLength:"64"`
	Assignee string `query:"assignee" maxLength:"64" doc:"An agent's id, me, or none"`
	Channel  string `query:"channel" maxLength:"64"`
	Inbox    string `query:"inbox" maxLength:"64"`
	Tag      string `query:"tag" maxLength:"64"`
	Contact  string `query:"contact" maxLength:"64"`
	Callback string `query:"callback" enum:"open,due" doc:"Only those with an open promise to call, or with one whose time has come"`
	Clock    string `query:"clock" enum:"at-risk,breached" doc:"Only what is open or snoozed and late with a promise (breached), or near it (at-risk)"`
	Q        string `query:"q" maxLength:"400" doc:"Full text over messages, contacts and subjects"`
	Sort     string `query:"sort" enum:"updated,waiting"`
	Cursor   string `query:"cursor" maxLength:"512"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type conversationRequest struct {
	ID string `path:"id" maxLength:"64"`
}

type messagesRequest struct {
	ID      string `path:"id" maxLength:"64"`
	Cursor  string `query:"cursor" maxLength:"512"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Forward bool   `query:"forward" doc:"Pages from the oldest on"`
}

func (a *API) conversations() {
	register(a, operation{http.MethodGet, "/conversations", "List conversations", access.Work, 0}, a.listConversations)
	register(a, operation{http.MethodGet, "/conversations/{id}", "One conversation", access.Work, 0}, a.conversation)
	register(a, operation{http.MethodGet, "/conversations/{id}/messages", "Messages of a conversation: pages from the newest back, each oldest first", access.Work, 0}, a.messages)
	register(a, operation{http.MethodGet, "/counters", "Counters of the views", access.Work, 0}, a.counters)
}

func (a *API) listConversations(ctx context.Context, in *listRequest) (*answer[page[events.Conversation]], error) {
	found, err := a.Desk.List(ctx, who(ctx).Viewer, queries.ListConversations{
		Status: events.ConversationStatus(in.Status), Queue: events.QueueID(in.Queue), Team: events.TeamID(in.Team),
		Assignee: in.Assignee, Channel: in.Channel, Inbox: events.InboxID(in.Inbox), Tag: in.Tag,
		Contact: events.ContactID(in.Contact), Callback: in.Callback, Clock: in.Clock, Q: in.Q, Sort: in.Sort, Cursor: in.Cursor, Limit: in.Limit, MinSeq: a.minSeq(ctx),
	})
	if err != nil {
		return nil, err
	}
	return passOn[events.Conversation](found), nil
}

func (a *API) conversation(ctx context.Context, in *conversationRequest) (*answer[*events.Conversation], error) {
	c, err := a.Desk.ConversationAt(ctx, who(ctx).Viewer, events.ConversationID(in.ID), a.minSeq(ctx))
	if err != nil {
		return nil, err
	}
	return &answer[*events.Conversation]{c}, nil
}

func (a *API) messages(ctx context.Context, in *messagesRequest) (*answer[page[events.Message]], error) {
	found, err := a.Desk.Messages(ctx, who(ctx).Viewer, queries.ListMessages{
		Conversation: events.ConversationID(in.ID), Cursor: in.Cursor, Limit: in.Limit, Forward: in.Forward, MinSeq: a.minSeq(ctx),
	})
	if err != nil {
		return nil, err
	}
	return passOn[events.Message](found), nil
}

func (a *API) counters(ctx context.Context, _ *struct{}) (*answer[*queries.CountersAnswer], error) {
	found, err := a.Desk.Counters(ctx, who(ctx).Viewer)
	if err != nil {
		return nil, err
	}
	return &answer[*queries.CountersAnswer]{found}, nil
}
