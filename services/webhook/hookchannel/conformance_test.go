package hookchannel_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/webhook/hookchannel"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

const standardKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inwebhook", Channel: hookchannel.Kind, Name: "shop", HookToken: "t", Settings: json.RawMessage(settings)}
	if err := hookchannel.NewAdapter().Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func unchecked(settings string, secrets map[string]string) *config.Inbox {
	return &config.Inbox{ID: "inwebhook", Channel: hookchannel.Kind, Settings: json.RawMessage(settings), Secrets: secrets}
}

// at is a time in the past, so that the provider's time differs from ours.
var at = time.Now().Add(-time.Hour).UTC().Truncate(time.Second)

func plainMessage(n int) map[string]any {
	return map[string]any{
		"id": fmt.Sprintf("m-%d", n), "contact": map[string]any{"id": "c-1", "name": "Kim", "email": "Kim@Example.com"},
		"text": fmt.Sprintf("hello %d", n), "occurred_at": at.Add(time.Duration(n) * time.Second).Format(time.RFC3339),
	}
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func sending(secretless bool) *conformance.Sending {
	s := &conformance.Sending{
		Inbox: func(provider string) config.Inbox {
			return config.Inbox{ID: "inwebhook", Channel: hookchannel.Kind, Settings: encode(map[string]any{
				"reply_url": provider + "/answers", "allow_private": true, "receiver_dedupes": !secretless,
			})}
		},
		To:     events.Point{Kind: "external", Value: "c-1", Trust: events.Stated},
		Accept: `{"id":"theirs-1"}`,
	}
	if !secretless {
		s.Key = func(r *http.Request) string { return r.Header.Get("Webhook-Id") }
	}
	return s
}

func TestConformanceOfStandardWebhooks(t *testing.T) {
	call := func(body []byte, id string) conformance.Call {
		now := time.Now()
		signature, err := profile.SignStandard(id, now, body, standardKey)
		if err != nil {
			t.Fatal(err)
		}
		return conformance.Call{Body: body, Header: http.Header{
			"Content-Type": {"application/json"}, "Webhook-Id": {id},
			"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {"v1,AAAA v2,x " + signature},
		}}
	}
	conformance.Run(t, conformance.Subject{
		Adapter:  hookchannel.NewAdapter(),
		Inbox:    inboxWith(t, `{"profile":"standard","secret":"`+standardKey+`"}`),
		NoSecret: unchecked(`{"profile":"standard"}`, map[string]string{"secret": ""}),
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call {
				return call(encode(map[string]any{"type": "message.created", "timestamp": at, "data": plainMessage(n)}), fmt.Sprintf("msg_%d", n))
			},
			Unknown: func() conformance.Call {
				return call([]byte(`{"type":"order.paid","timestamp":"2026-01-01T00:00:00Z","data":{"order":1}}`), "msg_u")
			},
		},
		Sending: sending(false),
	})
}

func hmacCall(body []byte) conformance.Call {
	ts := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte("a shared secret"))
	fmt.Fprintf(mac, "%s.%s", ts, body)
	return conformance.Call{Body: body, Header: http.Header{"Content-Type": {"application/json"}, "X-Sign": {"t=" + ts + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}}
}

const hmacAuth = `"auth":"hmac","signature":{"header":"X-Sign","param":"v1","timestamp_param":"t","template":"{ts}.{body}"}`

func TestConformanceOfMappedBatches(t *testing.T) {
	item := func(n int) map[string]any {
		return map[string]any{"kind": "msg", "key": 9007199254740993 + n, "from": map[string]any{"uid": "u-7", "mail": "Lee@Example.com"}, "body": fmt.Sprintf("안녕 %d", n), "ts": at.Unix() + int64(n)}
	}
	body := func(items ...any) []byte { return encode(map[string]any{"events": items}) }
	conformance.Run(t, conformance.Subject{
		Adapter: hookchannel.NewAdapter(),
		Inbox: inboxWith(t, `{"profile":"mapped","secret":"a shared secret",`+hmacAuth+`,"mapping":{
			"batch":"/events","when":[{"at":"/kind","equals":["msg"]}],"external_id":"/key","sender_id":"/from/uid","sender_email":["/from/mail","/mail"],
			"text":"/body","occurred_at":{"at":"/ts","format":"unix"}}}`),
		NoSecret: unchecked(`{"profile":"mapped",`+hmacAuth+`,"mapping":{"sender_id":"/a","text":"/b"}}`, map[string]string{"secret": ""}),
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return hmacCall(body(item(n))) },
			Unknown: func() conformance.Call { return hmacCall(body(map[string]any{"kind": "typing", "key": 4})) },
			Batch: func(n int) conformance.Call {
				items := []any{item(0), map[string]any{"kind": "msg", "key": []any{}, "from": 3}}
				for i := 1; i < n; i++ {
					items = append(items, item(i))
				}
				return hmacCall(body(items...))
			},
		},
		Sending: sending(true),
	})
}

func TestConformanceOfCloudEvents(t *testing.T) {
	event := func(n int) map[string]any {
		data := plainMessage(n)
		delete(data, "id")
		return map[string]any{"specversion": "1.0", "id": strconv.Itoa(n), "source": "/shop", "type": "chat", "data": data}
	}
	header := http.Header{"Content-Type": {"application/cloudevents-batch+json; charset=utf-8"}, "Authorization": {"Bearer new-token"}}
	conformance.Run(t, conformance.Subject{
		Adapter:  hookchannel.NewAdapter(),
		Inbox:    inboxWith(t, `{"auth":"token","token":"new-token old-token"}`),
		NoSecret: unchecked(`{"auth":"token"}`, map[string]string{"token": "  "}),
		Receiving: &conformance.Receiving{
			HasTimes: true,
			Message:  func(n int) conformance.Call { return conformance.Call{Header: header, Body: encode([]any{event(n)})} },
			Batch: func(n int) conformance.Call {
				events := []any{event(0), map[string]any{"specversion": "1.0", "id": "x"}}
				for i := 1; i < n; i++ {
					events = append(events, event(i))
				}
				return conformance.Call{Header: header, Body: encode(events)}
			},
		},
	})
}

func TestConformanceOfPlain(t *testing.T) {
	conformance.Run(t, conformance.Subject{
		Adapter:   hookchannel.NewAdapter(),
		Inbox:     inboxWith(t, `{"profile":"plain","auth":"none"}`),
		Receiving: &conformance.Receiving{HasTimes: true, Message: func(n int) conformance.Call { return conformance.Call{Body: encode(plainMessage(n))} }},
	})
}

func TestTraceNamesEveryField(t *testing.T) {
	inbox := inboxWith(t, `{"default_region":"KR"}`)
	body := `{"id":"m-1","contact":{"id":"c-1","phone":"010-1234-5678","vip":true},"text":"a\u0007b","extra":{"x":[1]}}`
	got, err := hookchannel.NewAdapter().Explain(inbox, profile.Sample{Body: body}, at)
	if err != nil {
		t.Fatal(err)
	}
	text := got.String()
	for _, want := range []string{`"status": 202`, `"+821012345678"`, `"/contact/phone"`, `"stored": "ab"`, `"/contact/vip"`, `"/extra/x/0"`, `the time of receipt`} {
		if !strings.Contains(text, want) {
			t.Errorf("explanation lacks %s:\n%s", want, text)
		}
	}
	if bytes.Contains([]byte(text), []byte(`"/text"`+"\n    ]")) {
		t.Error("a field that was read is listed as ignored")
	}
}
