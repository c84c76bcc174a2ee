package shopfake_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
	"github.com/tributary-inbox/tributary/services/commerce/shop/shopfake"
)

var _ fake.Provider = (*shopfake.Fake)(nil)

// The adapter takes what the fake posts, and refuses it with a byte changed.
func TestTheAdapterReadsTheFake(t *testing.T) {
	f := shopfake.New()
	in := config.Inbox{ID: "in1", Channel: shop.Kind}
	in.Settings, in.Secrets = f.Settings("", "")
	if err := shop.New().Check(&in); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := f.Order(shopfake.Order{No: "1", Buyer: "mina", Email: "mina@example.com", Phone: "010-1234-5678", Article: "cup", Total: "9900", Refunded: "900", State: "refunded", Ordered: at, Changed: at.Add(time.Minute)})
	req := &channel.Request{Method: http.MethodPost, Header: r.Header, Body: r.Body, At: at.Add(time.Hour)}
	got, _, err := shop.New().Receive(in, req)
	if err != nil || len(got) != 1 || got[0].Type != events.OrderWasStated {
		t.Fatalf("%+v %v", got, err)
	}
	o := got[0].Purchase
	if o.ID != "1" || o.Refunded != "900" || o.Lines[0].Title != "cup" || !o.UpdatedAt.Equal(at.Add(time.Minute)) || len(got[0].Sender.Points) != 3 || got[0].Sender.Points[2].Value != "+821012345678" {
		t.Errorf("order %+v of %+v", o, got[0].Sender)
	}
	req.Body = append(req.Body, ' ')
	if _, _, err := shop.New().Receive(in, req); err == nil {
		t.Error("a changed body is taken")
	}
}
