package reports

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/board"
	"github.com/tributary-inbox/tributary/services/inbox/daytest"
)

var (
	zone  = time.FixedZone("here", 9*3600)
	start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

func someDay(t *rapid.T, most int) (*daytest.Day, *memory) {
	dice := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "dice") }
	day := daytest.New(dice, start, 4, 4)
	l := memoryOf(day)
	for range rapid.IntRange(most/4, most).Draw(t, "steps") {
		if d := day.Step(); d != nil {
			l.Apply(d)
		}
	}
	return day, l
}

func memoryOf(day *daytest.Day) *memory {
	l := newMemory(zone)
	for _, q := range day.Queues {
		l.SetQueue(q)
	}
	for _, a := range day.Agents {
		l.staff[a.ID] = a.Teams
	}
	l.closed[day.Queues[len(day.Queues)-1].ID] = true
	return l
}

func someQuery(t *rapid.T, day *daytest.Day) Query {
	hours := int(day.Now.Sub(start)/time.Hour) + 2
	from := rapid.IntRange(-1, hours-1).Draw(t, "from")
	q := Query{From: start.Add(time.Duration(from) * time.Hour), Only: map[Dimension][]string{}}
	q.To = q.From.Add(time.Duration(rapid.IntRange(1, hours+1).Draw(t, "to")) * time.Hour)
	for _, by := range []Dimension{queries.ByChannel, queries.ByInbox, queries.ByQueue, queries.ByTeam, queries.ByAgent, queries.ByTag, queries.BySegment, queries.ByPriority} {
		if rapid.IntRange(0, 3).Draw(t, "by") == 0 {
			q.By = append(q.By, by)
		}
	}
	if by := rapid.SampledFrom([]Dimension{"", queries.ByHour, queries.ByDay, queries.ByWeek, queries.ByMonth}).Draw(t, "time"); by != "" {
		q.By = slices.Insert(q.By, rapid.IntRange(0, len(q.By)).Draw(t, "where"), by)
	}
	switch rapid.IntRange(0, 7).Draw(t, "only") {
	case 0:
		q.Only[queries.ByTag] = []string{"vip", "billing"}
	case 1:
		q.Only[queries.ByTeam] = []string{"tm0", ""}
	case 2:
		q.Only[queries.ByChannel] = []string{"email"}
	case 3:
		q.Scope = &queries.ReportScope{Agent: "ag001", Queues: []events.QueueID{"qu01"}}
	case 4:
		q.Only[queries.ByAgent] = []string{"ag002", ""}
	}
	return q
}

// Days of any traffic and any question: each count, average, median and 90th
// percentile is what comes out when everything is gone through anew. To see it
// fail, leave out the merge of sketches in hour, the walk in backlog, or the queue
// that count is told.
func TestAnyTableIsWhatARecountGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day, l := someDay(t, 150)
		h := study(day)
		for range 4 {
			q := someQuery(t, day)
			got, err := l.Query(q)
			if err != nil {
				t.Fatal(err)
			}
			want := h.table(q, zone)
			if len(q.By) == 0 && want[""] == nil {
				want[""] = map[Number][]int64{}
			}
			if why := compare(got, want); why != "" {
				t.Fatalf("%+v: %s", q, why)
			}
			if !slices.IsSortedFunc(got.Rows, func(a, b Row) int { return slices.Compare(a.Keys, b.Keys) }) {
				t.Fatal("the rows are in no order")
			}
		}
	})
}

