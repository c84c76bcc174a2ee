package navertalk_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/navertalk/navertalkfake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var _ fake.Presser = (*navertalkfake.Fake)(nil)

func TestQuickReplies(t *testing.T) {
	in := proof.Buttons(t, adapter(t), navertalkfake.New(), user, "")
	if slices.Contains(in.Flags, "button") {
		t.Errorf("flags %q: the press is told twice", in.Flags)
	}
}

func TestPicturesComeBeforeTheButtons(t *testing.T) {
	f, a := navertalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	req := wiretest.Answer(inbox, user, 1, "이 상품인가요?")
	req.Message.QuickReplies = proof.Scale(2)
	req.Message.Attachments = []events.Attachment{{ID: "1", Type: "image/png", URL: "https://cdn.example/a.png"}}
	got, err := a.Send(t.Context(), inbox, req)
	if sent := f.State().Sent(); err != nil || got.Outcome != events.Sent || len(sent) != 2 || len(sent[0].Files) != 1 || sent[1].Text != "이 상품인가요?" || len(sent[1].Buttons) != 2 {
		t.Errorf("%+v, %v, sent %+v", got, err, f.State().Sent())
	}
}

// Whatever Naver may find wrong with buttons, the text arrives, and once.
func TestRefusedButtonsLeaveTheText(t *testing.T) {
	f, a := navertalkfake.New(), adapter(t)
	server := httptest.NewServer(f)
	defer server.Close()
	inbox := wiretest.Inbox(t, a, f, server.URL)
	req := wiretest.Answer(inbox, user, 1, "hello")
	req.Message.QuickReplies = []events.QuickReply{{Value: "no label"}}
	got, err := a.Send(t.Context(), inbox, req)
	if sent := f.State().Sent(); err != nil || got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text != "hello" || sent[0].Buttons != nil {
		t.Fatalf("%+v, %v, sent %+v", got, err, f.State().Sent())
	}
	echo := []byte(`{"event":"echo","echoedEvent":"send","user":"user-1","textContent":{"text":"hello"},"options":{"sourceId":10007}}`)
	out, _, err := a.Receive(inbox, wiretest.Request(echo, nil, "", req.At))
	if err != nil || out[0].Type != events.DeliveryReported || out[0].Delivery.Message != req.Message.ID {
		t.Errorf("the echo of the text: %+v, %v", out[0], err)
	}
}

// What a calendar sends has the code of the button that opened it: the day is what
// was said, and no button stands for it.
func TestOnlyButtonsPress(t *testing.T) {
	a := adapter(t)
	inbox := inboxWith(t, `{}`)
	for body, want := range map[string]string{
		`{"text":"좋아요","code":"sv1:4","inputType":"button"}`:         "sv1:4",
		`{"text":"좋아요","code":"sv1:4"}`:                              "sv1:4",
		`{"text":"좋아요","code":"","inputType":"typing"}`:              "",
		`{"text":"2026-03-05","code":"pick","inputType":"calendar"}`: "",
	} {
		out, _, err := a.Receive(inbox, wiretest.Request([]byte(`{"event":"send","user":"u","textContent":`+body+`}`), nil, "", wiretest.At))
		if err != nil || len(out) != 1 || out[0].Message.Pressed != want {
			t.Errorf("%s: %+v, %v", body, out, err)
		}
	}
	echo := []byte(`{"event":"echo","echoedEvent":"send","user":"u","textContent":{"text":"x","code":"c"},"options":{"sourceId":1}}`)
	if out, _, err := a.Receive(inbox, wiretest.Request(echo, nil, "", wiretest.At)); err != nil || out[0].Message.Pressed != "" {
		t.Errorf("our own message is a press: %+v, %v", out, err)
	}
}
