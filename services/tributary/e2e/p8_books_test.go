package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// TestP8BooksBalance receives messages, repeats and what nobody understands,
// and finds received = stored + duplicate + rejected over REST and by verify over the whole log. Then it breaks the promise itself, by
// writing into the log what no router would: verify says so.
//
// To see it fail: in router/routing duplicate, book under another inbox.
func TestP8BooksBalance(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Inbox("webhook", "std", map[string]any{"profile": "standard", "auth": "none"})
	for n := range 10 {
		body := fmt.Sprintf(`{"id":"m-%d","contact":{"id":"c"},"text":"t"}`, n%8)
		mustPost(t, in, shop, body)
	}
	for n := range 3 {
		mustPost(t, in, shop, fmt.Sprintf(`{"type":"invoice.paid","timestamp":"2026-01-01T00:00:0%dZ","data":{"n":%d}}`, n, n))
	}
	admin.AwaitBook(shop.ID, rig.Book{Received: 13, Stored: 8, Duplicate: 2, Rejected: 3})
	report, err := house.Verify(t.Context(), in.House.Ground)
	must(t, err)
	b := report.Books[shop.ID]
	if b == nil || *b != (house.Book{Received: 13, Stored: 8, Duplicate: 2, Rejected: 3}) || len(report.Faults) != 0 || report.Open != 0 {
		t.Fatalf("verify finds %+v, %d open, and %v", b, report.Open, report.Faults)
	}

	forge(t, in, 1, &events.InboundStored{Inbox: shop.ID, Key: "forged", ProviderID: "forged"})
	forge(t, in, 999, &events.InboundStored{Inbox: shop.ID, Key: "never came", ProviderID: "never came"})
	rig.Eventually(t, func() error {
		report, err := house.Verify(t.Context(), in.House.Ground)
		if err != nil {
			return err
		}
		faults := strings.Join(report.Faults, "\n")
		for _, want := range []string{"statement 1 has two outcomes", "received 13, but stored 10"} {
			if !strings.Contains(faults, want) {
				return fmt.Errorf("verify does not say %q of a forged log:\n%s", want, faults)
			}
		}
		return nil
	})
}

func mustPost(t *testing.T, in *rig.Inside, inbox rig.Inbox, body string) {
	t.Helper()
	got, err := in.TryPost(inbox.HookPath, []byte(body))
	must(t, err)
	if got.Status/100 != 2 {
		t.Fatalf("the hook answers %d: %s", got.Status, got.Body)
	}
}

func forge(t *testing.T, in *rig.Inside, statement uint64, body events.Body) {
	t.Helper()
	d := &events.Decision{ID: "forged", Cause: events.Cause{Kind: "inbound", InboundSeq: statement}, Facts: []events.Fact{events.NewFact(body)}}
	data, err := d.Encode()
	must(t, err)
	_, err = in.House.Ground.Facts.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(0), Data: data})
	must(t, err)
}
