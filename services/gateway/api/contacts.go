package api

import (
	"context"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

type contactRequest struct {
	ID string `path:"id" maxLength:"64"`
}

type timelineRequest struct {
	ID     string `path:"id" maxLength:"64"`
	Cursor string `query:"cursor" maxLength:"512"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type contactCommand[B any] struct {
	ID   string `path:"id" maxLength:"64"`
	Key  string `header:"Idempotency-Key" maxLength:"128"`
	Body B
}

type pointBody struct {
	Kind  string `json:"kind" minLength:"1" maxLength:"32"`
	Value string `json:"value" minLength:"1" maxLength:"320"`
	Scope string `json:"scope,omitempty" maxLength:"64"`
	Trust string `json:"trust,omitempty" maxLength:"16" doc:"Taken and passed over: what an agent adds is stated"`
}

type contactBody struct {
	Name         *string           `json:"name,omitempty" maxLength:"200"`
	Attributes   map[string]string `json:"attributes,omitempty"`
	AddPoints    []pointBody       `json:"add_points,omitempty" maxItems:"20"`
	RemovePoints []pointBody       `json:"remove_points,omitempty" maxItems:"20"`
}

type mergeBody struct {
	From   events.ContactID `json:"from" minLength:"1" maxLength:"64"`
	Reason string           `json:"reason,omitempty" maxLength:"1000"`
}

type unmergeBody struct {
	From events.ContactID `json:"from" minLength:"1" maxLength:"64"`
}

type dismissBody struct {
	Other events.ContactID `json:"other" minLength:"1" maxLength:"64"`
}

// Bounds of a contact's attributes.
const (
	maxAttributes     = 100
	maxAttributeName  = 64
	maxAttributeValue = 1000
)

func (a *API) contacts() {
	register(a, operation{http.MethodGet, "/contacts/{id}", "A contact's page", access.Work, 0}, a.contact)
	register(a, operation{http.MethodGet, "/contacts/{id}/timeline", "Everything of a contact in one line of time", access.Work, 0}, a.timeline)
	register(a, operation{http.MethodPatch, "/contacts/{id}", "Change a contact", access.Work, 0}, a.updateContact)
	register(a, operation{http.MethodPost, "/contacts/{id}/merge", "Fold another contact into this one", access.Work, 0}, a.merge)
	register(a, operation{http.MethodPost, "/contacts/{id}/unmerge", "Take a merged contact out again", access.Work, 0}, a.unmerge)
	register(a, operation{http.MethodPost, "/contacts/{id}/suggestions/dismiss", "Dismiss a suggested merge", access.Work, 0}, a.dismiss)
}

func (a *API) contact(ctx context.Context, in *contactRequest) (*answer[*queries.ContactPage], error) {
	found, err := a.Desk.Contact(ctx, who(ctx).Viewer, events.ContactID(in.ID), a.minSeq(ctx))
	if err != nil {
		return nil, err
	}
	found.Value = a.worth(ctx, found.ID)
	return &answer[*queries.ContactPage]{found}, nil
}

func (a *API) timeline(ctx context.Context, in *timelineRequest) (*answer[page[queries.TimelineItem]], error) {
	found, err := a.Desk.Timeline(ctx, who(ctx).Viewer, queries.ListTimeline{
		Contact: events.ContactID(in.ID), Cursor: in.Cursor, Limit: in.Limit, MinSeq: a.minSeq(ctx),
	})
	if err != nil {
		return nil, err
	}
	return passOn[queries.TimelineItem](found), nil
}

func (a *API) updateContact(ctx context.Context, in *contactCommand[contactBody]) (*answer[done], error) {
	b := in.Body
	if b.Name == nil && len(b.Attributes) == 0 && len(b.AddPoints) == 0 && len(b.RemovePoints) == 0 {
		return nil, refuse(http.StatusUnprocessableEntity, "there is nothing to change")
	}
	if len(b.Attributes) > maxAttributes {
		return nil, refuse(http.StatusUnprocessableEntity, "more than %d attributes", maxAttributes)
	}
	for name, value := range b.Attributes {
		if name == "" || len(name) > maxAttributeName || len(value) > maxAttributeValue {
			return nil, refuse(http.StatusUnprocessableEntity, "an attribute has a name of 1 to %d bytes and a value of at most %d", maxAttributeName, maxAttributeValue)
		}
	}
	return a.doContact(ctx, commands.UpdateContact, in.ID, in.Key, "", &commands.UpdateContactBody{
		Name: b.Name, Attributes: b.Attributes, AddPoints: points(b.AddPoints), RemovePoints: points(b.RemovePoints),
	})
}

func points(in []pointBody) []events.Point {
	out := make([]events.Point, len(in))
	for i, p := range in {
		out[i] = events.Point{Kind: p.Kind, Value: p.Value, Scope: p.Scope, Trust: events.Stated}
	}
	return out
}

func (a *API) merge(ctx context.Context, in *contactCommand[mergeBody]) (*answer[done], error) {
	return a.doContact(ctx, commands.MergeContacts, in.ID, in.Key, in.Body.From, &commands.MergeBody{From: in.Body.From, Reason: in.Body.Reason})
}

func (a *API) unmerge(ctx context.Context, in *contactCommand[unmergeBody]) (*answer[done], error) {
	if err := a.Desk.Unfold(ctx, who(ctx).Viewer, events.ContactID(in.ID), a.minSeq(ctx)); err != nil {
		return nil, err
	}
	return a.doContact(ctx, commands.ReverseMerge, in.ID, in.Key, "", &commands.ReverseMergeBody{From: in.Body.From})
}

func (a *API) dismiss(ctx context.Context, in *contactCommand[dismissBody]) (*answer[done], error) {
	return a.doContact(ctx, commands.DismissSuggestion, in.ID, in.Key, in.Body.Other, &commands.DismissBody{Other: in.Body.Other})
}

// doContact carries a command about a contact that the viewer sees; other, if
// not empty, must be visible too.
func (a *API) doContact(ctx context.Context, name, id, key string, other events.ContactID, body any) (*answer[done], error) {
	viewer := who(ctx).Viewer
	contact := events.ContactID(id)
	if other == contact {
		return nil, refuse(http.StatusUnprocessableEntity, "a contact cannot be merged with itself")
	}
	for _, c := range []events.ContactID{contact, other} {
		if c != "" {
			if _, err := a.Desk.Contact(ctx, viewer, c, a.minSeq(ctx)); err != nil {
				return nil, err
			}
		}
	}
	result, err := a.Desk.DoContact(ctx, viewer, desk.Command{ID: key, Name: name, Contact: contact, Body: body})
	return a.done(viewer, result, err)
}
