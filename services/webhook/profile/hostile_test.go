package profile_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func settings(t testing.TB, text string) (*profile.Settings, config.Inbox) {
	t.Helper()
	inbox := config.Inbox{ID: "in", Channel: "webhook", Settings: json.RawMessage(text)}
	s, err := profile.Parse(&inbox)
	if err != nil {
		t.Fatal(err)
	}
	return s, inbox
}

func request(body string, header ...string) *channel.Request {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &channel.Request{Method: "POST", URL: &url.URL{Path: "/hooks/webhook/t"}, Header: h, Body: []byte(body), Remote: "203.0.113.5:4711", At: now}
}

// word is the machine word and status of an answer, or the type of the first
// statement.
func word(in []*events.Inbound, err error) (string, int) {
	var refusal *channel.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Reason, refusal.Status
	case err != nil:
		return err.Error(), 0
	case len(in) == 0:
		return "none", 202
	}
	return string(in[0].Type), 202
}

// Each row is a body for the profile plain and the answer it gets.
func TestHostileBodies(t *testing.T) {
	s, inbox := settings(t, `{}`)
	const who = `"contact":{"id":"c-1"}`
	for _, row := range []struct {
		name, body, want string
		status           int
	}{
		{"empty", "", "empty-body", 400},
		{"blank", "   ", "bad-json", 400},
		{"not json", "hello", "bad-json", 400},
		{"form", "id=1&text=x", "bad-json", 400},
		{"xml", "<m/>", "bad-json", 400},
		{"cut", `{"id":"1"`, "bad-json", 400},
		{"cut in a string", `{"id":"1`, "bad-json", 400},
		{"two documents", `{}{}`, "bad-json", 400},
		{"trailing comma", `{"id":"1",}`, "bad-json", 400},
		{"comment", `{/*x*/}`, "bad-json", 400},
		{"NaN", `{"id":NaN}`, "bad-json", 400},
		{"single quotes", `{'id':'1'}`, "bad-json", 400},
		{"raw control in a string", "{\"id\":\"a\nb\"}", "bad-json", 400},
		{"mismatched", `{"a":[}`, "bad-json", 400},
		{"null", "null", "wrong-type", 422},
		{"array", "[]", "wrong-type", 422},
		{"string", `"x"`, "wrong-type", 422},
		{"number", `1`, "wrong-type", 422},
		{"bytes that are not utf-8", "{\"id\":\"\xff\"}", "bad-utf8", 400},
		{"utf-16", "\xff\xfe{\x00}\x00", "bad-utf8", 400},
		{"encoded surrogate", "{\"id\":\"\xed\xa0\x80\"}", "bad-utf8", 400},
		{"name twice", `{"id":"1","id":"2"}`, "duplicate-key", 400},
		{"name twice, escaped", `{"id":"1","\u0069d":"2"}`, "duplicate-key", 400},
		{"name twice, deep", `{"id":"1","x":[{"a":1,"a":2}]}`, "duplicate-key", 400},
		{"deep arrays", `{"id":` + strings.Repeat("[", 100_000), "too-deep", 422},
		{"deep objects", strings.Repeat(`{"a":`, 100_000), "too-deep", 422},
		{"very many values", `{"id":[` + strings.Repeat("0,", 300_000) + `0]}`, "too-many-values", 422},
		{"object without anything", `{}`, "missing-id", 422},
		{"no id", `{` + who + `,"text":"x"}`, "missing-id", 422},
		{"null id", `{"id":null,` + who + `,"text":"x"}`, "missing-id", 422},
		{"empty id", `{"id":"",` + who + `,"text":"x"}`, "missing-id", 422},
		{"number for id", `{"id":7,` + who + `,"text":"x"}`, "wrong-type", 422},
		{"object for id", `{"id":{},` + who + `,"text":"x"}`, "wrong-type", 422},
		{"id too long", `{"id":"` + strings.Repeat("i", 513) + `",` + who + `,"text":"x"}`, "id-too-long", 422},
		{"id with a line end", `{"id":"a\nb",` + who + `,"text":"x"}`, "bad-id", 422},
		{"id with NUL", `{"id":"a\u0000",` + who + `,"text":"x"}`, "bad-id", 422},
		{"no contact", `{"id":"1","text":"x"}`, "missing-contact", 422},
		{"empty contact", `{"id":"1","contact":{},"text":"x"}`, "missing-contact", 422},
		{"contact is text", `{"id":"1","contact":"c-1","text":"x"}`, "wrong-type", 422},
		{"contact is a list", `{"id":"1","contact":[],"text":"x"}`, "wrong-type", 422},
		{"number for contact.id", `{"id":"1","contact":{"id":1},"text":"x"}`, "wrong-type", 422},
		{"boolean for contact.email", `{"id":"1","contact":{"email":true},"text":"x"}`, "wrong-type", 422},
		{"contact.id with control", `{"id":"1","contact":{"id":"\u001b[2J"},"text":"x"}`, "bad-id", 422},
		{"only a bad email", `{"id":"1","contact":{"email":"nobody"},"text":"x"}`, "bad-email", 422},
		{"email with a header", `{"id":"1","contact":{"email":"a@b.c\r\nBcc: d@e.f"},"text":"x"}`, "bad-email", 422},
		{"two emails", `{"id":"1","contact":{"email":"a@b.c, d@e.f"},"text":"x"}`, "bad-email", 422},
		{"email with a name", `{"id":"1","contact":{"email":"Kim <a@b.c>"},"text":"x"}`, "bad-email", 422},
		{"only a bad phone", `{"id":"1","contact":{"phone":"12"},"text":"x"}`, "bad-phone", 422},
		{"phone without a country", `{"id":"1","contact":{"phone":"010-1234-5678"},"text":"x"}`, "bad-phone", 422},
		{"bad email beside an id", `{"id":"1","contact":{"id":"c","email":"nobody"},"text":"x"}`, "message.received", 202},
		{"no text", `{"id":"1",` + who + `}`, "missing-text", 422},
		{"null text", `{"id":"1",` + who + `,"text":null}`, "missing-text", 422},
		{"blank text", `{"id":"1",` + who + `,"text":" \n "}`, "missing-text", 422},
		{"control characters only", `{"id":"1",` + who + `,"text":"\u0000\u0001"}`, "missing-text", 422},
		{"list for text", `{"id":"1",` + who + `,"text":["x"]}`, "wrong-type", 422},
		{"text too long", `{"id":"1",` + who + `,"text":"` + strings.Repeat("x", profile.MaxText+1) + `"}`, "text-too-long", 422},
		{"longest text", `{"id":"1",` + who + `,"text":"` + strings.Repeat("x", profile.MaxText) + `"}`, "message.received", 202},
		{"html too long", `{"id":"1",` + who + `,"text":"x","html":"` + strings.Repeat("x", profile.MaxText+1) + `"}`, "text-too-long", 422},
		{"scripts only", `{"id":"1",` + who + `,"html":"<script>alert(1)</script><style>x</style>"}`, "missing-text", 422},
		{"time is a number", `{"id":"1",` + who + `,"text":"x","occurred_at":1700000000}`, "wrong-type", 422},
		{"time without a zone", `{"id":"1",` + who + `,"text":"x","occurred_at":"2026-01-01T00:00:00"}`, "bad-time", 422},
		{"time is words", `{"id":"1",` + who + `,"text":"x","occurred_at":"yesterday"}`, "bad-time", 422},
		{"30th of February", `{"id":"1",` + who + `,"text":"x","occurred_at":"2026-02-30T00:00:00Z"}`, "bad-time", 422},
		{"year one", `{"id":"1",` + who + `,"text":"x","occurred_at":"0001-01-01T00:00:01Z"}`, "absurd-time", 422},
		{"1970", `{"id":"1",` + who + `,"text":"x","occurred_at":"1970-01-01T00:00:00Z"}`, "absurd-time", 422},
		{"the year 9999", `{"id":"1",` + who + `,"text":"x","occurred_at":"9999-12-31T23:59:59Z"}`, "absurd-time", 422},
		{"tomorrow and more", `{"id":"1",` + who + `,"text":"x","occurred_at":"2026-03-02T12:00:01Z"}`, "absurd-time", 422},
		{"a clock that is ahead", `{"id":"1",` + who + `,"text":"x","occurred_at":"2026-03-01T12:05:00Z"}`, "message.received", 202},
		{"reply_to is a list", `{"id":"1",` + who + `,"text":"x","reply_to":["m"]}`, "wrong-type", 422},
		{"direction is sideways", `{"id":"1",` + who + `,"text":"x","direction":"up"}`, "bad-direction", 422},
		{"attachments is an object", `{"id":"1",` + who + `,"text":"x","attachments":{}}`, "wrong-type", 422},
		{"attachment is text", `{"id":"1",` + who + `,"text":"x","attachments":["u"]}`, "wrong-type", 422},
		{"attachment without a url", `{"id":"1",` + who + `,"attachments":[{"name":"a"}]}`, "bad-url", 422},
		{"attachment from a file", `{"id":"1",` + who + `,"attachments":[{"url":"file:///etc/passwd"}]}`, "bad-url", 422},
		{"attachment is a script", `{"id":"1",` + who + `,"attachments":[{"url":"javascript:alert(1)"}]}`, "bad-url", 422},
		{"attachment is a path", `{"id":"1",` + who + `,"attachments":[{"url":"/a"}]}`, "bad-url", 422},
		{"attachment url too long", `{"id":"1",` + who + `,"attachments":[{"url":"https://x/` + strings.Repeat("a", 5000) + `"}]}`, "bad-url", 422},
		{"many attachments", `{"id":"1",` + who + `,"attachments":[` + strings.Repeat(`{"url":"https://x/a"},`, 51) + `{}]}`, "too-many-attachments", 422},
		{"attachment alone", `{"id":"1",` + who + `,"attachments":[{"url":"https://x/a"}]}`, "message.received", 202},
		{"many attributes", `{"id":"1","contact":{"id":"c","attributes":{` + manyNames(33) + `}},"text":"x"}`, "too-many-attributes", 422},
		{"attribute is an object", `{"id":"1","contact":{"id":"c","attributes":{"a":{}}},"text":"x"}`, "bad-attribute", 422},
		{"mark at the beginning", "\xef\xbb\xbf" + `{"id":"1",` + who + `,"text":"x"}`, "message.received", 202},
		{"unknown names", `{"id":"1",` + who + `,"text":"x","more":{"a":[1,2,{"b":null}]}}`, "message.received", 202},
	} {
		t.Run(row.name, func(t *testing.T) {
			in, err := s.Read(inbox, request(row.body))
			if got, status := word(in, err); got != row.want || status != row.status {
				t.Errorf("answer %q %d, want %q %d", got, status, row.want, row.status)
			}
		})
	}
}

