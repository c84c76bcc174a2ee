package shopify_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
	"github.com/tributary-inbox/tributary/services/commerce/shopify/shopifyfake"
)

var (
	_ channel.Receiver  = (*shopify.Adapter)(nil)
	_ channel.Tester    = (*shopify.Adapter)(nil)
	_ channel.Registrar = (*shopify.Adapter)(nil)
	_ fake.Provider     = (*shopifyfake.Fake)(nil)
)

const hook = "https://inbox.example/hooks/shopify/tok"

// connected is an adapter and an inbox that talk to a fake shop.
func connected(t testing.TB) (*shopify.Adapter, config.Inbox, *shopifyfake.Fake) {
	t.Helper()
	f := shopifyfake.New()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	client := provider.New()
	t.Cleanup(client.Close)
	a := shopify.New(client, nil)
	in := config.Inbox{ID: "inshop", Channel: shopify.Kind, HookToken: "tok"}
	in.Settings, in.Secrets = f.Settings(server.URL, hook)
	if err := a.Check(&in); err != nil {
		t.Fatal(err)
	}
	return a, in, f
}

func TestConformanceAgainstTheFake(t *testing.T) {
	a, in, f := connected(t)
	none := in
	none.Secrets = map[string]string{"secret": "", shopify.SecretAccess: shopifyfake.Token}
	call := func(r fake.Request) conformance.Call { return r }
	conformance.Run(t, conformance.Subject{Adapter: a, Inbox: in, NoSecret: &none, Receiving: &conformance.Receiving{
		Signed: true, HasTimes: true,
		Message: func(n int) conformance.Call {
			return call(f.Say("mina", n, "tea", received.Add(time.Duration(n)*time.Second)))
		},
		Unknown: func() conformance.Call { return call(f.RedactShop(received)) },
	}})
}

func TestRegisteringIsDoneOnceAndHealsWhatIsGone(t *testing.T) {
	a, in, f := connected(t)
	if err := a.Test(t.Context(), in); err == nil || !strings.Contains(err.Error(), "orders/create") {
		t.Errorf("nothing is subscribed to, and the test says %v", err)
	}
	for range 2 {
		if err := a.Register(t.Context(), in, hook); err != nil {
			t.Fatal(err)
		}
	}
	for _, topic := range shopify.Topics {
		if got := f.Subscribed(topic); got != hook {
			t.Errorf("%s goes to %q", topic, got)
		}
	}
	if err := a.Test(t.Context(), in); err != nil {
		t.Error(err)
	}
	for range 8 {
		f.Failed("orders/updated", false)
	}
	missing, err := a.Missing(t.Context(), in, hook)
	if err != nil || !slices.Equal(missing, []string{"orders/updated"}) {
		t.Errorf("after eight failures %v is missing, %v", missing, err)
	}
	if err := a.Register(t.Context(), in, hook); err != nil || f.Subscribed("orders/updated") != hook {
		t.Errorf("not made again: %v", err)
	}
	// The program moves to another host: its subscriptions come along, and no
	// second ones are made.
	moved := "https://new.example/hooks/shopify/tok"
	if err := a.Register(t.Context(), in, moved); err != nil {
		t.Fatal(err)
	}
	if missing, err := a.Missing(t.Context(), in, hook); err != nil || len(missing) != len(shopify.Topics) || f.Subscribed("orders/create") != moved {
		t.Errorf("the old host still gets all but %v, %v", missing, err)
	}
	if err := a.Register(t.Context(), in, "http://inbox.example/hooks/shopify/tok"); err == nil || !strings.Contains(err.Error(), "not subscribed") {
		t.Errorf("an address that Shopify refuses: %v", err)
	}
}

