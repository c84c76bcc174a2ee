package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

type boardRequest struct {
	At time.Time `query:"at" doc:"The board as it stood then, under the settings of that time; as it stands when left out. The past is for supervisors and administrators: it is played again from the log"`

	past bool
}

// Resolve notes whether a time was asked for: the zero time is one too.
func (r *boardRequest) Resolve(c huma.Context) []error {
	r.past = c.Query("at") != ""
	return nil
}

// pastWait is how long the replay of a past board is waited for.
const pastWait = 35 * time.Second

func (a *API) board() {
	register(a, operation{http.MethodGet, "/board", "The load of queues, teams, channels, inboxes and agents", access.Work, 0}, a.showBoard)
	register(a, operation{http.MethodGet, "/board/conversations", "The conversations that a number of the board counts now, who waits the longest first", access.Work, 0}, a.behindBoard)
}

type behindBoardRequest struct {
	Kind   string `query:"kind" enum:"total,queue,team,channel,inbox" required:"true"`
	ID     string `query:"id" maxLength:"64" doc:"Of the line; none for the total"`
	Number string `query:"number" enum:"open,snoozed,waiting,offered,in_work,at_risk,breached,late,callbacks,callbacks_due" required:"true"`
	Cursor string `query:"cursor" maxLength:"256"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// behindBoard opens a number to its conversations: those of the line as whoever asks
// sees it. One that stands there and is behind another's wall is only counted.
func (a *API) behindBoard(ctx context.Context, in *behindBoardRequest) (*answer[behind], error) {
	viewer := who(ctx).Viewer
	lines := viewer.Stands(queries.BoardScope{Kind: queries.BoardKind(in.Kind), ID: in.ID})
	if len(lines) == 0 && in.Kind != string(queries.BoardTotal) {
		return nil, refuse(http.StatusNotFound, "there is no such line on the board")
	}
	if len(lines) == 0 {
		return &answer[behind]{behind{Items: []*events.Conversation{}}}, nil
	}
	found, err := ask.Query[queries.CountedConversations](ctx, a.Desk.Ask, queries.BoardConversations, queries.AskBoardConversations{
		Lines: lines, Number: queries.BoardNumber(in.Number), Cursor: in.Cursor, Limit: in.Limit, MinSeq: a.minSeq(ctx),
	})
	if err != nil {
		return nil, err
	}
	out := behind{Total: found.Total, NextCursor: found.NextCursor, AsOf: found.AsOf}
	if out.Items, out.Hidden, err = a.seen(ctx, found.Items); err != nil {
		return nil, err
	}
	return &answer[behind]{out}, nil
}

// seen are those of some conversations that whoever asks sees, in their order, and how
// many others there are.
func (a *API) seen(ctx context.Context, ids []events.ConversationID) (items []*events.Conversation, hidden int, err error) {
	items = []*events.Conversation{}
	for _, id := range ids {
		c, err := a.Desk.ConversationAt(ctx, who(ctx).Viewer, id, 0)
		var p *ask.Problem
		switch {
		case err == nil:
			items = append(items, c)
		case errors.As(err, &p) && p.Status == http.StatusNotFound:
			hidden++
		default:
			return nil, 0, err
		}
	}
	return items, hidden, nil
}

func (a *API) showBoard(ctx context.Context, in *boardRequest) (*answer[queries.BoardAnswer], error) {
	q, client := queries.AskBoard{MinSeq: a.minSeq(ctx)}, *a.Desk.Ask
	if in.past {
		if !access.May(who(ctx).Viewer.Role, access.Supervise) {
			return nil, refuse(http.StatusForbidden, "only supervisors and administrators look at the past of the board")
		}
		q, client.Timeout = queries.AskBoard{At: &in.At}, pastWait
	}
	found, err := ask.Query[queries.BoardAnswer](ctx, &client, queries.Board, q)
	if err != nil {
		return nil, err
	}
	return &answer[queries.BoardAnswer]{*who(ctx).Viewer.Board(found)}, nil
}
