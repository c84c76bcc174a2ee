package auth

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

func newService(t *testing.T) (*Service, *clock.Fake, Tables) {
	t.Helper()
	server := testkit.NATS(t)
	log, err := eventlog.Open(t.Context(), server.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: server.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	tables := Tables{
		Agents: open[config.Agent](t, server, log, config.KindAgent), Queues: open[config.Queue](t, server, log, config.KindQueue),
		Inboxes:  open[config.Inbox](t, server, log, config.KindInbox),
		Sessions: open[config.Session](t, server, log, config.KindSession),
	}
	fake := clock.NewFake(noon)
	s, err := New(t.Context(), tables, fake)
	if err != nil {
		t.Fatal(err)
	}
	return s, fake, tables
}

func open[T any](t *testing.T, server *testkit.Server, log *eventlog.Log, kind string) *kv.Table[T] {
	t.Helper()
	table, err := kv.Open[T](t.Context(), server.Conn(t), log, events.ConfigBucket, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	return table
}

const email, password = "root@example.test", "correct horse"

func TestFirstAdministrator(t *testing.T) {
	s, _, tables := newService(t)
	first, err := s.EnsureAdministrator(t.Context(), " Root@Example.test ", "")
	if err != nil || !first.Created || first.Email != email || len(first.Password) < 20 {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := s.EnsureAdministrator(t.Context(), email, "")
	if err != nil || again.Created || again.Password != "" {
		t.Fatalf("a second administrator: %+v %v", again, err)
	}
	for _, item := range tables.Agents.All() {
		if strings.Contains(item.Value.Password, first.Password) || !strings.HasPrefix(item.Value.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("stored password: %s", item.Value.Password)
		}
	}
	if _, _, err := s.SignIn(t.Context(), "192.0.2.1", email, first.Password); err != nil {
		t.Error(err)
	}
}

func TestASessionSlidesAndEnds(t *testing.T) {
	s, fake, tables := newService(t)
	if _, err := s.EnsureAdministrator(t.Context(), email, password); err != nil {
		t.Fatal(err)
	}
	token, session, err := s.SignIn(t.Context(), "192.0.2.1", strings.ToUpper(email), password)
	if err != nil || len(token) != 43 || !session.ExpiresAt.Equal(noon.Add(IdleLifetime)) {
		t.Fatalf("%q %+v %v", token, session, err)
	}
	for _, item := range tables.Sessions.All() {
		if strings.Contains(item.ID, token) {
			t.Error("the bucket holds the token")
		}
	}
	_, before, _ := tables.Sessions.Get(session.Key)
	mustSign(t, s, token, true)
	if _, rev, _ := tables.Sessions.Get(session.Key); rev != before {
		t.Error("every use is a write")
	}
	for range 200 { // used every four hours it lives on, until its total is over
		fake.Advance(4 * time.Hour)
		if fake.Now().After(noon.Add(TotalLifetime)) {
			break
		}
		mustSign(t, s, token, fake.Now().Before(noon.Add(TotalLifetime)))
	}
	mustSign(t, s, token, false)
	if err := s.Forget(t.Context()); err != nil || len(tables.Sessions.All()) != 0 {
		t.Errorf("ended sessions stay: %v", err)
	}
	token, _, err = s.SignIn(t.Context(), "192.0.2.1", email, password)
	if err != nil {
		t.Fatal(err)
	}
	fake.Advance(IdleLifetime)
	mustSign(t, s, token, false)
}

func mustSign(t *testing.T, s *Service, token string, want bool) {
	t.Helper()
	_, err := s.ByToken(t.Context(), token)
	if want != (err == nil) || err != nil && !errors.Is(err, ErrSession) {
		t.Fatalf("by token: %v, want %v", err, want)
	}
}

// Who does not exist, who may not, and who is wrong must look alike.
func TestSignInTellsNothing(t *testing.T) {
	s, _, tables := newService(t)
	if _, err := s.EnsureAdministrator(t.Context(), email, password); err != nil {
		t.Fatal(err)
	}
	hash, err := s.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	for id, a := range map[string]config.Agent{
		"ag1": {ID: "ag1", Email: "gone@example.test", Password: hash, Disabled: true}, "ag2": {ID: "ag2", Email: "none@example.test"},
		"ag3": {ID: "ag3", Email: "broken@example.test", Password: "$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5a2V5a2V5"},
	} {
		if _, err := tables.Agents.Put(t.Context(), id, a, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range [][2]string{
		{email, "wrong"}, {email, ""}, {email, password + "x"}, {"nobody@example.test", password}, {"", ""}, {"gone@example.test", password},
		{"none@example.test", ""}, {"none@example.test", password}, {"broken@example.test", password}, {email, strings.Repeat("x", 2000)},
	} {
		_, _, err := s.SignIn(t.Context(), "192.0.2."+string(rune('0'+i)), c[0], c[1])
		if err == nil || err.Error() != ErrSignIn.Error() {
			t.Errorf("%q: %v", c[0], err)
		}
	}
}

func TestFailuresAreLimitedAndSuccessesAreNot(t *testing.T) {
	s, fake, _ := newService(t)
	if _, err := s.EnsureAdministrator(t.Context(), email, password); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		if _, _, err := s.SignIn(t.Context(), "192.0.2.1", email, password); err != nil {
			t.Fatal(err)
		}
	}
	var limited *TooMany
	fails := 0
	for ; fails < 40; fails++ {
		if _, _, err := s.SignIn(t.Context(), "192.0.2.1", "a@example.test", "x"); errors.As(err, &limited) {
			break
		}
	}
	if fails != 10 || limited.After <= 0 {
		t.Fatalf("limited after %d failures: %v", fails, limited)
	}
	if _, _, err := s.SignIn(t.Context(), "192.0.2.1", email, password); !errors.As(err, &limited) {
		t.Errorf("an address that failed too often may try: %v", err)
	}
	if _, _, err := s.SignIn(t.Context(), "192.0.2.2", email, password); err != nil {
		t.Errorf("another address is limited too: %v", err)
	}
	fake.Advance(limited.After)
	if _, _, err := s.SignIn(t.Context(), "192.0.2.1", email, password); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	for i := range 25 { // one account from many addresses
		_, _, _ = s.SignIn(t.Context(), netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String(), email, "x")
	}
	if _, _, err := s.SignIn(t.Context(), "203.0.113.1", email, password); !errors.As(err, &limited) {
		t.Errorf("an account under attack is not limited: %v", err)
	}
}

func TestFailuresStayBounded(t *testing.T) {
	f := newFailures(time.Second, 2)
	for i := range 3 * maxKeys {
		key := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String()
		if f.wait(key, noon) == 0 {
			f.failed(key, noon)
		}
	}
	if len(f.keys) > maxKeys {
		t.Errorf("%d keys", len(f.keys))
	}
	if f.wait("new", noon) == 0 {
		t.Error("a new key passes while all are taken")
	}
	if f.wait("new", noon.Add(time.Minute)) != 0 {
		t.Error("nothing is forgotten")
	}
}

func TestHashersAreBounded(t *testing.T) {
	h := newHashers()
	block := make(chan struct{})
	done := make(chan error, hashersAtOnce+hashersWaiting)
	for range hashersAtOnce + hashersWaiting {
		go func() { done <- h.do(context.Background(), func() { <-block }) }()
	}
	testkit.Eventually(t, time.Minute, func() error {
		if len(h.waiting) < cap(h.waiting) {
			return errors.New("not all wait yet")
		}
		return nil
	})
	if len(h.running) > 2 {
		t.Errorf("%d at once", len(h.running))
	}
	if err := h.do(context.Background(), func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	close(block)
	for range hashersAtOnce + hashersWaiting {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestWhoIsAsking(t *testing.T) {
	b := Browser{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Origins: []string{"https://inbox.example.test"}}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:5", "203.0.113.9", "192.0.2.1"}, // not a proxy: its word does not count
		{"10.0.0.1:5", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "1.2.3.4, 203.0.113.9", "203.0.113.9"}, // the left part is the client's own word
		{"10.0.0.1:5", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:5", "garbage", "10.0.0.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"[2001:db8::1]:5", "", "2001:db8::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := b.IP(r); got != c.want {
			t.Errorf("%s for %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://host.test/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	if b.TLS(r) {
		t.Error("anybody may say that they speak TLS")
	}
	if cookie := b.SetCookie(r, "t"); cookie.Secure {
		t.Error("a secure cookie without TLS never comes back")
	}
	r.TLS = &tls.ConnectionState{}
	if cookie := b.SetCookie(r, "t"); !cookie.Secure || !cookie.HttpOnly {
		t.Errorf("%+v", cookie)
	}
	for origin, want := range map[string]bool{"http://host.test": true, "https://inbox.example.test": true, "https://evil.test": false, "null": false, "http://host.test.evil": false} {
		r.Header.Set("Origin", origin)
		if b.SameOrigin(r) != want {
			t.Errorf("origin %s: %v", origin, !want)
		}
	}
	if _, err := (Browser{Origins: []string{"not an origin"}}).Guard(); err == nil {
		t.Error("a setting that is no origin passes")
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err == nil && (p.memory > maxMemory || p.passes > maxPasses || p.lanes > maxLanes || len(p.key) < 16) {
			t.Fatalf("%q asks for more than is given: %+v", s, p)
		}
	})
}
