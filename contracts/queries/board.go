package queries

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Board is the name of the query for the supervisors' board.
const Board = "board"

// AskBoard asks for the board as it stands, or as it stood At a time. The answer
// to the first is not older than MinSeq; a time that is still to come, or before
// the log begins, is "invalid".
type AskBoard struct {
	At     *time.Time `json:"at,omitempty"`
	MinSeq uint64     `json:"min_seq,omitempty"`
}

// BoardAnswer is the load as it stands at At, as the log told it up to AsOf.
// Lists are sorted by id. A conversation stands under one queue, one channel and
// one inbox: the channel and inbox of what the customer said last. It stands
// under the team it was given to, or else under every team that serves its queue,
// so what the teams say does not add up to Total.
type BoardAnswer struct {
	At       time.Time    `json:"at"`
	AsOf     uint64       `json:"as_of"`
	Total    BoardLine    `json:"total"`
	Queues   []BoardLine  `json:"queues"`
	Teams    []BoardLine  `json:"teams"`
	Channels []BoardLine  `json:"channels"`
	Inboxes  []BoardLine  `json:"inboxes"`
	Agents   []BoardAgent `json:"agents"`
	Alarms   []AlarmState `json:"alarms,omitempty"`
	// Asides are what stands or stood under a team in a queue that is not the team's, or
	// in none: of that no line of a queue speaks to whoever looks from the team. Each is
	// of one team and one queue, see [AsideID], and says nothing of agents, books and
	// waits to come. They are for the gateway, which sums up what a viewer sees; no
	// screen is sent them.
	Asides []BoardLine `json:"asides,omitempty"`
	// Zone is the IANA name of the zone at whose midnight a day of the board begins;
	// empty where the machine does not tell.
	Zone string `json:"zone,omitempty"`
	// Minutes are the last [BoardHour] that were over at At.
	Minutes *BoardMinutes `json:"minutes,omitempty"`
	// Source and Number say where the changes that follow begin: those of this
	// source with a greater number. A board of the past has neither.
	Source string `json:"source,omitempty"`
	Number uint64 `json:"number,omitempty"`
}

// BoardChange is what is not as it was on the board of a source, published on
// events.BoardSubject at most four times a second while somebody follows, and at
// least every ten seconds. Numbers rise by one; after a gap the follower asks for
// the whole board. What is there is whole: a line takes the place of the one with
// its id, and Alarms that of all. A change that is too large for one message goes
// on in the next while More is set, and is shown when the last of it is in.
type BoardChange struct {
	Source        string           `json:"source"`
	Number        uint64           `json:"number"`
	More          bool             `json:"more,omitempty"`
	At            time.Time        `json:"at"`
	AsOf          uint64           `json:"as_of"`
	Total         *BoardLine       `json:"total,omitempty"`
	Queues        []BoardLine      `json:"queues,omitempty"`
	Teams         []BoardLine      `json:"teams,omitempty"`
	Channels      []BoardLine      `json:"channels,omitempty"`
	Inboxes       []BoardLine      `json:"inboxes,omitempty"`
	Asides        []BoardLine      `json:"asides,omitempty"`
	Agents        []BoardAgent     `json:"agents,omitempty"`
	Removed       []BoardScope     `json:"removed,omitempty"`
	RemovedAgents []events.AgentID `json:"removed_agents,omitempty"`
	Alarms        []AlarmState     `json:"alarms"`
	// Minutes are those that have passed since they were told last; one that was
	// told before takes the place of what was said of it.
	Minutes *BoardMinutes `json:"minutes,omitempty"`
}

// BoardHour is how many past minutes a whole board tells of.
const BoardHour = 60

// BoardMinutes is how the lines of a board stood and moved in the Count minutes that
// end with Until. A line that is not among Lines had nothing in any of them.
type BoardMinutes struct {
	Until time.Time     `json:"until"`
	Count int           `json:"count"`
	Lines []BoardCourse `json:"lines"`
}

