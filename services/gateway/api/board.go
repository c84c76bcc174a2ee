package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

type boardRequest struct {
	At time.Time `query:"at" doc:"The board as it stood then, under the settings of that time; as it stands when left out. The past is for supervisors and administrators: it is played again from the log"`
}

// pastWait is how long the replay of a past board is waited for.
const pastWait = 35 * time.Second

func (a *API) board() {
	register(a, operation{http.MethodGet, "/board", "The load of queues, teams, channels, inboxes and agents", access.Work, 0}, a.showBoard)
}

func (a *API) showBoard(ctx context.Context, in *boardRequest) (*answer[queries.BoardAnswer], error) {
	q, client := queries.AskBoard{MinSeq: a.minSeq(ctx)}, *a.Desk.Ask
	if !in.At.IsZero() {
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