// parts is what a number is made of: itself, or the parts of a share as the glossary
// has them.
func parts(n Number, part queries.ReportPart) []Number {
	made := map[Number][2][]Number{
		queries.ReportReopenRate:        {{queries.ReportReopened}, {queries.ReportResolved}},
		queries.ReportResolutionRate:    {{queries.ReportResolved}, {queries.ReportOpened, queries.ReportReopened}},
		queries.ReportAbandonmentRate:   {{queries.ReportAbandoned}, {queries.ReportAbandoned, queries.ReportTaken}},
		queries.ReportServiceLevel:      {{queries.ReportFirstMet}, {queries.ReportFirstMet, queries.ReportFirstMissed}},
		queries.ReportNextServiceLevel:  {{queries.ReportNextMet}, {queries.ReportNextMet, queries.ReportNextMissed}},
		queries.ReportResolutionsOnTime: {{queries.ReportResolutionMet}, {queries.ReportResolutionMet, queries.ReportResolutionMissed}},
		queries.ReportOccupancy:         {{queries.ReportBusyTime}, {queries.ReportBusyTime}},
		queries.ReportAvailableTime:     {{queries.ReportBusyTime}},
		queries.ReportCSATSum:           {{queries.ReportCSATAnswered}},
		queries.ReportNPSSum:            {{queries.ReportNPSAnswered}},
		queries.ReportCESSum:            {{queries.ReportCESAnswered}},
		queries.ReportCSATScore:         {{queries.ReportCSATAnswered}, {queries.ReportCSATAnswered}},
		queries.ReportCSATRate:          {{queries.ReportCSATGood}, {queries.ReportCSATAnswered}},
		queries.ReportCSATResponse:      {{queries.ReportCSATAnswered}, {queries.ReportCSATAsked}},
		queries.ReportNPSScore:          {{queries.ReportNPSGood, queries.ReportNPSPoor}, {queries.ReportNPSAnswered}},
		queries.ReportNPSResponse:       {{queries.ReportNPSAnswered}, {queries.ReportNPSAsked}},
		queries.ReportCESScore:          {{queries.ReportCESAnswered}, {queries.ReportCESAnswered}},
		queries.ReportCESRate:           {{queries.ReportCESGood}, {queries.ReportCESAnswered}},
		queries.ReportCESResponse:       {{queries.ReportCESAnswered}, {queries.ReportCESAsked}},
	}
	both, more := made[n]
	switch {
	case !more:
		return []Number{n}
	case part == queries.ReportBelow && len(both[1]) > 0:
		return both[1]
	}
	return both[0]
}

// Behind every number there is stand exactly the conversations that made it, and
// behind a share those of either part.
func TestEachNumberNamesItsConversations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day, l := someDay(t, 120)
		h := study(day)
		q := someQuery(t, day)
		for _, n := range All() {
			part := rapid.SampledFrom([]queries.ReportPart{"", queries.ReportAbove, queries.ReportBelow}).Draw(t, "part")
			ids, total, err := l.Conversations(q, n, part, 3)
			if err != nil {
				t.Fatal(err)
			}
			of := parts(n, part)
			want, spent := map[events.ConversationID]bool{}, map[events.ConversationID][]int64{}
			if n == queries.ReportBacklog {
				var then map[events.ConversationID]place
				for _, s := range h.stands {
					if s.at.Before(q.To) {
						then = s.places
					}
				}
				for id, p := range then {
					want[id] = takes(q, n, p)
				}
			}
			for _, s := range h.samples {
				if slices.Contains(of, s.n) && s.id != "" && !s.at.Before(q.From) && s.at.Before(q.To) && takes(q, s.n, s.place) {
					want[s.id] = true
					spent[s.id] = append(spent[s.id], s.ms)
				}
			}
			for id, is := range want {
				if of[0] == queries.ReportBusyTime && sum(spent[id]) <= rounded(spent[id]) {
					continue // no share of a millisecond
				}
				if is != slices.Contains(ids, id) {
					t.Fatalf("%s %s: %s is among %v: it is %v that it should be", n, part, id, ids, is)
				}
			}
			for _, id := range ids {
				if !want[id] {
					t.Fatalf("%s %s: %s has no part in it", n, part, id)
				}
			}
			if total != len(ids) {
				t.Fatalf("%s %s: %d ids of %d", n, part, len(ids), total)
			}
		}
	})
}

