package shopify_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
)

const secret = "a client secret"

func sign(body []byte, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func headers(topic, id string, body []byte) http.Header {
	return http.Header{
		"Content-Type": {"application/json"}, "X-Shopify-Topic": {topic}, "X-Shopify-Webhook-Id": {id}, "X-Shopify-Shop-Domain": {"tea.myshopify.com"},
		"X-Shopify-Triggered-At": {"2026-03-02T09:30:06.123456789Z"}, "X-Shopify-Hmac-Sha256": {sign(body, secret)},
	}
}

func inbox(t testing.TB) config.Inbox {
	t.Helper()
	in := config.Inbox{ID: "inshop", Channel: shopify.Kind, Settings: json.RawMessage(`{"shop":"Tea.myshopify.com","default_region":"KR"}`), Secrets: map[string]string{"secret": secret}}
	if err := shopify.New(nil, nil).Check(&in); err != nil {
		t.Fatal(err)
	}
	return in
}

var received = time.Date(2026, 3, 2, 9, 30, 7, 0, time.UTC)

func post(body []byte, h http.Header) *channel.Request {
	return &channel.Request{Method: http.MethodPost, Header: h, Body: body, At: received}
}

func TestConformance(t *testing.T) {
	call := func(topic, id, body string) conformance.Call {
		return conformance.Call{Body: []byte(body), Header: headers(topic, id, []byte(body))}
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  shopify.New(nil, nil),
		Inbox:    inbox(t),
		NoSecret: &config.Inbox{ID: "inshop", Channel: shopify.Kind, Secrets: map[string]string{"secret": " "}},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call {
				return call("orders/create", fmt.Sprint("w-", n), fmt.Sprintf(`{"id":%d,"updated_at":"2026-03-01T00:00:00Z","customer":{"id":9007199254740993}}`, n+1))
			},
			Unknown: func() conformance.Call { return call("themes/publish", "w-u", `{"id":1}`) },
		},
	})
}

