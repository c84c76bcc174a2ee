package mailchannel

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"path/filepath"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/imap"
)

type sized struct {
	io.Reader
	size int64
}

func (s sized) Size() int64 { return s.size }

// TestAMailboxIsFetchedFrom goes from a real IMAP server to a statement, with
// the settings of an inbox as an operator writes them.
func TestAMailboxIsFetchedFrom(t *testing.T) {
	mem, user := imapmemserver.New(), imapmemserver.NewUser("box", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}}, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }()
	defer func() { _ = server.Close(); <-served }()

	a, blobs := newAdapter(t, nil)
	m := &mailer{adapter: a, secrets: map[string]string{SecretIMAPPassword: "secret"}, settings: Settings{Address: "help@example.com", Source: SourceIMAP, IMAP: imap.Settings{
		Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Username: "box", TLS: "none", AllowPrivate: true}}}
	box := m.inbox(t)
	box.CreatedAt = time.Now()
	inboxes := directory{box}
	tap := &tap{next: discard{}}
	boxes := &mailboxes{clock: clock.System{}, deps: Deps{Inboxes: inboxes, Publisher: tap, Blobs: blob.Store(blobs), Log: testkit.Logger(t), Dir: filepath.Join(t.TempDir(), "mail"), IMAP: IMAPOptions{Poll: 50 * time.Millisecond}}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- boxes.run(ctx) }()
	mail := []byte(letter(1))
	if _, err := user.Append("INBOX", sized{bytes.NewReader(mail), int64(len(mail))}, &goimap.AppendOptions{Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, 20*time.Second, func() error {
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
