package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/fakes"
)

// TestEveryButton is the road of a quick reply on each channel that has them: an
// answer offers two, the provider shows them, the customer presses one, and it
// stands in the same conversation with its label and its value, once though the
// provider tells it twice.
//
// To see it fail: have an adapter leave the buttons out, or not set Pressed.
func TestEveryButton(t *testing.T) {
	t.Parallel() // it mostly waits
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shown := 0
	for _, p := range fakes.All() {
		if channel.LimitsOf(p.Kind()).QuickReplies == 0 || p.Kind() == "vonage" { // whose customers here send text messages
			continue
		}
		presser, ok := p.(fake.Presser)
		if !ok {
			t.Errorf("%s has buttons, and nobody at its fake can press them", p.Kind())
			continue
		}
		shown++
		t.Run(p.Kind(), func(t *testing.T) {
			l := openLine(t, &in.Server, admin, p)
			asked := "are there buttons on " + p.Kind() + "?"
			l.say(t, "presser-"+p.Kind(), 1, asked, time.Now().Add(-time.Second))
			c := find(t, admin, asked)
			offer := []events.QuickReply{{Label: "Yes", Value: "buttons:yes"}, {Label: "No", Value: "buttons:no"}}
			text := "see for yourself, on " + p.Kind()
			admin.Call(http.MethodPost, "/conversations/"+string(c.ID)+"/messages", map[string]any{"text": text, "channel": p.Kind(), "client_id": "b-" + p.Kind(), "quick_replies": offer}, http.StatusCreated, nil)
			on := l.shown(t, text, offer)
			press := presser.Press(on, 2, on.Buttons[1], time.Now())
			l.post(t, press)
			if p.Kind() != "navertalk" { // Naver repeats nothing, and has no ids: a second later it is another press
				l.post(t, press)
			}
			rig.Eventually(t, func() error {
				n := 0
				for _, m := range admin.Messages(c.ID) {
					if m.Pressed != "" || m.Direction == events.In && m.Text != asked {
						n++
						if m.Pressed != offer[1].Value || m.Text != offer[1].Label {
							return fmt.Errorf("pressed %q, which says %q", m.Pressed, m.Text)
						}
					}
				}
				if n != 1 {
					return fmt.Errorf("pressed once, stands %d times", n)
				}
				return nil
			})
		})
	}
	if shown < 10 {
		t.Errorf("%d channels have buttons", shown)
	}
}

// shown is the message with a text that the provider took, once it has, with the
// buttons that were offered.
func (l *line) shown(t *testing.T, text string, offer []events.QuickReply) (out fake.Sent) {
	t.Helper()
	rig.Eventually(t, func() error {
		for _, m := range l.State().Sent() {
			if m.Text == text {
				out = m
				return nil
			}
		}
		return fmt.Errorf("the provider has no %q", text)
	})
	if !slices.EqualFunc(out.Buttons, offer, func(a, b events.QuickReply) bool { return a.Label == b.Label }) {
		t.Fatalf("offered %+v, shown %+v", offer, out.Buttons)
	}
	return out
}
