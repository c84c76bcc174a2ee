package server

import (
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/services/gateway/wording"
)

// policy lets a page run only scripts that we serve. Styles may stand in
// attributes and images may come from elsewhere over TLS, because mails are
// shown in frames that inherit the policy: those frames are sandboxed and run no
// scripts, and the parser takes images from elsewhere out until an agent asks.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https:; " +
	"media-src 'self' blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// Routes puts the gateway's patterns on mux.
func (s *Service) Routes(mux *http.ServeMux) {
	rest := s.guard(s.api.Handler())
	mux.Handle("/api/", rest)
	mux.Handle("GET /openapi.json", rest)
	mux.Handle("GET /live", s.guard(s.sessions))
	if s.files != nil {
		mux.Handle("GET "+filelink.Root+"{token}/{name}", s.guard(s.files))
	}
	if s.feedback != nil {
		mux.Handle(surveylink.Root+"{token}", s.guard(s.feedback))
	}
	mux.Handle("GET /healthz", s.guard(http.HandlerFunc(s.healthz)))
	mux.Handle("GET /readyz", s.guard(http.HandlerFunc(s.readyz)))
	if s.deps.Metrics != nil {
		mux.Handle("GET /metrics", s.guard(promhttp.HandlerFor(s.deps.Metrics, promhttp.HandlerOpts{})))
	}
	if s.deps.Console != nil {
		mux.Handle("/", s.guard(readOnly(mux, s.deps.Console)))
	}
}

// Handler is Routes on a mux of its own.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	s.Routes(mux)
	return mux
}

// readOnly refuses what is not reading where there is something to read. The
// patterns themselves cannot say so: with one for "/" of any method, mux leads every
// other method there.
func readOnly(mux *http.ServeMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			read := r.Clone(r.Context())
			read.Method = http.MethodGet
			if _, pattern := mux.Handler(read); pattern != "/" {
				w.Header().Set("Allow", "GET, HEAD")
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusMethodNotAllowed)
				// A peer that is gone cannot be told.
				_, _ = w.Write([]byte(`{"title":"Method Not Allowed","status":405,"code":"invalid","detail":"this address is only read"}`))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// guard sets what every answer carries, has refusals said in the language of who
// asks, and turns a panic into a 500 that tells
// nothing; the log gets the stack, which holds no request.
func (s *Service) guard(next http.Handler) http.Handler {
	return wording.Door(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if s.deps.Browser.TLS(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		defer func() {
			what := recover()
			if what == nil {
				return
			}
			if what == http.ErrAbortHandler {
				panic(what) // net/http's own way to cut an answer
			}
			s.deps.Log.Error().Bytes("stack", debug.Stack()).Msg("request panicked")
			h.Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"title":"Internal Server Error","status":500,"code":"internal"}`))
		}()
		next.ServeHTTP(w, r)
	}))
}

func (s *Service) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"status": "ok"})
}

func (s *Service) readyz(w http.ResponseWriter, _ *http.Request) {
	ok, waiting := s.isReady()
	if ok {
		answer(w, http.StatusOK, map[string]any{"status": "ready"})
		return
	}
	w.Header().Set("Retry-After", "1")
	answer(w, http.StatusServiceUnavailable, map[string]any{"status": "starting", "waiting_for": waiting})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A peer that is gone cannot be told.
	_ = json.NewEncoder(w).Encode(body)
}
