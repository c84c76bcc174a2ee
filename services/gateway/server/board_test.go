package server

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// says has the inbox's board stand at a number with so many waiting in two queues.
func (p *plant) says(source string, number uint64, waiting int) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.world.load = queries.BoardAnswer{
		Source: source, Number: number, At: time.Now(), Total: queries.BoardLine{Waiting: waiting},
		Queues: []queries.BoardLine{{ID: "qu1", Waiting: waiting}, {ID: "qu2", Waiting: waiting}},
		Zone:   "Asia/Seoul", Minutes: minutes(9, queries.BoardHour, waiting),
	}
}

// minutes are so many before a minute of the day, all of them with so many waiting in
// the total and the first queue.
func minutes(until, n, waiting int) *queries.BoardMinutes {
	c := queries.BoardCourse{Waiting: slices.Repeat([]int{waiting}, n), Arrivals: make([]int, n), Departures: make([]int, n)}
	m := &queries.BoardMinutes{Until: time.Date(2026, 11, 22, 9, until, 0, 0, time.UTC), Count: n}
	for _, scope := range []queries.BoardScope{{Kind: queries.BoardTotal}, {Kind: queries.BoardQueue, ID: "qu1"}} {
		c.Kind, c.ID = scope.Kind, scope.ID
		m.Lines = append(m.Lines, c)
	}
	return m
}

// tells publishes a change, in two parts when there are two queues in it.
func (p *plant) tells(t *testing.T, c queries.BoardChange) {
	t.Helper()
	c.At, c.Alarms = time.Now(), []queries.AlarmState{}
	data, err := json.Marshal(c)
	must(t, err)
	must(t, p.nc.Publish(events.BoardSubject, data))
	must(t, p.nc.Flush())
}

func (p *plant) asked() int {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return p.world.boards
}

func board(t *testing.T, g *gateway, token string) (*socket, live.Board) {
	t.Helper()
	s := dial(t, g, token)
	s.send(`{"type":"subscribe","id":"b\"1","view":"board"}`)
	var b live.Board
	must(t, json.Unmarshal([]byte(s.read(live.TypeBoard).raw), &b))
	if b.ID != `b"1` {
		t.Fatalf("the board has the id %q", b.ID)
	}
	return s, b
}

func (s *socket) change() (c live.BoardChange) {
	s.t.Helper()
	must(s.t, json.Unmarshal([]byte(s.read(live.TypeBoardChange).raw), &c))
	return c
}

// The board over NATS: a change in parts is one frame, what is old, another inbox's
// or of another team is not shown, and after a gap the whole board comes again.
// To see it fail, leave out the comparison of numbers, of sources, or of More.
func TestTheBoardIsFollowed(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	p.says("bd1", 5, 1)
	one, b := board(t, g, admin.token)
	two, _ := board(t, g, admin.token)
	if b.Total.Waiting != 1 || len(b.Queues) != 2 || p.asked() != 1 {
		t.Fatalf("the board is %+v, asked for %d times", b, p.asked())
	}
	if b.Zone != "Asia/Seoul" || b.Minutes == nil || b.Minutes.Count != 60 || len(b.Minutes.Lines) != 2 {
		t.Fatalf("the board tells of %+v in %s", b.Minutes, b.Zone)
	}
	first := queries.BoardChange{Source: "bd1", Number: 6, More: true, Minutes: minutes(11, 2, 7), Total: &queries.BoardLine{Waiting: 2}, Queues: []queries.BoardLine{{ID: "qu1", Waiting: 2}}}
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 5, Total: &queries.BoardLine{Waiting: 99}})
	p.tells(t, queries.BoardChange{Source: "bd2", Number: 6, Total: &queries.BoardLine{Waiting: 98}})
	p.tells(t, first)
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 7, Queues: []queries.BoardLine{{ID: "qu3", Waiting: 3}}, Removed: []queries.BoardScope{{Kind: queries.BoardQueue, ID: "qu2"}}})
	for _, s := range []*socket{one, two} {
		c := s.change()
		if c.Minutes == nil || c.Minutes.Count != 2 {
			t.Fatalf("the change tells of %+v", c.Minutes)
		}
		if c.Total == nil || c.Total.Waiting != 2 || len(c.Queues) != 2 || len(c.Removed) != 1 {
			t.Fatalf("the change is %+v", c)
		}
	}
	_, late := board(t, g, admin.token)
	if len(late.Queues) != 2 || late.Queues[0].Waiting != 2 || late.Queues[1].ID != "qu3" || p.asked() != 1 {
		t.Fatalf("who comes later is shown %+v, asked for %d times", late.Queues, p.asked())
	}
	if m := late.Minutes; m == nil || !slices.Equal(m.Lines[1].Waiting[56:], []int{1, 1, 7, 7}) || m.Until.Minute() != 11 {
		t.Fatalf("who comes later is told of %+v", m)
	}
	p.says("bd1", 9, 4)
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 9, Total: &queries.BoardLine{Waiting: 97}})
	must(t, json.Unmarshal([]byte(one.read(live.TypeBoard).raw), &b))
	if b.Total.Waiting != 4 || p.asked() != 2 {
		t.Fatalf("after a gap the board is %+v, asked for %d times", b, p.asked())
	}
}

