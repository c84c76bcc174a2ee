package boardservice

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func contextFor(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

// drawn is a board as a follower has it after the changes it heard.
func drawn(b *queries.BoardAnswer, c *queries.BoardChange) {
	b.At, b.AsOf, b.Alarms = c.At, c.AsOf, c.Alarms
	if len(b.Alarms) == 0 {
		b.Alarms = nil
	}
	if c.Total != nil {
		b.Total = *c.Total
	}
	if c.Minutes != nil {
		b.Minutes = b.Minutes.Join(c.Minutes)
	}
	lists := map[queries.BoardKind]*[]queries.BoardLine{queries.BoardQueue: &b.Queues, queries.BoardTeam: &b.Teams, queries.BoardChannel: &b.Channels, queries.BoardInbox: &b.Inboxes, queries.BoardAside: &b.Asides}
	for kind, with := range map[queries.BoardKind][]queries.BoardLine{queries.BoardQueue: c.Queues, queries.BoardTeam: c.Teams, queries.BoardChannel: c.Channels, queries.BoardInbox: c.Inboxes, queries.BoardAside: c.Asides} {
		list := lists[kind]
		for _, l := range with {
			*list = append(slices.DeleteFunc(*list, func(o queries.BoardLine) bool { return o.ID == l.ID }), l)
		}
		for _, gone := range c.Removed {
			*list = slices.DeleteFunc(*list, func(o queries.BoardLine) bool { return gone == queries.BoardScope{Kind: kind, ID: o.ID} })
		}
		slices.SortFunc(*list, func(a, b queries.BoardLine) int { return cmp.Compare(a.ID, b.ID) })
	}
	for _, a := range c.Agents {
		b.Agents = append(slices.DeleteFunc(b.Agents, func(o queries.BoardAgent) bool { return o.ID == a.ID }), a)
	}
	b.Agents = slices.DeleteFunc(b.Agents, func(o queries.BoardAgent) bool { return slices.Contains(c.RemovedAgents, o.ID) })
	slices.SortFunc(b.Agents, func(a, b queries.BoardAgent) int { return cmp.Compare(a.ID, b.ID) })
}

// Whoever asks once and draws every change after that has the board that is served,
// while settings change too. To see it fail, leave lines that are gone out of a
// change, do not compare the agents, or tell of a minute that goes on.
func TestChangesLeadToTheBoard(t *testing.T) {
	w := newWorld(t, 21)
	chance := rand.New(rand.NewPCG(21, 1))
	for range 50 {
		w.step()
	}
	s, _ := w.start()
	heard := make(chan *nats.Msg, 1000)
	sub, err := w.nc.ChanSubscribe(events.BoardSubject, heard)
	must(t, err)
	defer func() { must(t, sub.Unsubscribe()) }()
	data, err := s.Now(t.Context(), w.last)
	must(t, err)
	var board queries.BoardAnswer
	must(t, json.Unmarshal(data, &board))
	number := board.Number
	draw := func() {
		t.Helper()
		var c queries.BoardChange
		must(t, w.nc.Publish(events.BoardFollowSubject, nil)) // the day outruns a gateway's patience
		select {
		case m := <-heard:
			must(t, json.Unmarshal(m.Data, &c))
		case <-time.After(patience):
			t.Fatal("no change comes")
		}
		if c.Source != board.Source || c.Number <= number {
			return
		}
		if number++; c.Number != number {
			t.Fatalf("change %d after %d", c.Number, number-1)
		}
		drawn(&board, &c)
	}
	for i := range 8 {
		for range 20 {
			w.step()
		}
		switch i {
		case 3:
			gone := w.day.Agents[0]
			gone.Disabled = true
			w.put(config.KindAgent, string(gone.ID), gone)
		case 5:
			change(w, chance)
		}
		w.settled(s)
		for want := w.last; board.AsOf < want; {
			draw()
		}
	}
	w.step()
	for board.AsOf < w.last {
		draw()
	}
	if len(board.Agents) != len(w.day.Agents)-1 {
		t.Errorf("%d agents", len(board.Agents))
	}
	s.mu.Lock()
	want := s.compute(board.At)
	want.Minutes = s.state.board.MinutesBefore(board.Minutes.Until, queries.BoardHour)
	s.mu.Unlock()
	board.Source, board.Number = "", 0
	same(t, "the board that was drawn", &board, want)
}

func TestALargeChangeComesInParts(t *testing.T) {
	var a queries.BoardAnswer
	for i := range 3*maxLines + 7 {
		a.Queues = append(a.Queues, queries.BoardLine{ID: fmt.Sprintf("qu%06d", i)})
		a.Agents = append(a.Agents, queries.BoardAgent{ID: events.AgentID(fmt.Sprintf("ag%06d", i))})
	}
	var tell teller
	var got queries.BoardAnswer
	parts := tell.changes(&a)
	for i, p := range parts {
		if n := len(p.Queues) + len(p.Agents); n > maxLines || p.More != (i < len(parts)-1) || p.Alarms == nil {
			t.Fatalf("part %d has %d lines, more %v", i, n, p.More)
		}
		drawn(&got, p)
	}
	if len(got.Queues) != len(a.Queues) || len(got.Agents) != len(a.Agents) || len(parts) != 7 {
		t.Fatalf("%d queues and %d agents in %d parts", len(got.Queues), len(got.Agents), len(parts))
	}
	if again := tell.changes(&a); len(again) != 1 || again[0].Total != nil || again[0].Queues != nil || again[0].Agents != nil {
		t.Fatalf("the same again is %d parts", len(again))
	}
}

// Nobody follows and nothing alarms: nothing is worked out, however much happens.
func TestNobodyLooksAndNothingIsWorkedOut(t *testing.T) {
	w := newWorld(t, 22)
	s, _ := w.start()
	heard, err := w.nc.SubscribeSync(events.BoardSubject)
	must(t, err)
	for range 30 {
		w.step()
	}
	w.now(s)
	reg := prometheus.NewRegistry()
	reg.MustRegister(s.computed)
	before := computed(t, reg)
	w.step()
	testkit.Eventually(t, patience, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.state.facts < w.last {
			return fmt.Errorf("at %d", s.state.facts)
		}
		return nil
	})
	if n, _, err := heard.Pending(); n != 0 || err != nil {
		t.Errorf("%d changes told to nobody, %v", n, err)
	}
	if n := computed(t, reg); n != before || before == 0 {
		t.Errorf("%v boards worked out for nobody", n-before)
	}
}

