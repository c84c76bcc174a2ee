package queries

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// WhatIf asks how a past span of time would have gone with other people or other
// rules. It is asked of the router, on events.WhatIfSubject, and answered as the
// questions of the inbox are. Nothing is done. Agents, queues and rules are those of
// that time, as the history of the settings has them; only what is asked differs.
//
// Agents is how many more there are, or fewer: of Team where it is set, else of
// all. One more works the hours of whoever of them was there the longest; one
// fewer is that one. Capacity, unless nought, is everybody's. Queues are written
// down whole, as they are set today but for the change: the fields in which one
// differs from today's take their place in the queue of that time, all others stay
// as they were. Of a queue that is no more, all fields do. A queue of Today is played all day long as it is set
// today, with what else is asked of it: whether a rule made since would have helped.
// Without are skills that
// nothing needs, whether a queue asks for them or whatever sent it there. Target is what counts as
// in time, in seconds; 60 when nought. Scope is what the asker may see; nil is
// everything. What waited in other queues than those is played all the same, and not
// told of.
type WhatIf struct {
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"`
	Agents   int              `json:"agents,omitempty"`
	Team     events.TeamID    `json:"team,omitempty"`
	Capacity int              `json:"capacity,omitempty"`
	Queues   []config.Queue   `json:"queues,omitempty"`
	Today    []events.QueueID `json:"today,omitempty"`
	Without  []events.SkillID `json:"without,omitempty"`
	Target   int              `json:"target,omitempty"`
	Scope    *ReportScope     `json:"scope,omitempty"`
}

// Bounds of a [WhatIf] and of its answer.
const (
	MaxWhatIfSpan   = 48 * time.Hour
	MaxWhatIfAgents = 500
	// DefaultWhatIfTarget is in seconds.
	DefaultWhatIfTarget = 60
	// MaxWhatIfSkills is how many skills may be left out.
	MaxWhatIfSkills = 20
	// WhatIfSteps is how many steps a backlog has at most.
	WhatIfSteps = 96
)

// WhatIfAnswer holds the span three times: as it was by the log, as the same rules
// and people play it again, and with the change. The second tells how far the third
// can be trusted: where it is far from the first, the day depended on what no rule
// knows. Partial says that the time was up before all of the log was read; the span
// then ends at To. Assumptions are what was taken to be so, in words.
type WhatIfAnswer struct {
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Target      int       `json:"target"`
	Partial     bool      `json:"partial,omitempty"`
	Was         WhatIfRun `json:"was"`
	Unchanged   WhatIfRun `json:"unchanged"`
	Changed     WhatIfRun `json:"changed"`
	Assumptions []string  `json:"assumptions"`
	Assumed     []string  `json:"assumed"`
	Step        int       `json:"step"`
}

// WhatIfRun is one way that the span went. Agents is how many were available, on
// average; Occupancy how much of their capacity was taken by work while they were,
// from 0 to 1.
type WhatIfRun struct {
	Agents    float64       `json:"agents"`
	Occupancy float64       `json:"occupancy"`
	Total     WhatIfCount   `json:"total"`
	Queues    []WhatIfCount `json:"queues"`
}

// WhatIfCount is about conversations that began to wait in a queue within the span,
// whichever queue they left it by. Taken got an agent, Abandoned left before that,
// Otherwise ended waiting in another way (answered from a list, resolved, put
// aside), Waiting wait on at the end. Times are of those taken, in milliseconds.
// InTime is the share taken within the target of those taken and abandoned.
//
// Backlog is the most who waited at one time, in each step of the span: those too
// who had begun to wait before it, and are counted in nothing else.
type WhatIfCount struct {
	Queue     events.QueueID `json:"queue,omitempty"`
	Arrivals  int            `json:"arrivals"`
	Taken     int            `json:"taken"`
	Abandoned int            `json:"abandoned"`
	Otherwise int            `json:"otherwise"`
	Waiting   int            `json:"waiting"`
	Average   int64          `json:"average_ms"`
	Median    int64          `json:"median_ms"`
	P90       int64          `json:"p90_ms"`
	Longest   int64          `json:"longest_ms"`
	InTime    float64        `json:"in_time"`
	Backlog   []int          `json:"backlog"`
}
