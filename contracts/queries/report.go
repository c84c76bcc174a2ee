package queries

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Names of the queries for reports. What each number means stands in the
// glossary, under The board and the reports.
const (
	Report              = "report"
	ReportConversations = "report_conversations"
	Retention           = "retention"
	RetentionCustomers  = "retention_customers"
	CustomerWorth       = "customer_worth"
)

// ReportNumber names a column of a report.
type ReportNumber string

// Counts. ReportBacklog is a state, at the end of the range or of each step; the
// others are what happened within it.
const (
	ReportOpened           ReportNumber = "opened"
	ReportReopened         ReportNumber = "reopened"
	ReportResolved         ReportNumber = "resolved"
	ReportBacklog          ReportNumber = "backlog"
	ReportReceived         ReportNumber = "received"
	ReportSent             ReportNumber = "sent"
	ReportTaken            ReportNumber = "taken"
	ReportAbandoned        ReportNumber = "abandoned"
	ReportFirstMet         ReportNumber = "first_response_met"
	ReportFirstMissed      ReportNumber = "first_response_missed"
	ReportNextMet          ReportNumber = "next_response_met"
	ReportNextMissed       ReportNumber = "next_response_missed"
	ReportResolutionMet    ReportNumber = "resolution_met"
	ReportResolutionMissed ReportNumber = "resolution_missed"
	ReportCallbacksAsked   ReportNumber = "callbacks_asked"
	ReportCallbacksReached ReportNumber = "callbacks_reached"
	ReportCallbacksInVain  ReportNumber = "callbacks_in_vain"
	ReportCSATAsked        ReportNumber = "csat_asked"
	ReportCSATAnswered     ReportNumber = "csat_answered"
	ReportCSATGood         ReportNumber = "csat_good"
	ReportCSATPoor         ReportNumber = "csat_poor"
	ReportNPSAsked         ReportNumber = "nps_asked"
	ReportNPSAnswered      ReportNumber = "nps_answered"
	ReportNPSGood          ReportNumber = "nps_promoters"
	ReportNPSPoor          ReportNumber = "nps_detractors"
	ReportCESAsked         ReportNumber = "ces_asked"
	ReportCESAnswered      ReportNumber = "ces_answered"
	ReportCESGood          ReportNumber = "ces_good"
	ReportCESPoor          ReportNumber = "ces_poor"
)

// Sums, in milliseconds but for the sums of scores. ReportAvailableTime is of
// agents and their teams alone, ReportBusyTime also of what their work lay in.
const (
	ReportAvailableTime ReportNumber = "available_time"
	ReportBusyTime      ReportNumber = "busy_time"
	ReportCSATSum       ReportNumber = "csat_sum"
	ReportNPSSum        ReportNumber = "nps_sum"
	ReportCESSum        ReportNumber = "ces_sum"
)

// Spreads, in milliseconds. Those that end in _business are measured in the hours
// of business, see [Spread.Unmeasured]; the others in the time of the calendar.
const (
	ReportFirstResponse         ReportNumber = "first_response"
	ReportNextResponse          ReportNumber = "next_response"
	ReportResolutionTime        ReportNumber = "resolution_time"
	ReportHandleTime            ReportNumber = "handle_time"
	ReportQueueTime             ReportNumber = "queue_time"
	ReportCallbackTime          ReportNumber = "callback_time"
	ReportFirstResponseBusiness ReportNumber = "first_response_business"
	ReportNextResponseBusiness  ReportNumber = "next_response_business"
	ReportResolutionBusiness    ReportNumber = "resolution_business"
	ReportHandleBusiness        ReportNumber = "handle_time_business"
	ReportQueueBusiness         ReportNumber = "queue_time_business"
	ReportCallbackBusiness      ReportNumber = "callback_time_business"
)

