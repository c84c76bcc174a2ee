package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

// Base is where every operation stands.
const Base = "/api/v1"

// DeadLetters is what an operator does with what workers gave up;
// *bus.DeadLetters is one.
type DeadLetters interface {
	ListDead(ctx context.Context, after uint64, limit int) ([]bus.Dead, error)
	Redrive(ctx context.Context, id uint64) error
}

// Sample is a payload to try an inbox with. Body is the payload as text.
type Sample struct {
	Method  string            `json:"method,omitempty" maxLength:"10"`
	Headers map[string]string `json:"headers,omitempty"`
	Query   string            `json:"query,omitempty" maxLength:"4096"`
	Body    string            `json:"body"`
}

// Deps is what the API needs. The caller owns all of it.
type Deps struct {
	Desk    *desk.Desk
	Auth    *auth.Service
	Browser auth.Browser
	Blobs   blob.Store
	// Adapters check the settings of inboxes, by channel.
	Adapters map[string]channel.Adapter
	// Received counts the statements ever stored in INBOUND; nil leaves the total
	// out of the books.
	Received func() uint64
	// Dead may be nil where no workers run; the list is then empty.
	Dead DeadLetters
	// Test explains what a sample would become in an inbox; nil where no channel
	// can. The answer is encoded as JSON.
	Test func(ctx context.Context, inbox config.Inbox, sample Sample) (any, error)
	// Health knows which inboxes are suspended; nil knows of no trouble.
	Health *channel.Health
	// Statements is what INBOUND holds, for the list of an inbox's newest events;
	// nil leaves that list empty.
	Statements *feed.Feed[*events.Inbound]
	// Publisher stores what agents enter by hand; nil refuses entries.
	Publisher channel.Publisher
	// Import reads a file of calls or the like into an inbox and says what became
	// of its lines, encoded as JSON; nil where no channel reads files.
	Import func(ctx context.Context, inbox config.Inbox, file io.Reader) (any, error)
	// PublicURL is where providers reach this program, without a slash at the
	// end; empty where nobody has said.
	PublicURL string
	// Zone is the house's, in which a day begins where nobody says otherwise; UTC when
	// nil.
	Zone *time.Location
	// Settings are what people decide about work.
	Settings desk.Settings
	// FileKeys sign public addresses of files; nil where none are made.
	FileKeys *filelink.Keys
	Clock    clock.Clock
	Log      zerolog.Logger
	Metrics  prometheus.Registerer // may be nil
}

// API answers requests. Use Handler.
type API struct {
	Deps
	mux     *http.ServeMux
	huma    huma.API
	guard   *http.CrossOriginProtection
	uploads chan struct{}
	seconds *prometheus.HistogramVec

	emails    sync.Mutex // held while an address is given to an agent
	addresses sync.Mutex // held while an address is given to an inbox
	overflows sync.Mutex // held while a queue is changed

	mu    sync.Mutex // guards wrote
	wrote map[events.AgentID]uint64
}

// New makes the API and registers every operation.
func New(d Deps) (*API, error) {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	guard, err := d.Browser.Guard()
	if err != nil {
		return nil, err
	}
	a := &API{
		Deps: d, mux: http.NewServeMux(), guard: guard, uploads: make(chan struct{}, maxUploads), wrote: map[events.AgentID]uint64{},
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tributary_gateway_request_seconds", Help: "REST requests by operation and status.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .025, .1, .5, 2},
		}, []string{"operation", "status"}),
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(a.seconds)
	}
	a.huma = humago.New(a.mux, settings())
	a.huma.UseMiddleware(a.enter)
	a.sessions()
	a.conversations()
	a.commands()
	a.contacts()
	a.inboxes()
	a.inboxWork()
	a.channels()
	a.callbacks()
	a.work()
	a.entries()
	a.agents()
	a.teams()
	a.queues()
	a.settled()
	a.expressions()
	a.rehearsals()
	a.pastDays()
	a.macros()
	a.operations()
	a.reports()
	a.board()
	a.attachments()
	a.mux.HandleFunc("/", a.unknown)
	return a, nil
}

