package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/shopify/shopifyfake"
	"github.com/tributary-inbox/tributary/services/phone/callcsv/callcsvfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// postTo brings a request to an inbox's hook, which must take it.
func postTo(t *testing.T, in *rig.Server, inbox rig.Inbox, r fake.Request) {
	t.Helper()
	req, err := r.Request(t.Context(), in.URL(inbox.HookPath))
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the hook answers %d", res.StatusCode)
	}
}

// timeline is a contact's, newest first.
func timeline(admin *rig.Agent, contact events.ContactID) []queries.TimelineItem {
	var page struct {
		Items []queries.TimelineItem `json:"items"`
	}
	admin.Call(http.MethodGet, "/contacts/"+string(contact)+"/timeline?limit=200", nil, http.StatusOK, &page)
	return page.Items
}

// TestAnOrderFromItsFirstDayToItsErasure follows a Shopify order of a customer who
// has written already: it stands on their timeline once and with its refunds, and
// goes with everything else when Shopify says that the customer wants it.
func TestAnOrderFromItsFirstDayToItsErasure(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	f := shopifyfake.New()
	settings, err := fake.Filled(f, "http://127.0.0.1:1", "")
	must(t, err)
	shop, words := admin.Inbox("shopify", "tea", settings), admin.Shop()
	const email = "mina@example.com"
	in.Say(t, words, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Mina Secret", Email: email}, Text: "a secretive question"})
	c := find(t, admin, "a secretive question")

	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	o := orderfake.Order{ID: "1", Buyer: "mina", Email: email, Article: "green tea", Total: "30000.00", Placed: at, Changed: at}
	once := func(refunded string, refunds int) error {
		var found []events.Order
		for _, l := range timeline(admin, c.Contact.ID) {
			if l.Order != nil {
				found = append(found, *l.Order)
			}
		}
		if len(found) != 1 || found[0].ID != f.OrderID(o) || found[0].Refunded != refunded || len(found[0].Refunds) != refunds || found[0].Total != o.Total || len(found[0].Lines) != 1 {
			return fmt.Errorf("the timeline shows %+v", found)
		}
		return nil
	}
	for _, r := range f.Tell(o) {
		postTo(t, &in.Server, shop, r)
		postTo(t, &in.Server, shop, r)
	}
	rig.Eventually(t, func() error { return once("", 0) })
	o.Refunds, o.Changed = []string{"1000.50"}, at.Add(time.Minute)
	told := f.Tell(o)
	postTo(t, &in.Server, shop, told[0]) // the refund alone
	rig.Eventually(t, func() error { return once("1000.50", 1) })
	postTo(t, &in.Server, shop, told[1]) // the whole order, which holds it
	admin.AwaitBook(shop.ID, rig.Book{Received: 4, Stored: 3, Duplicate: 1})
	rig.Eventually(t, func() error { return once("1000.50", 1) })
	o.Refunds, o.Changed = []string{"1000.50", "2000.00"}, at.Add(2*time.Minute)
	told = f.Tell(o)
	postTo(t, &in.Server, shop, told[1]) // and the other way round
	postTo(t, &in.Server, shop, told[0])
	admin.AwaitBook(shop.ID, rig.Book{Received: 6, Stored: 5, Duplicate: 1})
	rig.Eventually(t, func() error { return once("3000.50", 2) })

	postTo(t, &in.Server, shop, f.Redact("mina", email, true, at.Add(3*time.Minute)))
	rig.Eventually(t, func() error {
		if !slices.ContainsFunc(admin.Messages(c.ID), func(m events.Message) bool { return m.HasFlag("data-request") }) {
			return fmt.Errorf("nobody is told that the customer asks for their data")
		}
		return nil
	})
	erase := f.Redact("mina", email, false, at.Add(4*time.Minute))
	postTo(t, &in.Server, shop, erase)
	postTo(t, &in.Server, shop, erase)
	rig.Eventually(t, func() error {
		var page queries.ContactPage
		admin.Call(http.MethodGet, "/contacts/"+string(c.Contact.ID), nil, http.StatusOK, &page)
		if page.Name != "" || len(page.Points) != 0 || len(page.Orders) != 0 || page.ErasedAt == nil {
			return fmt.Errorf("the page still shows %+v", page)
		}
		for _, l := range timeline(admin, c.Contact.ID) {
			if l.Order != nil || l.Message != nil && strings.Contains(l.Message.Text, "secretive") {
				return fmt.Errorf("the timeline still shows %+v", l)
			}
		}
		return nil
	})
	admin.AwaitBook(shop.ID, rig.Book{Received: 9, Stored: 7, Duplicate: 2})
}

// TestCallListsMakeNobodyOneWhoIsNot imports a call list twice: hidden and
// temporary numbers are nobody's address, one customer is one however the number
// is written, and the second time changes nothing.
func TestCallListsMakeNobodyOneWhoIsNot(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	f := callcsvfake.New()

	inbox := admin.Inbox("callcsv", "list", filledWith(t, f))
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	call := func(id, customer string, minute int) callfake.Call {
		return callfake.Call{ID: id, Direction: events.In, Customer: customer, Start: at.Add(time.Duration(minute) * time.Minute), Ring: 5 * time.Second}
	}
	list := callcsvfake.List(
		call("hidden-1", "", 0), call("hidden-2", "", 1), call("safe-1", "+8250512345678", 2), call("safe-2", "+8250512345678", 3),
		call("mina-1", "+821012345678", 4), call("mina-2", "+821012345678", 5), call("nation", "+8215771234", 6),
	)
	r := fake.Request{Body: list, Header: http.Header{"Content-Type": {"text/csv"}}}
	postTo(t, &in.Server, inbox, r)
	of := func() map[string]events.ContactID {
		out := map[string]events.ContactID{}
		for _, m := range admin.AllMessages() {
			if m.Kind == events.KindCall {
				out[m.ProviderID] = m.ContactID
			}
		}
		return out
	}
	rig.Eventually(t, func() error {
		if got := of(); len(got) != 7 {
			return fmt.Errorf("%d calls stand", len(got))
		}
		return nil
	})
	who := of()
	for _, pair := range [][2]string{{"hidden-1", "hidden-2"}, {"safe-1", "safe-2"}, {"hidden-1", "mina-1"}, {"nation", "mina-1"}} {
		if who[pair[0]] == who[pair[1]] {
			t.Errorf("%s and %s are one contact", pair[0], pair[1])
		}
	}
	if who["mina-1"] != who["mina-2"] {
		t.Error("one number is two contacts")
	}
	before := admin.Books()[inbox.ID]
	postTo(t, &in.Server, inbox, r)
	more := callcsvfake.List(call("last", "+821012345678", 9))
	postTo(t, &in.Server, inbox, fake.Request{Body: more, Header: r.Header})
	before.Stored, before.Received = before.Stored+1, before.Received+1
	admin.AwaitBook(inbox.ID, before)
	if got := of(); len(got) != 8 || got["last"] != who["mina-1"] {
		t.Errorf("after the list came again: %d calls", len(got))
	}
}

// filledWith are the settings of an inbox that reads an exchange.
func filledWith(t *testing.T, x callfake.Exchange) map[string]any {
	t.Helper()
	plain, _ := x.Settings("", "")
	out := map[string]any{}
	must(t, json.Unmarshal(plain, &out))
	return out
}
