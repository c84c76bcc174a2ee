package access

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

func at(minute int) *time.Time {
	t := time.Date(2026, 5, 1, 9, minute, 0, 0, time.UTC)
	return &t
}

// inboxes bring work for support and sales, for support, for sales, and for everybody.
var inboxes = []config.Inbox{
	{ID: "in1", Channel: "email", Queue: "returns"}, {ID: "in2", Channel: "email", Team: "support"},
	{ID: "in3", Channel: "email", Queue: "orders"}, {ID: "in4", Channel: "phone", Queue: "open"},
}

// load is a board of the queues of access_test, of which "orders" is sales', "returns"
// support's and sales', and "open" everybody's.
func load() *queries.BoardAnswer {
	scope := func(kind queries.BoardKind, id string) queries.AlarmState {
		return queries.AlarmState{ID: "al-" + string(kind) + id, Scope: queries.BoardScope{Kind: kind, ID: id}}
	}
	wait, short, long := int64(5), int64(30), int64(60)
	inbox := func(id string, n int, ms int64) queries.BoardLine {
		return queries.BoardLine{ID: id, Open: n, Arrivals: queries.Lately{M15: n}, ExpectedWait: &ms, Books: &queries.Book{Stored: uint64(n)}, Staff: &queries.Staff{Away: 9}}
	}
	return &queries.BoardAnswer{
		At: *at(30), AsOf: 9, Source: "bd1", Number: 4,
		Total: queries.BoardLine{Open: 100, ExpectedWait: &wait, Books: &queries.Book{Stored: 7}},
		Queues: []queries.BoardLine{
			{ID: "open", Open: 1, Waiting: 1, ExpectedWait: &long, Longest: "cv1", LongestSince: at(20), Today: queries.Today{Opened: 1}},
			{ID: "orders", Open: 10, Waiting: 10, Longest: "cv2", LongestSince: at(1), Today: queries.Today{Opened: 10}},
			{ID: "returns", Open: 20, Waiting: 5, ExpectedWait: &short, Longest: "cv3", LongestSince: at(10), Arrivals: queries.Lately{M1: 3}, Today: queries.Today{Opened: 20}},
		},
		Teams:    []queries.BoardLine{{ID: "legal"}, {ID: "sales"}, {ID: "support"}},
		Channels: []queries.BoardLine{{ID: "email", Open: 111, Books: &queries.Book{Stored: 111}}, {ID: "phone", Open: 1000}},
		Inboxes:  []queries.BoardLine{inbox("in1", 1, 1000), inbox("in2", 10, 2100), inbox("in3", 100, 50), inbox("in4", 1000, 0)},
		Agents: []queries.BoardAgent{
			{ID: "ag1", Teams: []events.TeamID{"support"}, State: events.AgentAvailable, Load: 40, Capacity: 100},
			{ID: "ag2", Teams: []events.TeamID{"sales", "support"}, State: events.AgentAvailable, Lost: true},
			{ID: "ag3", Teams: []events.TeamID{"sales"}, State: events.AgentAway},
		},
		Alarms: []queries.AlarmState{
			scope(queries.BoardTotal, ""), scope(queries.BoardQueue, "orders"), scope(queries.BoardQueue, "returns"), scope(queries.BoardTeam, "support"),
			scope(queries.BoardTeam, "legal"), scope(queries.BoardInbox, "in1"), scope(queries.BoardInbox, "in3"), scope(queries.BoardChannel, "email"), scope(queries.BoardChannel, "phone"),
		},
	}
}

