// Package fake is what the fakes of providers' programming interfaces have in
// common: an HTTP server that takes messages as the provider documents it, and
// that can be down, slow, confused, out of patience or not at home. A channel's
// own fake stands beside its adapter and is used by its tests, by the tests of
// the whole road, and by the simulation, so that both directions run on one
// machine with no account anywhere.
//
// It is no part of the road itself: nothing that serves customers imports it.
package fake

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance/door"
)

// Mode is how the provider behaves.
type Mode int

// Works takes messages. Down closes every connection before it reads. Slow
// answers after Delay. Garbage answers success with a body that is none.
// Swallow takes the message and closes the connection without an answer. Limited
// answers as the provider does to who asks too often, Dead to a token that is no
// longer valid, Broken with a failure of its own (500 in most interfaces).
const (
	Works Mode = iota
	Down
	Slow
	Garbage
	Swallow
	Limited
	Dead
	Broken
)

// Sent is a message that the provider took.
type Sent struct {
	ID       string // the provider's own
	Key      string // the idempotency key that came with it
	To       string
	Text     string
	Template string
	Files    []string
	// Buttons are the quick replies that stood beside the text.
	Buttons []events.QuickReply
	// Fetched is what stood at each of Files, where the provider fetches them.
	Fetched []Fetched
	At      time.Time
}

// Fetched is a file that the provider fetched from its address.
type Fetched struct {
	URL    string
	Status int // nought where nobody answered
	Type   string
	Bytes  []byte
}

// Request is what the provider posts to an inbox's hook.
type Request = door.Call

// Provider is a channel's fake.
type Provider interface {
	http.Handler
	// Kind is that of the channel.
	Kind() string
	// Settings are those of an inbox that talks to the fake at api, a URL
	// without a slash at the end, and whose hook answers at hook.
	Settings(api, hook string) (settings json.RawMessage, secrets map[string]string)
	// Say is the request with which the provider tells of a customer's n-th
	// message, signed and valid at a moment.
	Say(customer string, n int, text string, at time.Time) Request
	// State is the part that all fakes share.
	State() *Server
}

// Presser is a fake whose customers press buttons. Not every provider has any.
type Presser interface {
	Provider
	// Press is Say for the receiver of a message that has buttons: what they say
	// is that they press one of them. N counts with that of Say.
	Press(m Sent, n int, button events.QuickReply, at time.Time) Request
}

// Filled is the settings of an inbox for a fake with its secrets among them, as
// REST takes them when an inbox is made.
func Filled(p Provider, api, hook string) (map[string]any, error) {
	plain, secrets := p.Settings(api, hook)
	out := map[string]any{}
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("settings of the fake of %s: %w", p.Kind(), err)
	}
	for name, value := range secrets {
		out[name] = value
	}
	return out, nil
}

// Server is the part of a fake that remembers and misbehaves. Fill Take and
// Refuse, and serve with it. It may be used from many goroutines.
type Server struct {
	// Take reads one request for the provider and answers it. What it returns is
	// kept; nil means that the request was no message (a profile, a file).
	Take func(w http.ResponseWriter, r *http.Request, body []byte) *Sent
	// Refuse answers in the provider's way for Limited, Dead and Broken; where
	// nil the bare status 429, 401 or 500 is used.
	Refuse func(w http.ResponseWriter, m Mode)
	// Delay is how long Slow waits; 5 s when nought.
	Delay time.Duration
	// Client fetches the files of a message that are addresses, as the provider
	// does; nil fetches none. Set it before the first request.
	Client *http.Client

	mu   sync.Mutex
	mode Mode
	sent []Sent
	keys map[string]Sent
}

// Set changes how the provider behaves from the next request on.
func (s *Server) Set(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// Mode is how the provider behaves now, for a fake that is reached otherwise than
// by HTTP.
func (s *Server) Mode() Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// Keep notes a message that came otherwise than by HTTP.
func (s *Server) Keep(m Sent) { s.keep(&m) }

// Sent lists what was taken, in order.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Known is the message that came before with the same idempotency key. A fake
// whose provider has such keys asks it in Take and answers as documented.
func (s *Server) Known(key string) (Sent, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.keys[key]
	return m, ok && key != ""
}

// maxBody bounds what a fake reads.
const maxBody = 64 << 20

// ServeHTTP behaves as Mode says.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mode := s.Mode()
	if mode == Down {
		hangUp(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	switch mode {
	case Slow:
		delay := s.Delay
		if delay == 0 {
			delay = 5 * time.Second
		}
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	case Garbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("<html>{]"))
		return
	case Limited, Dead, Broken:
		s.refuse(w, mode)
		return
	case Swallow:
		s.keep(s.Take(discard{http.Header{}}, r, body))
		hangUp(w)
		return
	}
	s.keep(s.Take(w, r, body))
}

func (s *Server) refuse(w http.ResponseWriter, m Mode) {
	if s.Refuse != nil {
		s.Refuse(w, m)
		return
	}
	switch m {
	case Limited:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case Dead:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (s *Server) keep(m *Sent) {
	if m == nil {
		return
	}
	if m.At.IsZero() {
		m.At = time.Now()
	}
	if s.Client != nil {
		for _, address := range m.Files {
			if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
				m.Fetched = append(m.Fetched, fetch(s.Client, address))
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, *m)
	if m.Key != "" {
		if s.keys == nil {
			s.keys = map[string]Sent{}
		}
		s.keys[m.Key] = *m
	}
}

func fetch(client *http.Client, address string) Fetched {
	got := Fetched{URL: address}
	resp, err := client.Get(address)
	if err != nil {
		return got
	}
	defer func() { _ = resp.Body.Close() }()
	if got.Bytes, err = io.ReadAll(io.LimitReader(resp.Body, maxBody)); err == nil {
		got.Status, got.Type = resp.StatusCode, resp.Header.Get("Content-Type")
	}
	return got
}

func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// discard is where the answer of a provider goes that takes and says nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// Number is a Korean mobile number, in E.164 without the plus, for a customer
// who is called anything: a number stays what it is.
func Number(customer string) string {
	digits := strings.TrimPrefix(customer, "+")
	if len(digits) >= 8 && strings.Trim(digits, "0123456789") == "" {
		return digits
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(customer)) // never fails
	return fmt.Sprintf("8210%08d", h.Sum32()%100_000_000)
}
