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

// load is a board of the queues of access_test, of which "orders" is sales', "returns"
// support's and sales', and "open" everybody's.
func load() *queries.BoardAnswer {
	scope := func(kind queries.BoardKind, id string) queries.AlarmState {
		return queries.AlarmState{ID: "al-" + string(kind) + id, Scope: queries.BoardScope{Kind: kind, ID: id}}
	}
	wait := int64(5)
	return &queries.BoardAnswer{
		At: *at(30), AsOf: 9, Source: "bd1", Number: 4,
		Total: queries.BoardLine{Open: 100, ExpectedWait: &wait, Books: &queries.Book{Stored: 7}},
		Queues: []queries.BoardLine{
			{ID: "open", Open: 1, Waiting: 1, Longest: "cv1", LongestSince: at(20), Today: queries.Today{Opened: 1}},
			{ID: "orders", Open: 10, Waiting: 10, Longest: "cv2", LongestSince: at(1), Today: queries.Today{Opened: 10}},
			{ID: "returns", Open: 20, Waiting: 5, Longest: "cv3", LongestSince: at(10), Arrivals: queries.Lately{M1: 3}, Today: queries.Today{Opened: 20}},
		},
		Teams:    []queries.BoardLine{{ID: "legal"}, {ID: "sales"}, {ID: "support"}},
		Channels: []queries.BoardLine{{ID: "email"}},
		Inboxes:  []queries.BoardLine{{ID: "in1", Books: &queries.Book{Stored: 7}}},
		Agents: []queries.BoardAgent{
			{ID: "ag1", Teams: []events.TeamID{"support"}, State: events.AgentAvailable, Load: 40, Capacity: 100},
			{ID: "ag2", Teams: []events.TeamID{"sales", "support"}, State: events.AgentAvailable, Lost: true},
			{ID: "ag3", Teams: []events.TeamID{"sales"}, State: events.AgentAway},
		},
		Alarms: []queries.AlarmState{
			scope(queries.BoardTotal, ""), scope(queries.BoardQueue, "orders"), scope(queries.BoardQueue, "returns"), scope(queries.BoardTeam, "support"),
			scope(queries.BoardTeam, "legal"), scope(queries.BoardInbox, "in1"), scope(queries.BoardChannel, "email"),
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
	}{
		{"agent", config.Agent{ID: "ag1", Role: config.RoleAgent, Teams: []events.TeamID{"support"}},
			[]string{"open", "returns"}, []string{"support"}, nil, []string{"ag1"}, []string{"al-queuereturns", "al-teamsupport"}, 21, 1, 1, "cv3"},
		{"agent without a team", config.Agent{ID: "ag9", Role: config.RoleAgent},
			[]string{"open"}, nil, nil, nil, nil, 1, 0, 0, "cv1"},
		{"supervisor", config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"support"}},
			[]string{"open", "returns"}, []string{"support"}, nil, []string{"ag1", "ag2"}, []string{"al-queuereturns", "al-teamsupport"}, 21, 1, 1, "cv3"},
		{"supervisor of sales", config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"sales"}},
			[]string{"open", "orders", "returns"}, []string{"sales"}, nil, []string{"ag2", "ag3"}, []string{"al-queueorders", "al-queuereturns"}, 31, 0, 1, "cv2"},
		{"supervisor without a team", config.Agent{ID: "ag3", Role: config.RoleSupervisor},
			[]string{"open"}, nil, nil, []string{"ag3"}, nil, 1, 0, 0, "cv1"},
	} {
		got := NewViewer(c.agent, queues).Board(load())
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
		if total.Books != nil || total.ExpectedWait != nil || got.Source != "" {
			t.Errorf("%s is shown what is not theirs: %+v", c.name, total)
		}
	}
	admin := NewViewer(config.Agent{ID: "ag7", Role: config.RoleAdministrator}, queues).Board(load())
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

func TestAQueueForEverybodyChangesTheBoardAlone(t *testing.T) {
	agent := config.Agent{ID: "ag1", Role: config.RoleAgent, Teams: []events.TeamID{"support"}}
	before, after := NewViewer(agent, queues[:2]), NewViewer(agent, queues)
	if !before.Same(after) || before.SameBoard(after) {
		t.Error("a new queue for everybody changes what conversations are seen, or not what the board shows")
	}
}
