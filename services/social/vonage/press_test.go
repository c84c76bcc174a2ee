package vonage_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/vonage"
	"github.com/tributary-inbox/tributary/services/social/vonage/vonagefake"
)

var _ fake.Presser = (*vonagefake.Fake)(nil)

func TestQuickRepliesOnWhatsApp(t *testing.T) {
	in := proof.Buttons(t, adapter(t), vonagefake.New(), events.Point{Kind: vonage.Kind, Value: "whatsapp:821012345678"}, "")
	if len(in.Message.InReplyTo) != 1 {
		t.Errorf("a press answers %q", in.Message.InReplyTo)
	}
}

// A text message has no buttons, and neither have networks whose form is not known.
func TestNoButtonsElsewhere(t *testing.T) {
	a := adapter(t)
	for _, to := range []events.Point{customer, {Kind: vonage.Kind, Value: "messenger:7001"}, {Kind: vonage.Kind, Value: "viber_service:821012345678"}} {
		f := vonagefake.New()
		take, calls := f.Take, 0
		f.Take = func(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
			calls++
			return take(w, r, body)
		}
		req := proof.Answer("m", "How was it?", to)
		req.Message.QuickReplies = proof.Scale(3)
		got, err := a.Send(t.Context(), proof.Inbox(t, a, f), req)
		if sent := f.Sent(); err != nil || got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text != "How was it?" || sent[0].Buttons != nil || calls != 1 {
			t.Errorf("%s: %+v, %v, sent %+v in %d calls", to.Value, got, err, sent, calls)
		}
	}
}

// Whatever may be found wrong with a custom message, the text arrives, and once.
func TestRefusedButtonsLeaveTheText(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	f.NoCustom = true
	req := proof.Answer("m", "How was it?", events.Point{Kind: vonage.Kind, Value: "whatsapp:821012345678"})
	req.Message.QuickReplies = proof.Scale(3)
	got, err := a.Send(t.Context(), proof.Inbox(t, a, f), req)
	if sent := f.Sent(); err != nil || got.Outcome != events.Sent || len(got.ProviderIDs) != 1 || len(sent) != 1 || sent[0].Text != "How was it?" || sent[0].Buttons != nil {
		t.Errorf("%+v, %v, sent %+v", got, err, f.Sent())
	}
}

// An inbox whose own network is WhatsApp knows its customers by their numbers.
func TestQuickRepliesOfAWhatsAppInbox(t *testing.T) {
	a, f := adapter(t), vonagefake.New()
	inbox := proof.Inbox(t, a, f)
	inbox.Settings = bytes.Replace(inbox.Settings, []byte(`"network":"sms"`), []byte(`"network":"whatsapp"`), 1)
	req := proof.Answer("m", "How was it?", customer)
	req.Message.QuickReplies = proof.Scale(5)
	got, err := a.Send(t.Context(), inbox, req)
	sent := f.Sent()
	if err != nil || got.Outcome != events.Sent || len(sent) != 1 || len(sent[0].Buttons) != 5 {
		t.Fatalf("%+v, %v, sent %+v", got, err, sent)
	}
	out, _, err := a.Receive(inbox, proof.Request(f.Press(sent[0], 1, sent[0].Buttons[4], proof.At), proof.At))
	if err != nil || len(out) != 1 || out[0].Message.Pressed != req.Message.QuickReplies[4].Value || out[0].Sender.Points[0] != customer {
		t.Errorf("%+v, %v", out, err)
	}
}
