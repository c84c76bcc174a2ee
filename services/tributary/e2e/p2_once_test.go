package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestP2OnceForEver delivers one provider event again: at once, after the
// stream's duplicate window has passed, after every derived file was deleted,
// and as a mail. Nothing changes; the books tell of each. The same id with other
// content is another message, and flagged.
//
// To see it fail: in router/routing knownMessage, return false.
func TestP2OnceForEver(t *testing.T) {
	data := t.TempDir()
	in := rig.Run(t, rig.Settings(data))
	admin := in.Admin(t)
	shop := admin.Shop()
	mailbox := admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	said := rig.Said{ID: "evt-1", Contact: rig.SaidBy{ID: "c-1", Email: "one@customer.test"}, Text: "only once"}
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	said.OccurredAt = &at
	letter := rig.Letter{From: "one@customer.test", To: "help@example.com", Subject: "s", ID: "only@customer.test", Text: "a mail, once"}.Bytes()

	shrinkWindow(t, in)
	in.Say(t, shop, said)
	must(t, in.TryMail("one@customer.test", "help@example.com", letter))
	duplicates := uint64(0)
	again := func() {
		t.Helper()
		in.Say(t, shop, said)
		must(t, in.TryMail("one@customer.test", "help@example.com", letter))
		duplicates++
		admin.AwaitBook(shop.ID, rig.Book{Received: 1 + duplicates, Stored: 1, Duplicate: duplicates})
		admin.AwaitBook(mailbox.ID, rig.Book{Received: 1 + duplicates, Stored: 1, Duplicate: duplicates})
		c := admin.AwaitConversations(1)[0]
		admin.AwaitMessages(c.ID, 2)
	}
	again()
	pastWindow(t, in)
	again()

	in.Stop()
	must(t, os.RemoveAll(filepath.Join(data, "views")))
	in = rig.Run(t, rig.Settings(data))
	admin = in.Admin(t)
	again()

	said.Text = "other content under the same id"
	in.Say(t, shop, said)
	admin.AwaitBook(shop.ID, rig.Book{Received: 2 + duplicates, Stored: 2, Duplicate: duplicates})
	flagged := 0
	for _, m := range admin.AwaitMessages(admin.AwaitConversations(1)[0].ID, 3) {
		if m.HasFlag("id-reused") {
			flagged++
		}
	}
	if flagged != 1 {
		t.Errorf("%d messages are flagged id-reused, want 1", flagged)
	}
}

const window = 100 * time.Millisecond // the least that the server allows

func shrinkWindow(t *testing.T, in *rig.Inside) {
	t.Helper()
	js, err := jetstream.New(in.House.Ground.NC)
	must(t, err)
	stream, err := js.Stream(t.Context(), events.InboundStream)
	must(t, err)
	cfg := stream.CachedInfo().Config
	cfg.Duplicates = window
	_, err = js.UpdateStream(t.Context(), cfg)
	must(t, err)
}

// pastWindow returns once the server has forgotten an id it was given.
func pastWindow(t *testing.T, in *rig.Inside) {
	t.Helper()
	js, err := jetstream.New(in.House.Ground.NC)
	must(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "PROBE", Subjects: []string{"probe"}, Duplicates: window})
	must(t, err)
	publish := func() (bool, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		ack, err := js.Publish(ctx, "probe", nil, jetstream.WithMsgID("one"))
		if err != nil {
			return false, err
		}
		return ack.Duplicate, nil
	}
	_, err = publish()
	must(t, err)
	rig.Eventually(t, func() error {
		duplicate, err := publish()
		if err == nil && duplicate {
			err = fmt.Errorf("the window is still open")
		}
		return err
	})
	must(t, js.DeleteStream(t.Context(), "PROBE"))
}
