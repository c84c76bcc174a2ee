package access

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// For everybody the total of the board counts what its number opens to, each once, and
// for a supervisor what their reports count, wherever conversations stand. To see it
// fail, leave out the asides in Total, or the teams in Stands or in Reports.
func TestATotalIsOverWhatItOpensToAndReports(t *testing.T) {
	teams := []events.TeamID{"t0", "t1", "t2"}
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string) []events.TeamID {
			return slices.DeleteFunc(slices.Clone(teams), func(events.TeamID) bool { return rapid.IntRange(0, 2).Draw(t, name) > 0 })
		}
		var all []config.Queue
		for i := range rapid.IntRange(0, 4).Draw(t, "queues") {
			all = append(all, config.Queue{ID: events.QueueID(fmt.Sprint("q", i)), Teams: some("serves")})
		}
		agent := config.Agent{ID: "ag", Role: rapid.SampledFrom([]config.Role{config.RoleAgent, config.RoleSupervisor, config.RoleAdministrator}).Draw(t, "role"), Teams: some("member")}
		v, b := NewViewer(agent, all, nil), &queries.BoardAnswer{}
		lines, under, reported := map[queries.BoardScope]int{}, [][]queries.BoardScope{}, 0
		for range rapid.IntRange(0, 12).Draw(t, "conversations") {
			queue, team := config.Queue{}, events.TeamID("")
			if i := rapid.IntRange(0, len(all)).Draw(t, "queue"); i < len(all) {
				queue = all[i]
			}
			if i := rapid.IntRange(0, len(teams)).Draw(t, "team"); i < len(teams) {
				team = teams[i]
			}
			of := []queries.BoardScope{{Kind: queries.BoardTotal}}
			if queue.ID != "" {
				of = append(of, queries.BoardScope{Kind: queries.BoardQueue, ID: string(queue.ID)})
			}
			counts := []events.TeamID{team}
			switch {
			case team == "":
				counts = queue.Teams
			case queue.ID == "" || len(queue.Teams) > 0 && !slices.Contains(queue.Teams, team):
				of = append(of, queries.BoardScope{Kind: queries.BoardAside, ID: queries.AsideID(team, queue.ID)})
			}
			for _, c := range counts {
				of = append(of, queries.BoardScope{Kind: queries.BoardTeam, ID: string(c)})
			}
			for _, s := range of {
				lines[s]++
			}
			under = append(under, of)
			scope := v.Reports()
			if scope == nil || queue.ID != "" && slices.Contains(scope.Queues, queue.ID) || slices.ContainsFunc(counts, func(c events.TeamID) bool { return slices.Contains(scope.Teams, c) }) {
				reported++
			}
		}
		for s, n := range lines {
			switch line := (queries.BoardLine{ID: s.ID, Open: n}); s.Kind {
			case queries.BoardTotal:
				b.Total = line
			case queries.BoardQueue:
				b.Queues = append(b.Queues, line)
			case queries.BoardTeam:
				b.Teams = append(b.Teams, line)
			case queries.BoardAside:
				b.Asides = append(b.Asides, line)
			}
		}
		opens, to := 0, v.Stands(queries.BoardScope{Kind: queries.BoardTotal})
		for _, of := range under {
			if slices.ContainsFunc(of, func(s queries.BoardScope) bool { return slices.Contains(to, s) }) {
				opens++
			}
		}
		total := v.Board(b).Total.Open
		if total != opens {
			t.Fatalf("the total is %d and opens to %d", total, opens)
		}
		if agent.Role != config.RoleAgent && total != reported { // an agent's reports are of their own work
			t.Fatalf("the total is %d, reports count %d", total, reported)
		}
		if out := v.Board(b); out.Asides != nil {
			t.Fatalf("a screen is sent %+v", out.Asides)
		}
	})
}

// The minutes before are summed up as the total is, and no screen has a line of an aside.
// To see it fail, leave out seesAside in Minutes, or shown.
func TestTheMinutesBeforeHaveWhatLiesAside(t *testing.T) {
	course := func(kind queries.BoardKind, id string, n int) queries.BoardCourse {
		return queries.BoardCourse{Kind: kind, ID: id, Waiting: []int{n}, Arrivals: []int{0}, Departures: []int{0}}
	}
	m := &queries.BoardMinutes{Count: 1, Lines: []queries.BoardCourse{
		course(queries.BoardTotal, "", 1111), course(queries.BoardQueue, "returns", 1),
		course(queries.BoardAside, "support/orders", 10), course(queries.BoardAside, "support/", 100), course(queries.BoardAside, "legal/", 1000), course(queries.BoardAside, "sales/returns", 5),
	}}
	boss := config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"support"}}
	if got := NewViewer(boss, queues, inboxes).Minutes(m).Lines; len(got) != 2 || got[0].Kind != queries.BoardTotal || got[0].Waiting[0] != 111 {
		t.Errorf("a supervisor is shown %+v", got)
	}
	m.Lines = m.Lines[:3][2:]
	if got := NewViewer(boss, queues, inboxes).Minutes(m).Lines; len(got) != 1 || got[0].Kind != queries.BoardTotal || got[0].Waiting[0] != 10 {
		t.Errorf("where all lies aside a supervisor is shown %+v", got)
	}
	boss.Role = config.RoleAdministrator
	if got := NewViewer(boss, queues, inboxes).Minutes(m).Lines; len(got) != 0 {
		t.Errorf("an administrator is shown %+v", got)
	}
}

// Who waits the longest in a line that one sees may be a conversation that one does not:
// it is not named then, while the wait is told. To see it fail, leave out unnamed.
func TestWhoWaitsTheLongestIsNamedToWhoSeesThem(t *testing.T) {
	line := func(id string, team events.TeamID, queue events.QueueID) queries.BoardLine {
		return queries.BoardLine{ID: id, Waiting: 1, Longest: "cv1", LongestSince: at(1), LongestTeam: team, LongestQueue: queue}
	}
	boss := config.Agent{ID: "ag8", Role: config.RoleSupervisor, Teams: []events.TeamID{"support"}}
	for _, c := range []struct {
		team  events.TeamID
		queue events.QueueID
		named bool
	}{{"", "open", true}, {"support", "open", true}, {"legal", "open", false}, {"", "orders", false}, {"support", "orders", true}, {"", "", true}} {
		b := &queries.BoardAnswer{
			Queues: []queries.BoardLine{line("open", c.team, c.queue)}, Inboxes: []queries.BoardLine{line("in2", c.team, c.queue)},
			Channels: []queries.BoardLine{line("email", c.team, c.queue), line("phone", c.team, c.queue)},
		}
		got := NewViewer(boss, queues, inboxes).Board(b)
		for _, l := range append(append(got.Channels, got.Inboxes...), got.Queues[0], got.Total) {
			if (l.Longest != "") != c.named || l.LongestSince == nil {
				t.Errorf("of one of %q in %q the line %q says %+v", c.team, c.queue, l.ID, l)
			}
		}
		admin := NewViewer(config.Agent{ID: "ag7", Role: config.RoleAdministrator}, queues, inboxes).Board(b)
		if admin.Channels[0].Longest == "" {
			t.Errorf("an administrator is not told")
		}
	}
}
