package twilio_test

import (
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/twilio"
	"github.com/tributary-inbox/tributary/services/social/twilio/twiliofake"
)

var _ fake.Presser = (*twiliofake.Fake)(nil)

// A text message has no buttons, and WhatsApp's go out in a content that was made
// before: the question is its text, and the press of a content's button comes in.
func TestQuickReplies(t *testing.T) {
	a, f := adapter(t), twiliofake.New()
	inbox := proof.Inbox(t, a, f)
	for _, to := range []events.Point{customer, {Kind: twilio.Kind, Value: "whatsapp:+821012345678"}} {
		req := proof.Answer("m", "How was it?", to)
		req.Message.QuickReplies = proof.Scale(3)
		got, err := a.Send(t.Context(), inbox, req)
		sent := f.Sent()
		last := sent[len(sent)-1]
		if err != nil || got.Outcome != events.Sent || last.Text != "How was it?" {
			t.Fatalf("%+v, %v, sent %+v", got, err, sent)
		}
		out, _, err := a.Receive(inbox, proof.Request(f.Press(last, len(sent), events.QuickReply{Label: "Good", Value: "sv1:4"}, proof.At), proof.At))
		if err != nil || len(out) != 1 || out[0].Message == nil || out[0].Message.Pressed != "sv1:4" || out[0].Message.Text != "Good" || !slices.Contains(out[0].Flags, "button") || out[0].Sender.Points[0].Value != to.Value {
			t.Errorf("%s: %+v, %v", to.Value, out, err)
		}
	}
}