func takes(q Query, n Number, p place) bool {
	if s := q.Scope; s != nil {
		queue := n != queries.ReportBusyTime && slices.Contains(s.Queues, events.QueueID(p.queue))
		if !queue && p.agent != string(s.Agent) {
			return false
		}
	}
	for by, values := range q.Only {
		if !slices.ContainsFunc(p.values(by), func(v string) bool { return slices.Contains(values, v) }) {
			return false
		}
	}
	return true
}

// What customers answered is in the report as it stands on the rows, also where
// conversations are folded into others, taken back out and asked about again
// meanwhile. To see it fail, keep an asking with its conversation alone.
func TestTheReportOfSurveysIsWhatTheRowsSay(t *testing.T) {
	var merged, answered int
	rapid.Check(t, func(t *rapid.T) {
		day, l := someDay(t, 150)
		want := map[Number]int64{}
		for _, d := range day.Log {
			for _, f := range d.Facts {
				switch b := f.Body.(type) {
				case *events.ConversationMerged:
					merged++
				case *events.SurveyAnswered:
					answered++
					if _, done := want[Number(b.Survey)]; !done { // the newest score, once
						want[Number(b.Survey)] = 1
						want[opinions[b.Kind].answered]++
						want[opinions[b.Kind].sum] += int64(day.Scores[b.Survey])
					}
				}
			}
		}
		for _, c := range day.Rows {
			if c.Survey != nil && c.Survey.Score != nil && day.Scores[c.Survey.ID] != *c.Survey.Score && c.Status != events.Merged {
				t.Fatalf("the row of %s says %d, the day %d", c.ID, *c.Survey.Score, day.Scores[c.Survey.ID])
			}
		}
		table, err := l.Query(Query{From: start, To: day.Now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		for kind, n := range opinions {
			for _, of := range []Number{n.answered, n.sum} {
				if got := table.Rows[0].Counts[of]; got != want[of] {
					t.Fatalf("%s %s: the report says %d, the rows %d", kind, of, got, want[of])
				}
			}
		}
	})
	if merged == 0 || answered == 0 {
		t.Fatalf("%d merges and %d answers: nothing was tried", merged, answered)
	}
}

// The board and a report of today say the same wherever both say something.
func TestTheReportOfTodayIsTheBoard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day, l := someDay(t, 150)
		b := board.New(zone, config.DefaultWorkload())
		for _, q := range day.Queues {
			b.SetQueue(q)
		}
		for _, d := range day.Log {
			b.Apply(d)
		}
		y, m, d := day.Now.In(zone).Date()
		midnight := time.Date(y, m, d, 0, 0, 0, 0, zone)
		now := b.At(day.Now)
		for by, lines := range map[Dimension][]queries.BoardLine{"": {now.Total}, queries.ByQueue: now.Queues, queries.ByTeam: now.Teams, queries.ByChannel: now.Channels, queries.ByInbox: now.Inboxes} {
			q := Query{From: midnight, To: midnight.AddDate(0, 0, 1)}
			if by != "" {
				q.By = []Dimension{by}
			}
			table, err := l.Query(q)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines {
				c := map[Number]int64{}
				for _, r := range table.Rows {
					if by == "" || r.Keys[0] == line.ID {
						c = r.Counts
					}
				}
				report := queries.Today{Opened: int(c[queries.ReportOpened]), Reopened: int(c[queries.ReportReopened]), Resolved: int(c[queries.ReportResolved]), Abandoned: int(c[queries.ReportAbandoned])}
				level := queries.ServiceLevel{Met: int(c[queries.ReportFirstMet]), Missed: int(c[queries.ReportFirstMissed])}
				answered := line.ServiceToday
				answered.Late = 0 // a state, of those who wait
				if report != line.Today || level != answered || int(c[queries.ReportBacklog]) != line.Open+line.Snoozed {
					t.Fatalf("%s %q: the report says %+v %+v backlog %d, the board %+v", by, line.ID, report, level, c[queries.ReportBacklog], line)
				}
			}
		}
	})
}

