package shop_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
)

const secret = "shared with the shop"

const pointers = `"order":{"id":"/no","number":"/label","total":"/sum/value","currency":"/sum/unit","refunded":"/back","payment":"/state","updated_at":"/changed","placed_at":"/made",
	"cancelled_at":"/void","url":"/link","lines":"/items","line":{"title":"/t","sku":"/s","quantity":"/n","price":"/p"},"tracking":"/boxes","parcel":{"carrier":"/by","number":"/no","url":"/at","status":"/is"}},
	"customer":{"id":"/buyer/uid","name":"/buyer/na~1me","email":"/buyer/mail","phone":"/buyer/tel"}`

func inboxWith(t testing.TB, settings, name, value string) config.Inbox {
	t.Helper()
	in := config.Inbox{ID: "inshop", Channel: shop.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{name: value}}
	if err := shop.New().Check(&in); err != nil {
		t.Fatal(err)
	}
	return in
}

func signed(body []byte) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return http.Header{"Content-Type": {"application/json"}, "X-Sign": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
}

const hmacSettings = `{"auth":"hmac","signature":{"header":"x-sign","prefix":"sha256="},"shop":"Tea house","default_region":"KR","times":"unix","batch":"/orders",` + pointers + `}`

func order(n int) string {
	return fmt.Sprintf(`{"no":%d,"label":"A-%d","changed":1772357400.5,"sum":{"value":"10.00","unit":"krw"},"buyer":{"uid":9007199254740993,"na/me":"Lee","mail":"Lee@Example.com","tel":"02-1234-5678"}}`, 9007199254740993+n, n)
}

func TestConformanceOfBatches(t *testing.T) {
	batch := func(items ...string) conformance.Call {
		body := []byte(`{"orders":[` + strings.Join(items, ",") + `]}`)
		return conformance.Call{Body: body, Header: signed(body)}
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  shop.New(),
		Inbox:    inboxWith(t, hmacSettings, "secret", secret),
		NoSecret: &config.Inbox{ID: "inshop", Channel: shop.Kind, Settings: json.RawMessage(hmacSettings), Secrets: map[string]string{"secret": ""}},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return batch(order(n)) },
			Unknown: func() conformance.Call { return batch(`{"no":null}`) },
			Batch: func(n int) conformance.Call {
				items := []string{order(0), `{"no":[1],"buyer":3}`}
				for i := 1; i < n; i++ {
					items = append(items, order(i))
				}
				return batch(items...)
			},
		},
	})
}

func receive(in config.Inbox, body string, h http.Header) ([]*events.Inbound, error) {
	got, _, err := shop.New().Receive(in, &channel.Request{Method: http.MethodPost, Header: h, Body: []byte(body), At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)})
	return got, err
}

