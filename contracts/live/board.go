package live

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// ViewBoard is the supervisors' board. A client subscribes to it as to any other
// view, without filter, cursor and limit, and is sent one [Board] and then every
// [BoardChange], at most four a second, with the id of the subscription. There is
// nothing to resume: after a new connection, or when what the viewer may see has
// changed, the whole board comes again under the same id and takes the place of
// the former.
//
// An agent is shown the queues from which their teams may take, their teams, and
// of agents themselves; a supervisor also the agents of their teams, the inboxes that
// bring work for them and the channels of those; an administrator everything. The total
// of the others is that of the queues they are shown, and a channel with an inbox that
// is not shown is the sum of those that are.
const ViewBoard = "board"

// Types of the frames of the board, server to client.
const (
	TypeBoard       = "board"
	TypeBoardChange = "board.changed"
)

// Board is all that the viewer may see of the board; see queries.BoardAnswer.
type Board struct {
	Type     string               `json:"type"`
	ID       string               `json:"id"`
	At       time.Time            `json:"at"`
	AsOf     uint64               `json:"as_of"`
	Total    queries.BoardLine    `json:"total"`
	Queues   []queries.BoardLine  `json:"queues"`
	Teams    []queries.BoardLine  `json:"teams"`
	Channels []queries.BoardLine  `json:"channels"`
	Inboxes  []queries.BoardLine  `json:"inboxes"`
	Agents   []queries.BoardAgent `json:"agents"`
	Alarms   []queries.AlarmState `json:"alarms"`
	Zone     string               `json:"zone,omitempty"`
	// Minutes are the last hour of every line that is shown.
	Minutes *queries.BoardMinutes `json:"minutes,omitempty"`
}

// BoardChange is what is not as it was. A line takes the place of the one with its
// id or is new; Removed and RemovedAgents are gone; a Total that is absent stays.
// Alarms are always all that are raised. A change without any of them says that
// the board stands as it did, at a later time: one comes every second while
// somebody waits, else every ten.
type BoardChange struct {
	Type          string               `json:"type"`
	ID            string               `json:"id"`
	At            time.Time            `json:"at"`
	AsOf          uint64               `json:"as_of"`
	Total         *queries.BoardLine   `json:"total,omitempty"`
	Queues        []queries.BoardLine  `json:"queues,omitempty"`
	Teams         []queries.BoardLine  `json:"teams,omitempty"`
	Channels      []queries.BoardLine  `json:"channels,omitempty"`
	Inboxes       []queries.BoardLine  `json:"inboxes,omitempty"`
	Agents        []queries.BoardAgent `json:"agents,omitempty"`
	Removed       []queries.BoardScope `json:"removed,omitempty"`
	RemovedAgents []events.AgentID     `json:"removed_agents,omitempty"`
	Alarms        []queries.AlarmState `json:"alarms"`
	// Minutes have passed since they were told last. A minute that was told before is
	// told anew, in place of what was said of it.
	Minutes *queries.BoardMinutes `json:"minutes,omitempty"`
}
