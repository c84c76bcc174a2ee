package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/gateway/api"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/attend"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/gateway/feedback"
	"github.com/tributary-inbox/tributary/services/gateway/files"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
	"github.com/tributary-inbox/tributary/services/gateway/presence"
	"github.com/tributary-inbox/tributary/services/gateway/session"
)

// Tables are the settings the gateway reads and writes. The caller opens and
// closes them.
type Tables struct {
	Inboxes  *kv.Table[config.Inbox]
	Agents   *kv.Table[config.Agent]
	Teams    *kv.Table[config.Team]
	Queues   *kv.Table[config.Queue]
	Sessions *kv.Table[config.Session]
	// Health may be nil: then no inbox is known to be suspended.
	Health *kv.Table[config.Health]
	// Settings are what people decide about work.
	Settings desk.Settings
}

// Deps is what the gateway needs. The caller owns all of it and closes it after
// Run has returned.
type Deps struct {
	NC     *nats.Conn
	Facts  *hub.Facts
	Tables Tables
	Blobs  blob.Store
	// Adapters check the settings of inboxes, by channel.
	Adapters map[string]channel.Adapter
	// Near answers queries of an inbox in the same process; see ask.Client.
	Near func(ctx context.Context, name string, query, room []byte) ([]byte, bool)
	// Dead is the operator's view of the dead letters; nil where no workers run.
	Dead api.DeadLetters
	// Received counts the statements ever stored, for the books; may be nil.
	Received func() uint64
	// Test explains what a sample would become in an inbox; may be nil.
	Test func(ctx context.Context, inbox config.Inbox, sample api.Sample) (any, error)
	// Statements, Publisher, Import and PublicURL are as in api.Deps; each may be
	// left out.
	Statements *feed.Feed[*events.Inbound]
	Publisher  channel.Publisher
	Import     func(ctx context.Context, inbox config.Inbox, file io.Reader) (any, error)
	PublicURL  string
	// Zone is the house's; UTC when nil.
	Zone *time.Location
	// FileKeys open the public addresses of files; nil serves none.
	FileKeys *filelink.Keys
	// Surveys open the addresses of surveys' pages; nil serves none.
	Surveys *surveylink.Links
	// Console serves the page and its files; nil serves none.
	Console http.Handler
	// Ready says whether the whole program is ready, and what is not; nil means
	// that the gateway alone decides.
	Ready   func() (bool, []string)
	Browser auth.Browser
	Log     zerolog.Logger
	// Metrics takes the gateway's metrics and is served at /metrics; nil serves
	// none.
	Metrics *prometheus.Registry
	Clock   clock.Clock // clock.System when nil
	Options session.Options
}

// Service is the gateway. Use New, then Run; Routes may be called before Run.
type Service struct {
	deps     Deps
	auth     *auth.Service
	hub      *hub.Hub
	board    *presence.Board
	sessions *session.Server
	watch    *attend.Watch
	api      *api.API
	files    *files.Door    // nil where there are no public addresses
	feedback *feedback.Door // nil where there are no surveys
	ready    chan struct{}
}