func TestGolden(t *testing.T) {
	in := inboxWith(t, `{"auth":"token","shop":"Tea house","default_region":"KR",`+pointers+`}`, "token", "t0ken")
	for name, body := range map[string]string{
		"full": `{"no":17,"label":"A-17","link":"https://tea.example/17","changed":"2026-03-01T10:00:00+09:00","made":"2026-03-01T09:00:00+09:00","void":"2026-03-01T01:00:00Z",
			"sum":{"value":12.50,"unit":"usd"},"back":"2.50","state":"paid","items":[{"t":"Tea","s":"T1","n":2,"p":"5.00"},{"t":"Cup","n":"1","p":"x"},7],
			"boxes":[{"by":"CJ","no":111,"at":"javascript:x","is":"sent"}],"buyer":{"uid":"u-1","na/me":"Lee\u0000 Min","mail":"LEE@example.com","tel":"02-1234-5678"}}`,
		"untimed":    `{"no":"18","buyer":{"mail":"lee@example.com"},"items":{"0":1}}`,
		"nobody":     `{"no":"19","buyer":{"mail":"not an address"}}`,
		"not-orders": `[1,2]`,
	} {
		got, err := receive(in, body, http.Header{"Authorization": {"Bearer t0ken"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range got {
			st.Raw.Bytes = nil
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(got); err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, "testdata/golden/"+name+".json", out.Bytes())
	}
}

func TestEveryWayToProveARequest(t *testing.T) {
	basic := func(user, password string) http.Header {
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}}
	}
	base := func(mac []byte) http.Header {
		return http.Header{"X-Sign": {base64.StdEncoding.EncodeToString(mac)}}
	}
	body := order(1)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	sum := mac.Sum(nil)
	for _, c := range []struct {
		name, settings, secret, value string
		good                          http.Header
		bad                           []http.Header
	}{
		{"token", `{"auth":"token","token_header":"X-Key",` + pointers + `}`, "token", "abc", http.Header{"X-Key": {"abc"}}, []http.Header{{}, {"X-Key": {""}}, {"X-Key": {"ab"}}, {"X-Key": {"abcd"}}}},
		{"basic", `{"auth":"basic","user":"u",` + pointers + `}`, "password", "p", basic("u", "p"), []http.Header{{}, basic("u", ""), basic("", "p"), basic("u", "pp")}},
		{"base64", `{"auth":"hmac","signature":{"header":"X-Sign","encoding":"base64"},` + pointers + `}`, "secret", secret, base(sum), []http.Header{{}, base(sum[:31]), base(nil), {"X-Sign": {"%%%"}}}},
	} {
		in := inboxWith(t, c.settings, c.secret, c.value)
		if got, err := receive(in, body, c.good); err != nil || got[0].Type != events.OrderWasStated {
			t.Errorf("%s: %v %v", c.name, got, err)
		}
		for _, h := range c.bad {
			_, err := receive(in, body, h)
			var refusal *channel.Refusal
			if !errors.As(err, &refusal) || refusal.Status != http.StatusUnauthorized {
				t.Errorf("%s with %v: %v", c.name, h, err)
			}
		}
		in.Secrets = map[string]string{}
		if err := shop.New().Check(&in); err == nil {
			t.Errorf("%s: an empty secret is taken", c.name)
		}
		if _, err := receive(in, body, c.good); err == nil {
			t.Errorf("%s: an inbox without its secret takes a request", c.name)
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for _, settings := range []string{
		``, `{}`, `{"auth":"none"}`, `{"auth":"none","order":{"id":"/a"},"customer":{}}`, `{"auth":"none","order":{"id":"a"},"customer":{"id":"/b"}}`,
		`{"auth":"none","order":{"id":"/a~2"},"customer":{"id":"/b"}}`, `{"auth":"none","oder":{},"order":{"id":"/a"},"customer":{"id":"/b"}}`,
		`{"auth":"none","times":"stardate","order":{"id":"/a"},"customer":{"id":"/b"}}`, `{"auth":"none","default_region":"XX","order":{"id":"/a"},"customer":{"id":"/b"}}`,
		`{"auth":"none","order":{"id":"/a"},"customer":{"id":"/b"}} {}`, `{"auth":"basic","order":{"id":"/a"},"customer":{"id":"/b"}}`,
	} {
		in := config.Inbox{Settings: json.RawMessage(settings), Secrets: map[string]string{"password": "p"}}
		if err := shop.New().Check(&in); err == nil {
			t.Errorf("%s is taken", settings)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(order(1)), []byte("/no"))
	for _, g := range conformance.Garbage() {
		if len(g) < 10_000 {
			f.Add(g, []byte("/a/0"))
		}
	}
	f.Fuzz(func(t *testing.T, body, pointer []byte) {
		settings, err := json.Marshal(map[string]any{"auth": "none", "order": map[string]any{"id": string(pointer), "lines": "/items", "total": "/total", "updated_at": "/u"}, "customer": map[string]any{"email": "/email", "id": "/c"}})
		if err != nil {
			t.Fatal(err)
		}
		in := config.Inbox{ID: "inshop", Channel: shop.Kind, Settings: settings}
		if shop.New().Check(&in) != nil {
			return
		}
		got, err := receive(in, string(body), http.Header{})
		if err != nil {
			return
		}
		for _, st := range got {
			if st.ProviderID == "" || (st.Type != events.Unknown && (len(st.Sender.Points) == 0 || st.Purchase == nil)) {
				t.Errorf("incomplete: %+v", st)
			}
			if _, err := st.Encode(); err != nil {
				t.Error(err)
			}
		}
	})
}
