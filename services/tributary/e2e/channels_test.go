package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

// line is one channel: the fake of its provider on a port, and the inbox that
// talks to it.
type line struct {
	fake.Provider
	in    *rig.Server
	inbox rig.Inbox
}

func openLine(t *testing.T, in *rig.Server, admin *rig.Agent, p fake.Provider) *line {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	settings := func(hook string) map[string]any {
		out, err := fake.Filled(p, server.URL, hook)
		must(t, err)
		return out
	}
	inbox := admin.Inbox(p.Kind(), p.Kind(), settings(in.URL("/hooks/"+p.Kind()+"/unknown-yet")))
	admin.Call(http.MethodPatch, "/inboxes/"+string(inbox.ID), map[string]any{"settings": settings(in.URL(inbox.HookPath))}, http.StatusOK, nil)
	return &line{p, in, inbox}
}

// say has a customer write, as the provider tells it.
func (l *line) say(t *testing.T, customer string, n int, text string, at time.Time) {
	t.Helper()
	l.in.Told(t, l.inbox, l.Say(customer, n, text, at))
}

// sayTwice has a customer write, and the provider tell it twice, and returns what
// was written. Where a provider gives no ids, what it tells is the same as long as
// it comes within one second of the clock; so both do, if need be with other words.
func (l *line) sayTwice(t *testing.T, customer, text string) string {
	t.Helper()
	for n := 1; ; n++ {
		asked, began := fmt.Sprintf("%s (%d)", text, n), time.Now()
		l.say(t, customer, n, asked, began.Add(-time.Second))
		l.say(t, customer, n, asked, began.Add(-time.Second))
		if time.Now().Unix() == began.Unix() {
			return asked
		}
	}
}

