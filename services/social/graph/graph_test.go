package graph_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// The first vector is GitHub's own, which signs in the same way; the second is a
// body with the escapes that Meta makes before it signs.
func TestVectors(t *testing.T) {
	for _, v := range []struct{ secret, body, value string }{
		{"It's a Secret to Everybody", "Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		{"app_secret", `{"text":"\u00e4\u00f6 \ud55c"}`, "sha256=adb8f87e5ae6b9a6307c43cdbf2742c8eb79a80a70ebf148e12aeede1f3ef077"},
	} {
		if got := graph.Sign(v.secret, []byte(v.body)); got != v.value {
			t.Errorf("sign: %s", got)
		}
		inbox := config.Inbox{Secrets: map[string]string{graph.AppSecret: v.secret}}
		req := &channel.Request{Method: http.MethodPost, Body: []byte(v.body), Header: http.Header{graph.SignatureHeader: {v.value}}}
		if reply, err := graph.Admit(inbox, req); err != nil || reply != nil {
			t.Errorf("admit: %v", err)
		}
		inbox.Secrets[graph.AppSecret] = ""
		if _, err := graph.Admit(inbox, req); err == nil {
			t.Error("an empty secret admits")
		}
	}
}

func TestOutcomes(t *testing.T) {
	refusal := func(status int, body string) provider.Answer {
		return provider.Answer{Status: status, Header: http.Header{}, Body: []byte(body)}
	}
	for _, c := range []struct {
		status  int
		body    string
		outcome events.SendOutcome
		code    string
		suspend bool
	}{
		{400, `{"error":{"code":10,"error_subcode":2018278}}`, events.Rejected, events.CodeWindowClosed, false},
		{400, `{"error":{"code":10,"error_subcode":2534022}}`, events.Rejected, events.CodeWindowClosed, false},
		{400, `{"error":{"code":131047}}`, events.Rejected, events.CodeWindowClosed, false},
		{400, `{"error":{"code":100,"error_subcode":2018001}}`, events.Rejected, events.CodeBadAddress, false},
		{400, `{"error":{"code":551}}`, events.Rejected, events.CodeBadAddress, false},
		{400, `{"error":{"code":200,"error_subcode":1545041}}`, events.Rejected, events.CodeBadAddress, false},
		{400, `{"error":{"code":131026}}`, events.Rejected, events.CodeBadAddress, false},
		{400, `{"error":{"code":131049}}`, events.Rejected, events.CodeQuota, false},
		{400, `{"error":{"code":131050}}`, events.Rejected, events.CodeOptedOut, false},
		{400, `{"error":{"code":131053}}`, events.Rejected, events.CodeBadMedia, false},
		{404, `{"error":{"code":132001}}`, events.Rejected, events.CodeBadTemplate, false},
		{400, `{"error":{"code":132015}}`, events.Rejected, events.CodeBadTemplate, false},
		{400, `{"error":{"code":100}}`, events.Rejected, "", false},
		{403, `{"error":{"code":10,"error_subcode":99}}`, events.Rejected, "", false},
		{401, `{"error":{"code":190,"error_subcode":463}}`, events.Retry, "", true},
		{403, `{"error":{"code":10}}`, events.Retry, "", true},
		{403, `{"error":{"code":200}}`, events.Retry, "", true},
		{403, `{"error":{"code":131031}}`, events.Retry, "", true},
		{400, `{"error":{"code":4}}`, events.Retry, "", false},
		{429, `{"error":{"code":130429}}`, events.Retry, "", false},
		{400, `{"error":{"code":131056}}`, events.Retry, "", false},
		{500, `{"error":{"code":2,"is_transient":true}}`, events.Retry, "", false},
		{500, `{"error":{"code":77777,"is_transient":true}}`, events.Retry, "", false},
		{500, `{"error":{"code":77777}}`, events.Unclear, "", false},
		{502, `<html>`, events.Unclear, "", false},
		{503, ``, events.Retry, "", false},
		{401, `{}`, events.Retry, "", true},
	} {
		got := graph.Outcome(refusal(c.status, c.body), time.Now())
		if got.Outcome != c.outcome || got.Code != c.code || got.Suspend != c.suspend || got.Detail == "" {
			t.Errorf("%d %s: %+v", c.status, c.body, got)
		}
	}
}

func TestPauseIsTheProviders(t *testing.T) {
	answer := provider.Answer{Status: 400, Body: []byte(`{"error":{"code":80007}}`), Header: http.Header{}}
	answer.Header.Set("X-Business-Use-Case-Usage", `{"1":[{"type":"messaging","estimated_time_to_regain_access":3},{"estimated_time_to_regain_access":19}],"2":[]}`)
	if got := graph.Outcome(answer, time.Now()); got.RetryAfter != 19*time.Minute {
		t.Errorf("retry after %v, want 19m", got.RetryAfter)
	}
	answer.Header.Set("X-Business-Use-Case-Usage", `{"1":[{"estimated_time_to_regain_access":9999999999}]}`)
	if got := graph.Outcome(answer, time.Now()); got.RetryAfter != 24*time.Hour {
		t.Errorf("retry after %v, want a day", got.RetryAfter)
	}
	answer.Header.Set("Retry-After", "7")
	if got := graph.Outcome(answer, time.Now()); got.RetryAfter != 7*time.Second {
		t.Errorf("retry after %v, want 7s", got.RetryAfter)
	}
}

// The provider's sentence may quote a customer's number or what they wrote.
func TestDetailHasNoneOfTheProvidersWords(t *testing.T) {
	answer := provider.Answer{Status: 400, Body: []byte(`{"error":{"code":131030,"message":"+821012345678 is not allowed","error_data":{"details":"secret"}}}`)}
	if got := graph.Outcome(answer, time.Now()).Detail; strings.Contains(got, "8210") || strings.Contains(got, "secret") {
		t.Errorf("detail %q", got)
	}
}

func TestMarksComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message := events.MessageID(id.Derive("ms", rapid.String().Draw(t, "id")))
		of := rapid.IntRange(1, 999).Draw(t, "of")
		part := rapid.IntRange(1, of).Draw(t, "part")
		got, last, ok := graph.ReadMark(graph.Mark(message, part, of))
		if !ok || got != message || last != (part == of) {
			t.Fatalf("%s, last %v, %v", got, last, ok)
		}
	})
	for _, foreign := range []string{"", "ms", "DEVELOPER_DEFINED_METADATA_STRING", "msg1234567", "msABC12345", "ms01jd3x8v7m6q0k2r5t9w4y1zab:", "xms01jd3x8v7m6q0k2r5t9w4y1zab"} {
		if message, _, ok := graph.ReadMark(foreign); ok {
			t.Errorf("%q is taken for %s", foreign, message)
		}
	}
}

