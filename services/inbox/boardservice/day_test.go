package boardservice

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/recounttest"
)

// Generated days in the real log: at random moments the board that is served is
// what comes out when the whole log is counted anew, also after a restart with the
// board that was kept and after one without. To see it fail, apply facts twice at a
// start, or leave the settings out of what is kept.
func TestTheServedBoardIsWhatARecountGives(t *testing.T) {
	for seed := range uint64(3) {
		w := newWorld(t, seed)
		chance := rand.New(rand.NewPCG(seed, 1))
		s, stop := w.start()
		for range 350 {
			w.step()
			if chance.IntN(10) > 0 {
				continue
			}
			switch chance.IntN(6) {
			case 0:
				stop()
				must(t, os.RemoveAll(filepath.Join(w.dir, "board")))
				s, stop = w.start()
			case 1:
				w.now(s) // what is kept is what was read
				stop()
				if len(boards(t, w.dir)) == 0 {
					t.Fatal("no board is kept")
				}
				s, stop = w.start()
			}
			w.later(time.Duration(chance.IntN(60)) * time.Second)
			same(t, "the board that is served", w.now(s), recounttest.Board(w.day, zone, w.day.Now))
		}
		stop()
	}
}

// seen is a board that somebody saw.
type seen struct {
	at    time.Time
	board *queries.BoardAnswer
}

// While agents, teams and queues change, what was seen at random moments is shown
// again when those moments are asked for, in any order, whatever is left of the
// boards on disk. To see it fail, replay under the settings of now, or leave out
// the stop at a later decision.
func TestThePastIsShownAsItWasSeen(t *testing.T) {
	w := newWorld(t, 11)
	chance := rand.New(rand.NewPCG(11, 1))
	s, stop := w.start()
	var all []seen
	for i := range 300 {
		w.step()
		if chance.IntN(12) == 0 {
			w.now(s) // what is decided and what is set at the very same moment may count either way
			change(w, chance)
			w.settled(s)
			w.step()
			w.now(s)
		}
		if i%25 == 0 {
			w.later(time.Duration(chance.IntN(1200)) * time.Second)
			all = append(all, seen{w.day.Now, w.now(s)})
			w.later(time.Second)
		}
	}
	w.later(time.Hour)
	look := func(s *Service) {
		t.Helper()
		for _, i := range chance.Perm(len(all)) {
			got, err := s.Past(t.Context(), all[i].at)
			must(t, err)
			same(t, "a board of the past", got, all[i].board)
		}
	}
	if len(boards(t, w.dir)) < 2 {
		t.Fatalf("%d boards are kept of a day of %v", len(boards(t, w.dir)), w.day.Now.Sub(all[0].at))
	}
	look(s)
	must(t, os.RemoveAll(filepath.Join(w.dir, "board")))
	s.past.state = nil
	look(s)
	latest := w.now(s)
	stop()
	must(t, os.RemoveAll(filepath.Join(w.dir, "board")))
	s, _ = w.start()
	same(t, "the board made anew under settings that changed", w.now(s), latest)

	if _, err := s.Past(t.Context(), w.day.Now.Add(time.Second)); !errors.Is(err, ErrFuture) {
		t.Errorf("the future: %v", err)
	}
	if _, err := s.Past(t.Context(), w.day.Log[0].At.Add(-time.Second)); !errors.Is(err, ErrBefore) {
		t.Errorf("before the log: %v", err)
	}
}

// Of a day two months ago there are boards on disk, after a start that made all anew
// too, and a minute of it is replayed from one that is near; it is the same as from the
// log's beginning. To see it fail, let turns forget what is old, leave the gap out of
// thinned, or the boards that a long way leaves behind out of replay.
func TestAMinuteOfLongAgoIsNotReplayedFromTheBeginning(t *testing.T) {
	w := newWorld(t, 21)
	w.near = 60
	for range 600 {
		w.step()
	}
	long := w.day.Now.Add(60 * 24 * time.Hour)
	w.clock.set(long)
	s, stop := w.start()
	head := w.feed.Head()
	if n := len(boards(t, w.dir)); n < int(head/60) || n > int(head/30)+2 {
		t.Fatalf("%d boards are kept of %d decisions", n, head)
	}
	near := func(d *events.Decision) {
		t.Helper()
		if from := s.before(t.Context(), d.At); from.facts+60+30 < d.Seq || from.facts > d.Seq {
			t.Fatalf("decision %d is replayed from %d on", d.Seq, from.facts)
		}
	}
	for _, d := range w.day.Log {
		if d.Seq%37 != 0 {
			continue
		}
		near(d)
		s.past.state = nil
		got, err := s.Past(t.Context(), d.At)
		must(t, err)
		beginning := newState(zone)
		beginning.kept = d.Seq // keeps none on its way
		must(t, s.replay(t.Context(), beginning, d.At))
		want := beginning.look(d.At)
		want.Minutes = beginning.board.Minutes(d.At, queries.BoardHour)
		same(t, "a minute of long ago", got, want)
	}
	must(t, os.RemoveAll(filepath.Join(w.dir, "board")))
	s.past.state = nil
	_, err := s.Past(t.Context(), w.day.Now) // the long way, which leaves boards behind
	must(t, err)
	for _, d := range w.day.Log[60:] {
		if d.Seq%37 == 0 {
			near(d)
		}
	}
	stop()
}

