package server

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// divided is a place with a queue of one team through which conversations come that
// belong to no team, and an agent of either side.
type divided struct {
	g              *gateway
	admin          *client
	inside         *client
	outside, boss  *client // of another team
	ours, theirs   events.TeamID
	queue          events.QueueID // theirs
	walled, opened events.Conversation
}

func newDivided(t *testing.T) *divided {
	p := newPlant(t)
	d := &divided{g: startGateway(t, p)}
	d.admin = d.g.admin(t)
	d.ours, d.theirs = events.TeamID(d.admin.named("/teams", "ours", nil)), events.TeamID(d.admin.named("/teams", "theirs", nil))
	d.queue = events.QueueID(d.admin.named("/queues", "returns", map[string]any{"teams": []events.TeamID{d.theirs}}))
	d.outside = d.admin.agent("out@example.test", config.RoleAgent, d.ours)
	d.boss = d.admin.agent("boss@example.test", config.RoleSupervisor, d.ours)
	d.inside = d.admin.agent("in@example.test", config.RoleAgent, d.theirs)
	d.walled = p.world.open("cv-walled", func(c *events.Conversation) { c.Queue = d.queue; c.Subject = "secret subject" })
	d.opened = p.world.open("cv-open", nil)
	return d
}

// A queue that names a team is a wall by itself, though its conversations belong to no
// team: whoever takes nothing from it finds them on no road. To see it fail, have Sees
// say yes to whatever has no team.
func TestAQueueOfAnotherTeamIsAWallOnEveryRoad(t *testing.T) {
	d := newDivided(t)
	file := d.g.plant.stored(t, "at1", "a.txt", "text/plain; charset=utf-8", []byte("secret bytes"))
	download := d.g.plant.world.attachTo(d.walled, file)
	at, contact := "/conversations/"+string(d.walled.ID), "/contacts/"+string(d.walled.Contact.ID)
	canned := d.admin.named("/canned", "hello", map[string]any{"shortcut": "hi", "texts": map[string]string{"en": "hello"}})
	macro := d.admin.named("/macros", "close", map[string]any{"do": []config.Action{{Do: config.DoResolve}}})
	roads := []struct {
		method, path string
		body         any
	}{
		{"GET", at, nil}, {"GET", at + "/messages", nil}, {"GET", download, nil}, {"GET", contact, nil}, {"GET", contact + "/timeline", nil},
		{"PATCH", contact, map[string]any{"name": "x"}}, {"POST", contact + "/merge", map[string]any{"from": d.opened.Contact.ID}},
		{"POST", "/contacts/" + string(d.opened.Contact.ID) + "/merge", map[string]any{"from": d.walled.Contact.ID}},
		{"POST", at + "/messages", map[string]any{"text": "x", "client_id": "x"}}, {"POST", at + "/notes", map[string]any{"text": "x", "client_id": "x"}},
		{"POST", at + "/assign", map[string]any{"assignee": "me"}}, {"POST", at + "/transfer", map[string]any{"team": d.ours}},
		{"POST", at + "/tags", map[string]any{"add": []string{"x"}}}, {"POST", at + "/snooze", map[string]any{"until": time.Now().Add(time.Hour)}},
		{"POST", at + "/resolve", map[string]any{}}, {"POST", at + "/reopen", map[string]any{}}, {"POST", at + "/read", nil},
		{"POST", at + "/priority", map[string]any{"priority": 1}}, {"POST", at + "/callback", map[string]any{}}, {"POST", at + "/offer", map[string]any{"offer": "of1", "accept": true}},
		{"POST", "/callbacks/cb1/close", map[string]any{"conversation": d.walled.ID, "outcome": "reached"}},
		{"POST", "/messages/ms1/outcome", map[string]any{"conversation": d.walled.ID, "outcome": "retry"}},
		{"POST", at + "/canned/" + canned, nil}, {"POST", at + "/macros/" + macro, nil},
	}
	for name, who := range map[string]*client{"agent": d.outside, "supervisor": d.boss} {
		for _, r := range roads {
			var got string
			if checkProblem(t, name, who.call(r.method, r.path, r.body, http.StatusNotFound, &got), got, http.StatusNotFound); strings.Contains(got, "secret") {
				t.Errorf("%s %s as %s says %s", r.method, r.path, name, got)
			}
		}
		for _, list := range []string{"/conversations", "/conversations?q=hello", "/conversations?queue=" + string(d.queue), "/conversations?assignee=none", "/conversations?sort=waiting&limit=1"} {
			var page struct{ Items []events.Conversation }
			who.call("GET", list, nil, http.StatusOK, &page)
			for _, c := range page.Items {
				if c.ID == d.walled.ID {
					t.Errorf("%s finds it by %s", name, list)
				}
			}
		}
		if who.call("GET", "/conversations/"+string(d.opened.ID), nil, http.StatusOK, nil); d.asked(commands.Assign) {
			t.Errorf("%s had the router asked", name)
		}
	}
	var c events.Conversation
	d.inside.call("GET", at, nil, http.StatusOK, &c)
	d.inside.call("GET", download, nil, http.StatusOK, nil)
	d.inside.call("GET", contact, nil, http.StatusOK, nil)
	d.inside.call("POST", at+"/assign", map[string]any{"assignee": "me"}, http.StatusOK, nil)
}

