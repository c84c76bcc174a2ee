package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/gateway/visit"
)

// ownVisits is the inbox of entries where nobody has made one.
const ownVisits = "in-visits"

// Bounds of an entry's time: a clock that is a little ahead, and a memory that
// does not reach back for ever.
const (
	entryAhead = 5 * time.Minute
	entryPast  = 5 * 365 * 24 * time.Hour
)

type entryBody struct {
	ClientID   string           `json:"client_id" minLength:"1" maxLength:"128" doc:"The client's own id for the entry: the same again is the same entry"`
	Inbox      events.InboxID   `json:"inbox,omitempty" maxLength:"64" doc:"An inbox of channel visit; left out, the first there is"`
	Contact    events.ContactID `json:"contact,omitempty" maxLength:"64" doc:"Whom it is about, or point"`
	Point      *entryPoint      `json:"point,omitempty" doc:"An address of whom it is about"`
	Name       string           `json:"name,omitempty" maxLength:"200"`
	Channel    string           `json:"channel" enum:"visit,phone"`
	Direction  events.Direction `json:"direction,omitempty" enum:"in,out" default:"in"`
	Text       string           `json:"text,omitempty"`
	OccurredAt *time.Time       `json:"occurred_at,omitempty" doc:"Left out, now"`
	Call       *entryCall       `json:"call,omitempty" doc:"With channel phone, and only there"`
}

type entryPoint struct {
	Kind  string `json:"kind" enum:"phone,email,external"`
	Value string `json:"value" minLength:"1" maxLength:"320"`
}

type entryCall struct {
	Outcome string `json:"outcome" enum:"answered,missed,abandoned,voicemail,busy,failed,rejected"`
	RingS   int    `json:"ring_s,omitempty" minimum:"0" maximum:"86400"`
	TalkS   int    `json:"talk_s,omitempty" minimum:"0" maximum:"86400"`
}

type entered struct {
	Event string         `json:"event"`
	Inbox events.InboxID `json:"inbox"`
}

func (a *API) entries() {
	register(a, operation{http.MethodPost, "/entries", "Enter a visit or a call by hand", access.Work, http.StatusAccepted}, a.enterByHand)
}

// enterByHand answers once the entry is durable; the conversation it joins is
// told by the live feed, as with everything that comes in.
func (a *API) enterByHand(ctx context.Context, in *bodyRequest[entryBody]) (*answer[entered], error) {
	b, now := in.Body, a.Clock.Now()
	if err := checkEntry(&b, now); err != nil {
		return nil, err
	}
	inbox, err := a.visits(ctx, b.Inbox)
	if err != nil {
		return nil, err
	}
	point, name, err := a.about(ctx, inbox, &b)
	if err != nil {
		return nil, err
	}
	viewer := who(ctx).Viewer
	e := visit.Entry{
		ClientID: b.ClientID, Channel: b.Channel, Direction: b.Direction, Point: point, Name: name, Text: strings.TrimSpace(b.Text),
		OccurredAt: *b.OccurredAt, Agent: viewer.ID, AgentName: viewer.Name,
	}
	if b.Call != nil {
		e.Call = &visit.Call{Outcome: b.Call.Outcome, RingS: b.Call.RingS, TalkS: b.Call.TalkS}
	}
	statement := visit.State(inbox, e, now)
	if err := a.Publisher.Publish(ctx, statement); err != nil {
		if errors.Is(err, channel.ErrUnavailable) {
			return nil, after(refuse(http.StatusServiceUnavailable, "cannot store now"), 2)
		}
		return nil, err
	}
	return &answer[entered]{entered{Event: channel.EventID(statement), Inbox: inbox.ID}}, nil
}

func checkEntry(b *entryBody, now time.Time) error {
	if b.OccurredAt == nil {
		b.OccurredAt = &now
	}
	if b.Direction == "" {
		b.Direction = events.In
	}
	switch {
	case len(b.Text) > desk.MaxText:
		return refuse(http.StatusRequestEntityTooLarge, "the text is over %d bytes", desk.MaxText)
	case (b.Contact == "") == (b.Point == nil):
		return refuse(http.StatusUnprocessableEntity, "say whom it is about: a contact or a point")
	case (b.Channel == visit.Phone) != (b.Call != nil):
		return refuse(http.StatusUnprocessableEntity, "an entry of channel phone has a call, and no other has one")
	case b.Call == nil && strings.TrimSpace(b.Text) == "":
		return refuse(http.StatusUnprocessableEntity, "the text is empty")
	case b.OccurredAt.After(now.Add(entryAhead)) || b.OccurredAt.Before(now.Add(-entryPast)):
		return refuse(http.StatusUnprocessableEntity, "occurred_at must not be in the future, nor more than five years ago")
	}
	return nil
}

