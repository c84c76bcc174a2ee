package imap

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// rotating is a token server that voids a refresh token with its use, and
// everything when it sees an old one.
type rotating struct {
	mu    sync.Mutex // guards all below
	now   string
	n     int
	theft bool
}

func (r *rotating) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.PostFormValue("refresh_token") != r.now || r.theft {
		r.theft = true
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	r.n++
	r.now = fmt.Sprintf("r%d", r.n)
	_, _ = fmt.Fprintf(w, `{"access_token":"good","expires_in":1,"refresh_token":%q}`, r.now)
}

func oauthMailserver(t *testing.T) *mailserver {
	t.Helper()
	var good atomic.Value
	good.Store("good")
	return newMailserver(t, func(s *mailserver) {
		s.opt.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return bearer{s.mem.NewSession(), &good}, nil, nil
		}
		s.opt.Caps = goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}, goimap.CapSASLIR: {}}
	})
}

// A refresh token that the server replaces is the one that counts from then on,
// after a new start too, and for whoever tries the credentials meanwhile.
func TestRenewedRefreshTokensAreKept(t *testing.T) {
	s, server := oauthMailserver(t), &rotating{now: "r0"}
	oauth := httptest.NewServer(server)
	defer oauth.Close()
	client := provider.New()
	defer client.Close()
	path := filepath.Join(t.TempDir(), "marks.db")
	store, err := OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	var account Account
	with := func(a *Account, o *Options) {
		a.Settings.Auth, a.Settings.TokenURL, a.Settings.ClientID = "xoauth2", oauth.URL, "app"
		a.Secrets, o.Client = Secrets{RefreshToken: "r0"}, client
		account = *a
	}
	d := &desk{}
	stop := s.watching(d, store, with)
	s.put(1, "")
	d.eventually(t, "1")
	for range 3 {
		if err := Test(t.Context(), account, Options{Store: store, Client: client}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if store, err = OpenStore(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s.put(2, "")
	s.watching(d, store, with)
	d.eventually(t, "1 2")
	server.mu.Lock()
	theft, n := server.theft, server.n
	server.mu.Unlock()
	if theft || n < 5 {
		t.Errorf("%d tokens renewed, an old one shown: %v", n, theft)
	}
	// An operator signs in anew: the new token counts, not the kept one.
	fresh := httptest.NewServer(&rotating{now: "s0"})
	defer fresh.Close()
	account.Settings.TokenURL, account.Secrets.RefreshToken = fresh.URL, "s0"
	if err := Test(t.Context(), account, Options{Store: store, Client: client}); err != nil {
		t.Error(err)
	}
}

// Credentials that are refused again and again are told of, and left alone until
// somebody says so.
func TestRefusedCredentialsAreLeftAlone(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	told, again := make(chan string), make(chan struct{})
	s.watching(d, newStore(t), func(a *Account, o *Options) {
		a.Secrets.Password = "wrong"
		o.Refused = func(ctx context.Context, why string) {
			select {
			case told <- why:
			case <-ctx.Done():
				return
			}
			select {
			case <-again:
			case <-ctx.Done():
			}
		}
	})
	logins := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.logins
	}
	for round := 1; round <= 2; round++ {
		if why := <-told; why != errSignIn.Error() {
			t.Errorf("told %q", why)
		}
		if n := logins(); n != round*refusals {
			t.Errorf("%d attempts in round %d, want %d", n, round, round*refusals)
		}
		again <- struct{}{}
	}
	<-told // the watcher waits in again
}

// A server that is busy refuses too, and says so: the credentials are good.
func TestABusyServerIsNoRefusal(t *testing.T) {
	var busy atomic.Int32
	s := newMailserver(t, func(s *mailserver) {
		s.opt.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			if busy.Add(1) <= 2*refusals {
				return closedCounter{s.mem.NewSession()}, nil, nil
			}
			return s.mem.NewSession(), nil, nil
		}
	})
	d := &desk{}
	s.put(1, "")
	s.watching(d, newStore(t), func(_ *Account, o *Options) {
		o.Refused = func(context.Context, string) { t.Error("a busy server counts as a refusal") }
	})
	d.eventually(t, "1")
}

// closedCounter is a session of a server that has no room.
type closedCounter struct{ imapserver.Session }

// Login finds no room.
func (closedCounter) Login(string, string) error {
	return &goimap.Error{Type: goimap.StatusResponseTypeNo, Code: goimap.ResponseCodeUnavailable, Text: "come back later"}
}

// deaf is a session whose IDLE never tells of anything. idle is called when one
// begins.
type deaf struct {
	imapserver.Session
	idle func()
}

// Idle waits to be told to end.
func (d deaf) Idle(_ *imapserver.UpdateWriter, stop <-chan struct{}) error {
	d.idle()
	<-stop
	return nil
}

// Mail that came in the moment before IDLE began, and that the server does not
// tell of, is found soon all the same.
func TestMailThatNobodyToldOf(t *testing.T) {
	var s *mailserver
	second := sync.OnceFunc(func() { s.put(2, "") })
	s = newMailserver(t, func(s *mailserver) {
		s.opt.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return deaf{s.mem.NewSession(), second}, nil, nil
		}
	})
	d := &desk{}
	s.put(1, "")
	s.watching(d, newStore(t), func(_ *Account, o *Options) { o.Poll, o.Soon = time.Hour, 20*time.Millisecond })
	d.eventually(t, "1 2")
}

func TestTryingSaysWhatIsWrong(t *testing.T) {
	s := newMailserver(t)
	account := Account{Inbox: "in1", Secrets: Secrets{Password: "secret"}, Settings: Settings{Host: "127.0.0.1", TLS: "none", Username: "box", AllowPrivate: true}}
	_, port, _ := net.SplitHostPort(s.addr)
	if _, err := fmt.Sscan(port, &account.Settings.Port); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Account)
		says   string
	}{
		"all is well":    {func(*Account) {}, ""},
		"wrong password": {func(a *Account) { a.Secrets.Password = "wrong" }, "refuses the credentials"},
		"no such folder": {func(a *Account) { a.Settings.Mailbox = "Elsewhere" }, "no folder of this name"},
		"nobody there":   {func(a *Account) { a.Settings.Port = 1 }, "connection to the mailbox failed"},
		"not public":     {func(a *Account) { a.Settings.TLS, a.Settings.AllowPrivate = "starttls", false }, "public address"},
		"no password":    {func(a *Account) { a.Secrets.Password = "" }, "imap_password"},
	} {
		a := account
		c.change(&a)
		err := Test(t.Context(), a, Options{})
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "box") && !strings.Contains(err.Error(), "mailbox") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v tells too much", name, err)
		}
	}
	s.put(1, "")
	d := &desk{}
	if err := Test(t.Context(), account, Options{}); err != nil {
		t.Fatal(err)
	}
	s.watching(d, newStore(t))
	testkit.Eventually(t, time.Minute, func() error {
		if d.numbers() != "1" {
			return fmt.Errorf("mails %q: trying took something away", d.numbers())
		}
		return nil
	})
}