// The vector stands in the tests of go-shopify.
func TestTheKnownVectorHolds(t *testing.T) {
	in := config.Inbox{ID: "inshop", Channel: shopify.Kind, Secrets: map[string]string{"secret": "hush"}}
	body := []byte(`"my secret message"`)
	got, reply, err := shopify.New(nil, nil).Receive(in, post(body, http.Header{"X-Shopify-Hmac-Sha256": {"hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI="}}))
	if err != nil || reply.Status != http.StatusOK || len(got) != 1 || got[0].Type != events.Unknown || string(got[0].Raw.Bytes) != string(body) {
		t.Errorf("%v %+v %v", got, reply, err)
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	body := []byte(`{"id":1,"updated_at":"2026-03-01T00:00:00Z","email":"a@example.com"}`)
	good := sign(body, secret)
	for name, signature := range map[string]string{
		"missing": "", "cut": good[:20], "cut within base64": good[:40] + "====", "other secret": sign(body, "other"), "empty secret": sign(body, ""),
		"hexadecimal": fmt.Sprintf("%x", good), "other body": sign(body[1:], secret),
	} {
		h := headers("orders/create", "w", body)
		h.Set("X-Shopify-Hmac-Sha256", signature)
		_, _, err := shopify.New(nil, nil).Receive(inbox(t), post(body, h))
		var refusal *channel.Refusal
		if !errors.As(err, &refusal) || refusal.Status != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFormerSecretCountsForAnHour(t *testing.T) {
	rotated := received.Add(-30 * time.Minute)
	a := shopify.New(nil, func() time.Time { return rotated })
	in := config.Inbox{ID: "inshop", Channel: shopify.Kind, Secrets: map[string]string{"secret": "new", "previous_secret": secret}}
	if err := a.Check(&in); err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"id":1}`)
	req := post(body, headers("orders/delete", "w", body))
	if _, _, err := a.Receive(in, req); err != nil {
		t.Errorf("half an hour after the rotation: %v", err)
	}
	// Another change of the settings does not prolong it.
	a = shopify.New(nil, func() time.Time { return received.Add(time.Hour) })
	if err := a.Check(&in); err != nil {
		t.Fatal(err)
	}
	req.At = rotated.Add(61 * time.Minute)
	if _, _, err := a.Receive(in, req); err == nil {
		t.Error("an hour later the former secret still counts")
	}
	in.Secrets["previous_secret"] = ""
	body = []byte(`{"id":2}`)
	req = post(body, http.Header{"X-Shopify-Hmac-Sha256": {sign(body, "")}})
	if _, _, err := a.Receive(in, req); err == nil {
		t.Error("an empty former secret signs")
	}
}

// deliver brings a sample under the topic that its file is named for.
func deliver(t testing.TB, file string) *events.Inbound {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	topic := strings.Replace(strings.TrimSuffix(filepath.Base(file), ".json"), "-", "/", 1)
	got, _, err := shopify.New(nil, nil).Receive(inbox(t), post(body, headers(topic, "b54557e4-"+topic, body)))
	if err != nil || len(got) != 1 {
		t.Fatalf("%s: %v %v", file, got, err)
	}
	return got[0]
}

func TestGolden(t *testing.T) {
	samples, err := filepath.Glob("testdata/*.json")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	for _, file := range samples {
		in := deliver(t, file)
		in.Raw.Bytes = nil // the sample itself
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(in); err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, filepath.Join("testdata", "golden", filepath.Base(file)), out.Bytes())
	}
}

func TestATopicCannotMakeAnOrderADemandToDelete(t *testing.T) {
	for _, topic := range []string{"customers/redact", "customers/data_request", "shop/redact"} {
		body := []byte(`{"id":1,"updated_at":"2026-03-01T00:00:00Z","customer":{"id":5,"email":"a@example.com"}}`)
		got, _, err := shopify.New(nil, nil).Receive(inbox(t), post(body, headers(topic, "w", body)))
		if err != nil || got[0].Type != events.Unknown {
			t.Errorf("%s: %+v %v", topic, got, err)
		}
	}
	body, err := os.ReadFile("testdata/customers-redact.json")
	if err != nil {
		t.Fatal(err)
	}
	h := headers("customers/redact", "w", body)
	h.Set("X-Shopify-Shop-Domain", "other.myshopify.com")
	got, _, err := shopify.New(nil, nil).Receive(inbox(t), post(body, h))
	if err != nil || got[0].Type != events.Unknown || got[0].Flags[0] != "other-shop" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAnEndlessOrderIsCut(t *testing.T) {
	lines := strings.Repeat(`{"title":"`+strings.Repeat("x", 2000)+`","quantity":1e99,"price":"1"},`, 300)
	body := []byte(`{"id":1,"updated_at":"2026-03-01T00:00:00Z","email":"a@example.com","line_items":[` + strings.TrimSuffix(lines, ",") + `]}`)
	got, _, err := shopify.New(nil, nil).Receive(inbox(t), post(body, headers("orders/create", "w", body)))
	if err != nil {
		t.Fatal(err)
	}
	if p := got[0].Purchase; len(p.Lines) != 200 || len(p.Lines[0].Title) > 512 || p.Lines[0].Quantity != 0 || got[0].Flags[0] != "cut" {
		t.Errorf("%d lines, flags %v", len(p.Lines), got[0].Flags)
	}
}

func FuzzReceive(f *testing.F) {
	samples, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	topics := []string{"orders/create", "customers/update", "customers/redact", "refunds/create", "", "x"}
	for i, file := range samples {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(topics[i%len(topics)], body)
	}
	for _, body := range conformance.Garbage() {
		if len(body) < 10_000 {
			f.Add("orders/create", body)
		}
	}
	in := inbox(f)
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		got, _, err := shopify.New(nil, nil).Receive(in, post(body, headers(topic, "", body)))
		if err != nil || len(got) != 1 {
			t.Fatalf("signed, and refused: %v", err)
		}
		nobody := len(got[0].Sender.Points) == 0
		if part := got[0].Purchase != nil && got[0].Purchase.Part; got[0].ProviderID == "" || got[0].Type != events.Unknown && nobody != part {
			t.Errorf("incomplete: %+v", got[0])
		}
		if _, err := got[0].Encode(); err != nil {
			t.Error(err)
		}
	})
}

// TestCorpus brings real payloads of two client libraries under the topic their
// resource has. They are answers of the API, which wrap what a webhook sends
// bare.
func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own samples were read")
		return
	}
	topics := map[string]string{"order": "orders/updated", "customer": "customers/update", "fulfillment": "fulfillments/create", "refund": "refunds/create"}
	for _, source := range []string{"Shopify__shopify_python_api", "bold-commerce__go-shopify"} {
		score := map[events.InboundType]int{}
		total := 0
		err := filepath.WalkDir(filepath.Join(root, source), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
				return err
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			topic := "other/topic"
			var wrapped map[string]json.RawMessage
			if json.Unmarshal(body, &wrapped) == nil && len(wrapped) == 1 {
				for name, inner := range wrapped {
					body = inner
					if known := topics[name]; known != "" {
						topic = known
					}
				}
			}
			h := headers(topic, "", body)
			got, _, err := shopify.New(nil, nil).Receive(inbox(t), post(body, h))
			if err != nil || len(got) != 1 {
				t.Errorf("%s is rejected: %v", filepath.Base(path), err)
				return nil
			}
			total++
			score[got[0].Type]++
			if topic == "orders/updated" && got[0].Type != events.OrderWasStated || topic == "customers/update" && got[0].Type != events.ContactWasStated {
				t.Errorf("%s is %s: %v", filepath.Base(path), got[0].Type, got[0].Flags)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d payloads, %d recognised, %d kept raw, 0 rejected: %v", source, total, total-score[events.Unknown], score[events.Unknown], score)
		if total == 0 {
			t.Errorf("%s: no payloads", source)
		}
	}
}
