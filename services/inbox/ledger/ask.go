package ledger

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
)

// Invalid is an error of who asks; its text is fit to be shown to them.
type Invalid struct{ Err error }

// Error is what is wrong with the question.
func (e *Invalid) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *Invalid) Unwrap() error { return e.Err }

func invalid(text string) error { return &Invalid{errors.New(text)} }

// zoneOf finds a zone by its name; the house's where there is none.
func (s *Service) zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return s.deps.Zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, invalid("there is no such zone: write it as Asia/Seoul")
	}
	return zone, nil
}

// named is what a zone is called elsewhere: nothing where the machine does not tell.
func named(zone string) string {
	if zone == "Local" {
		return ""
	}
	return zone
}

func (s *Service) queryOf(q *queries.AskReport) (reports.Query, error) {
	zone, err := s.zoneOf(q.Zone)
	if err != nil {
		return reports.Query{}, err
	}
	out := reports.Query{From: q.From, To: q.To, Zone: zone, By: q.By, Only: q.Only, Scope: q.Scope, Numbers: q.Numbers}
	if err := out.Check(); err != nil {
		return out, &Invalid{err}
	}
	return out, nil
}

// Report answers queries.Report. It fails with an [*Invalid], with [ErrNotYet], or
// with what the file says.
func (s *Service) Report(ctx context.Context, ask *queries.AskReport) (*queries.ReportTable, error) {
	q, err := s.queryOf(ask)
	if err != nil {
		return nil, err
	}
	var table queries.ReportTable
	asOf, err := s.view(ctx, ask.MinSeq, func(src source) (err error) {
		table, err = reports.Ask(src, q)
		return err
	})
	if errors.Is(err, reports.ErrTooMany) {
		return nil, &Invalid{err}
	}
	table.AsOf, table.Zone = asOf, named(table.Zone)
	return &table, err
}

// Conversations answers queries.ReportConversations; see [Service.Report].
func (s *Service) Conversations(ctx context.Context, ask *queries.AskReportConversations) (*queries.ReportedConversations, error) {
	q, err := s.queryOf(&ask.Report)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(ask.Limit)
	if err != nil {
		return nil, err
	}
	var before uint64
	if ask.Cursor != "" {
		if before, err = strconv.ParseUint(ask.Cursor, 36, 32); err != nil {
			return nil, invalid("the cursor is not one of this list")
		}
	}
	out := &queries.ReportedConversations{Items: []events.ConversationID{}}
	out.AsOf, err = s.view(ctx, ask.Report.MinSeq, func(src source) error {
		found, err := reports.Conversations(src, q, ask.Number, ask.Part, uint32(before), limit)
		if err != nil {
			return err
		}
		out.Items, out.Total = append(out.Items, found.Items...), found.Total
		if found.Next > 0 {
			out.NextCursor = strconv.FormatUint(uint64(found.Next), 36)
		}
		return nil
	})
	if errors.Is(err, reports.ErrNothingBehind) {
		return nil, &Invalid{err}
	}
	return out, err
}

func limitOf(n int) (int, error) {
	switch {
	case n == 0:
		return 50, nil
	case n < 0 || n > 200:
		return 0, invalid("limit is not between 1 and 200")
	}
	return n, nil
}

// Retention answers queries.Retention; see [Service.Report].
func (s *Service) Retention(ctx context.Context, ask *queries.AskRetention) (*queries.RetentionAnswer, error) {
	zone, err := s.zoneOf(ask.Zone)
	if err != nil {
		return nil, err
	}
	var out queries.RetentionAnswer
	asOf, err := s.view(ctx, ask.MinSeq, func(src source) error {
		_, end := src.Span()
		r, err := reports.NewRetention(ask, zone, time.Unix(end, 0))
		if err != nil {
			return &Invalid{err}
		}
		if err := customers(src.tx, r.Add); err != nil {
			return err
		}
		out = r.Answer()
		return nil
	})
	out.AsOf, out.Zone = asOf, named(out.Zone)
	return &out, err
}

// Customers answers queries.RetentionCustomers; see [Service.Report].
func (s *Service) Customers(ctx context.Context, ask *queries.AskRetentionCustomers) (*queries.RetainedCustomers, error) {
	zone, err := s.zoneOf(ask.Retention.Zone)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(ask.Limit)
	if err != nil {
		return nil, err
	}
	out := &queries.RetainedCustomers{Items: []queries.RetainedCustomer{}}
	out.AsOf, err = s.view(ctx, ask.Retention.MinSeq, func(src source) error {
		_, end := src.Span()
		r, err := reports.NewCustomers(ask, zone, time.Unix(end, 0), limit)
		if err != nil {
			return &Invalid{err}
		}
		if err := customers(src.tx, r.Add); err != nil {
			return err
		}
		out.Items, out.Total, out.NextCursor = r.Answer()
		return nil
	})
	return out, err
}

// Worth answers queries.CustomerWorth. It fails with [ErrNotYet], or with what the
// file says.
func (s *Service) Worth(ctx context.Context, ask *queries.ByID) (*queries.CustomerWorthAnswer, error) {
	out := new(queries.CustomerWorthAnswer)
	asOf, err := s.view(ctx, ask.MinSeq, func(src source) error {
		c, err := one(src.tx, events.ContactID(ask.ID))
		if err == nil {
			out.Value = c.Value()
		}
		return err
	})
	out.AsOf = asOf
	return out, err
}
