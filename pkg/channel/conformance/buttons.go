package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// pressed holds a channel that has buttons to what channel.Limits promises of them:
// they reach the provider with what stands on them and what comes back, all of them
// or none, and the text goes out either way.
func pressed(t *testing.T, s Subject, sender channel.Sender, p *provider, limits channel.Limits) {
	inbox, to := s.Sending.Inbox(p.URL), s.Sending.To
	if s.Sending.Pressing != nil {
		inbox, to = s.Sending.Pressing(p.URL)
	}
	if err := sender.Check(&inbox); err != nil {
		t.Fatal(err)
	}
	offer := func(t *testing.T, n int, list ...events.QuickReply) {
		t.Helper()
		p.answer(200, "Content-Type", "application/json", s.Sending.Accept)
		m := answer(n)
		m.QuickReplies = list
		if got := sendOne(within(t), t, sender, inbox, to, m); got.Outcome != events.Sent {
			t.Fatalf("outcome %q (%s), want sent", got.Outcome, got.Detail)
		}
		if !p.got(m.Text) {
			t.Error("the text is not among what the provider got: buttons are only beside it")
		}
	}
	t.Run("two that fit", func(t *testing.T) {
		list := replies(2)
		offer(t, 8, list...)
		for _, q := range list {
			if !p.got(q.Label) {
				t.Errorf("no button is called %q", q.Label)
			}
			if !p.got(q.Value) {
				t.Errorf("the value %q is not there: what is pressed could not be told", q.Value)
			}
		}
	})
	none := func(t *testing.T, list []events.QuickReply) {
		t.Helper()
		for _, q := range list {
			if p.got(q.Label) || p.got(q.Value) {
				t.Errorf("%q went out of a message whose buttons do not fit: the customer could not answer with the others", q.Label)
				return
			}
		}
	}
	t.Run("as many as fit and one more", func(t *testing.T) {
		list := replies(limits.QuickReplies + 1)
		offer(t, 9, list...)
		none(t, list)
	})
	t.Run("one that is too long", func(t *testing.T) {
		list := replies(2)
		list[1].Label = strings.Repeat("x", limits.QuickLabel+1)
		offer(t, 10, list...)
		none(t, list)
	})
}

// replies are n quick replies with short labels.
func replies(n int) []events.QuickReply {
	list := make([]events.QuickReply, n)
	for i := range list {
		list[i] = events.QuickReply{Label: fmt.Sprintf("Ja %d!", i), Value: fmt.Sprintf("svconformance/%03d:%d", i, i)}
	}
	return list
}
