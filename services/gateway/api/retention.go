package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

type retentionRequest struct {
	ReportSpan
	Segment string `query:"segment" maxLength:"64" doc:"Only customers who are in it now"`
}

type customersRequest struct {
	ReportSpan
	Segment   string `query:"segment" maxLength:"64" doc:"Only customers who are in it now"`
	Cohort    string `query:"cohort" maxLength:"7" doc:"Only customers whose first order was placed in this month, as 2026-03"`
	Month     int    `query:"month" minimum:"-1" maximum:"480" default:"-1" doc:"Only those who placed an order so many months after their first one; -1 for all"`
	Repeating bool   `query:"repeating" doc:"Only those with two orders or more"`
	Cursor    string `query:"cursor" maxLength:"512"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// customer is one behind a figure about retention.
type customer struct {
	ID       events.ContactID      `json:"id"`
	Name     string                `json:"name"`
	Cohort   string                `json:"cohort"`
	Segments []events.SegmentID    `json:"segments"`
	Value    queries.CustomerValue `json:"value"`
}

// customersPage is one page of them. Hidden are those of it who are not to be seen,
// as those who were erased or merged meanwhile.
type customersPage struct {
	Items      []customer `json:"items"`
	Hidden     int        `json:"hidden"`
	Total      int        `json:"total"`
	NextCursor string     `json:"next_cursor"`
	AsOf       uint64     `json:"as_of"`
}

func (a *API) retention(ctx context.Context, in *retentionRequest) (*answer[*queries.RetentionAnswer], error) {
	from, to, err := a.span(&in.ReportSpan)
	if err != nil {
		return nil, err
	}
	found, err := ask.Query[queries.RetentionAnswer](ctx, a.Desk.Ask, queries.Retention, queries.AskRetention{
		From: from, To: to, Zone: in.Zone, Segment: events.SegmentID(in.Segment), MinSeq: a.minSeq(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &answer[*queries.RetentionAnswer]{found}, nil
}

func (a *API) customers(ctx context.Context, in *customersRequest) (*answer[customersPage], error) {
	from, to, err := a.span(&in.ReportSpan)
	if err != nil {
		return nil, err
	}
	q := queries.AskRetentionCustomers{
		Retention: queries.AskRetention{From: from, To: to, Zone: in.Zone, Segment: events.SegmentID(in.Segment), MinSeq: a.minSeq(ctx)},
		Cohort:    in.Cohort, Repeating: in.Repeating, Cursor: in.Cursor, Limit: in.Limit,
	}
	if in.Month >= 0 {
		q.Month = &in.Month
	}
	found, err := ask.Query[queries.RetainedCustomers](ctx, a.Desk.Ask, queries.RetentionCustomers, q)
	if err != nil {
		return nil, err
	}
	out := customersPage{Items: []customer{}, Total: found.Total, NextCursor: found.NextCursor, AsOf: found.AsOf}
	for i := range found.Items {
		c := &found.Items[i]
		page, err := a.Desk.Contact(ctx, who(ctx).Viewer, c.Contact, 0)
		var p *ask.Problem
		switch {
		case err == nil:
			out.Items = append(out.Items, customer{c.Contact, page.Name, c.Cohort, c.Segments, c.Value})
		case errors.As(err, &p) && p.Status == http.StatusNotFound:
			out.Hidden++
		default:
			return nil, err
		}
	}
	return &answer[customersPage]{out}, nil
}

// worth is what a contact bought; nil where they bought nothing, and while nobody
// can tell: a contact's page is not held up for it.
func (a *API) worth(ctx context.Context, id events.ContactID) *queries.CustomerValue {
	found, err := ask.Query[queries.CustomerWorthAnswer](ctx, a.Desk.Ask, queries.CustomerWorth, queries.ByID{ID: string(id)})
	if err != nil {
		return nil
	}
	return found.Value
}