func manyNames(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, `"a`+strings.Repeat("x", i)+`":1`)
	}
	return strings.Join(parts, ",")
}

// Requests with an envelope or a mapping, and what becomes of them.
func TestHostileEnvelopes(t *testing.T) {
	const mapped = `{"profile":"mapped","mapping":{"sender_id":"/from","text":"/t","external_id":"/id","batch":"/list","occurred_at":{"at":"/at","format":"unix"},"attachments":{"at":"/files","url":"/u"}}}`
	plain := `{"id":"1","contact":{"id":"c"},"text":"x"}`
	structured := func(rest string) string { return `{"specversion":"1.0","id":"e","source":"/s","type":"t"` + rest + `}` }
	const ce = "application/cloudevents+json"
	for _, row := range []struct {
		name, settings, body string
		header               []string
		want                 string
	}{
		{"structured", `{}`, structured(`,"data":` + plain), []string{"Content-Type", ce}, "message.received"},
		{"structured, base64", `{}`, structured(`,"data_base64":"eyJpZCI6IjEiLCJjb250YWN0Ijp7ImlkIjoiYyJ9LCJ0ZXh0IjoieCJ9"`), []string{"Content-Type", ce}, "message.received"},
		{"structured, bad base64", `{}`, structured(`,"data_base64":"%"`), []string{"Content-Type", ce}, "bad-cloudevent"},
		{"structured without data", `{}`, structured(""), []string{"Content-Type", ce}, "bad-cloudevent"},
		{"structured, old version", `{}`, `{"specversion":"0.3","id":"e","source":"/s","type":"t","data":{}}`, []string{"Content-Type", ce}, "bad-cloudevent"},
		{"structured without source", `{}`, `{"specversion":"1.0","id":"e","type":"t","data":{}}`, []string{"Content-Type", ce}, "bad-cloudevent"},
		{"structured, bad time", `{}`, structured(`,"time":"noon","data":` + plain), []string{"Content-Type", ce}, "bad-cloudevent"},
		{"structured is a list", `{}`, `[]`, []string{"Content-Type", ce}, "bad-cloudevent"},
		{"batch is an object", `{}`, structured(`,"data":` + plain), []string{"Content-Type", "application/cloudevents-batch+json"}, "wrong-type"},
		{"batch of nothing", `{}`, `[]`, []string{"Content-Type", "application/cloudevents-batch+json"}, "none"},
		{"batch of nulls", `{}`, `[null]`, []string{"Content-Type", "application/cloudevents-batch+json"}, "unknown"},
		{"batch too large", `{}`, "[" + strings.Repeat("0,", 1000) + "0]", []string{"Content-Type", "application/cloudevents-batch+json"}, "too-many-items"},
		{"binary", `{}`, plain, []string{"Ce-Specversion", "1.0", "Ce-Id", "%ED%95%9C", "Ce-Source", "/s", "Ce-Type", "t"}, "message.received"},
		{"binary, not utf-8", `{}`, plain, []string{"Ce-Specversion", "1.0", "Ce-Id", "%ff", "Ce-Source", "/s", "Ce-Type", "t"}, "bad-cloudevent"},
		{"binary, bad escape", `{}`, plain, []string{"Ce-Specversion", "1.0", "Ce-Id", "%zz", "Ce-Source", "/s", "Ce-Type", "t"}, "bad-cloudevent"},
		{"binary without type", `{}`, plain, []string{"Ce-Specversion", "1.0", "Ce-Id", "e", "Ce-Source", "/s"}, "bad-cloudevent"},
		{"mapped", mapped, `{"list":[{"id":1,"from":"a","t":"x"}]}`, nil, "message.received"},
		{"mapped without its list", mapped, `{"id":1}`, nil, "unknown"},
		{"mapped, list is an object", mapped, `{"list":{}}`, nil, "unknown"},
		{"mapped, no id", mapped, `{"list":[{"from":"a","t":"x"}]}`, nil, "unknown"},
		{"mapped, id is an object", mapped, `{"list":[{"id":{},"from":"a","t":"x"}]}`, nil, "unknown"},
		{"mapped, no sender", mapped, `{"list":[{"id":1,"t":"x"}]}`, nil, "unknown"},
		{"mapped, item is text", mapped, `{"list":["x"]}`, nil, "unknown"},
		{"mapped, absurd time", mapped, `{"list":[{"id":1,"from":"a","t":"x","at":99999999999999}]}`, nil, "message.received"},
		{"mapped, time is words", mapped, `{"list":[{"id":1,"from":"a","t":"x","at":"noon"}]}`, nil, "message.received"},
		{"mapped, bad file", mapped, `{"list":[{"id":1,"from":"a","t":"x","files":[{"u":"file:///x"},7,null]}]}`, nil, "message.received"},
		{"mapped, not json", mapped, `{"list":`, nil, "bad-json"},
		{"standard type of others", `{"profile":"standard","auth":"none"}`, `{"type":"invoice.paid","data":{}}`, nil, "unknown"},
		{"standard message that is none", `{"profile":"standard","auth":"none"}`, `{"type":"message.created","data":{}}`, nil, "missing-id"},
		{"standard edit", `{"profile":"standard","auth":"none"}`, `{"type":"message.updated","data":` + plain + `}`, []string{"Webhook-Id", "w1"}, "message.edited"},
		{"standard removal", `{"profile":"standard","auth":"none"}`, `{"type":"message.deleted","data":{"id":"1","contact":{"id":"c"}}}`, []string{"Webhook-Id", "w2"}, "message.removed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, inbox := settings(t, row.settings)
			in, err := s.Read(inbox, request(row.body, row.header...))
			if got, _ := word(in, err); got != row.want {
				t.Errorf("answer %q, want %q", got, row.want)
			}
			for _, in := range in {
				if in.ProviderID == "" || in.OccurredAt.IsZero() || in.OccurredAt.Year() > 2027 || in.Raw == nil {
					t.Errorf("incomplete: %+v", in)
				}
			}
		})
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for text, good := range map[string]bool{
		``: true, `{}`: true, `{"profile":"plain","auth":"none"}`: true, `{"default_region":"kr"}`: true, `{"success_status":204}`: true,
		`{"allow_ips":["10.0.0.0/8","2001:db8::1"]}`: true, `{"auth":"basic","username":"u","password":"p"}`: true, `{"reply_url":"https://shop.example/in"}`: true,
		`[]`: false, `{"auth":"hmca"}`: false, `{"atuh":"hmac"}`: false, `{"profile":"mapped"}`: false, `{"mapping":{"sender_id":"/a","text":"/b"}}`: false,
		`{"auth":"token","token":""}`: false, `{"auth":"token","token":" "}`: false, `{"auth":"basic","username":"u"}`: false, `{"auth":"hmac","secret":"x"}`: false,
		`{"auth":"hmac","secret":"x","signature":{"header":"X","template":"{ts}"}}`: false, `{"auth":"hmac","secret":"x","signature":{"header":"X","template":"{bdoy}"}}`: false,
		`{"auth":"hmac","secret":"x","signature":{"header":"X","timestamp_header":"T"}}`: false, `{"auth":"hmac","secret":"zz","signature":{"header":"X","secret_encoding":"hex"}}`: false,
		`{"auth":"hmac","secret":"x","signature":{"header":"X","algorithm":"md5"}}`: false, `{"auth":"jwt","secret":""}`: false, `{"auth":"jwt","signature":{"algorithm":"none"}}`: false,
		`{"auth":"jwt","signature":{"algorithm":"RS256","public_key":"x"}}`: false, `{"auth":"ed25519","signature":{"header":"X","public_key":"00"}}`: false,
		`{"auth":"standard","secret":"whsec_"}`: false, `{"auth":"standard","secret":"whsec_AAAA"}`: false, `{"tolerance":-1}`: false, `{"trust":"proved"}`: false, `{"success_status":302}`: false,
		`{"allow_ips":["localhost"]}`: false, `{"reply_url":"http://shop.example/in"}`: false, `{"reply_url":"https://u:p@shop.example"}`: false, `{"reply_url":"ftp://x"}`: false, `{"reply_url":"https:///x"}`: false,
		`{"reply_url":"https://x.example","reply_secret":"short"}`: false,
		`{"media_hosts":["files.shop.example",".cdn.example"]}`:    true, `{"media_hosts":["127.0.0.1:8080","minio"],"allow_private":true}`: true, `{"media_hosts":[]}`: true,
		`{"media_hosts":["https://files.shop.example"]}`: false, `{"media_hosts":["files.shop.example:8443"]}`: false, `{"media_hosts":["Files.shop.example"]}`: false, `{"media_hosts":[".com"]}`: false,
		`{"media_hosts":["*.shop.example"]}`: false, `{"media_hosts":["10.0.0.1"]}`: false, `{"media_hosts":["localhost"]}`: false, `{"media_hosts":[""]}`: false, `{"media_hosts":"files.shop.example"}`: false,
		`{"media_hosts":["a b"],"allow_private":true}`: false, `{"media_hosts":["u@minio"],"allow_private":true}`: false,
		`{"profile":"mapped","mapping":{"text":"/a"}}`: false, `{"profile":"mapped","mapping":{"sender_id":"a","text":"/a"}}`: false, `{"profile":"mapped","mapping":{"sender_id":"/a~2","text":"/a"}}`: false,
		`{"profile":"mapped","mapping":{"sender_id":"/a","text":"/b","occurred_at":{"at":"/t","format":"iso"}}}`: false, `{"profile":"mapped","mapping":{"sender_id":"/a","text":"/b","occurred_at":{"at":"/t","zone":"Mars/Base"}}}`: false,
	} {
		inbox := config.Inbox{ID: "in", Channel: "webhook", Settings: json.RawMessage(text)}
		_, err := profile.Parse(&inbox)
		if (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
		for _, name := range profile.SecretNames() {
			if strings.Contains(string(inbox.Settings), `"`+name+`":`) {
				t.Errorf("%s: the secret %s stays in the settings", text, name)
			}
		}
		if err != nil && (strings.Contains(err.Error(), "whsec_AAAA")) {
			t.Errorf("%s: the error quotes the secret: %v", text, err)
		}
	}
}
