package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// TestP9PoisonHarmsNobody puts statements that cannot be read between good
// ones, beneath every adapter. The good ones of all senders come through; the
// poison is rejected, kept, and in the books.
//
// To see it fail: in router/routing judge, leave out the case of entry.Err.
func TestP9PoisonHarmsNobody(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	poison := []string{"", "\x00\xff", "{", "null", "[]", `{"v":1}`, `{"v":1,"type":"message.received","inbox":"` + string(shop.ID) + `","provider_id":"x"}`,
		`{"v":1,"type":"message.received","inbox":"` + string(shop.ID) + `","provider_id":"y","sender":{"points":[{"kind":"external","value":"p","trust":"stated"}]}}`,
		`{"v":1,"type":"delivery.reported","inbox":"` + string(shop.ID) + `","provider_id":"z"}`, `{"v":99,"type":"no.such","inbox":"` + string(shop.ID) + `","provider_id":"u"}`}
	const senders = 8
	for n, bad := range poison {
		for s := range senders {
			in.Say(t, shop, rig.Said{ID: fmt.Sprintf("%d/%d", s, n), Contact: rig.SaidBy{ID: fmt.Sprint(s)}, Text: "good"})
			if s != n%senders {
				continue
			}
			subject := fmt.Sprintf("inbound.%d.webhook.%s", n, shop.ID)
			_, err := in.House.Ground.Inbound.Append(t.Context(), eventlog.Message{Subject: subject, Data: []byte(bad)})
			must(t, err)
		}
	}
	for _, c := range admin.AwaitConversations(senders) {
		admin.AwaitMessages(c.ID, len(poison))
	}
	in.Healthy(t)
	rig.Eventually(t, func() error {
		report, err := house.Verify(t.Context(), in.House.Ground)
		if err == nil && (len(report.Faults) > 0 || report.Open > 0) {
			err = fmt.Errorf("verify finds %d open and %v", report.Open, report.Faults)
		}
		return err
	})
	total := rig.Book{}
	for _, b := range admin.Books() {
		total.Stored += b.Stored
		total.Rejected += b.Rejected
	}
	if want := uint64(len(poison)); total.Rejected != want || total.Stored != senders*want {
		t.Errorf("stored %d and rejected %d, want %d and %d", total.Stored, total.Rejected, senders*want, want)
	}
}

// TestP9DeadLetters poisons what is to be sent. An operator sees the letter over
// REST, redrives it, and sees it come back; answers of others leave meanwhile.
//
// To see it fail: in dispatch/sending router, leave the poison middleware out.
func TestP9DeadLetters(t *testing.T) {
	shop := rig.NewReceiver(t)
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	hook := admin.Inbox("webhook", "shop", map[string]any{"reply_url": shop.URL, "allow_private": true})
	in.Say(t, hook, rig.Said{ID: "q", Contact: rig.SaidBy{ID: "c"}, Text: "q"})
	c := admin.AwaitConversations(1)[0].ID
	_, err := in.House.Ground.Outbound.Append(t.Context(), eventlog.Message{Subject: events.OutboundSubject("webhook"), Data: []byte("{poison")})
	must(t, err)
	first := awaitDead(t, admin, 0)
	m := admin.Reply(c, "", "still leaves", "k")
	admin.AwaitStatus(c, m.ID, events.StatusSent)
	admin.Call(http.MethodPost, fmt.Sprintf("/dead/%d/redrive", first), nil, http.StatusNoContent, nil)
	if again := awaitDead(t, admin, first); again == first {
		t.Errorf("the letter %d was redriven and is still there", first)
	}
	admin.Call(http.MethodPost, fmt.Sprintf("/dead/%d/redrive", first), nil, http.StatusNotFound, nil)
	agent := admin.Colleague("anna@example.test", "agent")
	agent.Call(http.MethodGet, "/dead", nil, http.StatusForbidden, nil)
}

// awaitDead waits for a dead letter that came after another.
func awaitDead(t *testing.T, admin *rig.Agent, after uint64) uint64 {
	t.Helper()
	var seq uint64
	rig.Eventually(t, func() error {
		var list struct {
			Items []struct {
				Seq    uint64
				Worker string
				Reason string
			}
		}
		admin.Call(http.MethodGet, "/dead", nil, http.StatusOK, &list)
		for _, d := range list.Items {
			if d.Seq > after && d.Worker == "dispatch" && d.Reason != "" {
				seq = d.Seq
				return nil
			}
		}
		return fmt.Errorf("%d dead letters, none after %d", len(list.Items), after)
	})
	return seq
}
