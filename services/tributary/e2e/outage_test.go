package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// shutPort is an address that refuses connections until it is opened. It is held
// meanwhile, so that nobody else can have it.
type shutPort struct {
	address string
	fd      int
}

func newShutPort(t *testing.T) *shutPort {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(t, err)
	syscall.CloseOnExec(fd)
	must(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(fd)
	must(t, err)
	p := &shutPort{fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port), fd}
	if conn, err := net.Dial("tcp", p.address); err == nil {
		_ = conn.Close()
		t.Fatal("a shut port takes a connection")
	}
	return p
}

// open has a handler answer there until the test ends.
func (p *shutPort) open(t *testing.T, handler http.Handler) {
	t.Helper()
	must(t, syscall.Listen(p.fd, 128))
	file := os.NewFile(uintptr(p.fd), "listener")
	listener, err := net.FileListener(file)
	must(t, err)
	must(t, file.Close())
	server := httptest.NewUnstartedServer(handler)
	must(t, server.Listener.Close())
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
}

// away is a provider that nobody can reach, and the conversation that waits.
type away struct {
	fake.Provider
	port    *shutPort
	inbox   rig.Inbox
	talk    events.ConversationID
	answers []events.Message
}

// texts are those answers that the provider took, in its order.
func (a *away) texts() (out []string) {
	for _, m := range a.State().Sent() {
		if strings.HasPrefix(m.Text, a.Kind()+" answer") {
			out = append(out, m.Text)
		}
	}
	return out
}

// TestAnHourOfNobodyThere has every provider refuse connections for an hour by
// the clock of dispatch, with three answers waiting in a conversation of each.
// Nothing is given up or in doubt meanwhile, another inbox answers as ever, and
// once the providers are there again all of it is sent, once and in order.
//
// Kakao is not among them: its callback lives a minute.
//
// To see it fail: in dispatch/sending New, give up after half an hour.
func TestAnHourOfNobodyThere(t *testing.T) {
	t.Parallel() // it mostly waits
	now := clock.NewFake(time.Now())
	in := rig.RunIn(t, rig.Settings(t.TempDir()), house.Outside{Clock: now})
	admin, receiver := in.Admin(t), rig.NewReceiver(t)
	healthy := admin.Inbox("webhook", "healthy", map[string]any{"profile": "plain", "auth": "none", "reply_url": receiver.URL, "allow_private": true})
	in.Say(t, healthy, rig.Said{ID: "h", Contact: rig.SaidBy{ID: "h"}, Text: "another inbox"})
	other := find(t, admin, "another inbox")

	var all []*away
	for _, p := range fakes.All() {
		if !fakes.OneWay(p.Kind()) && !fakes.Mute(p.Kind()) && p.Kind() != "kakao" {
			all = append(all, leave(t, in, admin, p))
		}
	}
	for begin := now.Now(); now.Now().Sub(begin) < time.Hour; now.Advance(30 * time.Second) {
		rest(t, now, admin, all)
		if since := now.Now().Sub(begin); since == 30*time.Minute {
			m := admin.Reply(other.ID, "webhook", "meanwhile", "o")
			rig.Receive(t, "the answer of another inbox", receiver.Posts)
			admin.AwaitStatus(other.ID, m.ID, events.StatusSent)
		}
	}
	rest(t, now, admin, all)
	for _, a := range all {
		a.stillWaits(t, admin)
		a.port.open(t, a.Provider)
	}
	now.Advance(10 * time.Minute) // longer than any rest
	for _, a := range all {
		want := []string{a.Kind() + " answer 1", a.Kind() + " answer 2", a.Kind() + " answer 3"}
		rig.Eventually(t, func() error {
			if got := a.texts(); !slices.Equal(got, want) {
				return fmt.Errorf("%s has %q", a.Kind(), got)
			}
			return nil
		})
		for _, m := range a.answers {
			admin.AwaitStatus(a.talk, m.ID, events.StatusSent)
		}
	}
}

// rest waits until every conversation rests.
func rest(t *testing.T, now *clock.Fake, admin *rig.Agent, all []*away) {
	t.Helper()
	patience, cancel := context.WithTimeout(t.Context(), rig.Patience)
	defer cancel()
	if err := now.BlockUntil(patience, len(all)); err == nil {
		return
	}
	for _, a := range all {
		a.stillWaits(t, admin)
	}
	t.Fatalf("%d conversations rest, want %d", now.Waiters(), len(all))
}

// leave has a customer write by a provider that then cannot be reached, and
// answers three times.
func leave(t *testing.T, in *rig.Inside, admin *rig.Agent, p fake.Provider) *away {
	t.Helper()
	a := &away{Provider: p, port: newShutPort(t)}
	settings := func(hook string) map[string]any {
		out, err := fake.Filled(p, "http://"+a.port.address, hook)
		must(t, err)
		return out
	}
	a.inbox = admin.Inbox(p.Kind(), p.Kind(), settings(in.URL("/hooks/"+p.Kind()+"/unknown-yet")))
	admin.Call(http.MethodPatch, "/inboxes/"+string(a.inbox.ID), map[string]any{"settings": settings(in.URL(a.inbox.HookPath))}, http.StatusOK, nil)
	l := &line{p, &in.Server, a.inbox}
	asked := p.Kind() + " asks"
	l.say(t, "customer of "+p.Kind(), 1, asked, time.Now().Add(-time.Second))
	a.talk = find(t, admin, asked).ID
	for n := range 3 {
		a.answers = append(a.answers, admin.Reply(a.talk, p.Kind(), fmt.Sprintf("%s answer %d", p.Kind(), n+1), fmt.Sprintf("w-%s-%d", p.Kind(), n)))
	}
	return a
}

// stillWaits wants the answers as an agent and an operator see them while nobody
// is there: queued, and the trouble named.
func (a *away) stillWaits(t *testing.T, admin *rig.Agent) {
	t.Helper()
	for _, m := range admin.Messages(a.talk) {
		if m.Direction == events.Out && m.Status != events.StatusQueued && m.Status != events.StatusSending {
			t.Errorf("%s: after an hour an answer is %s (%s)", a.Kind(), m.Status, m.StatusDetail)
		}
	}
	var health struct {
		Suspended bool
		LastError string `json:"last_error"`
	}
	admin.Call(http.MethodGet, "/inboxes/"+string(a.inbox.ID)+"/health", nil, http.StatusOK, &health)
	if health.Suspended || health.LastError == "" {
		t.Errorf("%s: an operator sees %+v", a.Kind(), health)
	}
}