// asked reports whether a command about what is behind the wall came to the router.
func (d *divided) asked(name string) bool {
	d.g.plant.world.mu.Lock()
	defer d.g.plant.world.mu.Unlock()
	for _, e := range d.g.plant.world.asked {
		if e.Name == name && e.Conversation == d.walled.ID {
			return true
		}
	}
	return false
}

// A contact whom both sides know is shown with the conversations of one's own side.
func TestAContactIsShownWithoutWhatIsBehindTheWall(t *testing.T) {
	d := newDivided(t)
	d.g.plant.world.open("cv-both", func(c *events.Conversation) { c.Contact = d.walled.Contact })
	for who, want := range map[*client]int{d.outside: 1, d.boss: 1, d.inside: 2, d.admin: 2} {
		var page queries.ContactPage
		who.call("GET", "/contacts/"+string(d.walled.Contact.ID), nil, http.StatusOK, &page)
		var line struct{ Items []queries.TimelineItem }
		who.call("GET", "/contacts/"+string(d.walled.Contact.ID)+"/timeline", nil, http.StatusOK, &line)
		if len(page.Conversations) != want || len(line.Items) != want {
			t.Errorf("%s is shown %d conversations and %d lines, want %d", who.id, len(page.Conversations), len(line.Items), want)
		}
	}
}

