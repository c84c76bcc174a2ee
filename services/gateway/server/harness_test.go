package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/gateway/console"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
	"github.com/tributary-inbox/tributary/services/gateway/session"
)

// plant is one server's NATS, log, tables and stand-ins; several gateways may
// run on it.
type plant struct {
	nats   *testkit.Server
	nc     *nats.Conn
	log    *eventlog.Log
	facts  *hub.Facts
	tables Tables
	blobs  blob.Store
	world  *world
	logs   *logBuffer
}

// logBuffer keeps what was logged, so that a test can look for what must never
// be there.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func decodeFact(r feed.Raw) (*events.Decision, error) {
	d, err := events.DecodeDecision(r.Data)
	if err != nil {
		return nil, err
	}
	d.Seq = r.Seq
	return d, nil
}

func newPlant(t testing.TB) *plant {
	t.Helper()
	p := &plant{nats: testkit.NATS(t), logs: &logBuffer{}}
	p.nc = p.nats.Conn(t)
	p.log = p.nats.OpenLog(t, events.ConversationStream, events.ConversationWildcard)
	p.facts = openFacts(t, p.log)
	settings, err := eventlog.Open(t.Context(), p.nats.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: p.nats.Commit})
	must(t, err)
	t.Cleanup(settings.Close)
	p.tables = Tables{
		Inboxes: table[config.Inbox](t, p, settings, config.KindInbox), Agents: table[config.Agent](t, p, settings, config.KindAgent),
		Teams: table[config.Team](t, p, settings, config.KindTeam), Queues: table[config.Queue](t, p, settings, config.KindQueue),
		Sessions: table[config.Session](t, p, settings, config.KindSession), Health: table[config.Health](t, p, settings, config.KindHealth),
		Settings: desk.Settings{
			Skills: table[config.Skill](t, p, settings, config.KindSkill), Workload: table[config.Workload](t, p, settings, config.KindWorkload),
			Hours: table[config.Hours](t, p, settings, config.KindHours), Policies: table[config.Policy](t, p, settings, config.KindPolicy),
			Routes: table[config.Route](t, p, settings, config.KindRoute), Rules: table[config.Rule](t, p, settings, config.KindRule),
			Macros: table[config.Macro](t, p, settings, config.KindMacro), Canned: table[config.Canned](t, p, settings, config.KindCanned),
			Segments: table[config.Segment](t, p, settings, config.KindSegment), Questionnaires: table[config.Questionnaire](t, p, settings, config.KindQuestionnaire),
			Alarms: table[queries.Alarm](t, p, settings, config.KindAlarm),
		},
	}
	p.blobs, err = blob.Open(t.Context(), p.nc, events.BlobBucket, 1, p.nats.Commit)
	must(t, err)
	p.world = newWorld(t, p.log, p.nats.Conn(t))
	return p
}

func openFacts(t testing.TB, log *eventlog.Log) *hub.Facts {
	t.Helper()
	facts, err := feed.Open(t.Context(), log, decodeFact, feed.Options{})
	must(t, err)
	t.Cleanup(facts.Close)
	return facts
}