// Shares are made of counts and sums; there is none where the lower part is
// nought. Those of satisfaction are the mean score (csat_score, ces_score), the
// promoters less the detractors in percent of the answers (nps_score, from -100 to
// 100), or from nought to one as all others are. ReportOccupancy is told by agent,
// team and time alone: see the glossary.
const (
	ReportReopenRate        ReportNumber = "reopen_rate"
	ReportResolutionRate    ReportNumber = "resolution_rate"
	ReportAbandonmentRate   ReportNumber = "abandonment_rate"
	ReportServiceLevel      ReportNumber = "service_level"
	ReportNextServiceLevel  ReportNumber = "next_response_level"
	ReportResolutionsOnTime ReportNumber = "resolution_level"
	ReportOccupancy         ReportNumber = "occupancy"
	ReportCSATScore         ReportNumber = "csat_score"
	ReportCSATRate          ReportNumber = "csat_rate"
	ReportCSATResponse      ReportNumber = "csat_response_rate"
	ReportNPSScore          ReportNumber = "nps_score"
	ReportNPSResponse       ReportNumber = "nps_response_rate"
	ReportCESScore          ReportNumber = "ces_score"
	ReportCESRate           ReportNumber = "ces_rate"
	ReportCESResponse       ReportNumber = "ces_response_rate"
)

var (
	reportCounts = []ReportNumber{
		ReportOpened, ReportReopened, ReportResolved, ReportBacklog, ReportReceived, ReportSent, ReportTaken, ReportAbandoned,
		ReportFirstMet, ReportFirstMissed, ReportNextMet, ReportNextMissed, ReportResolutionMet, ReportResolutionMissed,
		ReportCallbacksAsked, ReportCallbacksReached, ReportCallbacksInVain,
		ReportCSATAsked, ReportCSATAnswered, ReportCSATGood, ReportCSATPoor, ReportNPSAsked, ReportNPSAnswered, ReportNPSGood, ReportNPSPoor,
		ReportCESAsked, ReportCESAnswered, ReportCESGood, ReportCESPoor,
	}
	reportSums    = []ReportNumber{ReportAvailableTime, ReportBusyTime, ReportCSATSum, ReportNPSSum, ReportCESSum}
	reportSpreads = []ReportNumber{
		ReportFirstResponse, ReportNextResponse, ReportResolutionTime, ReportHandleTime, ReportQueueTime, ReportCallbackTime,
		ReportFirstResponseBusiness, ReportNextResponseBusiness, ReportResolutionBusiness, ReportHandleBusiness, ReportQueueBusiness,
		ReportCallbackBusiness,
	}
	reportShares = []ReportNumber{
		ReportReopenRate, ReportResolutionRate, ReportAbandonmentRate, ReportServiceLevel, ReportNextServiceLevel, ReportResolutionsOnTime, ReportOccupancy,
		ReportCSATScore, ReportCSATRate, ReportCSATResponse, ReportNPSScore, ReportNPSResponse, ReportCESScore, ReportCESRate, ReportCESResponse,
	}
)

// ReportKind is how a number is read.
type ReportKind string

// A count says how often, a sum how much, a spread how long and a share how large a
// part.
const (
	ReportCount  ReportKind = "count"
	ReportSum    ReportKind = "sum"
	ReportSpread ReportKind = "spread"
	ReportShare  ReportKind = "share"
)

// ReportNumbers are all numbers of a kind, in the order of columns. The list is the
// caller's.
func ReportNumbers(kind ReportKind) []ReportNumber {
	return slices.Clone(map[ReportKind][]ReportNumber{ReportCount: reportCounts, ReportSum: reportSums, ReportSpread: reportSpreads, ReportShare: reportShares}[kind])
}

// Kind is that of a number; empty for one that does not exist.
func (n ReportNumber) Kind() ReportKind {
	switch {
	case slices.Contains(reportCounts, n):
		return ReportCount
	case slices.Contains(reportSums, n):
		return ReportSum
	case slices.Contains(reportSpreads, n):
		return ReportSpread
	case slices.Contains(reportShares, n):
		return ReportShare
	}
	return ""
}

// ReportBy is what a report is grouped by, or narrowed to.
type ReportBy string

// The dimensions. A conversation with several tags or segments, or whose queue
// several teams serve, counts under each of them, so those rows add up to more
// than the whole; one without counts under the empty value. A report is narrowed
// to a step of time by its range alone, and grouped by one step at most.
const (
	ByHour     ReportBy = "hour"
	ByDay      ReportBy = "day"
	ByWeek     ReportBy = "week" // from Monday
	ByMonth    ReportBy = "month"
	ByChannel  ReportBy = "channel"
	ByInbox    ReportBy = "inbox"
	ByQueue    ReportBy = "queue"
	ByTeam     ReportBy = "team"
	ByAgent    ReportBy = "agent"
	ByTag      ReportBy = "tag"
	BySegment  ReportBy = "segment"
	ByPriority ReportBy = "priority"
)

