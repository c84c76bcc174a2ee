package chatchannel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// offering is an agent's message with answers to press.
func offering(n string, to events.Point, labels ...string) events.Message {
	m := answer(n, to)
	for _, label := range labels {
		m.QuickReplies = append(m.QuickReplies, events.QuickReply{Label: label, Value: "sv" + n + ":" + label})
	}
	return m
}

// press sends what the widget does when a button is pressed.
func (v *visitor) press(clientID, on, label, value string) {
	v.h.t.Helper()
	v.send(map[string]any{"type": "message", "client_id": clientID, "text": label, "pressed": value, "id": on})
	var a Ack
	v.until("ack", &a)
}

// Buttons reach the visitor, also one who comes later, and what they press is
// stated with its value and the label that stands on it.
//
// To see it fail: leave the quick replies out of fold, of the hub's memory or of the
// file.
func TestAPressedButton(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.say("a1", "hello")
	h.decide(offering("1", v.point(), "4", "5"))
	v.sees("hello", "answer 1")
	want := offering("1", v.point(), "4", "5").QuickReplies
	if got := v.lines[1].QuickReplies; !slices.Equal(got, want) || v.lines[0].QuickReplies != nil {
		t.Fatalf("offers %+v", got)
	}
	v.press("a2", "ms1", "whatever the page says", want[1].Value)
	if m := h.lastMessage().Message; m.Text != "5" || m.Pressed != want[1].Value {
		t.Errorf("states %+v", m)
	}
	v.sees("hello", "answer 1", "5")
	// A second browser of theirs, after a restart: nothing is left in memory.
	h.stop()
	h.open()
	o := &visitor{h: h, token: v.token, hello: v.hello}
	if w := o.connect(); len(w.Lines) != 3 || !slices.Equal(w.Lines[1].QuickReplies, want) {
		t.Fatalf("later it gets %+v", w.Lines)
	}
	o.press("b1", "ms1", "4", want[0].Value)
	if m := h.lastMessage().Message; m.Text != "4" || m.Pressed != want[0].Value {
		t.Errorf("later it states %+v", m)
	}
}

// A page can send what it likes: only what was offered to this visitor is a press.
//
// To see it fail: in pressed, take any value of the message, or the message of any
// visitor; or in hub resolve, keep the buttons of what was removed.
func TestWhatWasNotOfferedIsOnlyWords(t *testing.T) {
	h := newHouse(t)
	v, other := h.visitor(), h.visitor()
	v.connect()
	other.connect()
	v.say("a1", "hello")
	other.say("b1", "hello too")
	h.decide(offering("1", v.point(), "5"), offering("2", other.point(), "5"), answer("3", v.point()))
	v.sees("hello", "answer 1", "answer 3")
	other.sees("hello too", "answer 2")
	h.fact(events.NewFact(&events.MessageAdded{Message: offering("4", v.point(), "5")}))
	h.fact(events.NewFact(&events.MessageRemoved{Conversation: "cvone", Message: "ms4"}))
	var gone Line
	v.until("removed", &gone)
	long := strings.Repeat("x", events.MaxQuickValue+1)
	for i, c := range []struct{ on, value string }{
		{"ms1", "sv1:4"}, {"ms1", "sv2:5"}, {"ms2", "sv2:5"}, {"ms3", "sv1:5"}, {"", "sv1:5"}, {"ms9", "sv1:5"}, {"ms4", "sv4:5"},
		{h.lastMessage().ProviderID, "sv1:5"}, {"ms1", long}, {long, "sv1:5"}, {"ms1", ""},
	} {
		v.press(fmt.Sprint("p", i), c.on, "5", c.value)
		if m := h.lastMessage().Message; m.Text != "5" || m.Pressed != "" {
			t.Errorf("%q on %q is stated as %+v", c.value, c.on, m)
		}
	}
	v.press("p", "ms1", "5", "sv1:5")
	if m := h.lastMessage().Message; m.Pressed != "sv1:5" {
		t.Errorf("the right one is stated as %+v", m)
	}
}

