package queries

import "github.com/tributary-inbox/tributary/contracts/events"

// BoardConversations is the name of the query for the conversations behind a number
// of the board.
const BoardConversations = "board_conversations"

// BoardNumber names a number of a [BoardLine] that counts conversations.
type BoardNumber string

// The numbers that open to conversations. BoardLate is ServiceLevel's.
const (
	BoardOpen         BoardNumber = "open"
	BoardSnoozed      BoardNumber = "snoozed"
	BoardWaiting      BoardNumber = "waiting"
	BoardOffered      BoardNumber = "offered"
	BoardInWork       BoardNumber = "in_work"
	BoardAtRisk       BoardNumber = "at_risk"
	BoardBreached     BoardNumber = "breached"
	BoardLate         BoardNumber = "late"
	BoardCallbacks    BoardNumber = "callbacks"
	BoardCallbacksDue BoardNumber = "callbacks_due"
)

// AskBoardConversations asks which conversations a number of a line counts now; of
// several lines, those that any of them counts, each once. Lines that are not there
// count nothing; where none is, or there is no such number, it is "not_found". Limit is
// 1–200, 50 by default. The answer is not older than MinSeq.
type AskBoardConversations struct {
	Lines  []BoardScope `json:"lines"`
	Number BoardNumber  `json:"number"`
	Cursor string       `json:"cursor,omitempty"`
	Limit  int          `json:"limit,omitempty"`
	MinSeq uint64       `json:"min_seq,omitempty"`
}

// CountedConversations are those: who waits the longest first, behind them by id those
// that do not wait. Total is how many there are over all pages, which of one
// line is the number itself at AsOf.
type CountedConversations struct {
	Items      []events.ConversationID `json:"items"`
	Total      int                     `json:"total"`
	NextCursor string                  `json:"next_cursor"`
	AsOf       uint64                  `json:"as_of"`
}
