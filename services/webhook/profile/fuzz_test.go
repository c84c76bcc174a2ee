package profile_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

func FuzzPointer(f *testing.F) {
	for _, s := range []string{"", "#", "/", "/a/0", "/a~1b/~0", "#/%25", "/~", "a", "/00", "/-"} {
		f.Add(s)
	}
	doc, err := profile.Decode([]byte(`{"a":[1,{"b":null}],"":{"/":"~"},"~1":true,"0":0}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := profile.ParsePointer(s)
		if err != nil {
			return
		}
		again, err := profile.ParsePointer(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q spells itself %q: %v", s, p.String(), err)
		}
		p.Find(doc)
	})
}

// The examples of RFC 6901, section 5 and 6.
func TestPointersOfTheRFC(t *testing.T) {
	doc, err := profile.Decode([]byte(`{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{
		"/foo/0": `"bar"`, "/": "0", "/a~1b": "1", "/c%d": "2", "/e^f": "3", "/g|h": "4", `/i\j`: "5", `/k"l`: "6", "/ ": "7", "/m~0n": "8",
		"#/foo/0": `"bar"`, "#/": "0", "#/a~1b": "1", "#/c%25d": "2", "#/e%5Ef": "3", "#/k%22l": "6", "#/%20": "7", "/foo": `["bar","baz"]`,
		"/foo/2": "", "/foo/-": "", "/foo/01": "", "/foo/+1": "", "/nope": "", "/foo/0/x": "",
	} {
		p, err := profile.ParsePointer(pointer)
		if err != nil {
			t.Errorf("%s: %v", pointer, err)
			continue
		}
		got := ""
		if v, found := p.Find(doc); found {
			data, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			got = string(data)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", pointer, got, want)
		}
	}
}

var fuzzed = []string{
	`{}`, `{"profile":"standard","auth":"none"}`,
	`{"profile":"mapped","mapping":{"batch":"/list","sender_id":["/from","/a/0"],"sender_phone":"/tel","html":"/html","pressed":"/p","text":{"at":"/t","or":"none"},"occurred_at":{"at":"/at","format":"unix_ms"},"direction":{"at":"/d","out":["1"]},"attachments":{"at":"/f","url":"/u"}}}`,
	`{"profile":"mapped","default_region":"KR","mapping":{"sender_email":"/from","text":"#","external_id":"/id","occurred_at":{"at":"/at","format":"layout:2006-01-02","zone":"Asia/Seoul"}}}`,
}

func FuzzRead(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body, "application/json")
		}
	}
	f.Add([]byte(`{"id":"1","contact":{"id":"c","email":"A@b.c","phone":"+821012345678"},"text":"x","html":"<b>x","pressed":"v","occurred_at":"2026-01-01T00:00:00Z","attachments":[{"url":"https://x/../y"}]}`), "")
	f.Add([]byte(`{"list":[{"from":1,"t":"x","at":1e3,"f":["https://x/a"],"html":"<p>a<br>b","p":7}]}`), "")
	f.Add([]byte(`[{"specversion":"1.0","id":"1","source":"s","type":"t","data":{}}]`), "application/cloudevents-batch+json")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		for _, text := range fuzzed {
			s, inbox := settings(t, text)
			in, err := s.Read(inbox, request(string(body), "Content-Type", kind))
			if err != nil && len(in) > 0 {
				t.Fatal("statements beside an error")
			}
			for _, in := range in {
				sound(t, in)
			}
		}
	})
}

func sound(t *testing.T, in *events.Inbound) {
	t.Helper()
	if in.ProviderID == "" || in.Content == "" || in.ReceivedAt.IsZero() || in.OccurredAt.IsZero() {
		t.Fatalf("incomplete: %+v", in)
	}
	if len(in.ProviderID) > profile.MaxID || !utf8.ValidString(in.ProviderID) {
		t.Fatalf("provider id %q", in.ProviderID)
	}
	if in.Message != nil && (len(in.Sender.Points) == 0 || len(in.Message.Attachments) > profile.MaxAttachments) {
		t.Fatalf("message %+v", in)
	}
	data, err := in.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := events.DecodeInbound(data); err != nil {
		t.Fatal(err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("v1,AAAA v1a,AAAA", "id", "1772366400", "body")
	f.Add("t=1,v1=00", "", "-1", "")
	f.Fuzz(func(t *testing.T, signature, id, ts, body string) {
		for _, text := range []string{
			`{"auth":"standard","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`,
			`{"auth":"hmac","secret":"a secret nobody guesses","signature":{"header":"webhook-signature","param":"v1","timestamp_param":"t","template":"{ts}.{body}"}}`,
			`{"auth":"jwt","secret":"a secret nobody guesses","signature":{"header":"webhook-signature"}}`,
		} {
			s, _ := settings(t, text)
			if s.Verify(request(body, "webhook-signature", signature, "webhook-id", id, "webhook-timestamp", ts)) == nil {
				t.Errorf("%q is taken", signature)
			}
		}
	})
}

// What a shop writes is what is stored, whatever the words are.
func TestPlainSaysWhatItSays(t *testing.T) {
	s, inbox := settings(t, `{"external_scope":"shop","trust":"claimed"}`)
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[a-z가-힣😀"\\<>&]{1,40}`).Draw(rt, "text")
		id := rapid.StringMatching(`[A-Za-z0-9:/._-]{1,40}`).Draw(rt, "id")
		body, err := json.Marshal(map[string]any{"id": id, "contact": map[string]any{"id": "c" + id}, "text": text, "reply_to": "r" + id})
		if err != nil {
			rt.Fatal(err)
		}
		in, err := s.Read(inbox, request(string(body)))
		if err != nil || len(in) != 1 {
			rt.Fatalf("%v %v", in, err)
		}
		want := events.Point{Kind: "external", Value: "c" + id, Scope: "shop", Trust: events.Claimed}
		if m := in[0].Message; m.Text != text || in[0].ProviderID != id || in[0].Sender.Points[0] != want || m.InReplyTo[0] != "r"+id {
			rt.Errorf("%+v", in[0])
		}
	})
}
