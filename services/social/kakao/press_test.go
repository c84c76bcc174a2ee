package kakao_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/kakao/kakaofake"
	"github.com/tributary-inbox/tributary/services/social/proof"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

var _ fake.Presser = (*kakaofake.Fake)(nil)

func TestQuickReplies(t *testing.T) {
	f := kakaofake.New()
	n := 0
	spoken := asked{adapter(t), t, func(req events.SendRequest) *channel.Request {
		n++
		said := f.Say(req.To.Value, n, "hi", time.Now())
		return wiretest.Request(said.Body, said.Header, "", time.Now())
	}}
	in := proof.Buttons(t, spoken, f, customer, "")
	if slices.Contains(in.Flags, channel.FlagDerivedID) {
		t.Errorf("flags %q", in.Flags)
	}
}

// What a bot's author put beside a button of their own is nobody's value here, and
// what is no object is nothing.
func TestOtherButtonsPressNothing(t *testing.T) {
	inbox, a := inboxWith(t, `{}`), adapter(t)
	for extra, want := range map[string]string{
		`null`: "", `"null"`: "", `{}`: "", `{"data":"x"}`: "", `{"pressed":3}`: "", `[1]`: "", `{"pressed":""}`: "", `{"pressed":"sv1:4"}`: "sv1:4",
	} {
		body := fmt.Appendf(nil, `{"userRequest":{"utterance":"좋아요","user":{"id":"u"}},"action":{"clientExtra":%s}}`, extra)
		out, _, err := a.Receive(inbox, wiretest.Request(body, header("r1"), "", wiretest.At))
		if err != nil || len(out) != 1 || out[0].Message == nil || out[0].Message.Pressed != want || out[0].Message.Text != "좋아요" {
			t.Errorf("%s: %+v, %v", extra, out, err)
		}
		if pressed := slices.Contains(out[0].Flags, "button"); pressed != (want != "") {
			t.Errorf("%s: flags %q", extra, out[0].Flags)
		}
	}
}
