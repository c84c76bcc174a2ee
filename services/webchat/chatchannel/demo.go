package chatchannel

import (
	"embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/netip"

	"github.com/tributary-inbox/tributary/contracts/config"
)

//go:embed demo
var demoFiles embed.FS

var demoPage = template.Must(template.ParseFS(demoFiles, "demo/index.html"))

// demo finds an inbox whose demo page may be shown to this caller. The page
// signs in whoever asks as whomever they name, so unless the inbox says
// otherwise it is for callers on this machine, and a request that came through
// a proxy is not one.
func (s *Service) demo(w http.ResponseWriter, r *http.Request) (config.Inbox, *Settings, bool) {
	inbox, settings, ok := s.inbox(r)
	if !ok || !settings.Demo {
		s.refuse(w, http.StatusNotFound, "unknown-inbox", "no demo has this address")
		return inbox, nil, false
	}
	if !settings.DemoPublic && !local(r) {
		s.refuse(w, http.StatusForbidden, "demo-local", "this demo is for the machine it runs on; the setting demo_public opens it")
		return inbox, nil, false
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	return inbox, settings, true
}

func local(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (s *Service) serveDemo(w http.ResponseWriter, r *http.Request) {
	inbox, settings, ok := s.demo(w, r)
	if !ok {
		return
	}
	title := settings.Title
	if title == "" {
		title = inbox.Name
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := demoPage.Execute(w, struct{ Inbox, Title string }{r.PathValue("inbox"), title}); err != nil {
		s.deps.Log.Warn().Err(err).Msg("write demo page")
	}
}

func (s *Service) serveDemoScript(w http.ResponseWriter, r *http.Request) {
	s.serveDemoFile(w, r, "demo/demo.js", "text/javascript; charset=utf-8")
}

func (s *Service) serveDemoStyle(w http.ResponseWriter, r *http.Request) {
	s.serveDemoFile(w, r, "demo/demo.css", "text/css; charset=utf-8")
}

func (s *Service) serveDemoFile(w http.ResponseWriter, r *http.Request, name, kind string) {
	if _, _, ok := s.demo(w, r); !ok {
		return
	}
	data, err := demoFiles.ReadFile(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}

// serveDemoIdentity does what a shop's own server does for a customer who has
// signed in there: it signs the customer's id.
func (s *Service) serveDemoIdentity(w http.ResponseWriter, r *http.Request) {
	inbox, _, ok := s.demo(w, r)
	if !ok {
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		s.refuse(w, http.StatusForbidden, "cross-site", "only the demo page itself may ask")
		return
	}
	var form struct {
		UserID string `json:"user_id"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&form)
	secret := inbox.Secrets[secretName]
	if err != nil || secret == "" || proveUser(inbox, form.UserID, SignUser(secret, form.UserID)) != nil {
		s.refuse(w, http.StatusBadRequest, "bad-user-id", "user_id must be 1 to 256 bytes without control characters")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"user_id": form.UserID, "hmac": SignUser(secret, form.UserID)})
}
