package chatchannel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/pace"
	"github.com/tributary-inbox/tributary/pkg/ws"
	"github.com/tributary-inbox/tributary/services/webchat/widget"
)

// Deps are what the service stands on. The caller owns and closes all of them.
// Metrics may be nil; Clock is the wall clock when nil.
type Deps struct {
	NC        *nats.Conn
	Facts     *feed.Feed[*events.Decision]
	Inboxes   channel.Inboxes
	Publisher channel.Publisher
	// Links makes addresses of the files that agents send; nil leaves visitors
	// with their names.
	Links *filelink.Links
	// Dir is where the derived file lives; it must exist.
	Dir     string
	Log     zerolog.Logger
	Metrics prometheus.Registerer
	Clock   clock.Clock
	Limits  Limits
	// RemoteIP tells a visitor's address behind a trusted proxy; nil takes the
	// address of the connection.
	RemoteIP func(*http.Request) string
}

// Service serves visitors.
type Service struct {
	deps     Deps
	store    *store
	sent     *sent
	hub      *hub
	upgrader *ws.Upgrader
	door     *doorman
	byToken  *pace.Pace // messages of a visitor
	byIP     *pace.Pace // messages of an address
	ready    chan struct{}
	running  context.Context // ends when Run does; sockets outlive their request
	stop     context.CancelFunc
	work     sync.WaitGroup // acks under way
	messages *prometheus.CounterVec
}

// queueBytes bounds what waits for one visitor. A page of history is the
// largest thing sent.
const queueBytes = 2 << 20

// New opens the derived file, which Run closes. Nothing is served before Run
// is ready: until then sockets are answered 503.
func New(deps Deps) (*Service, error) {
	if deps.Clock == nil {
		deps.Clock = clock.System{}
	}
	if deps.RemoteIP == nil {
		deps.RemoteIP = remoteIP
	}
	deps.Limits = deps.Limits.withDefaults()
	s := &Service{
		deps: deps, sent: newSent(), door: newDoorman(deps.Limits), ready: make(chan struct{}),
		byToken: pace.New(rate.Limit(deps.Limits.MessagesPerSecond), deps.Limits.MessageBurst, maxRemembered),
		byIP:    pace.New(rate.Limit(deps.Limits.MessagesPerSecond*10), deps.Limits.MessageBurst*10, maxRemembered),
	}
	s.running, s.stop = context.WithCancel(context.Background())
	var err error
	s.upgrader, err = ws.NewUpgrader(ws.Options{
		CheckOrigin: s.originAllowed, OverflowCode: live.CloseSlow, OverflowReason: "too slow: resume",
		ReadLimit: MaxFrame, QueueBytes: queueBytes, QueueFrames: 2048,
	})
	if err != nil {
		return nil, err
	}
	if s.store, err = openStore(deps.Dir, deps.Facts); err != nil {
		return nil, err
	}
	s.hub = newHub(s.store, s.sent, deps.Facts.Head())
	s.metrics()
	return s, nil
}

func (s *Service) metrics() {
	s.messages = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_webchat_frames_total", Help: "Frames of visitors by result.",
	}, []string{"result"})
	if s.deps.Metrics == nil {
		return
	}
	s.deps.Metrics.MustRegister(s.messages, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tributary_webchat_sockets", Help: "Visitors' sockets open now.",
	}, func() float64 { return float64(s.door.sockets()) }))
}

// Adapter is the channel's adapter, for whoever checks settings.
func (s *Service) Adapter() channel.Sender { return Adapter{} }

// Ready is closed once the file has caught up with the log and sockets are
// served.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Routes mounts the visitor's socket, the widget and the demo page.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /chat/{inbox}", s.serveSocket)
	mux.Handle("GET /widget.js", widget.Handler())
	mux.HandleFunc("GET /demo/{inbox}", s.serveDemo)
	mux.HandleFunc("GET /demo/{inbox}/demo.js", s.serveDemoScript)
	mux.HandleFunc("GET /demo/{inbox}/demo.css", s.serveDemoStyle)
	mux.HandleFunc("POST /demo/{inbox}/identity", s.serveDemoIdentity)
}

// Run serves until ctx ends, then closes every socket with a code that means
// "resume elsewhere", waits for them, and closes the file.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	typing, err := s.hub.listen(s.deps.NC)
	if err != nil {
		return errors.Join(fmt.Errorf("listen to typing: %w", err), s.store.db.Close())
	}
	parts := make(chan error, 3)
	start := func(part func() error) { go func() { parts <- part() }() }
	sends := make(chan struct{})
	start(func() error { return s.store.Run(ctx) })
	start(func() error { return s.hub.run(ctx, s.deps.Facts) })
	start(func() error {
		out := &channel.Outbox{Sender: Adapter{}, Inboxes: s.deps.Inboxes, Log: s.deps.Log}
		return out.Run(ctx, s.deps.NC, func() { close(sends) })
	})
	go func() {
		for _, part := range []<-chan struct{}{s.store.Ready(), sends} {
			select {
			case <-part:
			case <-ctx.Done():
				return
			}
		}
		close(s.ready)
	}()
	first := <-parts
	cancel()
	for range 2 {
		first = errors.Join(first, <-parts)
	}
	s.drain()
	return errors.Join(first, typing.Unsubscribe(), s.store.db.Close())
}

// drain ends every socket. No new one comes: running has ended.
func (s *Service) drain() {
	s.stop()
	for _, sock := range s.hub.all() {
		sock.conn.Close(live.CloseGoingAway, "the server stops: resume")
	}
	for _, sock := range s.hub.all() {
		<-sock.conn.Done()
	}
	s.work.Wait()
}

func (s *Service) inbox(r *http.Request) (config.Inbox, *Settings, bool) {
	inbox, ok := s.deps.Inboxes.ByHook(Kind, r.PathValue("inbox"))
	if !ok {
		return inbox, nil, false
	}
	settings, err := load(inbox)
	return inbox, settings, err == nil
}

func (s *Service) originAllowed(r *http.Request) bool {
	_, settings, ok := s.inbox(r)
	return ok && settings.allows(r)
}

func (s *Service) serveSocket(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.ready:
	default:
		s.refuse(w, http.StatusServiceUnavailable, "unavailable", "the chat is not ready yet")
		return
	}
	inbox, settings, ok := s.inbox(r)
	if !ok {
		s.refuse(w, http.StatusNotFound, "unknown-inbox", "no chat has this address")
		return
	}
	ip := pace.Stranger(s.deps.RemoteIP(r))
	if s.running.Err() != nil || !s.door.enter(ip, s.deps.Clock.Now()) {
		s.refuse(w, http.StatusServiceUnavailable, "too-many", "too many sockets; come again later")
		return
	}
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.door.leave(ip)
		s.messages.WithLabelValues("handshake-refused").Inc()
		return
	}
	sock := newSocket(s, conn, inbox, settings, ip)
	sock.host = r.Host
	sock.start()
}

func (s *Service) refuse(w http.ResponseWriter, status int, code, detail string) {
	s.messages.WithLabelValues(code).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"title":%q,"status":%d,"code":%q,"detail":%q}`, http.StatusText(status), status, code, detail)
}

// publish puts statements into the log; it is bounded in time because a reader
// goroutine waits for it.
func (s *Service) publish(statements ...*events.Inbound) error {
	ctx, cancel := context.WithTimeout(s.running, 10*time.Second)
	defer cancel()
	return s.deps.Publisher.Publish(ctx, statements...)
}
