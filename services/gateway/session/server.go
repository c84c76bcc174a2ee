package session

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/ws"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
	"github.com/tributary-inbox/tributary/services/gateway/presence"
	"github.com/tributary-inbox/tributary/services/gateway/wording"
)

// Options are the limits of a socket. Nought takes the default.
type Options struct {
	// MaxSockets bounds the sockets of this process; 20 000.
	MaxSockets int
	// MaxGap is the longest gap, in decisions, that is replayed rather than
	// replaced by a snapshot; 5 000.
	MaxGap uint64
	// QueueBytes bounds what waits to be written to one socket; 1 MiB.
	QueueBytes int
	// FramesPerSecond is what a client may send for long, twice that in a burst; 50.
	FramesPerSecond int
	// PingEvery is the time between pings to a client; 25 s.
	PingEvery time.Duration
}

// Deps is what the server needs. The caller owns all of it.
type Deps struct {
	Facts   *hub.Facts
	Hub     *hub.Hub
	Auth    *auth.Service
	Browser auth.Browser
	Desk    *desk.Desk
	Board   *presence.Board
	Clock   clock.Clock
	Log     zerolog.Logger
	Metrics prometheus.Registerer // may be nil
	Options Options
}

// Server holds the sockets of one process.
type Server struct {
	Deps
	upgrader *ws.Upgrader
	boards   *boards
	sockets  prometheus.Gauge
	closes   *prometheus.CounterVec

	mu       sync.Mutex // guards all below
	stopping bool
	sessions map[*session]struct{}
	watching map[events.ConversationID]map[*session]struct{} // who is told of typing there
	running  sync.WaitGroup
}

// New makes the server; Run keeps its sockets honest.
func New(d Deps) (*Server, error) {
	o := &d.Options
	if o.MaxSockets == 0 {
		o.MaxSockets = 20_000
	}
	if o.MaxGap == 0 {
		o.MaxGap = 5_000
	}
	if o.QueueBytes == 0 {
		o.QueueBytes = 1 << 20
	}
	if o.FramesPerSecond == 0 {
		o.FramesPerSecond = 50
	}
	upgrader, err := ws.NewUpgrader(ws.Options{
		CheckOrigin:  d.Browser.SameOrigin,
		OverflowCode: live.CloseSlow, OverflowReason: "too slow: resume with your cursor",
		QueueBytes: o.QueueBytes, QueueFrames: 8192, ReadLimit: maxFrame, PingEvery: o.PingEvery,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{
		Deps: d, upgrader: upgrader, sessions: map[*session]struct{}{}, watching: map[events.ConversationID]map[*session]struct{}{},
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_gateway_sockets", Help: "Agents' sockets that are open."}),
		closes:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_gateway_closes_total", Help: "Agents' sockets that ended, by what ended them."}, []string{"code"}),
	}
	s.boards = newBoards(s)
	if d.Metrics != nil {
		d.Metrics.MustRegister(s.sockets, s.closes, s.boards.asked, s.boards.divided)
	}
	return s, nil
}

// maxFrame is the largest frame a client may send, in bytes: a reply with the
// longest text, escaped, and room for the rest.
const maxFrame = 256 << 10

// ServeHTTP takes a socket. Who is not signed in is told by close code 4401
// rather than by a status, because a page's script cannot read the status.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		problem(w, http.StatusUpgradeRequired, "this address speaks WebSocket only")
		return
	case !s.Browser.SameOrigin(r):
		problem(w, http.StatusForbidden, "this origin may not open a socket here")
		return
	case !s.room():
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusServiceUnavailable, "too many sockets are open")
		return
	}
	who, err := s.Auth.ByToken(r.Context(), tokenOf(r))
	conn, upErr := s.upgrader.Upgrade(w, r, nil)
	if upErr != nil {
		return // the upgrader has answered
	}
	if err != nil {
		refuse(conn)
		return
	}
	s.begin(conn, who, wording.Preferred(r.Header.Get("Accept-Language")))
}

func tokenOf(r *http.Request) string {
	if token := r.URL.Query().Get("token"); token != "" {
		return token
	}
	token, _ := auth.Token(r)
	return token
}

func refuse(conn *ws.Conn) {
	conn.Close(live.CloseSignIn, "sign in again")
	conn.Start(func([]byte) error { return nil }, nil)
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// The peer may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}

func (s *Server) room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.stopping && len(s.sessions) < s.Options.MaxSockets
}

func (s *Server) add(se *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.sessions[se] = struct{}{}
	s.running.Add(1)
	s.sockets.Inc()
	return true
}

func (s *Server) remove(se *session, err error) {
	s.mu.Lock()
	delete(s.sessions, se)
	s.mu.Unlock()
	s.sockets.Dec()
	code := "network"
	var closed *ws.Closed
	if errors.As(err, &closed) {
		code = closeName(closed)
	}
	s.closes.WithLabelValues(code).Inc()
	s.running.Done()
}

// closeName keeps the label to codes of our own: a client may send any number.
func closeName(c *ws.Closed) string {
	if c.Remote {
		return "client"
	}
	return strings.TrimPrefix(c.Error(), "websocket closed with ")
}

// Run checks now and then, and after every change of agents, queues and
// sessions, that each socket is still somebody's who may see what it is sent.
// When ctx ends it closes every socket with 1001 and waits until they are gone.
func (s *Server) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		// Watch ends with ctx and has no other error.
		_ = s.Auth.Watch(ctx, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	tick := s.Clock.NewTimer(recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			<-watching
			s.drain()
			return nil
		case <-changed:
			s.checkAll(ctx)
		case <-tick.C():
			s.checkAll(ctx)
			if err := s.Auth.Forget(ctx); err != nil {
				s.Log.Warn().Err(err).Msg("ended sessions not deleted")
			}
			tick.Reset(recheck)
		}
	}
}

const recheck = 20 * time.Second

func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*session, 0, len(s.sessions))
	for se := range s.sessions {
		out = append(out, se)
	}
	return out
}

func (s *Server) checkAll(ctx context.Context) {
	for _, se := range s.all() {
		who, err := s.Auth.ByKey(ctx, se.key)
		if err != nil {
			se.conn.Close(live.CloseSignIn, "sign in again")
			continue
		}
		se.seeAs(who.Viewer)
	}
}

func (s *Server) drain() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	for _, se := range s.all() {
		se.conn.Close(live.CloseGoingAway, "server stops: resume in a moment")
	}
	s.running.Wait()
}