func settings() huma.Config {
	c := huma.DefaultConfig("Tributary", "1")
	c.Info.Description = "The agents' interface of Tributary, an omnichannel inbox."
	c.DocsPath, c.SchemasPath = "", ""
	c.OpenAPIPath = "/openapi"
	c.CreateHooks = nil // no $schema in answers
	c.Formats = formats()
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer"},
		"cookie": {Type: "apiKey", In: "cookie", Name: auth.Cookie},
	}
	return c
}

// Handler serves everything under /api/ and /openapi.json.
func (a *API) Handler() http.Handler { return a.mux }

// OpenAPI is the description of what is served.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// maxBody bounds a JSON body in bytes; a longest text may be escaped sixfold.
const maxBody = 6*desk.MaxText + 16<<10

type operation struct {
	method, path, summary string
	action                access.Action
	status                int // of success; 200 when nought
}

// register is the only way an operation comes into being: it cannot leave out
// who may do it.
func register[I, O any](a *API, o operation, handle func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: operationID(o), Method: o.method, Path: Base + o.path, Summary: o.summary,
		DefaultStatus: o.status, MaxBodyBytes: maxBody, BodyReadTimeout: 10 * time.Second,
		Metadata: map[string]any{"action": o.action},
	}
	if o.action != access.Open {
		op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problemOf(op.OperationID, err)
		}
		return out, nil
	})
}

// operationID is the method and the path, as in "post-conversations-id-assign".
func operationID(o operation) string {
	words := strings.FieldsFunc(o.path, func(r rune) bool { return r == '/' || r == '{' || r == '}' })
	return strings.ToLower(o.method) + "-" + strings.Join(words, "-")
}

type contextKey int

const (
	sessionKey contextKey = iota
	requestKey
)

// who is the session of a request that enter let in.
func who(ctx context.Context) auth.Session {
	s, _ := ctx.Value(sessionKey).(auth.Session)
	return s
}

func request(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey).(*http.Request)
	return r
}

// enter lets a request in, or refuses it, before anything of it is read.
func (a *API) enter(ctx huma.Context, next func(huma.Context)) {
	began := time.Now()
	r, _ := humago.Unwrap(ctx)
	action, _ := ctx.Operation().Metadata["action"].(access.Action)
	session, err := a.admit(r, action)
	if err != nil {
		p := err.(*Problem)
		// A peer that is gone cannot be told.
		_ = huma.WriteErr(a.huma, ctx, p.Status, p.Detail)
	} else {
		ctx = huma.WithValue(huma.WithValue(ctx, sessionKey, session), requestKey, r)
		next(ctx)
	}
	a.seconds.WithLabelValues(ctx.Operation().OperationID, strconv.Itoa(ctx.Status())).Observe(time.Since(began).Seconds())
}

// admit is the whole of authentication and of authorisation by role. Its error
// is a *Problem.
func (a *API) admit(r *http.Request, action access.Action) (auth.Session, error) {
	token, cookie := auth.Token(r)
	if cookie || token == "" {
		if err := a.guard.Check(r); err != nil {
			return auth.Session{}, refuse(http.StatusForbidden, "%s", auth.ErrCrossSite.Error())
		}
	}
	if action == access.Open {
		return auth.Session{}, nil
	}
	session, err := a.Auth.ByToken(r.Context(), token)
	if err != nil {
		return auth.Session{}, refuse(http.StatusUnauthorized, "sign in first")
	}
	if !access.May(session.Viewer.Role, action) {
		return auth.Session{}, refuse(http.StatusForbidden, "your role may not do this")
	}
	return session, nil
}

// unknown answers what no operation has: 405 where another method would do.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	p := &Problem{Status: http.StatusNotFound, Detail: "there is nothing at this address"}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := a.mux.Handler(probe); pattern != "/" && pattern != "" {
			w.Header().Add("Allow", method)
			p.Status, p.Detail = http.StatusMethodNotAllowed, "this address does not take this method"
		}
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	p.Title = http.StatusText(p.Status)
	if p.Code == "" {
		p.Code = codeOf(p.Status)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	// A peer that is gone cannot be told.
	_ = json.NewEncoder(w).Encode(p)
}

// remember notes what an agent has written, so that they read it.
func (a *API) remember(agent events.AgentID, seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wrote[agent] = max(a.wrote[agent], seq)
}

func (a *API) minSeq(ctx context.Context) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wrote[who(ctx).Viewer.ID]
}
