package files

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/pace"
)

// Opener verifies tokens; *filelink.Keys is one.
type Opener interface {
	Open(token, name string) (filelink.Claim, error)
}

// ErrNoMessage is what Deps.Message answers for a message that nobody has.
var ErrNoMessage = errors.New("there is no such message")

// Deps is what a Door stands on; the caller owns all of it.
type Deps struct {
	Keys  Opener
	Blobs blob.Store
	// Message is a message as it stands now. It answers ErrNoMessage where there
	// is none, and any other error where it cannot know.
	Message func(ctx context.Context, id events.MessageID) (*events.Message, error)
	// IP is the address a request comes from, as far as proxies are believed.
	IP      func(*http.Request) string
	Now     func() time.Time
	Log     zerolog.Logger
	Metrics prometheus.Registerer // may be nil
}

// Bounds of what strangers can cost.
const (
	maxTransfers  = 64 // at once
	maxOfOne      = 8  // at once, for one address
	maxPreviews   = 2  // made at once: each holds a whole picture in memory
	askedPerTime  = 20 // a second, from one address
	askedAtOnce   = 100
	patienceLater = 5 * time.Second
)

// Door is the public side. Use New; it may serve many requests at once.
type Door struct {
	deps      Deps
	transfers chan struct{}
	previews  chan struct{}
	crowd     *crowd
	pace      *pace.Pace
	counts    *prometheus.CounterVec
}

// New makes the door.
func New(d Deps) *Door {
	door := &Door{
		deps: d, transfers: make(chan struct{}, maxTransfers), previews: make(chan struct{}, maxPreviews), crowd: newCrowd(maxOfOne), pace: pace.New(askedPerTime, askedAtOnce, maxKnown),
		counts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tributary_public_files_total", Help: "Requests for public addresses of files, by how they were answered.",
		}, []string{"result"}),
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(door.counts)
	}
	return door
}

// ServeHTTP answers GET and HEAD of /files/{token}/{name}. With the query preview
// a picture is made small, and a film is answered with a still that stands for any
// film: some providers ask for both beside the file itself.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result := d.serve(w, r)
	d.counts.WithLabelValues(result).Inc()
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request) (result string) {
	harden(w.Header(), true)
	ip := d.deps.IP(r)
	if !d.pace.AllowAs(pace.Stranger(ip), standsFor(ip), d.deps.Now()) {
		return d.refuse(w, http.StatusTooManyRequests, "limited", "too many requests")
	}
	claim, err := d.deps.Keys.Open(r.PathValue("token"), r.PathValue("name"))
	switch {
	case errors.Is(err, filelink.ErrExpired):
		return d.refuse(w, http.StatusGone, "expired", "this address has ended")
	case err != nil:
		return d.refuse(w, http.StatusNotFound, "forged", "there is nothing at this address")
	}
	// Who reads slowly takes from their own, and not everybody's.
	leave, ok := d.crowd.enter(ip)
	if !ok {
		return d.refuse(w, http.StatusTooManyRequests, "limited", "too many files at once")
	}
	defer leave()
	select {
	case d.transfers <- struct{}{}:
		defer func() { <-d.transfers }()
	default:
		return d.refuse(w, http.StatusServiceUnavailable, "busy", "too many files at once")
	}
	switch held, err := d.held(r.Context(), claim); {
	case err != nil:
		return d.failed(w, claim, err)
	case !held:
		return d.refuse(w, http.StatusGone, "removed", "this file was taken back")
	}
	if r.URL.Query().Has("preview") {
		return d.preview(w, r, claim)
	}
	switch err := Serve(w, r, d.deps.Blobs, File{Hash: claim.Hash, Name: r.PathValue("name"), Public: true}); {
	case errors.Is(err, ErrGone):
		return d.refuse(w, http.StatusGone, "removed", "this file was taken back")
	case err != nil:
		return d.failed(w, claim, err)
	}
	return "served"
}

// held reports whether the message still has the file.
func (d *Door) held(ctx context.Context, c filelink.Claim) (bool, error) {
	m, err := d.deps.Message(ctx, c.Message)
	if errors.Is(err, ErrNoMessage) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(m.Attachments, func(a events.Attachment) bool { return a.Hash == c.Hash }), nil
}

func (d *Door) failed(w http.ResponseWriter, c filelink.Claim, err error) string {
	d.deps.Log.Warn().Err(err).Str("message", string(c.Message)).Msg("a public file could not be served")
	return d.refuse(w, http.StatusServiceUnavailable, "unavailable", "the file cannot be had now")
}

func (d *Door) refuse(w http.ResponseWriter, status int, result, words string) string {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(patienceLater/time.Second)))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	// A peer that is gone cannot be told.
	_, _ = w.Write([]byte(words + "\n"))
	return result
}
