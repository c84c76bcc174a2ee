package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
	"github.com/tributary-inbox/tributary/services/gateway/session"
)

// reader is a client that keeps what it was told, over any number of sockets.
type reader struct {
	token  string
	socket *socket
	began  uint64 // what the first snapshot stands for
	cursor string
	last   string // place of the newest event of this socket
	got    map[string]heard
	order  []string
	resume uint64 // where the present socket began
}

func place(s string) (seq uint64, n int) {
	a, b, _ := strings.Cut(s, ".")
	seq, _ = strconv.ParseUint(a, 10, 64)
	n, _ = strconv.Atoi(b)
	return seq, n
}

// connect goes to a gateway with the cursor, or without one the first time.
func (r *reader) connect(t testing.TB, g *gateway) {
	t.Helper()
	r.socket = dial(t, g, r.token)
	r.last = ""
	if r.cursor == "" {
		snap := r.socket.subscribe(`{"type":"subscribe","id":"1","view":"all","limit":200}`)
		r.cursor = snap.Cursor
		seq, err := hub.ParseCursor(snap.Cursor)
		must(t, err)
		r.began, r.resume = seq, seq
		return
	}
	seq, err := hub.ParseCursor(r.cursor)
	must(t, err)
	r.resume = seq
	r.socket.send(`{"type":"subscribe","id":"1","view":"all","cursor":"` + r.cursor + `"}`)
}

// take keeps one event, and says what is wrong with it.
func (r *reader) take(h heard) error {
	if h.Type == "snapshot" {
		return fmt.Errorf("a snapshot came where the gap was known: %s", h.Cursor)
	}
	if h.Type != "event" {
		return nil
	}
	seq, n := place(h.Place)
	if r.last != "" {
		lastSeq, lastN := place(r.last)
		if seq < lastSeq || seq == lastSeq && n <= lastN {
			return fmt.Errorf("place %s after %s", h.Place, r.last)
		}
	}
	if seq <= r.resume {
		return fmt.Errorf("place %s again, though the cursor stood at %d", h.Place, r.resume)
	}
	moved, err := hub.ParseCursor(h.Cursor)
	if err != nil || moved != seq && moved != seq-1 {
		return fmt.Errorf("cursor %s of place %s", h.Cursor, h.Place)
	}
	r.last = h.Place
	if _, again := r.got[h.Place]; !again {
		r.got[h.Place] = h
		r.order = append(r.order, h.Place)
	}
	if moved > mustCursor(r.cursor) {
		r.cursor = h.Cursor
	}
	return nil
}

func mustCursor(s string) uint64 {
	seq, _ := hub.ParseCursor(s) // our own
	return seq
}

// until reads to the pong that stands for at least seq. It reports false when
// the socket ended first, with code 4408 or by a cut.
func (r *reader) until(seq uint64) (bool, error) {
	r.socket.send(`{"type":"ping"}`)
	for {
		h, err := r.socket.next()
		if err != nil {
			var c *websocket.CloseError
			if errors.As(err, &c) && c.Code != 4408 && c.Code != 1001 {
				return false, fmt.Errorf("closed with %d", c.Code)
			}
			return false, nil
		}
		if h.Type == "pong" {
			if h.Cursor != "" && mustCursor(h.Cursor) >= seq {
				return true, nil
			}
			r.socket.send(`{"type":"ping"}`)
		}
		if err := r.take(h); err != nil {
			return false, err
		}
	}
}

// compare holds what was received against what the log says, by a rule written
// down anew: one event for each fact about a conversation of the team or of no
// team, and one "hidden" where it was seen before and is not after.
func (r *reader) compare(w *world, team events.TeamID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	state := map[events.ConversationID]bool{}
	expected, allowed := 0, 0
	for _, d := range w.history {
		for i, f := range d.Facts {
			c := d.Conversations[0]
			sees := c.Team == "" || c.Team == team
			if d.Seq <= r.began {
				state[c.ID] = sees
				continue
			}
			name := fmt.Sprintf("%d.%d", d.Seq, i)
			h, got := r.got[name]
			switch {
			case sees:
				expected++
				if !got || h.Fact != f.Type || h.conversation().Version != c.Version {
					return fmt.Errorf("place %s (%s) is missing or wrong: %q", name, f.Type, h.raw)
				}
			case state[c.ID]:
				expected++
				if !got || h.Fact != hub.FactHidden {
					return fmt.Errorf("place %s hides %s and was not told: %q", name, c.ID, h.raw)
				}
			case got && (h.Fact != hub.FactHidden || len(h.Conversation) > 200):
				return fmt.Errorf("place %s shows what is behind a wall: %s", name, h.raw)
			case got:
				allowed++
			}
			state[c.ID] = sees
		}
	}
	if len(r.got) != expected+allowed {
		return fmt.Errorf("%d events, expected %d and %d that may be", len(r.got), expected, allowed)
	}
	return nil
}

