package kakao_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/social/kakao"
	"github.com/tributary-inbox/tributary/services/social/kakao/kakaofake"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var (
	_ channel.Receiver    = (*kakao.Adapter)(nil)
	_ channel.MediaSource = (*kakao.Adapter)(nil)
	_ fake.Provider       = (*kakaofake.Fake)(nil)

	customer = events.Point{Kind: kakao.Kind, Value: "user-1", Scope: "inkakao", Trust: events.Proved}
)

func adapter(t testing.TB) *kakao.Adapter {
	client := provider.New()
	t.Cleanup(client.Close)
	return kakao.New(client)
}

func inboxWith(t testing.TB, settings string) config.Inbox {
	t.Helper()
	inbox := config.Inbox{ID: "inkakao", Channel: kakao.Kind, Settings: json.RawMessage(settings), Secrets: map[string]string{"skill_secret": "s3cret"}}
	if err := adapter(t).Check(&inbox); err != nil {
		t.Fatal(err)
	}
	return inbox
}

func header(id string) http.Header {
	h := http.Header{"X-Skill-Secret": {"s3cret"}}
	if id != "" {
		h.Set("X-Request-Id", id)
	}
	return h
}

// asked is an adapter whose customer has just spoken: each attempt finds one
// open callback.
type asked struct {
	*kakao.Adapter
	t *testing.T
	f func(events.SendRequest) *channel.Request
}

func (a asked) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	if _, _, err := a.Receive(inbox, a.f(req)); err != nil {
		a.t.Fatal(err)
	}
	return a.Adapter.Send(ctx, inbox, req)
}

func TestConformance(t *testing.T) {
	var at string
	a := asked{adapter(t), t, func(events.SendRequest) *channel.Request {
		return wiretest.Request(fmt.Appendf(nil, `{"userRequest":{"utterance":"hi","callbackUrl":%q,"user":{"id":"user-1"}}}`, at+"/cb"), header(""), "", time.Now())
	}}
	conformance.Run(t, conformance.Subject{
		Adapter:  a,
		Inbox:    inboxWith(t, `{}`),
		NoSecret: &config.Inbox{ID: "inkakao", Channel: kakao.Kind, Secrets: map[string]string{}},
		Receiving: &conformance.Receiving{
			Message: func(n int) conformance.Call {
				return conformance.Call{Header: header(fmt.Sprint("r", n)), Body: fmt.Appendf(nil, `{"userRequest":{"utterance":"text %d","user":{"id":"user-1"}}}`, n)}
			},
			Unknown: func() conformance.Call {
				return conformance.Call{Header: header("x"), Body: []byte(`{"somethingNew":true}`)}
			},
		},
		Sending: &conformance.Sending{
			Inbox: func(p string) config.Inbox { at = p; return inboxWith(t, `{"allow_private":true}`) },
			To:    customer, Accept: `{"taskId":"t1","status":"SUCCESS"}`,
		},
	})
}

func TestGolden(t *testing.T) {
	inbox := inboxWith(t, `{"bot_id":"bot1"}`)
	wiretest.Golden(t, "*.json", func(body []byte) ([]*events.Inbound, channel.Reply, error) {
		return adapter(t).Receive(inbox, wiretest.Request(body, header(""), "", wiretest.At))
	}, testkit.Golden)
}

func TestRefusals(t *testing.T) {
	inbox, a := inboxWith(t, `{"bot_id":"bot1"}`), adapter(t)
	body := []byte(`{"userRequest":{"utterance":"hi","user":{"id":"u"}},"bot":{"id":"other"}}`)
	for name, h := range map[string]http.Header{
		"missing": {}, "empty": {"X-Skill-Secret": {""}}, "truncated": {"X-Skill-Secret": {"s3cre"}}, "longer": {"X-Skill-Secret": {"s3crets"}},
	} {
		out, _, err := a.Receive(inbox, wiretest.Request(body, h, "", wiretest.At))
		wiretest.Refused(t, name, http.StatusUnauthorized, out, err)
	}
	out, _, err := a.Receive(inbox, wiretest.Request(body, header(""), "", wiretest.At))
	wiretest.Refused(t, "another bot", http.StatusForbidden, out, err)
	empty := inbox
	empty.Secrets = map[string]string{"skill_secret": ""}
	out, _, err = a.Receive(empty, wiretest.Request(body, http.Header{}, "", wiretest.At))
	wiretest.Refused(t, "an inbox without a secret", http.StatusUnauthorized, out, err)
}

