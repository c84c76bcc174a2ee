package session

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/ws"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
	"github.com/tributary-inbox/tributary/services/gateway/wording"
)

const (
	maxSubscriptions = 16
	maxTasks         = 64 // commands and notices that wait for their turn
	maxLooks         = 8
	maxBad           = 10 // frames that are not of the protocol, before 4400
	maxID            = 64 // bytes of a frame id
)

// session is one socket.
type session struct {
	server *Server
	conn   *ws.Conn
	key    string
	agent  events.AgentID
	// language is that of refusals, as the request for the socket asked for it.
	language wording.Language

	limiter    *rate.Limiter
	bad        int // frames that could not be understood; the reader's alone
	subscribed atomic.Bool

	mu      sync.Mutex // guards all below
	viewer  *access.Viewer
	open    map[string]*open
	tasks   []func(context.Context)
	working bool
	looks   map[events.ConversationID]struct{}
	ended   bool
	helpers sync.WaitGroup // subscriptions that begin, and the worker
}

func (s *Server) begin(conn *ws.Conn, who auth.Session, language wording.Language) {
	perSecond := rate.Limit(s.Options.FramesPerSecond)
	se := &session{
		server: s, conn: conn, key: who.Key, agent: who.Viewer.ID, viewer: who.Viewer, language: language,
		limiter: rate.NewLimiter(perSecond, 2*s.Options.FramesPerSecond),
	}
	if !s.add(se) {
		conn.Close(live.CloseGoingAway, "server stops: resume in a moment")
		conn.Start(func([]byte) error { return nil }, nil)
		return
	}
	s.Board.Join(se.agent, who.Viewer.Name)
	se.send(live.Hello{
		Type: live.TypeHello, Protocol: live.Protocol, Session: id.New("ss"), Cursor: hub.Cursor(s.Hub.Position()),
		Agent: se.agent, Role: string(who.Viewer.Role),
	})
	// The socket outlives the request that brought it; it ends with its peer or
	// when the server drains.
	ctx, cancel := context.WithCancel(context.Background())
	conn.Start(func(frame []byte) error { return se.receive(ctx, frame) }, func(err error) {
		cancel()
		se.end()
		s.remove(se, err)
	})
}

// end runs once, when the socket is gone.
func (se *session) end() {
	se.mu.Lock()
	se.ended = true
	se.tasks = nil
	looks := se.looks
	opened := se.open
	se.looks, se.open = nil, nil
	se.mu.Unlock()
	for _, o := range opened {
		o.cancel()
	}
	se.helpers.Wait()
	for _, o := range opened {
		se.server.leave(o)
	}
	for conversation := range looks {
		se.server.watch(se, conversation, false)
		se.server.Board.Look(se.agent, conversation, false)
	}
	se.server.Board.Part(se.agent)
}

// send queues a frame. What cannot be queued ends the socket, so there is
// nobody to tell of an error.
func (se *session) send(frame any) {
	data, err := json.Marshal(frame)
	if err != nil {
		se.server.Log.Error().Err(err).Msg("encode frame")
		se.conn.Close(live.CloseUnavailable, "resume")
		return
	}
	_ = se.conn.Send(data)
}

func (se *session) fail(id, code, detail string) {
	se.send(live.Failure{Type: live.TypeError, ID: id, Code: code, Detail: se.language.Say(detail)})
}

// garbage answers a frame that is not of the protocol and gives up on a peer
// that sends too many.
func (se *session) garbage(id, code, detail string) error {
	se.bad++
	if se.bad > maxBad {
		return &ws.Closed{Code: live.CloseBadFrame, Reason: "frames are not of this protocol"}
	}
	se.fail(id, code, detail)
	return nil
}

func (se *session) sees() *access.Viewer {
	se.mu.Lock()
	defer se.mu.Unlock()
	return se.viewer
}

// seeAs takes what the agent may see now. If it changed, every subscription
// begins anew with a snapshot, so that nothing stays on the screen that is not
// theirs any more.
func (se *session) seeAs(v *access.Viewer) {
	se.mu.Lock()
	if se.ended || se.viewer.SameBoard(v) {
		se.mu.Unlock()
		return
	}
	same := se.viewer.Same(v)
	se.viewer = v
	specs := make([]spec, 0, len(se.open))
	for _, o := range se.open {
		if same && o.spec.view != live.ViewBoard {
			continue
		}
		s := o.spec
		s.resume = false
		specs = append(specs, s)
	}
	if !same && len(se.looks) > 0 {
		se.helpers.Add(1)
		go func() {
			defer se.helpers.Done()
			se.lookAnew(context.Background()) // every question it asks has an end of its own
		}()
	}
	se.mu.Unlock()
	for _, s := range specs {
		se.begin(s)
	}
}

// later runs a task after those before it, away from the reader. It reports
// whether there was room.
func (se *session) later(ctx context.Context, task func(context.Context)) bool {
	se.mu.Lock()
	defer se.mu.Unlock()
	if se.ended || len(se.tasks) >= maxTasks {
		return false
	}
	se.tasks = append(se.tasks, task)
	if !se.working {
		se.working = true
		se.helpers.Add(1)
		go se.work(ctx)
	}
	return true
}

// work ends when there is nothing left to do, so that an idle socket has no
// goroutine for it.
func (se *session) work(ctx context.Context) {
	defer se.helpers.Done()
	for {
		se.mu.Lock()
		if len(se.tasks) == 0 {
			se.working = false
			se.tasks = nil
			se.mu.Unlock()
			return
		}
		task := se.tasks[0]
		se.tasks = se.tasks[1:]
		se.mu.Unlock()
		task(ctx)
	}
}

// over reports whether an error only says that the socket is gone.
func over(err error) bool {
	return errors.Is(err, ws.ErrClosed) || errors.Is(err, ws.ErrOverflow) || errors.Is(err, context.Canceled)
}
