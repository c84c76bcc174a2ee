package mailchannel

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/imap/imapfake"
)

// TestAMailboxIsFetchedFrom goes from a real IMAP server to a statement, with
// the settings of an inbox as an operator writes them.
func TestAMailboxIsFetchedFrom(t *testing.T) {
	server := imapfake.New()
	if err := server.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	a, blobs := newAdapter(t, nil)
	m := &mailer{adapter: a, secrets: map[string]string{SecretIMAPPassword: imapfake.Password}, settings: Settings{Address: "help@example.com", Source: SourceIMAP, IMAP: server.Mailbox()}}
	box := m.inbox(t)
	box.CreatedAt = time.Now()
	inboxes := directory{box}
	tap := &tap{next: discard{}}
	boxes := &mailboxes{adapter: a, clock: clock.System{}, deps: Deps{Inboxes: inboxes, Publisher: tap, Blobs: blobs, Log: testkit.Logger(t), Dir: filepath.Join(t.TempDir(), "mail"), IMAP: IMAPOptions{Poll: 50 * time.Millisecond}}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- boxes.run(ctx) }()
	if err := server.Put([]byte(letter(1)), time.Now()); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, time.Minute, func() error {
		tap.mu.Lock()
		defer tap.mu.Unlock()
		if len(tap.got) != 1 || tap.got[0].ProviderID != "letter-1@example.org" || tap.got[0].Message.Text != "Hello number 1" {
			return fmt.Errorf("%d statements", len(tap.got))
		}
		return nil
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// discard is a log that takes everything.
type discard struct{}

func (discard) Publish(context.Context, ...*events.Inbound) error { return nil }