func TestACallbackIsUsedOnceAndWithinItsMinute(t *testing.T) {
	f, a := kakaofake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	said := func(n int, at time.Time) channel.Reply {
		r := f.Say("user-1", n, "안녕하세요", at)
		_, reply, err := a.Receive(inbox, wiretest.Request(r.Body, r.Header, "", at))
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	send := func(n int, text string) events.SendResult {
		got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, customer, n, text))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if reply := said(1, time.Now()); !strings.Contains(string(reply.Body), `"useCallback":true`) {
		t.Errorf("reply %s", reply.Body)
	}
	if got := send(1, "네, 말씀하세요"); got.Outcome != events.Sent {
		t.Errorf("%+v", got)
	}
	if got := send(2, "하나 더요"); got.Code != events.CodeWindowClosed {
		t.Errorf("the callback is used up: %+v", got)
	}
	said(2, time.Now().Add(-56*time.Second))
	if got := send(3, "늦은 답"); got.Code != events.CodeWindowClosed {
		t.Errorf("the callback is too old: %+v", got)
	}
	said(3, time.Now())
	f.State().Set(fake.Limited)
	if got := send(4, "다시"); got.Outcome != events.Retry {
		t.Errorf("%+v", got)
	}
	f.State().Set(fake.Works)
	if got := send(4, "다시"); got.Outcome != events.Sent {
		t.Errorf("an attempt that did not arrive has cost the callback: %+v", got)
	}
	said(4, time.Now())
	if got := send(5, strings.Repeat("가나다라 ", 700)); got.Code != events.CodeTooLong {
		t.Errorf("%+v", got)
	}
	if got := send(6, strings.Repeat("가나다라 ", 500)); got.Outcome != events.Sent {
		t.Errorf("three parts fit: %+v", got)
	}
	if sent := f.State().Sent(); len(sent) != 3 || sent[0].To != "user-1" {
		t.Errorf("the provider has %d", len(sent))
	}
}

func TestSendWhileTheProviderMisbehaves(t *testing.T) {
	f := kakaofake.New()
	a := adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	for mode, want := range map[fake.Mode]events.SendOutcome{
		fake.Works: events.Sent, fake.Down: events.Unclear, fake.Garbage: events.Unclear, fake.Swallow: events.Unclear,
		fake.Limited: events.Retry, fake.Dead: events.Rejected, fake.Broken: events.Unclear,
	} {
		who := customer
		who.Value = fmt.Sprint("customer-", mode) // each has one callback
		now := time.Now()
		r := f.Say(who.Value, int(mode), "hi", now)
		if _, _, err := a.Receive(inbox, wiretest.Request(r.Body, r.Header, "", now)); err != nil {
			t.Fatal(err)
		}
		f.State().Set(mode)
		got, err := a.Send(t.Context(), inbox, wiretest.Answer(inbox, who, int(mode), "answer"))
		if err != nil || got.Outcome != want {
			t.Errorf("mode %d: %+v, want %s", mode, got, want)
		}
	}
}

func TestTheFakeSpeaks(t *testing.T) {
	if in := wiretest.Heard(t, adapter(t), kakaofake.New()); len(in.Sender.Points) != 2 || in.Sender.Points[1].Kind != "kakao-channel" {
		t.Errorf("points %+v", in.Sender.Points)
	}
}

func FuzzReceive(f *testing.F) {
	for _, body := range conformance.Garbage() {
		if len(body) < 4096 {
			f.Add(body)
		}
	}
	f.Add([]byte(`{"userRequest":{"utterance":"List(http://a.kakaocdn.net/b)","user":{"id":"u"}},"action":{"params":{"x":"{\"secureUrls\":\"List(\"}"}}}`))
	inbox, a := inboxWith(f, `{}`), adapter(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		out, reply, err := a.Receive(inbox, wiretest.Request(body, header(""), "", wiretest.At))
		if err == nil {
			wiretest.Facts(t, out, reply)
		}
	})
}