// visits is the inbox named, or the first of its kind; where there is none it
// is made, so that nobody needs an administrator to write down a visit.
func (a *API) visits(ctx context.Context, named events.InboxID) (config.Inbox, error) {
	adapter, ok := a.Adapters[visit.Kind]
	if !ok || a.Publisher == nil {
		return config.Inbox{}, refuse(http.StatusConflict, "nothing can be entered by hand here")
	}
	for _, item := range a.Desk.Directory.Inboxes.All() {
		if item.Value.Channel == visit.Kind && (named == "" || item.Value.ID == named) {
			return item.Value, nil
		}
	}
	if named != "" {
		return config.Inbox{}, refuse(http.StatusUnprocessableEntity, "there is no such inbox of channel visit")
	}
	now := a.Clock.Now()
	made := config.Inbox{ID: ownVisits, Channel: visit.Kind, Name: "Visits", HookToken: auth.NewSecret(hookTokenBytes), CreatedAt: now, UpdatedAt: now}
	if err := adapter.Check(&made); err != nil {
		return made, err
	}
	_, err := a.Desk.Directory.Inboxes.Put(ctx, ownVisits, made, new(uint64))
	if errors.Is(err, kv.ErrConflict) { // somebody else made it just now
		made, _, err = a.inbox(ownVisits)
	}
	return made, err
}

// about is the address by which the router finds the customer again.
func (a *API) about(ctx context.Context, inbox config.Inbox, b *entryBody) (events.Point, string, error) {
	if b.Point == nil {
		return a.pointOf(ctx, b)
	}
	point := events.Point{Kind: b.Point.Kind, Value: strings.TrimSpace(b.Point.Value), Trust: events.Stated}
	switch point.Kind {
	case "phone":
		number, err := visit.Number(inbox, point.Value)
		if err != nil {
			return point, "", refuse(http.StatusUnprocessableEntity, "%s", err.Error())
		}
		point.Value = number
	case "email":
		point.Value = auth.NormaliseEmail(point.Value)
		if local, domain, ok := strings.Cut(point.Value, "@"); !ok || local == "" || domain == "" {
			return point, "", refuse(http.StatusUnprocessableEntity, "this is not an e-mail address")
		}
	}
	if point.Value == "" {
		return point, "", refuse(http.StatusUnprocessableEntity, "the point is empty")
	}
	return point, strings.TrimSpace(b.Name), nil
}

// pointOf is an address of a contact the viewer sees. A claimed one leads to
// nobody, so a contact that has nothing better is given one of its own.
func (a *API) pointOf(ctx context.Context, b *entryBody) (events.Point, string, error) {
	viewer := who(ctx).Viewer
	page, err := a.Desk.Contact(ctx, viewer, b.Contact, a.minSeq(ctx))
	if err != nil {
		return events.Point{}, "", err
	}
	known := slices.DeleteFunc(slices.Clone(page.Points), func(p events.Point) bool { return !p.Trust.AtLeast(events.Stated) })
	if b.Channel == visit.Phone {
		if i := slices.IndexFunc(known, func(p events.Point) bool { return p.Kind == "phone" }); i > 0 {
			known[0] = known[i]
		}
	}
	if len(known) > 0 {
		known[0].Trust = events.Stated // an agent's word proves nothing
		return known[0], "", nil
	}
	own := events.Point{Kind: visit.Kind, Value: string(b.Contact), Trust: events.Stated}
	result, err := a.Desk.DoContact(ctx, viewer, desk.Command{
		Name: commands.UpdateContact, Contact: b.Contact, Body: &commands.UpdateContactBody{AddPoints: []events.Point{own}},
	})
	if err != nil {
		return own, "", err
	}
	a.remember(viewer.ID, result.Seq)
	return own, "", nil
}