func computed(t *testing.T, reg *prometheus.Registry) float64 {
	t.Helper()
	families, err := reg.Gather()
	must(t, err)
	return families[0].GetMetric()[0].GetCounter().GetValue()
}

func TestWhatIsKept(t *testing.T) {
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	var files []file
	for i := range 60 * 24 * 20 { // every minute of twenty days
		files = append(files, file{path: fmt.Sprint(i), at: now.Add(-time.Duration(i) * time.Minute), size: 1000})
	}
	out := map[string]bool{}
	for _, f := range needless(files, near) {
		out[f.path] = true
	}
	var left []file
	for _, f := range files {
		if !out[f.path] {
			left = append(left, f)
		}
	}
	if out["0"] || len(left) < 26+13 || len(left) > 28+16 {
		t.Fatalf("%d are left, the newest gone %v", len(left), out["0"])
	}
	for i := 1; i < len(left); i++ {
		if gap := left[i-1].at.Sub(left[i].at); gap > 25*time.Hour || left[i].at.After(now.Add(-hourly)) && gap > time.Hour {
			t.Errorf("%v lie between two", gap)
		}
	}
	for i := range files {
		files[i].size = maxBytes / 3
	}
	if n := len(files) - len(needless(files, near)); n != 3 {
		t.Errorf("%d large ones are left", n)
	}
}

// However old they are, boards stand so near to one another that a replay is short,
// also while they come one after the other; where there is no room they stand evenly
// further apart, and the old ones are not lost.
func TestOldBoardsAreThinned(t *testing.T) {
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	grow := func(n int, size int64) (files []file) {
		for i := range n { // one of every eight hours, of a year
			f := file{path: fmt.Sprint(i), at: now.Add(time.Duration(i) * 8 * time.Hour), facts: uint64(i+1) * near / 2, size: size}
			files = append([]file{f}, files...)
			gone := map[string]bool{}
			for _, f := range needless(files, near) {
				gone[f.path] = true
			}
			files = slices.DeleteFunc(files, func(f file) bool { return gone[f.path] })
		}
		return files
	}
	widest := func(files []file) (most uint64) {
		for i, f := range files {
			older := uint64(0)
			if i+1 < len(files) {
				older = files[i+1].facts
			}
			most = max(most, f.facts-older)
		}
		return most
	}
	files := grow(1100, 1000)
	if gap := widest(files); gap > near || len(files) < 550 || len(files) > 825 {
		t.Errorf("%d boards are left, up to %d decisions apart", len(files), gap)
	}
	const size = maxBytes / 100
	files = grow(1100, size)
	if gap := widest(files); gap > 32*near || len(files) > 100 || len(files) < 30 || files[len(files)-1].facts > 32*near {
		t.Errorf("%d large boards are left, up to %d decisions apart, the oldest at %d", len(files), gap, files[len(files)-1].facts)
	}
}

func FuzzKept(f *testing.F) {
	s := shelf{dir: f.TempDir(), near: near}
	st := newState(zone)
	st.at = time.Unix(1, 0)
	must(f, s.put(st.copy()))
	files, err := s.list()
	must(f, err)
	data, err := os.ReadFile(files[0].path)
	must(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if st, err := decode(zone, data); err == nil {
			st.look(time.Unix(0, 0))
		}
	})
}

// A minute that was told is told again when a decision of it is read late. To see it
// fail, leave out late.
func TestAMinuteIsToldAgainForADecisionThatComesLate(t *testing.T) {
	w := newWorld(t, 3)
	s, stop := w.start()
	stop() // the board stands still
	var tell teller
	now := time.Date(2026, 3, 14, 10, 30, 5, 0, time.UTC)
	count := func(now time.Time) int {
		if m := tell.passed(s.state.board, now); m != nil {
			return m.Count
		}
		return 0
	}
	for i, step := range []struct {
		late time.Duration // before now; 0: none
		pass time.Duration
		want int
	}{{0, 0, queries.BoardHour}, {0, 0, 0}, {4 * time.Second, 0, 0}, {6 * time.Second, 0, 1}, {3*time.Minute + 6*time.Second, 0, 4}, {90 * time.Second, time.Minute, 3}, {0, time.Minute, 1}} {
		if step.late > 0 {
			tell.late(now.Add(-step.late))
		}
		now = now.Add(step.pass)
		if got := count(now); got != step.want {
			t.Errorf("step %d tells %d minutes, want %d", i, got, step.want)
		}
	}
}