// Everything that each role is shown, and nothing else. To see it fail, let SeesLine
// or SeesAgent say yes to anything more.
func TestBoardByRole(t *testing.T) {
	lines := func(of []queries.BoardLine) (out []string) {
		for _, l := range of {
			out = append(out, l.ID)
		}
		return out
	}
	for _, c := range []struct {
		name                             string
		agent                            config.Agent
		queues, teams, rest, who, alarms []string
		open, available, lost            int
		longest                          events.ConversationID
		wait                             int64 // expected; -1 where there is none
		stored                           uint64
	}{
		{"agent", config.Agent{ID: "ag1", Role: config.RoleAgent, Teams: []events.TeamID{"support"}},
			[]string{"open", "returns"}, []string{"support"}, nil, []string{"ag1"}, []string{"al-queuereturns", "al-teamsupport"}, 21, 1, 1, "cv3", 45, 0},
		{"agent without a team", config.Agent{ID: "ag9", Role: config.RoleAgent},
			[]string{"open"}, nil, nil, nil, nil, 1, 0, 0, "cv1", 60, 0},
		{"supervisor", config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"support"}},
			[]string{"open", "returns"}, []string{"support"}, []string{"email", "phone", "in1", "in2", "in4"}, []string{"ag1", "ag2"},
			[]string{"al-queuereturns", "al-teamsupport", "al-inboxin1", "al-channelphone"}, 21, 1, 1, "cv3", 45, 1011},
		{"supervisor of sales", config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"sales"}},
			[]string{"open", "orders", "returns"}, []string{"sales"}, []string{"email", "phone", "in1", "in3", "in4"}, []string{"ag2", "ag3"},
			[]string{"al-queueorders", "al-queuereturns", "al-inboxin1", "al-inboxin3", "al-channelphone"}, 31, 0, 1, "cv2", -1, 1101},
		{"supervisor without a team", config.Agent{ID: "ag3", Role: config.RoleSupervisor},
			[]string{"open"}, nil, []string{"phone", "in4"}, []string{"ag3"}, []string{"al-channelphone"}, 1, 0, 0, "cv1", 60, 1000},
	} {
		got := NewViewer(c.agent, queues, inboxes).Board(load())
		var who, alarms []string
		for _, a := range got.Agents {
			who = append(who, string(a.ID))
		}
		for _, a := range got.Alarms {
			alarms = append(alarms, a.ID)
		}
		if q, te, r := lines(got.Queues), lines(got.Teams), lines(append(got.Channels, got.Inboxes...)); !slices.Equal(q, c.queues) || !slices.Equal(te, c.teams) || !slices.Equal(r, c.rest) {
			t.Errorf("%s is shown queues %v, teams %v and %v", c.name, q, te, r)
		}
		if !slices.Equal(who, c.who) || !slices.Equal(alarms, c.alarms) {
			t.Errorf("%s is shown agents %v and alarms %v", c.name, who, alarms)
		}
		total := got.Total
		if total.Open != c.open || total.Today.Opened != c.open || total.Staff.Available != c.available || total.Staff.Lost != c.lost || total.Longest != c.longest {
			t.Errorf("%s is shown a total of %+v with %+v", c.name, total, *total.Staff)
		}
		wait, stored := int64(-1), uint64(0)
		if total.ExpectedWait != nil {
			wait = *total.ExpectedWait
		}
		if total.Books != nil {
			stored = total.Books.Stored
		}
		if wait != c.wait || stored != c.stored || got.Source != "" {
			t.Errorf("%s is shown %d ms to wait, %d stored and the source %q", c.name, wait, stored, got.Source)
		}
	}
	admin := NewViewer(config.Agent{ID: "ag7", Role: config.RoleAdministrator}, queues, inboxes).Board(load())
	want := load()
	want.Source, want.Number = "", 0
	one, _ := json.Marshal(admin)
	two, _ := json.Marshal(want)
	if string(one) != string(two) {
		t.Errorf("an administrator is shown %s", one)
	}
	nobody := (&Viewer{}).Board(load())
	if n := len(nobody.Queues) + len(nobody.Teams) + len(nobody.Inboxes) + len(nobody.Agents) + len(nobody.Alarms); n != 0 || nobody.Total.Open != 0 {
		t.Errorf("nobody is shown %+v", nobody)
	}
}

// A channel with an inbox of others is the sum of the inboxes that one sees, with whom
// they bring work for; a number opens to the same lines. To see it fail, take the
// channel as the board has it.
func TestAChannelInPart(t *testing.T) {
	boss := config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"support"}}
	v := NewViewer(boss, queues, inboxes)
	email, phone := v.Channels(load())[0], v.Channels(load())[1]
	if email.Open != 11 || *email.Books != (queries.Book{Stored: 11}) || *email.ExpectedWait != 2000 || phone.Open != 1000 {
		t.Errorf("email is %+v, phone %+v", email, phone)
	}
	if want := (queries.Staff{Available: 1, Lost: 1, Away: 1, Load: 40, Capacity: 100, Free: 1}); *email.Staff != want {
		t.Errorf("for email there are %+v", *email.Staff)
	}
	of := func(kind queries.BoardKind, ids ...string) (out []queries.BoardScope) {
		for _, id := range ids {
			out = append(out, queries.BoardScope{Kind: kind, ID: id})
		}
		return out
	}
	for line, want := range map[queries.BoardScope][]queries.BoardScope{
		{Kind: queries.BoardTotal}:                append(of(queries.BoardQueue, "returns", "open"), of(queries.BoardTeam, "support")...),
		{Kind: queries.BoardChannel, ID: "email"}: of(queries.BoardInbox, "in1", "in2"),
		{Kind: queries.BoardChannel, ID: "phone"}: of(queries.BoardChannel, "phone"),
		{Kind: queries.BoardInbox, ID: "in3"}:     nil,
		{Kind: queries.BoardQueue, ID: "orders"}:  nil,
		{Kind: queries.BoardTeam, ID: "support"}:  of(queries.BoardTeam, "support"),
		{Kind: queries.BoardTeam, ID: "legal"}:    nil,
		{Kind: "house"}:                           nil,
	} {
		if got := v.Stands(line); !slices.Equal(got, want) {
			t.Errorf("%v opens to %v", line, got)
		}
	}
	m := &queries.BoardMinutes{Count: 2, Lines: []queries.BoardCourse{
		{Kind: queries.BoardChannel, ID: "email", Waiting: []int{111, 111}},
		{Kind: queries.BoardInbox, ID: "in1", Waiting: []int{1, 2}}, {Kind: queries.BoardInbox, ID: "in2", Waiting: []int{10, 20}}, {Kind: queries.BoardInbox, ID: "in3", Waiting: []int{100, 200}},
	}}
	seen := v.Minutes(m).Lines
	if len(seen) != 4 || seen[0].Kind != queries.BoardTotal || seen[3].ID != "email" || !slices.Equal(seen[3].Waiting, []int{11, 22}) {
		t.Errorf("in the minutes before it was %+v", seen)
	}
	before := v
	if after := NewViewer(boss, queues, inboxes[:2]); !before.Same(after) || before.SameBoard(after) {
		t.Error("an inbox less changes what conversations are seen, or not what the board shows")
	}
}

func TestAQueueForEverybodyChangesTheBoardAlone(t *testing.T) {
	agent := config.Agent{ID: "ag1", Role: config.RoleAgent, Teams: []events.TeamID{"support"}}
	before, after := NewViewer(agent, queues[:2], nil), NewViewer(agent, queues, nil)
	if !before.Same(after) || before.SameBoard(after) {
		t.Error("a new queue for everybody changes what conversations are seen, or not what the board shows")
	}
}