// AskReport asks for a table of what happened from one time until just before
// another, both to the second. Numbers are the columns, all of them where none is
// named. Zone is the IANA name of the zone whose hours, days, weeks and months are
// meant; that of the house when empty. Only takes what has one of the values in each dimension
// it names.
type AskReport struct {
	Numbers []ReportNumber        `json:"numbers,omitempty"`
	By      []ReportBy            `json:"by,omitempty"`
	From    time.Time             `json:"from"`
	To      time.Time             `json:"to"`
	Zone    string                `json:"zone,omitempty"`
	Only    map[ReportBy][]string `json:"only,omitempty"`
	// Scope is what the asker may see; nil is everything.
	Scope  *ReportScope `json:"scope,omitempty"`
	MinSeq uint64       `json:"min_seq,omitempty"`
}

// ReportScope leaves only what happened under one of these queues or teams, or was
// done by this agent. Rows by team are left to these teams, if it names any.
type ReportScope struct {
	Agent  events.AgentID   `json:"agent,omitempty"`
	Teams  []events.TeamID  `json:"teams,omitempty"`
	Queues []events.QueueID `json:"queues,omitempty"`
}

// ReportTable is the answer; rows are sorted by their keys, which stand in the
// order of By. Without By there is exactly one row. Formula is the version of the
// definitions that the numbers were computed by: where it differs from that of an
// older answer, history was computed anew. AsOf is the log sequence it stands for.
type ReportTable struct {
	By      []ReportBy     `json:"by"`
	Numbers []ReportNumber `json:"numbers"`
	Rows    []ReportRow    `json:"rows"`
	Zone    string         `json:"zone"`
	Formula int            `json:"formula"`
	AsOf    uint64         `json:"as_of"`
}

// ReportRow is one group. A count or sum that is missing is nought; a spread or
// share that is missing has nothing to be made of. From and To are the ends of the
// row's step of time within the range, those of the range where there is none: with
// them and the keys the conversations behind its numbers are asked for.
type ReportRow struct {
	Keys    []string                 `json:"keys"`
	From    time.Time                `json:"from"`
	To      time.Time                `json:"to"`
	Counts  map[ReportNumber]int64   `json:"counts"`
	Spreads map[ReportNumber]Spread  `json:"spreads"`
	Shares  map[ReportNumber]float64 `json:"shares"`
}

// Spread is how long something took, in milliseconds. Average and Most are exact,
// Median and P90 within one percent. Unmeasured are those whose time in hours of
// business cannot be told, because what they stood in has no hours; they are in
// none of the others.
type Spread struct {
	Count      int64 `json:"count"`
	Average    int64 `json:"average_ms"`
	Median     int64 `json:"median_ms"`
	P90        int64 `json:"p90_ms"`
	Most       int64 `json:"most_ms"`
	Unmeasured int64 `json:"unmeasured,omitempty"`
}

// ReportPart is a part of a share.
type ReportPart string

// What a share counts stands above the line, the whole that it is a part of below
// it.
const (
	ReportAbove ReportPart = "above"
	ReportBelow ReportPart = "below"
)

// AskReportConversations asks which conversations stand behind one number of a
// report that is narrowed as the row is; its By and Numbers are left out. Part is
// that of a share, above by default; of other numbers it says nothing. Behind a sum
// of scores stand the conversations of the answers, behind the time of agents those
// that their work lay in. Limit is 1–200, 50 by default.
type AskReportConversations struct {
	Report AskReport    `json:"report"`
	Number ReportNumber `json:"number"`
	Part   ReportPart   `json:"part,omitempty"`
	Cursor string       `json:"cursor,omitempty"`
	Limit  int          `json:"limit,omitempty"`
}

// ReportedConversations are those, the newest first; Total is how many there are
// over all pages.
type ReportedConversations struct {
	Items      []events.ConversationID `json:"items"`
	Total      int                     `json:"total"`
	NextCursor string                  `json:"next_cursor"`
	AsOf       uint64                  `json:"as_of"`
}

// AskRetention asks about customers by what they bought, those who placed their
// first order from one time until just before another. Segment leaves only
// customers who are in it now.
type AskRetention struct {
	From    time.Time        `json:"from"`
	To      time.Time        `json:"to"`
	Zone    string           `json:"zone,omitempty"`
	Segment events.SegmentID `json:"segment,omitempty"`
	MinSeq  uint64           `json:"min_seq,omitempty"`
}

