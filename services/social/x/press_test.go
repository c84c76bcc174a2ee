package x_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/x/xfake"
)

var _ fake.Presser = (*xfake.Fake)(nil)

// X's programming interface takes no buttons from us, so a question goes out as its
// text, and what is picked of another program's options comes in as a press.
func TestQuickReplies(t *testing.T) {
	a, f := adapter(t), xfake.New()
	inbox := proof.Inbox(t, a, f)
	req := proof.Answer("m", "How was it?", ana)
	req.Message.QuickReplies = proof.Scale(3)
	got, err := a.Send(t.Context(), inbox, req)
	sent := f.Sent()
	if err != nil || got.Outcome != events.Sent || len(sent) != 1 || sent[0].Text != "How was it?" {
		t.Fatalf("%+v, %v, sent %+v", got, err, sent)
	}
	out, _, err := a.Receive(inbox, proof.Request(f.Press(sent[0], 3, events.QuickReply{Label: "Good", Value: "sv1:4"}, proof.At), proof.At))
	if err != nil || len(out) != 1 || out[0].Message == nil || out[0].Message.Pressed != "sv1:4" || out[0].Message.Text != "Good" || !slices.Contains(out[0].Flags, "button") || out[0].Sender.Points[0].Value != ana.Value {
		t.Fatalf("%+v, %v", out, err)
	}
	for _, odd := range []string{`"x"`, `[]`, `{"metadata":null}`, `{}`} {
		event := fmt.Appendf(nil, `{"for_user_id":%q,"direct_message_events":[{"type":"message_create","id":"9","created_timestamp":"1763630913000","message_create":{"target":{"recipient_id":%q},"sender_id":"7","message_data":{"text":"hi","quick_reply_response":%s}}}]}`, xfake.Self, xfake.Self, odd)
		out, _, err := a.Receive(inbox, proof.Request(xfake.Sign(event), proof.At))
		if err != nil || len(out) != 1 || out[0].Message == nil || out[0].Message.Pressed != "" || len(out[0].Flags) != 0 {
			t.Errorf("%s: %+v, %v", odd, out, err)
		}
	}
}
