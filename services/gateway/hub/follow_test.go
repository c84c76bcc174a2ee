package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

// sink is an Out that keeps what it was sent, up to a limit.
type sink struct {
	mu     sync.Mutex
	frames []string
	limit  int
	closed int
	count  int
	bytes  int
}

func (s *sink) Send(frame []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit > 0 && len(s.frames) >= s.limit {
		return errors.New("full")
	}
	s.frames = append(s.frames, string(frame))
	return nil
}

func (s *sink) SendPrepared(_ *websocket.PreparedMessage, size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.bytes += size
	return nil
}

func (s *sink) Close(code int, _ string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = code
}

func (s *sink) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.frames...)
}

func facts(t testing.TB) (*eventlog.Log, *Facts) {
	t.Helper()
	log := testkit.NATS(t).OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	f, err := feed.Open(t.Context(), log, func(r feed.Raw) (*events.Decision, error) { return events.DecodeDecision(r.Data) }, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return log, f
}

func decision(conversation events.ConversationID, team events.TeamID) *events.Decision {
	return &events.Decision{
		Facts:         []events.Fact{events.NewFact(&events.MessageAdded{Message: events.Message{ConversationID: conversation, Text: "hello"}})},
		Conversations: []events.Conversation{{ID: conversation, Team: team, Version: 1}},
	}
}

func add(t testing.TB, log *eventlog.Log, d *events.Decision) uint64 {
	t.Helper()
	data, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	seq, err := log.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(1), Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func ready(context.Context) error { return nil }

func run(t testing.TB, h *Hub) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

var root = access.NewViewer(config.Agent{ID: "ag1", Role: config.RoleAdministrator}, nil, nil)

// A subscription may stand further than the Hub (its snapshot was newer, or the
// feed gave it more). What the Hub hands out later up to there is not sent again.
func TestJoiningAheadOfTheHub(t *testing.T) {
	log, f := facts(t)
	h := New(f, zerolog.Nop(), nil)
	var last uint64
	for range 3 {
		last = add(t, log, decision("cv1", ""))
	}
	testkit.Eventually(t, time.Minute, func() error {
		if f.Head() < last {
			return errors.New("the feed is behind")
		}
		return nil
	})
	ahead, behind := &sink{}, &sink{}
	for out, after := range map[*sink]uint64{ahead: last, behind: last - 2} {
		if err := h.Follow(t.Context(), NewSubscription("1", live.ViewAll, live.Filter{}, root, out), after, ready); err != nil {
			t.Fatal(err)
		}
	}
	defer run(t, h)()
	last = add(t, log, decision("cv1", ""))
	testkit.Eventually(t, time.Minute, func() error {
		if h.Position() < last {
			return errors.New("the hub is behind")
		}
		return nil
	})
	if got := ahead.all(); len(got) != 1 || !strings.Contains(got[0], fmt.Sprintf(`"place":"%d.0"`, last)) {
		t.Errorf("ahead: %v", got)
	}
	if got := behind.all(); len(got) != 3 {
		t.Errorf("behind: %v", got)
	}
}

func TestAFullSocketIsTakenOut(t *testing.T) {
	log, f := facts(t)
	h := New(f, zerolog.Nop(), nil)
	defer run(t, h)()
	out := &sink{limit: 1}
	sub := NewSubscription("1", live.ViewAll, live.Filter{}, root, out)
	if err := h.Follow(t.Context(), sub, h.Position(), ready); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		add(t, log, decision("cv1", ""))
	}
	testkit.Eventually(t, time.Minute, func() error {
		if h.Joined(sub) {
			return errors.New("still joined")
		}
		return nil
	})
	if len(out.all()) != 1 || out.closed != live.CloseUnavailable {
		t.Errorf("%v, closed %d", out.all(), out.closed)
	}
}

func TestAnUnreadableDecisionStopsNobody(t *testing.T) {
	log, f := facts(t)
	h := New(f, zerolog.Nop(), nil)
	defer run(t, h)()
	out := &sink{}
	if err := h.Follow(t.Context(), NewSubscription("1", live.ViewAll, live.Filter{}, root, out), h.Position(), ready); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(2), Data: []byte("{")}); err != nil {
		t.Fatal(err)
	}
	add(t, log, decision("cv1", ""))
	testkit.Eventually(t, time.Minute, func() error {
		if len(out.all()) != 1 {
			return fmt.Errorf("%d frames", len(out.all()))
		}
		return nil
	})
}

// A fact about one team's conversation must not look at the other teams.
func TestOtherTeamsAreNotLookedAt(t *testing.T) {
	_, f := facts(t)
	h := New(f, zerolog.Nop(), nil)
	for team := range 10 {
		for range 10 {
			viewer := access.NewViewer(config.Agent{ID: events.AgentID(fmt.Sprint("ag", team)), Role: config.RoleAgent, Teams: []events.TeamID{events.TeamID(fmt.Sprint("tm", team))}}, nil, nil)
			if err := h.Follow(t.Context(), NewSubscription("1", live.ViewAll, live.Filter{}, viewer, &sink{}), 0, ready); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, touched := expand(decision("cv1", "tm3"))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.collect(touched)
	if len(h.found) != 10 {
		t.Errorf("%d of 100 subscriptions were looked at for 10 that are concerned", len(h.found))
	}
}

func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, f := facts(b)
			h := New(f, zerolog.Nop(), nil)
			for range n {
				if err := h.Follow(b.Context(), NewSubscription("1", live.ViewAll, live.Filter{}, root, &sink{}), 0, ready); err != nil {
					b.Fatal(err)
				}
			}
			d := decision("cv1", "tm1")
			seq := uint64(1)
			for b.Loop() {
				h.mu.Lock()
				h.spread(seq, d)
				h.mu.Unlock()
				seq++
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