// BoardCourse is one line of [BoardMinutes]. Its lists have Count numbers, those of
// the oldest minute first: who waited when the minute ended, who began to wait
// in it, and who ceased to.
type BoardCourse struct {
	Kind       BoardKind `json:"kind"`
	ID         string    `json:"id,omitempty"`
	Waiting    []int     `json:"waiting"`
	Arrivals   []int     `json:"arrivals"`
	Departures []int     `json:"departures"`
}

// Scope says of which line it is.
func (c *BoardCourse) Scope() BoardScope { return BoardScope{Kind: c.Kind, ID: c.ID} }

// BoardLine is the load of one queue, team, channel or inbox.
//
// Open and Snoozed are the backlog. Waiting are open ones that nobody has and
// somebody should: those with a place in a queue, and those whose customer waits
// for an answer. Offered are those of them that an agent is asked to take. InWork
// are the open ones that an agent has. Longest is who waits the longest, since
// LongestSince. AtRisk counts the backlog with a clock that has warned and none
// that is breached, Breached the backlog with a breached one. CallbacksDue are
// the open callbacks without a wanted time, or whose time has come.
type BoardLine struct {
	ID           string                `json:"id,omitempty"`
	Open         int                   `json:"open"`
	Snoozed      int                   `json:"snoozed"`
	Waiting      int                   `json:"waiting"`
	Offered      int                   `json:"offered"`
	InWork       int                   `json:"in_work"`
	Longest      events.ConversationID `json:"longest,omitempty"`
	LongestSince *time.Time            `json:"longest_since,omitempty"`
	// LongestTeam and LongestQueue are where Longest stands: it is named to nobody who
	// does not see it there.
	LongestTeam  events.TeamID  `json:"longest_team,omitempty"`
	LongestQueue events.QueueID `json:"longest_queue,omitempty"`
	// ExpectedWait is how long who comes now is likely to wait, in milliseconds;
	// absent where there is too little to say.
	ExpectedWait *int64       `json:"expected_wait_ms,omitempty"`
	AtRisk       int          `json:"at_risk"`
	Breached     int          `json:"breached"`
	Callbacks    int          `json:"callbacks"`
	CallbacksDue int          `json:"callbacks_due"`
	Arrivals     Lately       `json:"arrivals"`   // began to wait here
	Departures   Lately       `json:"departures"` // ceased to wait here, for whatever reason
	ServiceNow   ServiceLevel `json:"service_now"`
	ServiceToday ServiceLevel `json:"service_today"`
	Today        Today        `json:"today"`
	// Staff are the agents for whom there is work in the line: of a queue those who take
	// from it, of a team its members, of an inbox those for whom it brings work (who take
	// from the queue that it fills, are of the team that it gives to, or everybody where
	// it names neither), of a channel those of its inboxes, each once.
	Staff *Staff `json:"staff,omitempty"`
	// Books are those of the inboxes that feed the line: of a channel its inboxes, of a
	// queue those that fill it, of a team those that give to it or fill a queue it takes
	// from, and in the total all there ever were. They are of all time and of what came
	// through those inboxes, wherever it was led from there. Absent where no inbox feeds
	// the line.
	Books *Book `json:"books,omitempty"`
}

// Lately is how often something happened in the last minute, five and fifteen;
// divided by the minutes it is a rate. The edge is blurred by up to 10 seconds.
type Lately struct {
	M1  int `json:"m1"`
	M5  int `json:"m5"`
	M15 int `json:"m15"`
}

// ServiceLevel is how many first answers came within the target and how many
// after it, counted when the answer comes: ServiceNow over the last 30 minutes,
// ServiceToday since midnight in the zone of the board. Late are those of the backlog
// who wait beyond the target now and have no first answer; who is answered, or let go,
// is no longer among them.
type ServiceLevel struct {
	Met    int `json:"met"`
	Missed int `json:"missed"`
	Late   int `json:"late,omitempty"`
}

// Percent is the share answered within the target of all who were answered or should
// have been by now; false where there are none.
func (s ServiceLevel) Percent() (int, bool) {
	all := s.Met + s.Missed + s.Late
	if all == 0 {
		return 0, false
	}
	return 100 * s.Met / all, true
}

