package commercechannel_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/commerce/commercechannel"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
	"github.com/tributary-inbox/tributary/services/commerce/shopify/shopifyfake"
)

type directory []config.Inbox

func (d directory) ByID(events.InboxID) (config.Inbox, bool) { return config.Inbox{}, false }
func (d directory) List(string) []config.Inbox               { return d }
func (d directory) ByHook(kind, token string) (config.Inbox, bool) {
	for _, in := range d {
		if in.Channel == kind && in.HookToken == token {
			return in, true
		}
	}
	return config.Inbox{}, false
}

func TestAnOrderGoesThroughItsDoorIntoTheLog(t *testing.T) {
	log := testkit.NATS(t).OpenLog(t, events.InboundStream, events.InboundWildcard)
	shops := directory{
		{ID: "in1", Channel: "shopify", HookToken: "a", Secrets: map[string]string{"secret": "s"}},
		{ID: "in2", Channel: "shop", HookToken: "b", Settings: []byte(`{"auth":"none","order":{"id":"/id"},"customer":{"email":"/email"}}`)},
	}
	s, err := commercechannel.New(commercechannel.Deps{Inboxes: shops, Publisher: channel.NewLogPublisher(log), Log: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range s.Adapters() {
		if err := a.Check(&shops[i]); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
	mux := http.NewServeMux()
	s.Routes(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	body := `{"id":1,"updated_at":"2026-03-01T00:00:00Z","email":"a@example.com"}`
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(body))
	for i, in := range shops {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+in.HookPath(), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		req.Header.Set("X-Shopify-Topic", "orders/create")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d", in.Channel, resp.StatusCode)
		}
		record, err := log.Get(t.Context(), uint64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		st, err := events.DecodeInbound(record.Data)
		if err != nil || st.Type != events.OrderWasStated || st.Purchase.ID != "1" || st.Inbox != in.ID {
			t.Errorf("%s: %+v %v", in.Channel, st, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Shopify drops a subscription whose hook failed eight times. With a public
// address the service asks for it again by itself.
func TestADroppedSubscriptionIsMadeAgain(t *testing.T) {
	f := shopifyfake.New()
	server := httptest.NewServer(f)
	defer server.Close()
	in := config.Inbox{ID: "in1", Channel: "shopify", HookToken: "a"}
	in.Settings, in.Secrets = f.Settings(server.URL, "")
	paused := in
	paused.ID, paused.HookToken, paused.Paused = "in2", "b", true
	shops := directory{in, paused, {ID: "in3", Channel: "shopify", HookToken: "c", Secrets: map[string]string{"secret": "s"}}}
	s, err := commercechannel.New(commercechannel.Deps{
		Inboxes: shops, Publisher: channel.NewLogPublisher(nil), Log: testkit.Logger(t), PublicURL: "https://inbox.example", Recheck: 5 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range shops {
		if err := s.Adapters()[0].Check(&shops[i]); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	subscribed := func() error {
		for _, topic := range shopify.Topics {
			if got := f.Subscribed(topic); got != "https://inbox.example/hooks/shopify/a" {
				return fmt.Errorf("%s goes to %q", topic, got)
			}
		}
		return nil
	}
	testkit.Eventually(t, time.Minute, subscribed)
	for range 8 {
		f.Failed("orders/updated", false)
	}
	testkit.Eventually(t, time.Minute, subscribed)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNewRefusesWhatItCannotWorkWith(t *testing.T) {
	if _, err := commercechannel.New(commercechannel.Deps{}); err == nil {
		t.Error("a service without a publisher was made")
	}
}