// taken counts the messages with a text that the provider took.
func (l *line) taken(text string) (n int) {
	for _, m := range l.State().Sent() {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// find is the conversation in which a text was said.
func find(t *testing.T, admin *rig.Agent, text string) (out events.Conversation) {
	t.Helper()
	rig.Eventually(t, func() error {
		for _, c := range admin.Conversations() {
			for _, m := range admin.Messages(c.ID) {
				if strings.Contains(m.Text, text) {
					out = c
					return nil
				}
			}
		}
		return fmt.Errorf("nobody has said %q yet", text)
	})
	return out
}

// TestEveryChannel is the road of each channel whose provider has a fake: what a
// customer writes stands in a conversation, once though it is told twice, and
// the answer reaches the provider once.
func TestEveryChannel(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	for _, p := range fakes.All() {
		if fakes.Mute(p.Kind()) {
			continue
		}
		t.Run(p.Kind(), func(t *testing.T) {
			l := openLine(t, &in.Server, admin, p)
			asked := l.sayTwice(t, "customer-1", "does "+p.Kind()+" reach you?")
			c := find(t, admin, asked)
			n := 0
			for _, m := range admin.Messages(c.ID) {
				if strings.Contains(m.Text, asked) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("said once, told twice, stands %d times", n)
			}
			if fakes.OneWay(p.Kind()) {
				return
			}
			answer := admin.Reply(c.ID, p.Kind(), "yes, by "+p.Kind(), "a-"+p.Kind())
			rig.Eventually(t, func() error {
				if got := l.taken("yes, by " + p.Kind()); got != 1 {
					return fmt.Errorf("the provider took the answer %d times", got)
				}
				return nil
			})
			admin.AwaitStatus(c.ID, answer.ID, events.StatusSent)
		})
	}
}

// TestTroubledProviders has every provider misbehave in turn. An answer that was
// given meanwhile reaches the customer once the provider is well again, or is
// shown as one whose end nobody knows; it never leaves twice; and another inbox
// answers as ever.
func TestTroubledProviders(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop, receiver := admin.Shop(), rig.NewReceiver(t)
	_ = shop
	healthy := admin.Inbox("webhook", "healthy", map[string]any{"profile": "plain", "auth": "none", "reply_url": receiver.URL, "allow_private": true})
	in.Say(t, healthy, rig.Said{ID: "h", Contact: rig.SaidBy{ID: "h"}, Text: "another inbox"})
	other := find(t, admin, "another inbox")
	for _, p := range fakes.All() {
		if fakes.OneWay(p.Kind()) || fakes.Mute(p.Kind()) {
			continue
		}
		t.Run(p.Kind(), func(t *testing.T) {
			l := openLine(t, &in.Server, admin, p)
			for n, mode := range []fake.Mode{fake.Down, fake.Limited, fake.Swallow, fake.Garbage} {
				asked := fmt.Sprintf("%s in mood %d", p.Kind(), mode)
				l.say(t, "customer-2", n+1, asked, time.Now().Add(-time.Second))
				c := find(t, admin, asked)
				p.State().Set(mode)
				text := "answer to " + asked
				answer := admin.Reply(c.ID, p.Kind(), text, fmt.Sprintf("t-%s-%d", p.Kind(), mode))
				admin.Reply(other.ID, "webhook", "meanwhile "+asked, "o-"+asked)
				rig.Receive(t, "the answer of the healthy inbox", receiver.Posts)
				p.State().Set(fake.Works)
				rig.Eventually(t, func() error {
					for _, m := range admin.Messages(c.ID) {
						if m.ID != answer.ID {
							continue
						}
						switch m.Status {
						case events.StatusSent, events.StatusDelivered, events.StatusRead:
							if got := l.taken(text); got != 1 {
								return fmt.Errorf("sent, and the provider has it %d times", got)
							}
							return nil
						case events.StatusUnknown:
							if mode == fake.Limited {
								t.Fatalf("the provider said that it has not taken it, and nobody knows: %s", m.StatusDetail)
							}
							if got := l.taken(text); got > 1 {
								return fmt.Errorf("nobody knows, and the provider has it %d times", got)
							}
							return nil
						}
						return fmt.Errorf("mood %d: status %s %s", mode, m.Status, m.StatusDetail)
					}
					return fmt.Errorf("mood %d: no answer", mode)
				})
			}
		})
	}
}

// TestDeadTokenSuspends has a provider refuse the inbox's credentials: the inbox
// is suspended and says why, what was answered waits, and goes out once the
// settings are mended.
func TestDeadTokenSuspends(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	for _, p := range fakes.All() {
		if p.Kind() != "telegram" && p.Kind() != "whatsapp" && p.Kind() != "line" && p.Kind() != "slack" {
			continue
		}
		t.Run(p.Kind(), func(t *testing.T) {
			l := openLine(t, &in.Server, admin, p)
			l.say(t, "customer-3", 1, "is "+p.Kind()+" there?", time.Now().Add(-time.Second))
			c := find(t, admin, "is "+p.Kind()+" there?")
			p.State().Set(fake.Dead)
			text := "here is " + p.Kind()
			answer := admin.Reply(c.ID, p.Kind(), text, "d-"+p.Kind())
			var health struct {
				Suspended bool   `json:"suspended"`
				Reason    string `json:"reason"`
			}
			rig.Eventually(t, func() error {
				admin.Call(http.MethodGet, "/inboxes/"+string(l.inbox.ID)+"/health", nil, http.StatusOK, &health)
				if !health.Suspended || health.Reason == "" {
					return fmt.Errorf("not suspended: %+v", health)
				}
				return nil
			})
			p.State().Set(fake.Works)
			admin.Call(http.MethodPost, "/inboxes/"+string(l.inbox.ID)+"/resume", nil, http.StatusOK, nil)
			must(t, rig.Await(2*time.Minute, func() error {
				if got := l.taken(text); got != 1 {
					return fmt.Errorf("the provider took the answer %d times", got)
				}
				return nil
			}))
			admin.AwaitStatus(c.ID, answer.ID, events.StatusSent)
		})
	}
}
