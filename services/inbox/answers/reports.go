package answers

import (
	"context"
	"errors"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/ledger"
)

// Reports is where reports come from; *ledger.Service is one.
type Reports interface {
	Report(context.Context, *queries.AskReport) (*queries.ReportTable, error)
	Conversations(context.Context, *queries.AskReportConversations) (*queries.ReportedConversations, error)
	Retention(context.Context, *queries.AskRetention) (*queries.RetentionAnswer, error)
	Customers(context.Context, *queries.AskRetentionCustomers) (*queries.RetainedCustomers, error)
	Worth(context.Context, *queries.ByID) (*queries.CustomerWorthAnswer, error)
}

// reportWait is how long a report may wait for the sequence its query names; see
// [ledger.Deps], whose file rests longer between its transactions than the views.
const reportWait = 4 * time.Second

// maxReport bounds the bytes of an answer: a message of NATS has room for it.
const maxReport = 7 << 20

// WithReports has a Server answer queries.Report, queries.ReportConversations,
// queries.Retention, queries.RetentionCustomers and queries.CustomerWorth.
func WithReports(r Reports) Option {
	return func(s *Server) {
		s.table[queries.Report] = reported(r.Report)
		s.table[queries.ReportConversations] = reported(r.Conversations)
		s.table[queries.Retention] = reported(r.Retention)
		s.table[queries.RetentionCustomers] = reported(r.Customers)
		s.table[queries.CustomerWorth] = reported(r.Worth)
	}
}

func reported[Q, A any](ask func(context.Context, *Q) (*A, error)) handler {
	return func(ctx context.Context, data, _ []byte) ([]byte, error) {
		q, err := read[Q](data)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, reportWait)
		defer cancel()
		out, err := ask(ctx, &q)
		var bad *ledger.Invalid
		if errors.As(err, &bad) {
			return nil, invalid(bad.Error())
		}
		if err != nil {
			return nil, err
		}
		text, err := answer(out)
		if err == nil && len(text) > maxReport {
			return nil, invalid("the report is too large: ask for fewer numbers, a shorter range or longer steps")
		}
		return text, err
	}
}
