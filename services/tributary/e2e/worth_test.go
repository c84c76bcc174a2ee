package e2e

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/shopify/shopifyfake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestACustomersPageSaysWhatTheyAreWorth has a customer buy twice and get some of it
// back: whoever may see the customer reads on their page how often they bought, when,
// and for how much, and the figure about retention opens to them.
//
// To see it fail: leave worth out of the page in gateway/api.
func TestACustomersPageSaysWhatTheyAreWorth(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	red, blue := admin.Named("/teams", "red", nil), admin.Named("/teams", "blue", nil)
	anna, bela := admin.Colleague("anna@example.test", "agent", red), admin.Colleague("bela@example.test", "agent", blue)
	_, words := admin.Pushed(red)
	f := shopifyfake.New()
	settings, err := fake.Filled(f, "http://127.0.0.1:1", "")
	must(t, err)
	shop := admin.Inbox("shopify", "tea", settings)
	const email = "mina@example.com"
	in.Say(t, words, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Mina", Email: email}, Text: "a question"})
	contact := find(t, admin, "a question").Contact.ID

	at := time.Now().Add(-2 * time.Hour).UTC().Truncate(time.Second)
	sold := func(o orderfake.Order) {
		t.Helper()
		o.Buyer, o.Email, o.Article = "mina", email, "green tea"
		for _, r := range f.Tell(o) {
			postTo(t, &in.Server, shop, r)
		}
	}
	sold(orderfake.Order{ID: "1", Total: "600.00", Placed: at, Changed: at})
	sold(orderfake.Order{ID: "2", Total: "50.00", Placed: at.Add(time.Hour), Changed: at.Add(time.Hour)})
	sold(orderfake.Order{ID: "1", Total: "600.00", Placed: at, Changed: at.Add(90 * time.Minute), Refunds: []string{"200.00"}})

	var worth queries.CustomerValue
	rig.Eventually(t, func() error {
		var page queries.ContactPage
		anna.Call(http.MethodGet, "/contacts/"+string(contact), nil, http.StatusOK, &page)
		if page.Value == nil || page.Value.Orders != 2 || len(page.Value.Lifetime) != 1 || page.Value.Lifetime[0].Total != "450.00" {
			return fmt.Errorf("worth %+v", page.Value)
		}
		worth = *page.Value
		return nil
	})
	if !worth.FirstOrderAt.Equal(at) || !worth.LastOrderAt.Equal(at.Add(time.Hour)) || worth.Lifetime[0].Average != "225.00" {
		t.Errorf("%+v", worth)
	}
	bela.Call(http.MethodGet, "/contacts/"+string(contact), nil, http.StatusNotFound, nil)

	var behind struct {
		Items []struct {
			ID     events.ContactID
			Name   string
			Cohort string
			Value  queries.CustomerValue
		}
		Total int
	}
	span := "from=" + at.AddDate(0, -1, 0).Format(time.DateOnly) + "&to=" + at.AddDate(0, 1, 0).Format(time.DateOnly) + "&zone=UTC"
	admin.Call(http.MethodGet, "/retention/customers?"+span+"&repeating=true&cohort="+at.Format("2006-01"), nil, http.StatusOK, &behind)
	if behind.Total != 1 || len(behind.Items) != 1 || behind.Items[0].ID != contact || behind.Items[0].Name != "Mina" || !reflect.DeepEqual(behind.Items[0].Value, worth) {
		t.Errorf("behind the figure stand %+v", behind)
	}
	admin.Call(http.MethodGet, "/retention/customers?"+span+"&month=7", nil, http.StatusOK, &behind)
	if behind.Total != 0 {
		t.Errorf("seven months later: %+v", behind)
	}
}