// What somebody is shown of today is one number, wherever they look: the total of their
// board, their report of all that they see, and the list that each number opens to. The
// rules of the gateway say which lines those are: queues of one of their teams or of
// everybody, what lies aside under their teams, and for the report queues and teams. To
// see it fail, leave the asides out of the sum, or the teams out of the scope.
func TestTheReportOfAViewerIsTheirBoard(t *testing.T) {
	aside := 0
	rapid.Check(t, func(t *rapid.T) {
		day, l := someDay(t, 150)
		b := board.New(zone, config.DefaultWorkload())
		for _, q := range day.Queues {
			b.SetQueue(q)
		}
		for _, d := range day.Log {
			b.Apply(d)
		}
		teams := []events.TeamID{"tm0", "tm1", "tm2"}[rapid.IntRange(0, 2).Draw(t, "team"):]
		teams = teams[:rapid.IntRange(0, len(teams)).Draw(t, "teams")]
		scope, lines, queues := &queries.ReportScope{Teams: teams}, []queries.BoardScope{}, map[string]bool{}
		for _, q := range day.Queues {
			if len(q.Teams) == 0 || slices.ContainsFunc(q.Teams, func(t events.TeamID) bool { return slices.Contains(teams, t) }) {
				scope.Queues, queues[string(q.ID)] = append(scope.Queues, q.ID), true
				lines = append(lines, queries.BoardScope{Kind: queries.BoardQueue, ID: string(q.ID)})
			}
		}
		for _, team := range teams {
			lines = append(lines, queries.BoardScope{Kind: queries.BoardTeam, ID: string(team)})
		}
		now, shown := b.At(day.Now), queries.BoardLine{}
		for _, line := range append(now.Queues, now.Asides...) {
			if team, queue := queries.AsideOf(line.ID); team == events.TeamID(line.ID) && !queues[line.ID] || team != events.TeamID(line.ID) && (!slices.Contains(teams, team) || queues[string(queue)]) {
				continue
			} else if team != events.TeamID(line.ID) {
				aside += line.Open + line.Snoozed
			}
			shown.Open, shown.Snoozed, shown.Waiting = shown.Open+line.Open, shown.Snoozed+line.Snoozed, shown.Waiting+line.Waiting
			shown.Today.Opened += line.Today.Opened
			shown.Today.Reopened += line.Today.Reopened
			shown.Today.Resolved += line.Today.Resolved
			shown.Today.Abandoned += line.Today.Abandoned
			shown.ServiceToday.Met += line.ServiceToday.Met
			shown.ServiceToday.Missed += line.ServiceToday.Missed
		}
		y, m, d := day.Now.In(zone).Date()
		midnight := time.Date(y, m, d, 0, 0, 0, 0, zone)
		table, err := l.Query(Query{From: midnight, To: midnight.AddDate(0, 0, 1), Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		c := table.Rows[0].Counts
		report := queries.Today{Opened: int(c[queries.ReportOpened]), Reopened: int(c[queries.ReportReopened]), Resolved: int(c[queries.ReportResolved]), Abandoned: int(c[queries.ReportAbandoned])}
		level := queries.ServiceLevel{Met: int(c[queries.ReportFirstMet]), Missed: int(c[queries.ReportFirstMissed])}
		if report != shown.Today || level != shown.ServiceToday || int(c[queries.ReportBacklog]) != shown.Open+shown.Snoozed {
			t.Fatalf("of %v the report says %+v %+v backlog %d, the board %+v", teams, report, level, c[queries.ReportBacklog], shown)
		}
		for number, want := range map[queries.BoardNumber]int{queries.BoardOpen: shown.Open, queries.BoardSnoozed: shown.Snoozed, queries.BoardWaiting: shown.Waiting} {
			found, ok := b.Behind(lines, number, day.Now)
			if len(found) != want || !ok && len(lines) > 0 && want > 0 {
				t.Fatalf("%s of %v opens to %d, the board says %d", number, teams, len(found), want)
			}
		}
	})
	if aside == 0 {
		t.Fatal("nothing ever lay aside: nothing was tried")
	}
}