// change changes a setting as an administrator would.
func change(w *world, chance *rand.Rand) {
	a, q := w.day.Agents[chance.IntN(len(w.day.Agents))], w.day.Queues[chance.IntN(len(w.day.Queues))]
	switch chance.IntN(4) {
	case 0:
		a.Teams, a.Capacity = []events.TeamID{"tm0", "tm2"}, 60
		w.put(config.KindAgent, string(a.ID), a)
	case 1:
		a.Disabled = true
		w.put(config.KindAgent, string(a.ID), a)
	case 2:
		q.Teams = []events.TeamID{"tm1"}
		w.put(config.KindQueue, string(q.ID), q)
	default:
		w.put(config.KindWorkload, config.WorkloadID, config.Workload{Weights: map[string]config.Weight{"email": {Units: 1 + chance.IntN(50)}}})
	}
}

// An alarm of the past had been crossed for as long as it holds back then. To see it
// fail, leave out watchUntil.
func TestAnAlarmOfThePast(t *testing.T) {
	w := newWorld(t, 5)
	above := int64(-1)
	w.put(config.KindAlarm, "al1", queries.Alarm{ID: "al1", Name: "any", Metric: queries.MetricOpen, Scope: queries.BoardScope{Kind: queries.BoardTotal}, Above: &above, For: 300})
	w.opens()
	first := w.day.Now
	w.later(20 * time.Minute)
	w.step()
	s, _ := w.start()
	w.now(s)
	for after, want := range map[time.Duration]int{time.Minute: 0, 6 * time.Minute: 1} {
		got, err := s.Past(t.Context(), first.Add(after))
		must(t, err)
		if len(got.Alarms) != want {
			t.Errorf("%v after: %d alarms", after, len(got.Alarms))
		}
	}
}

// A replay that is broken off goes on from where it was; one that waits for its turn
// gives up with its asker.
func TestOneReplayAtATime(t *testing.T) {
	w := newWorld(t, 6)
	for range 20 {
		w.step()
	}
	s, _ := w.start()
	w.now(s)
	s.past.turn <- struct{}{}
	ctx, cancel := contextFor(50 * time.Millisecond)
	defer cancel()
	if _, err := s.Past(ctx, w.day.Now); !errors.Is(err, ctx.Err()) || err == nil {
		t.Errorf("a second replay: %v", err)
	}
	<-s.past.turn
	if _, err := s.Past(t.Context(), w.day.Now); err != nil {
		t.Error(err)
	}
}

// Boards that are damaged, torn, of another format or of another log are not used.
func TestABoardOfAnotherLogIsNotUsed(t *testing.T) {
	w := newWorld(t, 8)
	for range 60 {
		w.step()
	}
	s, stop := w.start()
	w.now(s)
	stop()
	kept := boards(t, w.dir)
	if len(kept) == 0 {
		t.Fatal("no board is kept")
	}
	data, err := os.ReadFile(kept[len(kept)-1])
	must(t, err)
	flipped := append([]byte(nil), data...)
	flipped[len(flipped)/2] ^= 1
	for name, content := range map[string][]byte{"torn": data[:len(data)/2], "flipped": flipped, "empty": nil} {
		must(t, os.WriteFile(kept[len(kept)-1], content, 0o600))
		s, stop := w.start()
		w.later(time.Second)
		same(t, name, w.now(s), recounttest.Board(w.day, zone, w.day.Now))
		stop()
	}
	other := newWorld(t, 9) // as long, and of other decisions
	for range 60 {
		other.step()
	}
	for _, path := range boards(t, w.dir) {
		must(t, os.MkdirAll(filepath.Join(other.dir, "board"), 0o700))
		content, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(other.dir, "board", filepath.Base(path)), content, 0o600))
	}
	s, _ = other.start()
	other.later(time.Second)
	same(t, "with a board of another log", other.now(s), recounttest.Board(other.day, zone, other.day.Now))
}