// What a viewer may see changes while they look: the whole board comes again. To see
// it fail, leave the board out of the subscriptions that seeAs begins anew.
func TestTheBoardFollowsWhatAViewerMaySee(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	team := events.TeamID(admin.named("/teams", "support", nil))
	for id, of := range map[events.QueueID]events.TeamID{"qu1": team, "qu2": "tmx"} {
		_, err := p.tables.Queues.Put(t.Context(), string(id), config.Queue{ID: id, Teams: []events.TeamID{of}}, nil)
		must(t, err)
	}
	p.says("bd1", 1, 3)
	agent := admin.agent("a@example.test", config.RoleAgent)
	s, b := board(t, g, agent.token)
	if len(b.Minutes.Lines) != 0 {
		t.Fatalf("an agent without a team is told of %+v", b.Minutes)
	}
	if len(b.Queues) != 0 || b.Total.Waiting != 0 {
		t.Fatalf("an agent without a team is shown %+v", b)
	}
	admin.call(http.MethodPatch, "/agents/"+string(agent.id), map[string]any{"teams": []events.TeamID{team}}, http.StatusOK, nil)
	must(t, json.Unmarshal([]byte(s.read(live.TypeBoard).raw), &b))
	if m := b.Minutes; len(m.Lines) != 2 || m.Lines[0].Kind != queries.BoardTotal || m.Lines[0].Waiting[0] != 3 || m.Lines[1].ID != "qu1" {
		t.Fatalf("an agent of the team is told of %+v", m)
	}
	if len(b.Queues) != 1 || b.Queues[0].ID != "qu1" || b.Total.Waiting != 3 {
		t.Fatalf("an agent of the team is shown %+v", b)
	}
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 2, Queues: []queries.BoardLine{{ID: "qu2", Waiting: 50}}})
	if c := s.change(); len(c.Queues) != 0 || c.Total != nil {
		t.Fatalf("an agent of another team is shown %+v", c)
	}
}

// What lies aside, under a team in a queue that is not theirs, is in the total of those
// who look from the team, from the first on and as it changes, and on no screen a line.
// To see it fail, leave the asides out of update or of join, or send the removed ones.
func TestTheLiveTotalHasWhatLiesAside(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	team := events.TeamID(admin.named("/teams", "support", nil))
	_, err := p.tables.Queues.Put(t.Context(), "qu1", config.Queue{ID: "qu1", Teams: []events.TeamID{"tmx"}}, nil)
	must(t, err)
	aside := func(queue events.QueueID, n int) queries.BoardLine {
		return queries.BoardLine{ID: queries.AsideID(team, queue), Waiting: n}
	}
	p.says("bd1", 1, 0)
	p.world.mu.Lock()
	p.world.load.Asides = []queries.BoardLine{aside("", 2)}
	p.world.mu.Unlock()
	s, b := board(t, g, admin.agent("a@example.test", config.RoleSupervisor, team).token)
	all, _ := board(t, g, admin.token)
	if b.Total.Waiting != 2 {
		t.Fatalf("a supervisor of the team is shown %+v", b.Total)
	}
	other := queries.BoardLine{ID: queries.AsideID("tmx", ""), Waiting: 50}
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 2, More: true, Asides: []queries.BoardLine{aside("", 3)}})
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 3, Asides: []queries.BoardLine{aside("qu1", 4), other}})
	if c := s.change(); c.Total == nil || c.Total.Waiting != 7 {
		t.Fatalf("a supervisor of the team is told %+v", c)
	}
	all.change()
	p.tells(t, queries.BoardChange{Source: "bd1", Number: 4, Removed: []queries.BoardScope{{Kind: queries.BoardAside, ID: queries.AsideID(team, "qu1")}}})
	if c := s.change(); c.Total == nil || c.Total.Waiting != 3 || len(c.Removed) != 0 {
		t.Fatalf("a supervisor of the team is told %+v", c)
	}
	if c := all.change(); len(c.Removed) != 0 {
		t.Fatalf("an administrator is told of %+v", c.Removed)
	}
}