// More buttons than the channel takes, or longer ones, are none: the text says all.
func TestButtonsThatDoNotFitAreLeftOut(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	var many []string
	for i := range events.MaxQuickReplies + 1 {
		many = append(many, fmt.Sprint(i))
	}
	h.decide(offering("1", v.point(), many...), offering("2", v.point(), strings.Repeat("x", events.MaxQuickLabel+1)), offering("3", v.point(), many[1:]...))
	v.sees("answer 1", "answer 2", "answer 3")
	for i, want := range []int{0, 0, events.MaxQuickReplies} {
		if got := len(v.lines[i].QuickReplies); got != want {
			t.Errorf("%s offers %d, want %d", v.lines[i].Text, got, want)
		}
	}
}

// The widget draws buttons under the newest message that has them, and they are gone
// for good once the visitor has pressed one or written something.
//
// To see it fail: in the widget's chat.ts, let offer look past the visitor's own
// words, or leave press out of the frame.
func TestButtonsOfTheWidgetInABrowser(t *testing.T) {
	h := newHouse(t)
	p := openPage(t, h)
	const buttons = `[...root.querySelectorAll(".replies")].map(r => r.closest(".row").querySelector(".bubble").innerText + ": " + [...r.querySelectorAll("button")].map(b => b.innerText).join(" ")).join("|")`
	p.say("hello")
	p.shows("me: hello")
	p.sent()
	to := h.lastMessage().Sender.Points[0]
	h.decide(offering("1", to, "1", "2", "3"))
	p.awaits(buttons, "answer 1: 1 2 3")
	h.decide(offering("2", to, "4", "5"), answer("3", to))
	p.shows("me: hello|agent: answer 1|agent: answer 2|agent: answer 3")
	p.awaits(buttons, "answer 2: 4 5")
	p.do("a name for the group", until(inWidget(`return root.querySelector(".replies[role=group]").getAttribute("aria-label") === "Answers to choose from"`)))
	p.picture("buttons")

	// By keyboard: from the box back to the last button, and on from there.
	p.do("by keyboard", script(`root.querySelector("textarea").focus()`), chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)),
		until(inWidget(`return root.activeElement?.innerText === "5"`)), chromedp.KeyEvent(kb.Enter))
	p.shows("me: hello|agent: answer 1|agent: answer 2|agent: answer 3|me: 5")
	p.awaits(buttons, "")
	p.awaits(`root.activeElement?.tagName`, "TEXTAREA")
	pressed := func(label, value string) {
		t.Helper()
		testkit.Eventually(t, time.Minute, func() error {
			if m := h.lastMessage().Message; m.Text != label || m.Pressed != value {
				return fmt.Errorf("stated %+v", m)
			}
			return nil
		})
	}
	pressed("5", "sv2:5")

	// Words instead end it too, and a reload brings nothing back that was answered.
	h.decide(offering("4", to, "6", "7"))
	p.awaits(buttons, "answer 4: 6 7")
	p.say("I would rather write")
	p.awaits(buttons, "")
	reload := func() {
		t.Helper()
		p.do("reload", chromedp.Reload(), until(inWidget(`return root.querySelector(".launcher")`)), script(`root.querySelector(".launcher").click()`),
			until(inWidget(`return root.querySelectorAll(".row").length >= 7`)))
	}
	reload()
	p.awaits(buttons, "")
	h.decide(offering("5", to, "8", "9"))
	p.awaits(buttons, "answer 5: 8 9")
	reload()
	p.awaits(buttons, "answer 5: 8 9")

	// Pressed while nobody listens, it waits and is sent as a press.
	address := h.server.Listener.Addr().String()
	h.stop()
	p.do("offline", until(inWidget(`return !root.querySelector(".notice").hidden`)), script(`root.querySelector(".replies button").click()`))
	p.awaits(buttons, "")
	h.openAt(address)
	pressed("8", "sv5:8")
	p.quiet()
}
