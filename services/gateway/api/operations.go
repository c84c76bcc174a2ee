package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// balance is the book of an inbox: what was received and decided, by outcome.
type balance struct {
	queries.Book
	Received uint64 `json:"received"`
}

// total is the balance over all inboxes, for administrators. Received is counted by the stream of
// statements itself and decided by the log of decisions, two counts that know
// nothing of each other; open is what stands between them now.
type total struct {
	Received uint64 `json:"received"`
	Decided  uint64 `json:"decided"`
	Open     int64  `json:"open"`
}

type books struct {
	Inboxes map[events.InboxID]balance `json:"inboxes"`
	Total   *total                     `json:"total,omitempty"`
	AsOf    uint64                     `json:"as_of"`
}

type deadRequest struct {
	Cursor string `query:"cursor" maxLength:"20"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// deadLetter is what an operator sees of a message that a worker gave up:
// where it came from and why, and nothing of what it said.
type deadLetter struct {
	Seq       uint64    `json:"seq"`
	Worker    string    `json:"worker"`
	Stream    string    `json:"stream"`
	OriginSeq uint64    `json:"origin_seq"`
	Subject   string    `json:"subject"`
	Reason    string    `json:"reason"`
	Permanent bool      `json:"permanent"`
	Attempts  int       `json:"attempts"`
	Size      int       `json:"size"`
	At        time.Time `json:"at"`
}

type redriveRequest struct {
	Seq uint64 `path:"seq" minimum:"1"`
}

func (a *API) operations() {
	register(a, operation{http.MethodGet, "/books", "The balance of every inbox that one sees: an administrator all, a supervisor those that bring work for their teams", access.Supervise, 0}, a.books)
	register(a, operation{http.MethodGet, "/dead", "What workers could not handle", access.Administer, 0}, a.listDead)
	register(a, operation{http.MethodPost, "/dead/{seq}/redrive", "Have a worker try again", access.Administer, http.StatusNoContent}, a.redrive)
}

func (a *API) books(ctx context.Context, _ *struct{}) (*answer[books], error) {
	found, err := ask.Query[queries.BooksAnswer](ctx, a.Desk.Ask, queries.Books, struct{}{})
	if err != nil {
		return nil, err
	}
	out := books{Inboxes: make(map[events.InboxID]balance, len(found.Inboxes)), AsOf: found.AsOf}
	var decided uint64
	viewer := who(ctx).Viewer
	for inbox, b := range found.Inboxes {
		sum := b.Stored + b.Duplicate + b.Rejected
		if viewer.SeesInbox(inbox) {
			out.Inboxes[inbox] = balance{Book: b, Received: sum}
		}
		decided += sum
	}
	if a.Received != nil && viewer.Administrator() { // counted after: what arrives meanwhile is open
		received := a.Received()
		out.Total = &total{Received: received, Decided: decided, Open: int64(received) - int64(decided)}
	}
	return &answer[books]{out}, nil
}

func (a *API) listDead(ctx context.Context, in *deadRequest) (*answer[list[deadLetter]], error) {
	out := list[deadLetter]{Items: []deadLetter{}}
	if a.Dead == nil {
		return &answer[list[deadLetter]]{out}, nil
	}
	var after uint64
	if in.Cursor != "" {
		var err error
		if after, err = strconv.ParseUint(in.Cursor, 36, 64); err != nil {
			return nil, refuse(http.StatusUnprocessableEntity, "cursor is not one of ours")
		}
	}
	letters, err := a.Dead.ListDead(ctx, after, in.Limit)
	if err != nil {
		return nil, err
	}
	for _, d := range letters {
		out.Items = append(out.Items, deadLetter{
			Seq: d.ID, Worker: d.Worker, Stream: d.Stream, OriginSeq: d.Seq, Subject: d.Subject, Reason: d.Reason,
			Permanent: d.Permanent, Attempts: len(d.Attempts), Size: d.Size, At: d.Buried,
		})
	}
	if len(letters) == in.Limit {
		out.NextCursor = strconv.FormatUint(letters[len(letters)-1].ID, 36)
	}
	return &answer[list[deadLetter]]{out}, nil
}

func (a *API) redrive(ctx context.Context, in *redriveRequest) (*nothing, error) {
	if a.Dead == nil {
		return nil, refuse(http.StatusNotFound, "there is no such dead letter")
	}
	err := a.Dead.Redrive(ctx, in.Seq)
	if errors.Is(err, bus.ErrNotDead) {
		return nil, refuse(http.StatusNotFound, "there is no such dead letter")
	}
	return nil, err
}