// Over the socket: no snapshot has it, no event tells of it, not even that it began, and
// it comes and goes as it is moved through the wall. To see it fail, ask only for the
// team in Sees, or leave opened out of judge.
func TestAQueueOfAnotherTeamIsAWallOnTheSocket(t *testing.T) {
	d := newDivided(t)
	s := dial(t, d.g, d.outside.token)
	if snap := s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`); len(snap.Items) != 1 || snap.Items[0].ID != d.opened.ID {
		t.Fatalf("snapshot: %s", snap.raw)
	}
	for id, frame := range map[string]string{
		"2": `{"type":"subscribe","id":"2","view":"unassigned","filter":{"queue":"` + string(d.queue) + `"}}`,
		"3": `{"type":"subscribe","id":"3","view":"mine"}`,
	} {
		if snap := s.subscribe(frame); len(snap.Items) != 0 || snap.ID != id {
			t.Fatalf("snapshot: %s", snap.raw)
		}
	}
	for _, frame := range []string{
		`{"type":"subscribe","id":"4","view":"conversation","filter":{"conversation":"cv-walled"}}`,
		`{"type":"typing","id":"5","conversation":"cv-walled","on":true}`, `{"type":"viewing","id":"6","conversation":"cv-walled","on":true}`,
	} {
		if s.send(frame); s.read("error").Code != "not_found" {
			t.Fatalf("%s is not refused", frame)
		}
	}
	s.send(`{"type":"command","id":"7","name":"assign","conversation":"cv-walled","body":{"assignee":"me"}}`)
	if r := s.read("result"); r.Status != http.StatusNotFound || strings.Contains(r.raw, "secret") {
		t.Fatalf("a command: %s", r.raw)
	}
	w := d.g.plant.world
	w.say(d.walled.ID, "secret text")
	w.open("cv-new", func(c *events.Conversation) { c.Queue = d.queue })
	w.say("cv-new", "secret text")
	w.say(d.opened.ID, "for all")
	if e := s.read("event"); e.conversation().ID != d.opened.ID {
		t.Fatalf("told of %s", e.raw)
	}
	// Through the wall and back; a conversation in the open is led into the queue.
	w.move(d.walled.ID, func(c *events.Conversation) { c.Queue = "" })
	if e := s.read("event"); e.conversation().ID != d.walled.ID || e.Fact != "conversation.transferred" {
		t.Fatalf("out of the queue: %s", e.raw)
	}
	w.move(d.walled.ID, func(c *events.Conversation) { c.Queue = d.queue })
	if e := s.read("event"); e.conversation().ID != d.walled.ID || e.Fact != "conversation.hidden" || strings.Contains(e.raw, "secret") {
		t.Fatalf("into the queue: %s", e.raw)
	}
	// Given to them in person, it is theirs wherever it stands.
	w.move(d.walled.ID, func(c *events.Conversation) { c.Assignee = d.outside.id })
	if e := s.read("event"); e.conversation().ID != d.walled.ID || e.Fact != "conversation.transferred" {
		t.Fatalf("given to them: %s", e.raw)
	}
}

// Who stands under the wall is settled by settings, for those who look too: a queue that
// is given to a team is taken from the screens of others, and shown again when it is
// everybody's.
func TestAWallThatIsBuiltWhileSomebodyLooks(t *testing.T) {
	d := newDivided(t)
	s := dial(t, d.g, d.outside.token)
	s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`)
	s.send(`{"type":"viewing","id":"2","conversation":"cv-open","on":true}`)
	s.send(`{"type":"command","id":"3","name":"mark_read","conversation":"cv-walled"}`) // notices and commands are taken in turn
	s.read("result")
	d.admin.call(http.MethodPatch, "/queues/"+string(d.queue), map[string]any{"teams": []events.TeamID{}}, http.StatusOK, nil)
	if snap := s.read("snapshot"); len(snap.Items) != 2 {
		t.Fatalf("everybody's queue: %s", snap.raw)
	}
	d.admin.call(http.MethodPatch, "/queues/"+string(d.queue), map[string]any{"teams": []events.TeamID{d.theirs}}, http.StatusOK, nil)
	if snap := s.read("snapshot"); len(snap.Items) != 1 || snap.Items[0].ID != d.opened.ID {
		t.Fatalf("their queue again: %s", snap.raw)
	}
	// What one looked at, and is led behind the wall, tells no more of who types there.
	d.g.plant.world.move(d.opened.ID, func(c *events.Conversation) { c.Queue = d.queue })
	if e := s.read("event"); e.Fact != "conversation.hidden" {
		t.Fatalf("led behind the wall: %s", e.raw)
	}
	typist, witness := dial(t, d.g, d.inside.token), dial(t, d.g, d.admin.token)
	witness.send(`{"type":"viewing","id":"1","conversation":"cv-open","on":true}`)
	witness.send(`{"type":"command","id":"2","name":"mark_read","conversation":"cv-open"}`)
	for h := (heard{}); h.Type != "result"; { // notices and commands are taken in turn
		h = witness.any(t)
	}
	for _, on := range []string{"true", "false", "true"} { // when the second is heard, all are told of the first
		typist.send(`{"type":"typing","id":"1","conversation":"cv-open","on":` + on + `}`)
		for h := (heard{}); h.Type != "typing"; {
			h = witness.any(t)
		}
	}
	s.send(`{"type":"ping","id":"3"}`)
	for h := (heard{}); h.Type != "pong"; {
		if h = s.any(t); h.Type == "typing" || h.Type == "viewing" {
			t.Fatalf("heard %s", h.raw)
		}
	}
}

func (d *divided) counts(n map[string]int64) {
	d.g.plant.world.mu.Lock()
	defer d.g.plant.world.mu.Unlock()
	d.g.plant.world.count = n
}

func (s *socket) any(t *testing.T) heard {
	t.Helper()
	h, err := s.next()
	must(t, err)
	return h
}

// How somebody else stands is for the supervisors of their teams.
func TestPresenceOfOthersIsForTheirSupervisors(t *testing.T) {
	d := newDivided(t)
	theirBoss := d.admin.agent("boss2@example.test", config.RoleSupervisor, d.theirs)
	at := "/agents/" + string(d.inside.id) + "/presence"
	for who, want := range map[*client]int{d.outside: 403, d.boss: 403, theirBoss: 200, d.inside: 200, d.admin: 200} {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			var body any
			if method == http.MethodPut {
				body = map[string]any{"state": "away"}
			}
			who.call(method, at, body, want, nil)
		}
	}
}