// New wires the gateway. The hub begins at the present head of the facts.
func New(d Deps) (*Service, error) {
	if d.Clock == nil {
		d.Clock = clock.System{}
	}
	var reg prometheus.Registerer
	if d.Metrics != nil {
		reg = d.Metrics
	}
	who, err := auth.New(context.Background(), auth.Tables{Agents: d.Tables.Agents, Queues: d.Tables.Queues, Inboxes: d.Tables.Inboxes, Sessions: d.Tables.Sessions}, d.Clock)
	if err != nil {
		return nil, fmt.Errorf("make gateway: %w", err)
	}
	s := &Service{deps: d, auth: who, ready: make(chan struct{})}
	s.hub = hub.New(d.Facts, d.Log, reg)
	s.board = presence.New(d.NC, d.Clock, d.Log)
	work := &desk.Desk{
		Ask: &ask.Client{NC: d.NC, Near: d.Near}, Recent: s.hub, Clock: d.Clock, Head: d.Facts.Head,
		Directory: desk.Directory{Inboxes: d.Tables.Inboxes, Agents: d.Tables.Agents, Teams: d.Tables.Teams, Queues: d.Tables.Queues},
	}
	s.sessions, err = session.New(session.Deps{
		Facts: d.Facts, Hub: s.hub, Auth: who, Browser: d.Browser, Desk: work, Board: s.board,
		Clock: d.Clock, Log: d.Log, Metrics: reg, Options: d.Options,
	})
	if err != nil {
		return nil, fmt.Errorf("make gateway: %w", err)
	}
	s.watch = attend.New(attend.Deps{
		Do: work.Ask.Command, Agents: s.everybody, Online: s.board.Online, Next: s.sessions, NC: d.NC, Clock: d.Clock, Log: d.Log,
	})
	s.api, err = api.New(api.Deps{
		Desk: work, Auth: who, Browser: d.Browser, Blobs: d.Blobs, Adapters: d.Adapters, Received: d.Received, Dead: d.Dead, Test: d.Test,
		Health: health(d), Statements: d.Statements, Publisher: d.Publisher, Import: d.Import, PublicURL: strings.TrimSuffix(d.PublicURL, "/"), Zone: d.Zone,
		FileKeys: d.FileKeys, Settings: d.Tables.Settings, Clock: d.Clock, Log: d.Log, Metrics: reg,
	})
	if err != nil {
		return nil, fmt.Errorf("make gateway: %w", err)
	}
	if d.FileKeys != nil {
		s.files = files.New(files.Deps{
			Keys: d.FileKeys, Blobs: d.Blobs, Message: messageNow(work), IP: d.Browser.IP, Now: d.Clock.Now, Log: d.Log, Metrics: reg,
		})
	}
	if d.Surveys != nil {
		s.feedback = feedback.New(feedback.Deps{
			Links: d.Surveys, Row: rowNow(work), Find: findSurvey(work.Ask), Answer: answerSurvey(work.Ask), IP: d.Browser.IP, Now: d.Clock.Now, Log: d.Log, Metrics: reg,
		})
	}
	return s, nil
}

func (s *Service) everybody() []events.AgentID {
	var out []events.AgentID
	for _, item := range s.deps.Tables.Agents.All() {
		out = append(out, item.Value.ID)
	}
	return out
}

// messageNow tells a message that is not there from one that nobody can ask for.
func messageNow(work *desk.Desk) func(context.Context, events.MessageID) (*events.Message, error) {
	return func(ctx context.Context, id events.MessageID) (*events.Message, error) {
		m, err := work.MessageNow(ctx, id)
		var p *ask.Problem
		if errors.As(err, &p) && p.Status == http.StatusNotFound {
			return nil, files.ErrNoMessage
		}
		return m, err
	}
}

func health(d Deps) *channel.Health {
	if d.Tables.Health == nil {
		return nil
	}
	return &channel.Health{Table: d.Tables.Health, Log: d.Log, Now: d.Clock.Now}
}

// EnsureAdministrator makes the first administrator; see auth.
func (s *Service) EnsureAdministrator(ctx context.Context, email, password string) (auth.First, error) {
	return s.auth.EnsureAdministrator(ctx, email, password)
}

// OpenAPI is the description of the REST interface that is served.
func (s *Service) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// Ready is closed once facts reach sockets.
func (s *Service) Ready() <-chan struct{} { return s.ready }

// Run shows facts until ctx ends; then it closes every socket with 1001, waits
// until they are gone, and returns. The first part that fails stops the others.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Sockets end before what they hang on: presence and the hub run until the
	// sockets are gone.
	below, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 4)
	var parts sync.WaitGroup
	part := func(run func() error) {
		parts.Go(func() {
			if err := run(); err != nil {
				failed <- err
				cancel()
			}
		})
	}
	part(func() error { return s.hub.Run(below) })
	part(func() error { return s.board.Run(below, s.watch) })
	part(func() error { return s.watch.Run(ctx) })
	part(func() error {
		defer stop()
		return s.sessions.Run(ctx)
	})
	for _, ready := range []<-chan struct{}{s.hub.Ready(), s.board.Ready()} {
		select {
		case <-ready:
		case <-ctx.Done():
		}
	}
	if ctx.Err() == nil {
		close(s.ready)
	}
	parts.Wait()
	close(failed)
	return <-failed // nil when nobody failed
}

// HTTPServer is a server with the limits that strangers on a port call for. The
// caller sets Handler and address. There is no WriteTimeout: a download may take
// long, and a socket lives for days.
func HTTPServer() *http.Server {
	return &http.Server{ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10}
}

func (s *Service) isReady() (bool, []string) {
	select {
	case <-s.ready:
	default:
		return false, []string{"gateway"}
	}
	if s.deps.Ready != nil {
		return s.deps.Ready()
	}
	return true, nil
}