// Today counts since midnight. Abandoned are customers who left a queue before
// anybody came, and calls whose caller hung up unanswered.
type Today struct {
	Opened    int `json:"opened"`
	Reopened  int `json:"reopened"`
	Resolved  int `json:"resolved"`
	Abandoned int `json:"abandoned"`
}

// Staff are agents by state. One whose connection is lost counts under Lost and
// not under their state. Free are the available ones with room for more. Load and
// Capacity are those of the available ones, in units of work.
type Staff struct {
	Available int `json:"available"`
	WrapUp    int `json:"wrap_up"`
	Away      int `json:"away"`
	Offline   int `json:"offline"`
	Lost      int `json:"lost"`
	Free      int `json:"free"`
	Load      int `json:"load"`
	Capacity  int `json:"capacity"`
}

// Occupancy is the load in percent of the capacity; more than 100 where somebody
// has more than they should, and false where nobody is available.
func (s Staff) Occupancy() (int, bool) {
	if s.Capacity == 0 {
		return 0, false
	}
	return 100 * s.Load / s.Capacity, true
}

// BoardAgent is one agent on the board. Load counts offers in, as the assignment
// does.
type BoardAgent struct {
	ID       events.AgentID    `json:"id"`
	Teams    []events.TeamID   `json:"teams"`
	State    events.AgentState `json:"state"`
	Reason   string            `json:"reason,omitempty"`
	Since    *time.Time        `json:"since,omitempty"`
	Lost     bool              `json:"lost,omitempty"`
	InWork   int               `json:"in_work"`
	Offered  int               `json:"offered"`
	Load     int               `json:"load"`
	Capacity int               `json:"capacity"`
}

// BoardScope says which line of a board is meant; ID is empty for the total.
type BoardScope struct {
	Kind BoardKind `json:"kind"`
	ID   string    `json:"id,omitempty"`
}

// BoardKind is what a line of a board is about.
type BoardKind string

// The kinds of line.
const (
	BoardTotal   BoardKind = "total"
	BoardQueue   BoardKind = "queue"
	BoardTeam    BoardKind = "team"
	BoardChannel BoardKind = "channel"
	BoardInbox   BoardKind = "inbox"
	BoardAside   BoardKind = "aside" // see [BoardAnswer.Asides]
)

// AsideID is the id of the line of a team's work in a queue that is not theirs; the queue
// is empty for what stands in none.
func AsideID(team events.TeamID, queue events.QueueID) string {
	return string(team) + "/" + string(queue)
}

// AsideOf is whose line an id of [AsideID] names.
func AsideOf(id string) (events.TeamID, events.QueueID) {
	team, queue, _ := strings.Cut(id, "/")
	return events.TeamID(team), events.QueueID(queue)
}

// Metric is a number of a [BoardLine] that an alarm can watch.
type Metric string

// The metrics. Waits are in seconds, occupancy and service levels in percent,
// arrivals and departures are those of the last five minutes.
const (
	MetricOpen         Metric = "open"
	MetricWaiting      Metric = "waiting"
	MetricOffered      Metric = "offered"
	MetricInWork       Metric = "in_work"
	MetricLongestWait  Metric = "longest_wait"
	MetricExpectedWait Metric = "expected_wait"
	MetricAtRisk       Metric = "at_risk"
	MetricBreached     Metric = "breached"
	MetricCallbacksDue Metric = "callbacks_due"
	MetricArrivals     Metric = "arrivals"
	MetricDepartures   Metric = "departures"
	MetricServiceNow   Metric = "service_now"
	MetricServiceToday Metric = "service_today"
	MetricAbandoned    Metric = "abandoned_today"
	MetricAvailable    Metric = "available"
	MetricFree         Metric = "free"
	MetricOccupancy    Metric = "occupancy"
	MetricRejected     Metric = "rejected"
)