// P5: any decisions, any cuts, either gateway: every client has each event once
// and in order. It fails when Follow joins without comparing positions, when a
// cursor moves with a fact that is not the last, or when a queue that is full
// drops a frame instead of ending the socket.
func TestResumeHasNoGapAndNoRepetition(t *testing.T) {
	p := newPlant(t)
	talkative := options(session.Options{FramesPerSecond: 1e6})
	gates := []*gateway{startGateway(t, p, talkative), startGateway(t, p, talkative, func(d *Deps) { d.Facts = openFacts(t, p.log) })}
	admin := gates[0].admin(t)
	ours, theirs := admin.named("/teams", "ours", nil), admin.named("/teams", "theirs", nil)
	agent := admin.agent("a@example.test", config.RoleAgent, events.TeamID(ours))
	made := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := &reader{token: agent.token, got: map[string]heard{}}
		r.connect(t, gates[rapid.IntRange(0, 1).Draw(rt, "gateway")])
		var mine []events.ConversationID
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			step := rapid.IntRange(0, 9).Draw(rt, "step")
			if len(mine) == 0 {
				step = 0
			}
			switch {
			case step == 0:
				made++
				team := rapid.SampledFrom([]string{"", ours, theirs}).Draw(rt, "team")
				c := p.world.open(fmt.Sprintf("cv%05d", made), func(c *events.Conversation) { c.Team = events.TeamID(team) })
				mine = append(mine, c.ID)
			case step < 5:
				p.world.say(rapid.SampledFrom(mine).Draw(rt, "conversation"), "text")
			case step < 7:
				team := rapid.SampledFrom([]string{"", ours, theirs}).Draw(rt, "team")
				p.world.move(rapid.SampledFrom(mine).Draw(rt, "conversation"), func(c *events.Conversation) { c.Team = events.TeamID(team) })
			case step == 7: // catch up with something
				p.world.mu.Lock()
				seq := p.world.seq
				p.world.mu.Unlock()
				if live, err := r.until(min(seq, mustCursor(r.cursor)+1)); err != nil || !live {
					rt.Fatalf("read: %v %v", live, err)
				}
			default: // a cut: whatever was on its way is lost
				r.socket.send(`{"type":"ping"}`)
				for range rapid.IntRange(0, 3).Draw(rt, "frames") {
					h, err := r.socket.next()
					if err == nil {
						err = r.take(h)
					}
					if err != nil {
						rt.Fatalf("read: %v", err)
					}
					if h.Type == "pong" {
						break
					}
				}
				must(t, r.socket.conn.Close())
				r.connect(t, gates[rapid.IntRange(0, 1).Draw(rt, "gateway")])
			}
		}
		if live, err := r.until(p.world.seq); err != nil || !live {
			rt.Fatalf("read: %v %v", live, err)
		}
		if err := r.compare(p.world, events.TeamID(ours)); err != nil {
			rt.Fatal(err)
		}
		must(t, r.socket.conn.Close())
	})
}

// A reader that stops reading is closed with 4408 and then gets exactly what it
// missed; a healthy one beside it notices nothing.
func TestSlowReaderResumes(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p, options(session.Options{QueueBytes: 256 << 10, FramesPerSecond: 1e6}))
	admin := g.admin(t)
	slow, quick := &reader{token: admin.token, got: map[string]heard{}}, &reader{token: admin.token, got: map[string]heard{}}
	slow.connect(t, g)
	quick.connect(t, g)
	c := p.world.open("cv1", nil)
	text := strings.Repeat("0123456789abcdef", 3<<10) // 48 KiB
	// Enough for the buffers of both kernels' ends and the queue behind them.
	for range 400 {
		seq := p.world.say(c.ID, text)
		if live, err := quick.until(seq); err != nil || !live {
			t.Fatalf("the healthy reader: %v %v", live, err)
		}
	}
	cut := false
	for {
		live, err := slow.until(p.world.seq)
		must(t, err)
		if live {
			break
		}
		cut = true
		slow.connect(t, g)
	}
	if !cut {
		t.Error("the slow reader was never closed, so the test shows nothing")
	}
	for name, r := range map[string]*reader{"slow": slow, "quick": quick} {
		if err := r.compare(p.world, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongGapAndForeignCursorGetASnapshot(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p, options(session.Options{MaxGap: 10}))
	admin := g.admin(t)
	c := p.world.open("cv1", nil)
	s := dial(t, g, admin.token)
	old := s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`).Cursor
	for range 11 {
		p.world.say(c.ID, "x")
		s.read("event")
	}
	for name, cursor := range map[string]string{"too old": old, "beyond the end": hub.Cursor(1 << 40)} {
		s := dial(t, g, admin.token)
		snap := s.subscribe(`{"type":"subscribe","id":"1","view":"all","cursor":"` + cursor + `"}`)
		if len(snap.Items) != 1 || snap.Items[0].Version != 12 {
			t.Errorf("%s: %s", name, snap.raw)
		}
		p.world.say(c.ID, "y")
		if e := s.read("event"); e.conversation().Version != 13 {
			t.Errorf("%s: %s", name, e.raw)
		}
		p.world.mu.Lock()
		p.world.conversations[c.ID].Version = 12 // both rows begin alike
		p.world.mu.Unlock()
	}
}

func TestLargeMessagesArriveInPart(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	c := p.world.open("cv1", nil)
	s := dial(t, g, admin.token)
	s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`)
	m := message(c, "short")
	m.HTML = strings.Repeat("<p>newsletter</p>", 100_000)
	p.world.decide(c.Contact.ID, []events.Body{&events.MessageAdded{Message: m}}, c)
	e := s.read("event")
	if !e.Partial || e.Message.Text != "short" || e.Message.HTML != "" || len(e.raw) > 130<<10 {
		t.Errorf("%.300s", e.raw)
	}
}