// The inbox is told that somebody looks, and nothing is followed once the last
// screen is gone. To see it fail, leave the stop out of leave.
func TestTheBoardIsNotFollowedForNobody(t *testing.T) {
	p := newPlant(t)
	nc := p.nats.Conn(t)
	g := startGateway(t, p, func(d *Deps) { d.NC = nc })
	admin := g.admin(t)
	p.says("bd1", 1, 3)
	follow, err := p.nc.SubscribeSync(events.BoardFollowSubject)
	must(t, err)
	must(t, p.nc.Flush())
	var b queries.BoardAnswer
	admin.call(http.MethodGet, "/board", nil, http.StatusOK, &b) // the first question makes a subscription for answers
	if len(b.Queues) != 2 || b.Source != "" {
		t.Fatalf("REST says %+v", b)
	}
	before := nc.NumSubscriptions()
	s, _ := board(t, g, admin.token)
	if _, err := follow.NextMsg(time.Minute); err != nil {
		t.Fatalf("the inbox is not told that somebody looks: %v", err)
	}
	if n := nc.NumSubscriptions(); n <= before {
		t.Fatalf("%d subscriptions while somebody looks, %d before", n, before)
	}
	s.send(`{"type":"unsubscribe","id":"b\"1"}`)
	testkit.Eventually(t, time.Minute, func() error {
		if n := nc.NumSubscriptions(); n > before {
			return fmt.Errorf("%d subscriptions, %d before", n, before)
		}
		return nil
	})
}

// A page that reads nothing for a while is not closed for the sake of the board: it
// is left out, and shown the whole when it reads again. To see it fail, leave out
// busy, or the refresh after a change.
func TestAScreenThatReadsNothingIsShownTheWholeLater(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p, func(d *Deps) { d.Options.QueueBytes = 128 << 10 })
	admin := g.admin(t)
	p.says("bd1", 0, 0)
	g.narrow.Store(true)
	s, _ := board(t, g, admin.token)
	g.narrow.Store(false)
	witness, _ := board(t, g, admin.token)
	lines := make([]queries.BoardLine, 150)
	tcp := s.conn.NetConn().(*net.TCPConn)
	must(t, tcp.SetReadBuffer(16<<10)) // so that little lies on the way
	// Few, because a write that waits for long ends the socket.
	const changes = 30
	for n := 1; n <= changes; n++ {
		for i := range lines {
			lines[i] = queries.BoardLine{ID: fmt.Sprintf("qu%04d", i), Waiting: n}
		}
		p.tells(t, queries.BoardChange{Source: "bd1", Number: uint64(n), Queues: lines})
		if c := witness.change(); len(c.Queues) != len(lines) || c.Queues[0].Waiting != n {
			t.Fatalf("a screen that reads is shown %d lines", len(c.Queues))
		}
	}
	must(t, tcp.SetReadBuffer(4<<20))
	// It reads again; what comes after leads to the present board.
	wholes, shown := 0, map[string]int{}
	for n := uint64(changes + 1); shown["last"] == 0; {
		h, err := s.next()
		must(t, err)
		var b live.Board // a change has the same lists
		must(t, json.Unmarshal([]byte(h.raw), &b))
		if h.Type == live.TypeBoard {
			wholes++
		}
		for _, l := range b.Queues {
			shown[l.ID] = l.Waiting
		}
		p.tells(t, queries.BoardChange{Source: "bd1", Number: n, Queues: []queries.BoardLine{{ID: "last", Waiting: 1}}})
		n++
	}
	if wholes == 0 || shown["qu0000"] != changes || shown["qu0149"] != changes {
		t.Fatalf("%d whole boards, then %v", wholes, shown["qu0000"])
	}
}
