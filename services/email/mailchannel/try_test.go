package mailchannel

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/imap/imapfake"
)

func mailboxInbox(t *testing.T, a *Adapter, s Settings, secrets map[string]string) config.Inbox {
	t.Helper()
	return (&mailer{adapter: a, settings: s, secrets: secrets}).inbox(t)
}

func TestCredentialsAreTried(t *testing.T) {
	box, r := imapfake.New(), newRelay(t)
	if err := box.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	a, _ := newAdapter(t, nil)
	a.opt.Relay = Relay{}
	relay := r.settings()
	relay.Username = "us"
	for name, c := range map[string]struct {
		mailbox, password string
		says              []string
	}{
		"all is well":          {imapfake.Password, "right", nil},
		"the mailbox is wrong": {"wrong", "right", []string{"mail cannot be fetched: the mailbox refuses the credentials"}},
		"the relay is wrong":   {imapfake.Password, "wrong", []string{"mail cannot be sent", "535"}},
		"both are":             {"wrong", "wrong", []string{"fetched", "sent"}},
	} {
		s := Settings{Address: "help@example.com", Source: SourceIMAP, Relay: relay, IMAP: box.Mailbox()}
		err := a.Test(t.Context(), mailboxInbox(t, a, s, map[string]string{SecretIMAPPassword: c.mailbox, SecretRelayPassword: c.password}))
		if c.says == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range c.says {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
	if len(r.mails) != 0 {
		t.Error("trying sent a mail")
	}
}

// An inbox whose own relay refuses its password is suspended; one behind the
// relay that all share is not.
func TestARelayThatRefusesUsSuspendsItsInbox(t *testing.T) {
	r := newRelay(t)
	relay := r.settings()
	relay.Username, relay.Password = "us", "wrong"
	for _, own := range []bool{true, false} {
		a, _ := newAdapter(t, nil)
		s := Settings{Address: "help@example.com"}
		if own {
			s.Relay = relay
		} else {
			a.opt.Relay = relay
		}
		inbox := mailboxInbox(t, a, s, map[string]string{SecretRelayPassword: "wrong"})
		result, err := a.Send(t.Context(), inbox, events.SendRequest{Inbox: inbox.ID, To: events.Point{Kind: "email", Value: "jane@example.org"}, Message: events.Message{ID: "ms1", Text: "hi"}})
		if err != nil || result.Outcome != events.Retry || result.Suspend != own {
			t.Errorf("own relay %v: %+v %v", own, result, err)
		}
	}
}

// A mailbox that refuses the credentials suspends its inbox; once an operator
// resumes it, the mail that waited is fetched.
func TestARefusingMailboxSuspendsItsInbox(t *testing.T) {
	box := imapfake.New()
	if err := box.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	a, blobs := newAdapter(t, nil)
	nats := testkit.NATS(t)
	health := healthOf(t, nats)
	inbox := mailboxInbox(t, a, Settings{Address: "help@example.com", Source: SourceIMAP, IMAP: box.Mailbox()}, map[string]string{SecretIMAPPassword: imapfake.Password})
	inbox.CreatedAt = time.Now()
	box.Refuse(true)
	tap := &tap{next: discard{}}
	boxes := &mailboxes{adapter: a, clock: clock.System{}, deps: Deps{
		Inboxes: directory{inbox}, Publisher: tap, Blobs: blobs, Health: health, Log: testkit.Logger(t), Dir: filepath.Join(t.TempDir(), "mail"),
		IMAP: IMAPOptions{Poll: 50 * time.Millisecond, Pause: 5 * time.Millisecond},
	}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- boxes.run(ctx) }()
	defer func() { cancel(); <-done }()
	if err := box.Put([]byte(letter(1)), time.Now()); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, time.Minute, func() error {
		if why, yes := health.Suspended(inbox); !yes || !strings.Contains(why, "refuses the credentials") {
			return fmt.Errorf("suspended: %v %q", yes, why)
		}
		return nil
	})
	refused := box.Logins()
	box.Refuse(false)
	health.Resume(t.Context(), inbox.ID)
	testkit.Eventually(t, time.Minute, func() error {
		tap.mu.Lock()
		defer tap.mu.Unlock()
		if len(tap.got) != 1 || tap.got[0].ProviderID != "letter-1@example.org" {
			return fmt.Errorf("%d statements", len(tap.got))
		}
		return nil
	})
	if refused > 2*3 {
		t.Errorf("%d attempts with credentials that were refused", refused)
	}
}

// healthOf is a record of health in a log of its own.
func healthOf(t *testing.T, nats *testkit.Server) *channel.Health {
	t.Helper()
	log, err := eventlog.Open(t.Context(), nats.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: nats.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	table, err := kv.Open[config.Health](t.Context(), nats.Conn(t), log, events.ConfigBucket, config.KindHealth)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	return &channel.Health{Table: table, Log: testkit.Logger(t)}
}
