package cluster

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// server is the one NATS that all share, which syncs before it acknowledges.
func server(t *testing.T) *natsd.Server {
	t.Helper()
	s, err := natsd.Start(t.Context(), natsd.Options{StoreDir: t.TempDir(), Port: natsd.RandomPort, Sync: natsd.SyncAlways})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

// part runs the program with some of its roles.
func part(t *testing.T, nats *natsd.Server, roles ...string) *rig.Inside {
	t.Helper()
	s := rig.Settings(t.TempDir())
	s.NATSURL, s.Roles = nats.URL(), roles
	return rig.Run(t, s)
}

// clean walks over the whole log and wants every promise of it held.
func clean(t *testing.T, in *rig.Inside, statements uint64) {
	t.Helper()
	rig.Eventually(t, func() error {
		report, err := house.Verify(t.Context(), in.House.Ground)
		if err != nil {
			return err
		}
		var received uint64
		for _, b := range report.Books {
			received += b.Received
		}
		if received < statements {
			return fmt.Errorf("%d of %d statements decided", received, statements)
		}
		if len(report.Faults) > 0 || received > statements {
			t.Errorf("%d statements became %d; %v", statements, received, report.Faults)
		}
		return nil
	})
}

// TestTheRoadOverSeparateProcesses splits the program in two: who decides and
// remembers, and who meets the outside. Then a second gateway takes a client
// over where its first one left off.
func TestTheRoadOverSeparateProcesses(t *testing.T) {
	nats, shop := server(t), rig.NewReceiver(t)
	back := part(t, nats, "router", "inbox")
	front := part(t, nats, "gateway", "webhook", "webchat", "email", "dispatch")
	admin := front.Admin(t)
	hook := admin.Inbox("webhook", "shop", map[string]any{"profile": "plain", "auth": "none", "reply_url": shop.URL, "allow_private": true})
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	screen, _ := admin.Watch("")

	front.Say(t, hook, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Kim", Email: "kim@customer.test"}, Text: "where is it?"})
	first := screen.AwaitText("where is it?")
	front.Mail(t, rig.Letter{From: "Kim <kim@customer.test>", To: "help@example.com", Subject: "Order", ID: "1@customer.test", Text: "and by mail"})
	if second := screen.AwaitText("and by mail"); second.Conversation.ID != first.Conversation.ID {
		t.Errorf("two conversations: %s and %s", first.Conversation.ID, second.Conversation.ID)
	}
	out := admin.Reply(first.Conversation.ID, "webhook", "on its way", "k1")
	if answer := rig.Receive(t, "the answer at the shop", shop.Posts); answer.Data.Text != "on its way" {
		t.Errorf("the shop got %s", answer.Body)
	}
	admin.AwaitStatus(first.Conversation.ID, out.ID, events.StatusSent)

	// The client's network breaks; meanwhile two more messages come.
	cursor := screen.Cursor
	screen.Cut()
	for i := range 2 {
		front.Say(t, hook, rig.Said{ID: fmt.Sprint("gap-", i), Contact: rig.SaidBy{ID: "c-1"}, Text: fmt.Sprint("gap ", i)})
	}
	elsewhere := part(t, nats, "gateway")
	resumed, _ := elsewhere.SignIn(t, rig.AdminEmail, rig.AdminPassword).Watch(cursor)
	for i := range 2 {
		resumed.AwaitText(fmt.Sprint("gap ", i))
	}
	front.Say(t, hook, rig.Said{ID: "after", Contact: rig.SaidBy{ID: "c-1"}, Text: "after the gap"})
	resumed.AwaitText("after the gap")
	clean(t, back, 5)
}

// TestTwoRoutersOnOneLog has a second router started beside the first, under
// traffic, and then the first stopped: the log stays what one would have made,
// and whoever is left goes on. It fails when routing lets a router decide on a
// log that it has not read to the end.
func TestTwoRoutersOnOneLog(t *testing.T) {
	nats := server(t)
	first := part(t, nats, "router", "inbox")
	front := part(t, nats, "gateway", "webhook", "dispatch")
	admin := front.Admin(t)
	shop := admin.Inbox("webhook", "shop", map[string]any{"profile": "plain", "auth": "none", "reply_url": rig.NewReceiver(t).URL, "allow_private": true})
	const customers, each = 6, 60
	var wg sync.WaitGroup
	half := make(chan struct{}, customers)
	say := func(c, n int) rig.Said {
		return rig.Said{ID: fmt.Sprintf("m-%d-%d", c, n), Contact: rig.SaidBy{ID: fmt.Sprint(c), Email: fmt.Sprintf("c%d@customer.test", (c+n)%customers)}, Text: fmt.Sprint(n)}
	}
	for c := range customers { // each is known by their own address before anybody names another's
		front.Say(t, shop, say(c, 0))
	}
	for c := range customers {
		wg.Go(func() {
			for n := 1; n < each; n++ {
				said := say(c, n)
				if err := front.TrySay(shop, said); err != nil {
					t.Error(err)
				}
				if n == each/2 {
					half <- struct{}{}
				}
			}
		})
	}
	second := part(t, nats, "router", "inbox")
	rig.Receive(t, "half of the traffic", half)
	first.Stop()
	wg.Wait()
	clean(t, second, customers*each)
	c := admin.AwaitConversations(customers)
	started := time.Now()
	admin.Reply(c[0].ID, "", "decided by the second", "k1")
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("the second router took %v to take over", took)
	}
}