func table[T any](t testing.TB, p *plant, log *eventlog.Log, kind string) *kv.Table[T] {
	t.Helper()
	tab, err := kv.Open[T](t.Context(), p.nc, log, events.ConfigBucket, kind)
	must(t, err)
	t.Cleanup(tab.Close)
	return tab
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// gateway is one running gateway on a port of its own.
type gateway struct {
	*Service
	plant *plant
	url   string
	stop  func()
	// narrow has the system keep little of what is written to the sockets that
	// connect from then on, so that one which is not read is soon seen to be behind.
	narrow atomic.Bool
}

type hookAdapter struct{}

func (hookAdapter) Kind() string                      { return "webhook" }
func (hookAdapter) SecretNames(config.Inbox) []string { return []string{"secret", "made"} }
func (hookAdapter) Check(in *config.Inbox) error {
	var settings map[string]any
	if err := json.Unmarshal(in.Settings, &settings); err != nil {
		return err
	}
	if settings["profile"] == nil {
		return errors.New("profile is missing")
	}
	if secret, given := in.Secrets["secret"]; given && secret == "" {
		return errors.New("secret is empty")
	}
	if settings["make"] == true {
		if in.Secrets == nil {
			in.Secrets = map[string]string{}
		}
		in.Secrets["made"] = "generated-secret-value"
	}
	return nil
}

func startGateway(t testing.TB, p *plant, set ...func(*Deps)) *gateway {
	t.Helper()
	d := Deps{
		NC: p.nats.Conn(t), Facts: p.facts, Tables: p.tables, Blobs: p.blobs,
		Adapters: map[string]channel.Adapter{"webhook": hookAdapter{}},
		Console:  console.Handler(),
		Log:      zerolog.New(p.logs), Metrics: prometheus.NewRegistry(),
	}
	for _, f := range set {
		f(&d)
	}
	s, err := New(d)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	g := &gateway{Service: s, plant: p, url: "http://" + listener.Addr().String()}
	web := HTTPServer()
	web.Handler = s.Handler()
	web.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if tcp, ok := c.(*net.TCPConn); ok && g.narrow.Load() {
			if err := tcp.SetWriteBuffer(8 << 10); err != nil {
				t.Errorf("narrow: %v", err)
			}
		}
		return ctx
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- s.Run(ctx) }()
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			ended <- err
			return
		}
		ended <- nil
	}()
	<-s.Ready()
	g.stop = sync.OnceFunc(func() {
		cancel()
		if err := web.Close(); err != nil {
			t.Errorf("close server: %v", err)
		}
		for range 2 {
			if err := <-ended; err != nil {
				t.Errorf("gateway ended: %v", err)
			}
		}
	})
	t.Cleanup(g.stop)
	return g
}

const (
	adminEmail    = "root@example.test"
	adminPassword = "a-long-enough-password"
)

func (g *gateway) admin(t testing.TB) *client {
	t.Helper()
	_, err := g.EnsureAdministrator(t.Context(), adminEmail, adminPassword)
	must(t, err)
	return g.signIn(t, adminEmail, adminPassword)
}

// client speaks REST with a bearer token.
type client struct {
	t     testing.TB
	g     *gateway
	token string
	id    events.AgentID
	web   *http.Client
}

func (g *gateway) anonymous(t testing.TB) *client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, g: g, web: &http.Client{Transport: transport, Timeout: time.Minute}}
}

func (g *gateway) signIn(t testing.TB, email, password string) *client {
	t.Helper()
	c := g.anonymous(t)
	var out struct {
		Token string `json:"token"`
		Agent struct {
			ID events.AgentID `json:"id"`
		} `json:"agent"`
	}
	c.call(http.MethodPost, "/session", map[string]string{"email": email, "password": password}, http.StatusOK, &out)
	if out.Token == "" {
		t.Fatal("no token")
	}
	c.token, c.id = out.Token, out.Agent.ID
	return c
}

// agent makes an agent and signs them in.
func (c *client) agent(email string, role config.Role, teams ...events.TeamID) *client {
	c.t.Helper()
	c.call(http.MethodPost, "/agents", map[string]any{
		"name": "Agent " + email, "email": email, "role": role, "teams": teams, "password": adminPassword,
	}, http.StatusCreated, nil)
	return c.g.signIn(c.t, email, adminPassword)
}

func (c *client) named(path, name string, extra map[string]any) string {
	c.t.Helper()
	body := map[string]any{"name": name}
	for k, v := range extra {
		body[k] = v
	}
	var out struct {
		ID string `json:"id"`
	}
	c.call(http.MethodPost, path, body, http.StatusCreated, &out)
	return out.ID
}

// call makes a request and wants a status; out, unless nil, takes the body.
func (c *client) call(method, path string, body any, want int, out any) *http.Response {
	c.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		must(c.t, err)
		reader = bytes.NewReader(data)
	}
	return c.send(method, path, reader, nil, want, out)
}

func (c *client) send(method, path string, body io.Reader, header http.Header, want int, out any) *http.Response {
	c.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = c.g.url + "/api/v1" + path
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, path, body)
	must(c.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := c.web.Do(req)
	must(c.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(c.t, err)
	if resp.StatusCode != want {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, resp.StatusCode, want, data)
	}
	switch o := out.(type) {
	case nil:
	case *string:
		*o = string(data)
	default:
		if err := json.Unmarshal(data, out); err != nil {
			c.t.Fatalf("%s %s: %v: %s", method, path, err, data)
		}
	}
	return resp
}

func options(o session.Options) func(*Deps) { return func(d *Deps) { d.Options = o } }
