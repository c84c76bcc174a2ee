package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/run"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
	"github.com/tributary-inbox/tributary/services/gateway/server"
)

func now() time.Time { return time.Now() }

func (h *House) addHTTP() error {
	listener, err := net.Listen("tcp", h.settings.Listen)
	if err != nil {
		return fmt.Errorf("listen for http: %w", err)
	}
	h.http = listener
	h.closers = append(h.closers, func() error { return ignoreClosed(listener.Close()) })
	if h.settings.Pprof {
		h.addProfiles()
	}
	web := server.HTTPServer()
	web.Handler = h.mux
	h.group.Add("http", run.Func(func(ctx context.Context, ready func()) error {
		served := make(chan error, 1)
		go func() { served <- web.Serve(listener) }()
		ready()
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
		}
		// Sockets are hijacked and end with their services; requests under way
		// get the time to be answered.
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
		defer cancel()
		if err := web.Shutdown(ending); err != nil {
			return errors.Join(err, web.Close())
		}
		return nil
	}))
	return nil
}

// addProfiles serves profiles to callers on this machine only.
func (h *House) addProfiles() {
	local := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
				http.NotFound(w, r)
				return
			}
			next(w, r)
		}
	}
	h.mux.HandleFunc("GET /debug/pprof/", local(pprof.Index))
	h.mux.HandleFunc("GET /debug/pprof/profile", local(pprof.Profile))
	h.mux.HandleFunc("GET /debug/pprof/trace", local(pprof.Trace))
}

// Run serves until ctx ends. Where it listens, and the first administrator's
// password when one was made, go to out.
func (h *House) Run(ctx context.Context, out io.Writer) error {
	if h.gateway != nil {
		first, err := h.gateway.EnsureAdministrator(ctx, h.settings.AdminEmail, h.settings.AdminPassword)
		if err != nil {
			return fmt.Errorf("make the first administrator: %w", err)
		}
		h.introduce(out, first)
	}
	inner, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { tuneMemory(inner, h.group.Ready()) })
	beside.Go(func() {
		select {
		case <-h.group.Ready():
			h.announce(out)
		case <-inner.Done():
		}
	})
	err := h.group.Run(inner)
	cancel()
	beside.Wait()
	return err
}

func (h *House) introduce(out io.Writer, first auth.First) {
	if !first.Created || h.settings.AdminPassword != "" {
		return
	}
	fmt.Fprintf(out, "\nFirst start: sign in as %s with the password %s\n(it is shown only this once)\n\n", first.Email, first.Password)
}

// announce prints the addresses, and the same as a line for programs.
func (h *House) announce(out io.Writer) {
	addresses := map[string]string{"event": "listening", "http": h.HTTPAddr(), "smtp": h.SMTPAddr()}
	line, err := json.Marshal(addresses)
	if err != nil {
		return
	}
	fmt.Fprintf(out, "%s\n", line)
	fmt.Fprintf(out, "console http://%s/   mail %s\n", addresses["http"], addresses["smtp"])
}

// HTTPAddr is where HTTP is served, as host:port.
func (h *House) HTTPAddr() string { return h.http.Addr().String() }

// SMTPAddr is where mail is taken; empty when this process takes none.
func (h *House) SMTPAddr() string {
	if h.smtp == nil {
		return ""
	}
	return h.smtp.Addr().String()
}

// Ready is closed when every service is ready.
func (h *House) Ready() <-chan struct{} { return h.group.Ready() }

// Handler serves all of HTTP, for tests.
func (h *House) Handler() http.Handler { return h.mux }

func (s *Settings) browser() auth.Browser {
	var b auth.Browser
	if s.PublicURL != "" {
		b.Origins = []string{strings.TrimSuffix(s.PublicURL, "/")}
	}
	return b
}

// measure tells how the logs are doing.
func (g *Ground) measure(reg prometheus.Registerer) {
	for name, log := range map[string]*eventlog.Log{"INBOUND": g.Inbound, "CONVERSATIONS": g.Facts, "OUTBOUND": g.Outbound} {
		labels := prometheus.Labels{"stream": name}
		reg.MustRegister(
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "tributary_log_appended_total", Help: "Messages the log took.", ConstLabels: labels}, func() float64 { return float64(log.Stats().Appended) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "tributary_log_conflicts_total", Help: "Appends refused because somebody else was first.", ConstLabels: labels}, func() float64 { return float64(log.Stats().Conflicts) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "tributary_log_refused_total", Help: "Appends that could not be stored.", ConstLabels: labels}, func() float64 { return float64(log.Stats().Refused) }),
			prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "tributary_log_syncs_total", Help: "Syncs, each shared by all who waited.", ConstLabels: labels}, func() float64 { return float64(log.Stats().Syncs) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tributary_log_in_flight", Help: "Appends not settled yet.", ConstLabels: labels}, func() float64 { return float64(log.Stats().InFlight) }),
		)
	}
}
