package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Hooks is the HTTP door for provider requests: POST (and GET, for challenges)
// /hooks/{channel}/{inbox}. It answers success only after the statements are
// durable, 503 with Retry-After when they cannot be stored or when too many
// requests wait already. A receiver that panics costs its request a 500, which
// providers retry, and nothing else. What a [Shared] receiver finds to be another
// account's is stated for the inbox that names the account, and the whole request
// is answered only when all of it is durable.
type Hooks struct {
	Inboxes   Inboxes
	Publisher Publisher
	Log       zerolog.Logger
	// MaxBody bounds a request body in bytes; 8 MiB when nought.
	MaxBody int64
	// MaxWaiting bounds requests under way; 1 024 when nought.
	MaxWaiting int
	// MaxBytes bounds the bytes of all bodies under way together; 128 MiB when
	// nought. Bytes count as they arrive, so a sender who announces much and
	// sends little takes little.
	MaxBytes int64
	// BodyTimeout is how long a body may take to arrive, 15 s when nought;
	// StoreTimeout how long the log may take, 10 s when nought.
	BodyTimeout, StoreTimeout time.Duration
	// Now is the clock.
	Now func() time.Time

	receivers map[string]Receiver
	slots     chan struct{}
	bytes     *budget
	requests  *prometheus.CounterVec
	index     *index
}

// NewHooks makes the door for these receivers. reg may be nil.
func NewHooks(h Hooks, reg prometheus.Registerer, receivers ...Receiver) *Hooks {
	door := &Hooks{Inboxes: h.Inboxes, Publisher: h.Publisher, Log: h.Log, MaxBody: h.MaxBody, MaxWaiting: h.MaxWaiting, MaxBytes: h.MaxBytes, BodyTimeout: h.BodyTimeout, StoreTimeout: h.StoreTimeout, Now: h.Now}
	if door.MaxBody == 0 {
		door.MaxBody = 8 << 20
	}
	if door.MaxWaiting == 0 {
		door.MaxWaiting = 1024
	}
	if door.MaxBytes == 0 {
		door.MaxBytes = 128 << 20
	}
	if door.BodyTimeout == 0 {
		door.BodyTimeout = 15 * time.Second
	}
	if door.StoreTimeout == 0 {
		door.StoreTimeout = 10 * time.Second
	}
	door.bytes = &budget{free: door.MaxBytes}
	if door.Now == nil {
		door.Now = time.Now
	}
	door.index = &index{}
	door.slots = make(chan struct{}, door.MaxWaiting)
	door.receivers = make(map[string]Receiver, len(receivers))
	for _, r := range receivers {
		door.receivers[r.Kind()] = r
	}
	door.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_hook_requests_total", Help: "Provider requests by channel, inbox and result.",
	}, []string{"channel", "inbox", "result"})
	if reg != nil {
		// Several doors of one process count in the same place.
		if err := reg.Register(door.requests); err != nil {
			var there prometheus.AlreadyRegisteredError
			if !errors.As(err, &there) {
				panic(err) // broken wiring
			}
			door.requests = there.ExistingCollector.(*prometheus.CounterVec)
		}
	}
	return door
}

// ServeHTTP takes a request whose pattern has the wildcards channel and inbox.
func (h *Hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, token := r.PathValue("channel"), r.PathValue("inbox")
	receiver, known := h.receivers[kind]
	inbox, found := h.Inboxes.ByHook(kind, token)
	if !known || !found {
		h.refuse(w, "unknown", "unknown", Refuse(http.StatusNotFound, "unknown-inbox", "no inbox has this address"))
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		h.busy(w, kind, inbox, "too many requests wait")
		return
	}
	body, refusal := h.read(w, r)
	defer func() { h.bytes.release(int64(cap(body))) }()
	if refusal != nil {
		h.refuse(w, kind, string(inbox.ID), refusal)
		return
	}
	req := &Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: body, Remote: r.RemoteAddr, At: h.Now()}
	statements, reply, err := h.receive(receiver, inbox, req)
	if err != nil {
		h.refuse(w, kind, string(inbox.ID), asRefusal(err))
		return
	}
	statements = h.route(inbox, req, statements)
	if err := h.store(r.Context(), statements); err != nil {
		h.unstored(w, kind, inbox, err)
		return
	}
	h.requests.WithLabelValues(kind, string(inbox.ID), "accepted").Inc()
	h.succeed(w, reply, statements)
}

// receive runs the adapter behind a guard: whatever bytes make it panic, the
// door stays open.
func (h *Hooks) receive(receiver Receiver, inbox config.Inbox, req *Request) (out []*events.Inbound, reply Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may quote the body, so only its type is logged.
			h.Log.Error().Str("channel", receiver.Kind()).Str("inbox", string(inbox.ID)).Str("panic", fmt.Sprintf("%T", p)).Bytes("stack", frames()).Msg("adapter panicked")
			out, err = nil, Refuse(http.StatusInternalServerError, "bug", "this request could not be handled; it may be sent again")
		}
	}()
	return receiver.Receive(inbox, req)
}

func (h *Hooks) store(ctx context.Context, statements []*events.Inbound) error {
	if len(statements) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, h.StoreTimeout)
	defer cancel()
	return h.Publisher.Publish(ctx, statements...)
}

// unstored answers a request whose statements are not in the log: 413 for what
// never will fit, otherwise a status the provider retries.
func (h *Hooks) unstored(w http.ResponseWriter, kind string, inbox config.Inbox, err error) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		h.refuse(w, kind, string(inbox.ID), refusal)
		return
	}
	h.Log.Warn().Err(err).Str("channel", kind).Str("inbox", string(inbox.ID)).Msg("provider request not stored")
	h.busy(w, kind, inbox, "cannot store now")
}

func (h *Hooks) succeed(w http.ResponseWriter, reply Reply, statements []*events.Inbound) {
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	if reply.Status == 0 {
		reply.Status = http.StatusAccepted
	}
	if reply.Body == nil && len(statements) > 0 {
		w.Header().Set("Content-Type", "application/json")
		reply.Body, _ = json.Marshal(map[string]string{"event": EventID(statements[0])})
	}
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body)
}

func (h *Hooks) busy(w http.ResponseWriter, kind string, inbox config.Inbox, why string) {
	h.refuse(w, kind, string(inbox.ID), Refuse(http.StatusServiceUnavailable, "unavailable", "%s", why))
}

func (h *Hooks) refuse(w http.ResponseWriter, kind, inbox string, refusal *Refusal) {
	h.requests.WithLabelValues(kind, inbox, refusal.Reason).Inc()
	switch refusal.Status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET, POST")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "2")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(refusal.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"title": http.StatusText(refusal.Status), "status": refusal.Status, "detail": refusal.Detail, "code": refusal.Reason,
	})
}

func asRefusal(err error) *Refusal {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return Refuse(http.StatusBadRequest, "bad-request", "%s", shorten(err.Error(), 200))
}
