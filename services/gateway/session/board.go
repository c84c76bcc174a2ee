package session

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// boards shows the supervisors' board on the screens of this process. The board is
// followed once, while there is a screen; what is sent is worked out once for all
// who see the same.
type boards struct {
	server  *Server
	asked   prometheus.Counter
	divided prometheus.Counter

	mu        sync.Mutex // guards all below
	room      *boardroom // nil while nobody looks
	audiences map[string]*audience
	screens   int
}

// boardroom is one spell of following. full is nil until the board is known.
type boardroom struct {
	stop  context.CancelFunc
	full  *queries.BoardAnswer
	known chan struct{} // closed when full is set
}

// audience is everybody who sees the same of the board. total, channels and agents are
// as they were sent last; whole is the present board as a frame, empty until somebody
// needs it.
type audience struct {
	viewer  *access.Viewer
	screens map[*screen]struct{}
	total   []byte
	// channels are by id and as JSON; an administrator's are those of the board.
	channels map[string][]byte
	agents   map[events.AgentID]bool
	whole    boardFrame
}

// screen is one subscription to the board. stale says that it has not been sent
// the whole, or was left out while its socket was behind; it is sent the whole when
// that has caught up.
type screen struct {
	se    *session
	id    []byte // of the subscription, as JSON
	key   string // of its audience; empty when it has left
	stale bool
}

func newBoards(s *Server) *boards {
	return &boards{
		server: s, audiences: map[string]*audience{},
		asked:   prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_gateway_boards_asked_total", Help: "Whole boards that the screens of this process were given from."}),
		divided: prometheus.NewCounter(prometheus.CounterOpts{Name: "tributary_gateway_boards_divided_total", Help: "Parts of the board worked out, one for all screens that see the same."}),
	}
}

// audienceKey is the same for viewers who see the same of the board.
func audienceKey(v *access.Viewer) string {
	switch {
	case v.Administrator():
		return "*"
	case v.Role == config.RoleSupervisor && len(v.Teams) > 0:
		// They see themselves among their teams.
		return fmt.Sprintf("s%q%q%q%v%q", v.Teams, v.Queues, v.Shared, v.Feeds, v.Parted)
	}
	return fmt.Sprintf("a%q%q%q%q%q%v%q", v.ID, v.Role, v.Teams, v.Queues, v.Shared, v.Feeds, v.Parted)
}

// knownWithin is how long a new screen waits for the board.
const knownWithin = 5 * time.Second

// showBoard sends the whole board and has the changes follow. They may come before
// the subscription is said to be done, and never before the whole.
func (se *session) showBoard(ctx context.Context, o *open) error {
	b := se.server.boards
	id, err := json.Marshal(o.spec.id)
	if err != nil {
		return err
	}
	sc := &screen{se: se, id: id, stale: true}
	o.screen = sc
	room := b.join(sc, se.sees())
	wait := se.server.Clock.NewTimer(knownWithin)
	defer wait.Stop()
	select {
	case <-room.known:
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C():
		return ask.Refuse(http.StatusServiceUnavailable, "unavailable", "the board is not there yet, try again")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if sc.stale && b.room == room {
		whole, err := b.whole(b.audiences[sc.key], room.full)
		if err != nil {
			return err
		}
		sc.stale = false
		sc.send(whole)
	}
	return nil
}

// join adds a screen, and begins to follow with the first.
func (b *boards) join(sc *screen, v *access.Viewer) *boardroom {
	b.mu.Lock()
	defer b.mu.Unlock()
	sc.key = audienceKey(v)
	a := b.audiences[sc.key]
	if a == nil {
		a = &audience{viewer: v, screens: map[*screen]struct{}{}}
		b.audiences[sc.key] = a
		if b.room != nil && b.room.full != nil {
			a.show(b.room.full)
		}
	}
	a.screens[sc] = struct{}{}
	b.screens++
	if b.room == nil {
		ctx, cancel := context.WithCancel(context.Background()) // ended by the last screen
		b.room = &boardroom{stop: cancel, known: make(chan struct{})}
		b.server.running.Add(1) // a session runs, so nobody waits for nought yet
		go func(room *boardroom) {
			defer b.server.running.Done()
			b.follow(ctx, room)
		}(b.room)
	}
	return b.room
}

// leave takes a screen away; a second call does nothing.
func (b *boards) leave(sc *screen) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.audiences[sc.key]
	if a == nil {
		return
	}
	delete(a.screens, sc)
	if len(a.screens) == 0 {
		delete(b.audiences, sc.key)
	}
	sc.key = ""
	if b.screens--; b.screens == 0 {
		b.room.stop()
		b.room = nil
	}
}

// boardFrame is a frame of the board without its type and the id of the subscription,
// which differ where the rest does not.
type boardFrame struct {
	kind string
	rest []byte
}

// newFrame writes a frame down that was made with empty type and id.
func newFrame(kind string, of any) (boardFrame, error) {
	data, err := json.Marshal(of)
	if err != nil {
		return boardFrame{}, fmt.Errorf("encode a frame of the board: %w", err)
	}
	return boardFrame{kind, bytes.TrimPrefix(data, []byte(`{"type":"","id":""`))}, nil
}

func (sc *screen) send(f boardFrame) {
	out := make([]byte, 0, len(f.rest)+len(sc.id)+40)
	out = append(append(append(out, `{"type":"`...), f.kind...), `","id":`...)
	out = append(append(out, sc.id...), f.rest...)
	_ = sc.se.conn.Send(out) // a socket that is closing needs no board
}

// busy reports whether the socket is behind with what must not be lost.
func (sc *screen) busy() bool {
	_, queued := sc.se.conn.Queued()
	return queued > sc.se.server.Options.QueueBytes/2
}
