package imap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// certificate is one for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestStartTLSAndImplicitTLS(t *testing.T) {
	cert, pool := certificate(t)
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	for kind, adjust := range map[string]func(*mailserver){
		"starttls": func(s *mailserver) { s.opt.TLSConfig, s.opt.InsecureAuth = server, false },
		"implicit": func(s *mailserver) { s.wrap = func(c net.Conn) net.Conn { return tls.Server(c, server) } },
	} {
		t.Run(kind, func(t *testing.T) {
			s, d := newMailserver(t, adjust), &desk{}
			s.put(1, "")
			trusting := func(a *Account, o *Options) { a.Settings.TLS, o.TLS = kind, &tls.Config{RootCAs: pool} }
			s.watching(d, newStore(t), trusting)
			d.eventually(t, "1")
			stranger := &desk{}
			s.watching(stranger, newStore(t), func(a *Account, _ *Options) { a.Settings.TLS = kind })
			stranger.told(t, "the connection to the mailbox failed")
			if stranger.numbers() != "" {
				t.Error("mail came over a connection that nobody vouches for")
			}
		})
	}
}

// bearer is a session that takes XOAUTH2 with one token.
type bearer struct {
	imapserver.Session
	good *atomic.Value
}

// AuthenticateMechanisms lists one.
func (b bearer) AuthenticateMechanisms() []string { return []string{"XOAUTH2"} }

// Authenticate begins the exchange.
func (b bearer) Authenticate(string) (sasl.Server, error) { return &bearerExchange{session: b}, nil }

type bearerExchange struct {
	session bearer
	failed  bool
}

func (e *bearerExchange) Next(response []byte) ([]byte, bool, error) {
	switch {
	case e.failed:
		return nil, false, imapserver.ErrAuthFailed
	case string(response) != "user=box\x01auth=Bearer "+e.session.good.Load().(string)+"\x01\x01":
		e.failed = true
		return []byte(`{"status":"401"}`), false, nil
	}
	return nil, true, e.session.Login("box", "secret")
}

func TestXOAUTH2WithTokensFromAServer(t *testing.T) {
	var good atomic.Value
	good.Store("t1")
	s := newMailserver(t, func(s *mailserver) {
		s.opt.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return bearer{s.mem.NewSession(), &good}, nil, nil
		}
		s.opt.Caps = goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}, goimap.CapSASLIR: {}}
	})
	var asked atomic.Int32
	oauth := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.PostFormValue("grant_type") != "refresh_token" || r.PostFormValue("refresh_token") != "r1" || r.PostFormValue("client_id") != "app" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"` + good.Load().(string) + `","expires_in":3600}`))
	}))
	defer oauth.Close()
	client := provider.New()
	defer client.Close()
	d, store := &desk{}, newStore(t)
	with := func(a *Account, o *Options) {
		a.Settings.Auth, a.Settings.TokenURL, a.Settings.ClientID = "xoauth2", oauth.URL, "app"
		a.Secrets, o.Client = Secrets{RefreshToken: "r1"}, client
	}
	stop := s.watching(d, store, with)
	s.put(1, "")
	d.eventually(t, "1")
	good.Store("t2") // the old token is revoked while it should still live
	s.down()
	s.put(2, "")
	s.up()
	d.eventually(t, "1 2")
	if !d.heard(errSignIn.Error()) || asked.Load() < 2 {
		t.Errorf("asked for %d tokens: the refused one was not dropped", asked.Load())
	}
	stop()
	refused := &desk{}
	s.watching(refused, store, with, func(a *Account, _ *Options) { a.Secrets.RefreshToken = "wrong" })
	refused.told(t, errNoToken.Error())
	s.watching(d, newStore(t), func(a *Account, _ *Options) {
		a.Settings.Auth, a.Secrets = "xoauth2", Secrets{AccessToken: "t2"}
	})
	d.eventually(t, "1 2 1 2")
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	good := Settings{Host: "imap.example.com", Username: "box"}
	if err := good.Check(Secrets{Password: "p"}); err != nil {
		t.Fatal(err)
	}
	if good.address() != "imap.example.com:993" || (Settings{Host: "h", TLS: "starttls"}).address() != "h:143" {
		t.Error("ports")
	}
	for name, c := range map[string]struct {
		change  func(*Settings)
		secrets Secrets
		says    string
	}{
		"no host":        {func(s *Settings) { s.Host = "" }, Secrets{Password: "p"}, "host"},
		"no user":        {func(s *Settings) { s.Username = "" }, Secrets{Password: "p"}, "username"},
		"no password":    {func(*Settings) {}, Secrets{}, "imap_password"},
		"clear text":     {func(s *Settings) { s.TLS = "none" }, Secrets{Password: "p"}, "allow_private"},
		"unknown tls":    {func(s *Settings) { s.TLS = "ssl" }, Secrets{Password: "p"}, "ssl"},
		"unknown auth":   {func(s *Settings) { s.Auth = "ntlm" }, Secrets{Password: "p"}, "ntlm"},
		"port":           {func(s *Settings) { s.Port = 70000 }, Secrets{Password: "p"}, "70000"},
		"start":          {func(s *Settings) { s.Start = "yesterday" }, Secrets{Password: "p"}, "yesterday"},
		"injection":      {func(s *Settings) { s.Mailbox = "a\r\nb" }, Secrets{Password: "p"}, "control"},
		"no token":       {func(s *Settings) { s.Auth = "xoauth2" }, Secrets{}, "token_url"},
		"plain token":    {func(s *Settings) { s.Auth, s.TokenURL = "xoauth2", "http://x.example/t" }, Secrets{RefreshToken: "r"}, "https"},
		"no client":      {func(s *Settings) { s.Auth, s.TokenURL = "xoauth2", "https://x.example/t" }, Secrets{RefreshToken: "r"}, "client_id"},
		"nothing to ask": {func(s *Settings) { s.Auth, s.TokenURL, s.ClientID = "xoauth2", "https://x.example/t", "c" }, Secrets{}, "imap_refresh_token"},
	} {
		s := good
		c.change(&s)
		if err := s.Check(c.secrets); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