// RetentionAnswer is what came of them. Orders that were cancelled do not count,
// and what was paid back is taken off. Customers and their orders are those that
// the shops have told of; contacts that were merged are one customer.
type RetentionAnswer struct {
	Customers  int                `json:"customers"`
	Repeating  int                `json:"repeating"` // with two orders or more
	RepeatRate *float64           `json:"repeat_rate,omitempty"`
	Cohorts    []Cohort           `json:"cohorts"`
	Revenue    []Revenue          `json:"revenue"` // by currency
	Segments   []SegmentedRevenue `json:"segments"`
	Zone       string             `json:"zone"`
	AsOf       uint64             `json:"as_of"`
}

// Cohort are the customers whose first order was placed in Month (2026-03).
// Active holds, for each month from that one on, how many of them placed an order
// in it.
type Cohort struct {
	Month     string          `json:"month"`
	Customers int             `json:"customers"`
	Active    []int           `json:"active"`
	Revenue   []CohortRevenue `json:"revenue"`
}

// CohortRevenue is what the orders that a cohort placed in each month brought, in
// one currency.
type CohortRevenue struct {
	Currency string   `json:"currency"`
	Months   []string `json:"months"`
}

// Revenue is the value over their lifetime of the customers who paid in one
// currency. Amounts are decimals in it; Total and Average are exact to the last
// place shown, Median and P90 within one percent.
type Revenue struct {
	Currency  string `json:"currency"`
	Customers int    `json:"customers"`
	Orders    int    `json:"orders"`
	Total     string `json:"total"`
	Average   string `json:"average"`
	Median    string `json:"median"`
	P90       string `json:"p90"`
}

// SegmentedRevenue is the same of the customers in one segment, empty for those in
// none.
type SegmentedRevenue struct {
	Segment    events.SegmentID `json:"segment"`
	Customers  int              `json:"customers"`
	RepeatRate float64          `json:"repeat_rate"`
	Revenue    []Revenue        `json:"revenue"`
}

// AskRetentionCustomers asks for the customers behind the figures of the same
// question about retention. Cohort (2026-03) leaves those whose first order was
// placed in that month, Month of them those who placed an order in the month that
// came so many after it, and Repeating those with two orders or more. Limit is
// 1–200, 50 by default.
type AskRetentionCustomers struct {
	Retention AskRetention `json:"retention"`
	Cohort    string       `json:"cohort,omitempty"`
	Month     *int         `json:"month,omitempty"`
	Repeating bool         `json:"repeating,omitempty"`
	Cursor    string       `json:"cursor,omitempty"`
	Limit     int          `json:"limit,omitempty"`
}

// RetainedCustomers are those, by their ids, the last first; Total is how many there
// are over all pages.
type RetainedCustomers struct {
	Items      []RetainedCustomer `json:"items"`
	Total      int                `json:"total"`
	NextCursor string             `json:"next_cursor"`
	AsOf       uint64             `json:"as_of"`
}

// RetainedCustomer is one customer. Cohort is the month of their first order in the
// zone of the question; Segments are those they are in now.
type RetainedCustomer struct {
	Contact  events.ContactID   `json:"contact"`
	Cohort   string             `json:"cohort"`
	Segments []events.SegmentID `json:"segments"`
	Value    CustomerValue      `json:"value"`
}

// CustomerValue is what a customer bought, all of it: orders that were cancelled do
// not count, and what was paid back is taken off. Lifetime has a line for each
// currency they paid in.
type CustomerValue struct {
	Orders       int             `json:"orders"`
	FirstOrderAt time.Time       `json:"first_order_at"`
	LastOrderAt  time.Time       `json:"last_order_at"`
	Lifetime     []LifetimeValue `json:"lifetime"`
}

// LifetimeValue is the sum and the mean of a customer's orders in one currency, as
// decimals in it. Average is rounded down to the last place shown.
type LifetimeValue struct {
	Currency string `json:"currency"`
	Orders   int    `json:"orders"`
	Total    string `json:"total"`
	Average  string `json:"average"`
}

// CustomerWorthAnswer is the answer to CustomerWorth, which asks by the id of a
// contact. Value is nil where there is no order that counts; who was folded into
// the contact is part of them.
type CustomerWorthAnswer struct {
	Value *CustomerValue `json:"value,omitempty"`
	AsOf  uint64         `json:"as_of"`
}