// A queue in which something stands cannot be taken away. To see it fail, leave out the
// question in removeQueue.
func TestAQueueInWhichSomethingStandsStays(t *testing.T) {
	d := newDivided(t)
	d.counts(map[string]int64{"queue/" + string(d.queue) + "/open": 2, "queue/" + string(d.queue) + "/snoozed": 1, "queue/" + string(d.queue) + "/resolved": 9})
	var got string
	d.admin.call(http.MethodDelete, "/queues/"+string(d.queue), nil, http.StatusConflict, &got)
	var problem struct{ Detail string }
	must(t, json.Unmarshal([]byte(got), &problem))
	if !strings.Contains(problem.Detail, "2 open and 1 snoozed") {
		t.Errorf("it says %q", problem.Detail)
	}
	d.counts(map[string]int64{"queue/" + string(d.queue) + "/resolved": 9})
	d.admin.call(http.MethodDelete, "/queues/"+string(d.queue), nil, http.StatusNoContent, nil)
}

// A number of the board opens to what it counts in the lines that whoever asks sees;
// what of that is behind another's wall is counted and not shown. To see it fail, ask
// for the line that was named, or show what was found.
func TestANumberOfTheBoardOpensToItsConversations(t *testing.T) {
	d := newDivided(t)
	shared := events.QueueID(d.admin.named("/queues", "everybody's", nil))
	_, err := d.g.plant.tables.Inboxes.Put(t.Context(), "in1", config.Inbox{ID: "in1", Channel: "webhook", Queue: d.queue}, nil)
	must(t, err)
	_, err = d.g.plant.tables.Inboxes.Put(t.Context(), "in2", config.Inbox{ID: "in2", Channel: "webhook", Team: d.ours}, nil)
	must(t, err)
	type found struct {
		Items         []events.Conversation
		Hidden, Total int
	}
	line := func(kind queries.BoardKind, id string) queries.BoardScope {
		return queries.BoardScope{Kind: kind, ID: id}
	}
	for _, c := range []struct {
		name         string
		who          *client
		path         string
		asks         []queries.BoardScope
		shown, other int
	}{
		{"an administrator, the total", d.admin, "kind=total", []queries.BoardScope{line(queries.BoardTotal, "")}, 2, 0},
		{"a supervisor, the total", d.boss, "kind=total", []queries.BoardScope{line(queries.BoardQueue, string(shared)), line(queries.BoardTeam, string(d.ours))}, 1, 1},
		{"an agent, the total", d.outside, "kind=total", []queries.BoardScope{line(queries.BoardQueue, string(shared)), line(queries.BoardTeam, string(d.ours))}, 1, 1},
		{"a supervisor, a channel in part", d.boss, "kind=channel&id=webhook", []queries.BoardScope{line(queries.BoardInbox, "in2")}, 1, 1},
		{"an administrator, a channel", d.admin, "kind=channel&id=webhook", []queries.BoardScope{line(queries.BoardChannel, "webhook")}, 2, 0},
		{"an agent, a channel", d.outside, "kind=channel&id=webhook", nil, 0, 0},
		{"a supervisor, an inbox of others", d.boss, "kind=inbox&id=in1", nil, 0, 0},
		{"a supervisor, a queue of others", d.boss, "kind=queue&id=" + string(d.queue), nil, 0, 0},
		{"an agent, their queue", d.inside, "kind=queue&id=" + string(d.queue), []queries.BoardScope{line(queries.BoardQueue, string(d.queue))}, 2, 0},
	} {
		w := d.g.plant.world
		w.mu.Lock()
		w.behind = nil
		w.mu.Unlock()
		path := "/board/conversations?number=waiting&" + c.path
		if c.asks == nil {
			c.who.call("GET", path, nil, http.StatusNotFound, nil)
			continue
		}
		var got found
		c.who.call("GET", path, nil, http.StatusOK, &got)
		w.mu.Lock()
		asked := w.behind
		w.mu.Unlock()
		if asked == nil || !slices.Equal(asked.Lines, c.asks) || asked.Number != queries.BoardWaiting || asked.Limit != 50 {
			t.Errorf("%s: the board is asked for %+v", c.name, asked)
		}
		if len(got.Items) != c.shown || got.Hidden != c.other || got.Total != 2 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	d.admin.call("GET", "/board/conversations?kind=total&number=staff", nil, http.StatusUnprocessableEntity, nil)
	d.admin.call("GET", "/board/conversations?kind=house&number=open", nil, http.StatusUnprocessableEntity, nil)
	d.admin.call("GET", "/board/conversations?number=open", nil, http.StatusUnprocessableEntity, nil)
}

// A badge says how many its list has: nothing of what is behind the wall, and what is
// one's own wherever it stands. To see it fail, take every cell, or leave out own.
func TestCountersSayWhatListsShow(t *testing.T) {
	d := newDivided(t)
	w := d.g.plant.world
	w.open("cv-ours", func(c *events.Conversation) { c.Team, c.Tags = d.ours, []string{"vip"} })
	w.open("cv-hidden", func(c *events.Conversation) { c.Queue, c.Tags = d.queue, []string{"vip"} })
	w.open("cv-mine", func(c *events.Conversation) {
		c.Queue, c.Tags, c.Assignee = d.queue, []string{"vip"}, d.outside.id
		c.Callback, c.Clocks = &events.Callback{ID: "cb1"}, []events.Clock{{Warned: true}}
	})
	team, queue := string(d.ours), string(d.queue)
	d.cells(map[string]int64{"assignee/" + string(d.outside.id) + "/open": 1, "tag/secret/open": 9, "unread": 9},
		queries.CounterCell{Counts: map[string]int64{"status/open": 1, "unassigned/open": 1, "channel/webhook/open": 1}},
		queries.CounterCell{Team: d.ours, Counts: map[string]int64{"status/open": 1, "unassigned/open": 1, "channel/webhook/open": 1, "tag/vip/open": 1, "assignee/somebody/open": 1}},
		queries.CounterCell{Queue: d.queue, Counts: map[string]int64{"status/open": 3, "unassigned/open": 2, "channel/webhook/open": 3, "tag/vip/open": 2, "assignee/" + string(d.outside.id) + "/open": 1}})
	for _, c := range []struct {
		name string
		who  *client
		want map[string]int64
	}{
		{"an agent", d.outside, map[string]int64{
			"status/open": 3, "unassigned/open": 2, "channel/webhook/open": 3, "inbox/in1/open": 1, "tag/vip/open": 2, "team/" + team + "/open": 1,
			"queue/" + queue + "/open": 1, "assignee/" + string(d.outside.id) + "/open": 1, "callback/open": 1, "clock/at-risk/open": 1,
		}},
		{"a supervisor", d.boss, map[string]int64{"status/open": 2, "unassigned/open": 2, "channel/webhook/open": 2, "tag/vip/open": 1, "team/" + team + "/open": 1}},
		{"an agent of the queue", d.inside, map[string]int64{"status/open": 4, "unassigned/open": 3, "channel/webhook/open": 4, "tag/vip/open": 2, "queue/" + queue + "/open": 3}},
		{"an administrator", d.admin, map[string]int64{"assignee/" + string(d.outside.id) + "/open": 1, "tag/secret/open": 9, "unread": 9}},
	} {
		var got struct{ Counts map[string]int64 }
		c.who.call(http.MethodGet, "/counters", nil, http.StatusOK, &got)
		if !maps.Equal(got.Counts, c.want) {
			t.Errorf("%s is told %v, want %v", c.name, got.Counts, c.want)
		}
	}
}

func (d *divided) cells(n map[string]int64, cells ...queries.CounterCell) {
	d.g.plant.world.mu.Lock()
	defer d.g.plant.world.mu.Unlock()
	d.g.plant.world.count, d.g.plant.world.cells = n, cells
}

// A supervisor has the books of the inboxes that bring work for them, an administrator
// all and how they balance. To see it fail, leave out SeesInbox in books.
func TestBooksAreOfTheInboxesThatOneSees(t *testing.T) {
	d := newDivided(t)
	for who, want := range map[*client]int{d.boss: 0, d.admin: 1} {
		_, err := d.g.plant.tables.Inboxes.Put(t.Context(), "in1", config.Inbox{ID: "in1", Channel: "webhook", Queue: d.queue}, nil)
		must(t, err)
		var got struct {
			Inboxes map[events.InboxID]queries.Book
		}
		if who.call(http.MethodGet, "/books", nil, http.StatusOK, &got); len(got.Inboxes) != want {
			t.Errorf("%s has the books %v", who.id, got.Inboxes)
		}
	}
	_, err := d.g.plant.tables.Inboxes.Put(t.Context(), "in1", config.Inbox{ID: "in1", Channel: "webhook", Team: d.ours}, nil)
	must(t, err)
	var got struct {
		Inboxes map[events.InboxID]queries.Book
	}
	if d.boss.call(http.MethodGet, "/books", nil, http.StatusOK, &got); got.Inboxes["in1"].Stored != 3 {
		t.Errorf("their supervisor has the books %v", got.Inboxes)
	}
}