func TestTimes(t *testing.T) {
	otherwise := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`1750000000`: time.Unix(1750000000, 0), `"1750000000"`: time.Unix(1750000000, 0), `1750000000123`: time.UnixMilli(1750000000123),
		`"1750000000123"`: time.UnixMilli(1750000000123), `0`: otherwise, `-5`: otherwise, `"TIMESTAMP"`: otherwise, `null`: otherwise,
		`{}`: otherwise, `9e99`: otherwise, `9223372036854775807`: otherwise, `99999999999999999999`: otherwise,
	} {
		var s graph.Stamp
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := s.Time(otherwise); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestIDs(t *testing.T) {
	for text, want := range map[string]graph.ID{`"m_1"`: "m_1", `9007199254740993`: "9007199254740993", `null`: "", `18446744073709551617`: "18446744073709551617"} {
		var id graph.ID
		if err := json.Unmarshal([]byte(text), &id); err != nil || id != want {
			t.Errorf("%s: %q, %v", text, id, err)
		}
	}
	for _, bad := range []string{`1.5`, `-1`, `1e5`, `true`, `{}`, `[]`, `"` + strings.Repeat("x", graph.MaxID+1) + `"`, `"a\u0000b"`} {
		var id graph.ID
		if err := json.Unmarshal([]byte(bad), &id); err == nil {
			t.Errorf("%.20s: taken as %q", bad, id)
		}
	}
}

func TestItemsLoseNothing(t *testing.T) {
	for body, want := range map[string][]string{
		`x`: {"malformed"}, `{}`: {"foreign-object"}, `{"object":"instagram","entry":[{}]}`: {"empty"}, `{"object":"user","entry":[{"id":"1","changes":[{}]}]}`: {"foreign-object"},
		`{"object":"instagram","entry":[{"id":"1","messaging":[{},{}]}]}`: {"foreign-object", "foreign-object"}, `{"object":"page","entry":[]}`: {"empty"},
		`{"object":"page","entry":[{"id":"1","messaging":[{},{}]},7,{"id":"2"},{"id":"3","changes":[{"field":"a"},{"field":"b","value":1}]}]}`: {"", "", "malformed", "empty", "malformed", ""},
		`{"object":"page","entry":[{"id":1.5,"messaging":[{}]}]}`:                                                                              {"malformed"},
		`{"object":"page","entry":[{"messaging":[` + strings.Repeat("{},", 5000) + `{}]}]}`:                                                    {"too-many-items"},
	} {
		got := graph.Items([]byte(body), "page")
		if len(got) != len(want) {
			t.Fatalf("%.60s: %d items, want %d", body, len(got), len(want))
		}
		for i, item := range got {
			if item.Odd != want[i] || len(item.Raw) == 0 {
				t.Errorf("%.60s: item %d is %q, want %q", body, i, item.Odd, want[i])
			}
		}
	}
}

func TestSettingsAreStrict(t *testing.T) {
	var a graph.Access
	for _, bad := range []string{`{"api_ulr":"x"}`, `{"api_url":5}`, `[]`, `{} {}`, `{`} {
		if err := channel.ReadSettings(config.Inbox{Settings: json.RawMessage(bad)}, &a); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	for _, bad := range []graph.Access{
		{APIURL: "http://graph.facebook.com"}, {APIURL: "ftp://x", AllowPrivate: true}, {APIURL: "https://"}, {APIURL: "https://u:p@x"}, {APIURL: "https://x?y"}, {APIVersion: "23"},
	} {
		if err := bad.Complete("https://graph.facebook.com"); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	good := graph.Access{APIURL: "http://127.0.0.1:1/", AllowPrivate: true}
	if err := good.Complete(""); err != nil || good.APIURL != "http://127.0.0.1:1" || good.APIVersion != graph.DefaultVersion {
		t.Errorf("%+v, %v", good, err)
	}
	inbox := config.Inbox{Secrets: map[string]string{graph.AppSecret: "a", graph.AccessToken: "b"}}
	if err := graph.CheckSecrets(&inbox); err != nil || len(inbox.Secrets[graph.VerifyToken]) < 20 {
		t.Errorf("no verify token is made: %v", err)
	}
	for _, secrets := range []map[string]string{nil, {graph.AppSecret: "a"}, {graph.AccessToken: "b"}, {graph.AppSecret: "a", graph.AccessToken: "b\nc"}} {
		if err := graph.CheckSecrets(&config.Inbox{Secrets: secrets}); err == nil {
			t.Errorf("%v is taken", secrets)
		}
	}
}

func TestTidyKeepsControlsOut(t *testing.T) {
	in := &events.Inbound{Sender: events.Sender{Name: "a\u202eb\n"}, Message: &events.ReceivedMessage{
		Text: "one\x00\r\n\ttwo\u200d", Attachments: []events.Attachment{{Name: "../x\u202efdp.exe"}, {Name: "..\x00"}},
	}}
	graph.Tidy(in)
	if in.Message.Text != "one\n\ttwo\u200d" || in.Sender.Name != "ab" || in.Message.Attachments[0].Name != "xfdp.exe" || in.Message.Attachments[1].Name != "file" {
		t.Errorf("%q, %q, %+v", in.Message.Text, in.Sender.Name, in.Message.Attachments)
	}
}

func TestAMessageOfControlsAloneStillShows(t *testing.T) {
	in := &events.Inbound{Type: events.MessageReceived, Message: &events.ReceivedMessage{Text: "\x01\x02"}}
	if graph.Tidy(in); in.Message.Text != graph.Placeholder {
		t.Errorf("%q", in.Message.Text)
	}
}

func TestProofAndTokenTravelInTheirPlaces(t *testing.T) {
	var query, token string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, token = r.URL.RawQuery, r.Header.Get("Authorization")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	client := provider.New()
	t.Cleanup(client.Close)
	access := graph.Access{APIURL: server.URL, APIVersion: "v1.0", AllowPrivate: true, AppSecretProof: true}
	api := access.Open(client, config.Inbox{Secrets: map[string]string{graph.AppSecret: "secret", graph.AccessToken: "token"}})
	if err := api.Get(t.Context(), "me", nil, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	want := "appsecret_proof=" + strings.TrimPrefix(graph.Sign("secret", []byte("token")), "sha256=")
	if query != want || token != "Bearer token" {
		t.Errorf("query %s, authorization %s", query, token)
	}
}

func TestReadAllIsBounded(t *testing.T) {
	if _, err := graph.ReadAll(strings.NewReader("12345"), 4); err == nil {
		t.Error("five bytes where four are allowed")
	}
	if data, err := graph.ReadAll(strings.NewReader("1234"), 4); err != nil || string(data) != "1234" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := graph.ReadAll(broken{}, 4); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Read([]byte) (int, error) { return 0, errBroken }
