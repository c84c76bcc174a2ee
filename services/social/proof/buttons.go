package proof

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Conversing is an adapter of both directions.
type Conversing interface {
	channel.Sender
	channel.Receiver
}

// Scale are n quick replies as a survey offers them.
func Scale(n int) []events.QuickReply {
	out := make([]events.QuickReply, n)
	for i := range out {
		out[i] = events.QuickReply{Label: strconv.Itoa(i), Value: "sv01kafz0000000000000000000:" + strconv.Itoa(i)}
	}
	return out
}

// Buttons offers quick replies to a customer of the fake and has them press one.
// It returns what the press was read as, for what is the provider's own. The
// point is the customer's as the press must state it; thread is where an answer
// goes besides, mostly empty.
//
// To see it fail: leave the buttons out of what Send posts, or hang them on every
// part, or do not set Pressed.
func Buttons(t *testing.T, a Conversing, f fake.Presser, to events.Point, thread string) *events.Inbound {
	t.Helper()
	inbox, limits := Inbox(t, a, f), channel.LimitsOf(a.Kind())
	n := len(f.State().Sent()) // no message twice
	send := func(text string, buttons []events.QuickReply) []fake.Sent {
		t.Helper()
		n++
		before := len(f.State().Sent())
		req := Answer("msbutton"+strconv.Itoa(n), text, to)
		req.Thread.Key, req.Message.QuickReplies = thread, buttons
		got, err := a.Send(t.Context(), inbox, req)
		if err != nil || got.Outcome != events.Sent {
			t.Fatalf("a message with %d buttons: %+v, %v", len(buttons), got, err)
		}
		return f.State().Sent()[before:]
	}
	most := Scale(min(limits.QuickReplies, events.MaxQuickReplies))
	most[0].Label = strings.Repeat("가", min(limits.QuickLabel, events.MaxQuickLabel))
	sent := send("How did we do? <1 & 5>", most)
	if len(sent) != 1 || !slices.Equal(labels(sent[0].Buttons), labels(most)) {
		t.Fatalf("offered %v, shown %+v", most, sent)
	}
	if strings.Contains(sent[0].Text, most[0].Value) {
		t.Errorf("the text shows a value: %s", sent[0].Text)
	}
	text := "a long text. "
	for len(limits.Split(text)) == 1 {
		text += "a long text. "
	}
	long := send(text, Scale(2)) // in as many parts, which some providers take in one request
	for i, s := range long {
		if last := i == len(long)-1; (len(s.Buttons) > 0) != last {
			t.Errorf("part %d of %d has %d buttons", i+1, len(long), len(s.Buttons))
		}
	}
	for name, buttons := range map[string][]events.QuickReply{
		"too many":              Scale(limits.QuickReplies + 1),
		"a label that is long":  {{Label: strings.Repeat("x", limits.QuickLabel+1), Value: "v"}, {Label: "2", Value: "w"}},
		"none that was offered": nil,
	} {
		if sent := send("How did we do?", buttons); len(sent) != 1 || len(sent[0].Buttons) != 0 || sent[0].Text != "How did we do?" {
			t.Errorf("%s: %+v", name, sent)
		}
	}
	pressed := press(t, a, f, inbox, sent[0], 0)
	if m := pressed.Message; m.Text != most[0].Label || m.Pressed != most[0].Value || !slices.ContainsFunc(pressed.Flags, func(f string) bool { return strings.HasSuffix(f, "button") }) {
		t.Errorf("pressed %+v, read %+v with flags %q", most[0], m, pressed.Flags)
	}
	if p := pressed.Sender.Points[0]; p.Kind != to.Kind || p.Value != to.Value {
		t.Errorf("offered to %+v, pressed by %+v", to, p)
	}
	if other := press(t, a, f, inbox, sent[0], 1); other.Message.Pressed != most[1].Value || other.ProviderID == pressed.ProviderID {
		t.Errorf("another press: %+v", other)
	}
	return pressed
}

func press(t *testing.T, a channel.Receiver, f fake.Presser, inbox config.Inbox, on fake.Sent, i int) *events.Inbound {
	t.Helper()
	now := time.Now()
	statements, _, err := a.Receive(inbox, Request(f.Press(on, 100+i, on.Buttons[i], now), now))
	if err != nil || len(statements) != 1 || statements[0].Message == nil || statements[0].Type != events.MessageReceived {
		t.Fatalf("a press comes to %+v, %v", statements, err)
	}
	return statements[0]
}

func labels(buttons []events.QuickReply) (out []string) {
	for _, b := range buttons {
		out = append(out, b.Label)
	}
	return out
}