// Of is the metric's value on a line at a time. It is false where there is none:
// nobody waits, nothing was answered, no inbox feeds the line.
func (m Metric) Of(l *BoardLine, now time.Time) (int64, bool) {
	staff := l.Staff
	switch m {
	case MetricAvailable, MetricFree, MetricOccupancy:
		if staff == nil {
			return 0, false
		}
	}
	switch m {
	case MetricOpen:
		return int64(l.Open), true
	case MetricWaiting:
		return int64(l.Waiting), true
	case MetricOffered:
		return int64(l.Offered), true
	case MetricInWork:
		return int64(l.InWork), true
	case MetricAtRisk:
		return int64(l.AtRisk), true
	case MetricBreached:
		return int64(l.Breached), true
	case MetricCallbacksDue:
		return int64(l.CallbacksDue), true
	case MetricArrivals:
		return int64(l.Arrivals.M5), true
	case MetricDepartures:
		return int64(l.Departures.M5), true
	case MetricAbandoned:
		return int64(l.Today.Abandoned), true
	case MetricAvailable:
		return int64(staff.Available), true
	case MetricFree:
		return int64(staff.Free), true
	case MetricOccupancy:
		return percent(staff.Occupancy())
	case MetricServiceNow:
		return percent(l.ServiceNow.Percent())
	case MetricServiceToday:
		return percent(l.ServiceToday.Percent())
	case MetricLongestWait:
		if l.LongestSince != nil {
			return int64(now.Sub(*l.LongestSince) / time.Second), true
		}
	case MetricExpectedWait:
		if l.ExpectedWait != nil {
			return *l.ExpectedWait / 1000, true
		}
	case MetricRejected:
		if l.Books != nil {
			return int64(l.Books.Rejected), true
		}
	}
	return 0, false
}

func percent(n int, ok bool) (int64, bool) { return int64(n), ok }

// Alarm is raised while a metric of a line is above or below a threshold, once
// it has been so for For seconds without a break; it ends as soon as it is not.
// Exactly one of Above and Below is set.
type Alarm struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Metric Metric     `json:"metric"`
	Scope  BoardScope `json:"scope"`
	Above  *int64     `json:"above,omitempty"`
	Below  *int64     `json:"below,omitempty"`
	For    int        `json:"for,omitempty"`
}

// AlarmState is an alarm that is raised. Since is when the threshold was crossed,
// Value the metric now.
type AlarmState struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Metric Metric     `json:"metric"`
	Scope  BoardScope `json:"scope"`
	Value  int64      `json:"value"`
	Since  time.Time  `json:"since"`
}

// maxAlarmName bounds a name, which travels with every board, in bytes.
const maxAlarmName = 200

// MaxAlarmFor is how long an alarm may hold back, in seconds.
const MaxAlarmFor = 24 * 60 * 60

// Check says in words for people what is wrong with an alarm.
func (a *Alarm) Check() error {
	switch {
	case a.ID == "":
		return errors.New("an alarm needs an id")
	case (a.Above == nil) == (a.Below == nil):
		return errors.New("an alarm needs either a value to be above or one to be below")
	case len(a.Name) > maxAlarmName:
		return fmt.Errorf("the name is longer than %d bytes", maxAlarmName)
	case a.For < 0 || a.For > MaxAlarmFor:
		return fmt.Errorf("an alarm waits between 0 and %d seconds", MaxAlarmFor)
	}
	switch a.Scope.Kind {
	case BoardTotal:
		if a.Scope.ID != "" {
			return errors.New("the total has no id")
		}
	case BoardQueue, BoardTeam, BoardChannel, BoardInbox:
		if a.Scope.ID == "" {
			return fmt.Errorf("which %s the alarm is for is missing", a.Scope.Kind)
		}
	default:
		return fmt.Errorf("unknown scope %q: use total, queue, team, channel or inbox", a.Scope.Kind)
	}
	switch a.Metric {
	case MetricOpen, MetricWaiting, MetricOffered, MetricInWork, MetricLongestWait, MetricAtRisk, MetricBreached,
		MetricCallbacksDue, MetricArrivals, MetricDepartures, MetricServiceNow, MetricServiceToday, MetricAbandoned,
		MetricAvailable, MetricFree, MetricOccupancy, MetricExpectedWait, MetricRejected:
	default:
		return fmt.Errorf("unknown metric %q", a.Metric)
	}
	return nil
}