func TestTroubleAtTheShopIsSaid(t *testing.T) {
	a, in, f := connected(t)
	for mode, want := range map[fake.Mode]string{
		fake.Down: "ask shopify", fake.Dead: "access_token is refused", fake.Garbage: "cannot be read", fake.Limited: "429", fake.Broken: "500", fake.Swallow: "ask shopify",
	} {
		f.Set(mode)
		for _, err := range []error{a.Test(t.Context(), in), a.Register(t.Context(), in, hook)} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), shopifyfake.Token) {
				t.Errorf("mode %d: %v", mode, err)
			}
		}
	}
	f.Set(fake.Works)
	other := in
	other.Secrets = map[string]string{"secret": "s"}
	if a.Test(t.Context(), other) == nil || shopify.New(nil, nil).Register(t.Context(), in, hook) == nil {
		t.Error("without a token, or without a client, the shop was asked")
	}
	other = in
	other.Settings = []byte(strings.Replace(string(in.Settings), shopifyfake.Shop, "another.myshopify.com", 1))
	if err := a.Test(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another shop") {
		t.Errorf("the token of another shop: %v", err)
	}
}

func TestSettingsOfTheAPIAreChecked(t *testing.T) {
	for _, settings := range []string{
		`{}`, `{"shop":"a.myshopify.com","api_version":"2026-02"}`, `{"shop":"a.myshopify.com","api_url":"http://127.0.0.1"}`, `{"shop":"a.myshopify.com","api_url":"https://u@x"}`,
	} {
		in := config.Inbox{Settings: []byte(settings), Secrets: map[string]string{"secret": "s", shopify.SecretAccess: "t"}}
		if shopify.New(nil, nil).Check(&in) == nil {
			t.Errorf("taken: %s", settings)
		}
	}
}

// What the fake says of one order under every topic is one order, and a refund
// that comes alone is part of it.
func TestTheFakesRequestsAreRead(t *testing.T) {
	a, in, f := connected(t)
	o := shopifyfake.Order{ID: shopifyfake.OrderID("mina", 1), Customer: "mina", Email: "Mina@Example.com", Total: "12000.00", Article: "tea", PlacedAt: received}
	paid := o
	paid.Refunds, paid.Payment = []string{"2000.00", "0.50"}, "partially_refunded"
	for name, c := range map[string]struct {
		request fake.Request
		check   func(*events.Inbound) bool
	}{
		"created": {f.Order("orders/create", o, received), func(s *events.Inbound) bool {
			return s.Purchase.Total == "12000.00" && !s.Purchase.Part && s.Sender.Points[0].Trust == events.Proved && s.Sender.Points[1].Value == "mina@example.com"
		}},
		"refunded": {f.Order("orders/updated", paid, received.Add(time.Hour)), func(s *events.Inbound) bool {
			return s.Purchase.Refunded == "2000.50" && len(s.Purchase.Refunds) == 2 && s.Purchase.Refunds[1].Amount == "0.50"
		}},
		"the refund alone": {f.Refund(o.ID, 2, "0.50", received.Add(time.Hour)), func(s *events.Inbound) bool {
			whole := f.Order("orders/updated", paid, received.Add(time.Hour))
			got, _, err := a.Receive(in, &channel.Request{Method: http.MethodPost, Header: whole.Header, Body: whole.Body, At: received})
			return err == nil && s.Purchase.Part && len(s.Sender.Points) == 0 && s.Purchase.ID == got[0].Purchase.ID && s.Purchase.Refunds[0] == got[0].Purchase.Refunds[1]
		}},
		"redacted":  {f.Redact("mina", "mina@example.com", false, received), func(s *events.Inbound) bool { return slices.Equal(s.Erasure.What, []string{"*"}) && !s.Erasure.Report }},
		"requested": {f.Redact("mina", "mina@example.com", true, received), func(s *events.Inbound) bool { return s.Erasure.Report }},
	} {
		got, reply, err := a.Receive(in, &channel.Request{Method: http.MethodPost, Header: c.request.Header, Body: c.request.Body, At: received})
		if err != nil || len(got) != 1 || reply.Status != http.StatusOK || got[0].Type == events.Unknown || !c.check(got[0]) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}
