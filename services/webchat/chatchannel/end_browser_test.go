package chatchannel

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// talkShown is everything the window shows, an end as a rule.
const talkShown = `[...root.querySelectorAll(".row, .ended")].map(r => r.classList.contains("ended") ? "--" : r.querySelector(".bubble").innerText).join("|")`

// The button is there once the visitor has said something, asks once more, works by
// keyboard, and is gone until they say something again: also after a reload, and in
// their other windows. What is ended while nobody listens is ended in its turn.
//
// To see it fail: in the widget's chat.ts, let talking look past an end, or flush
// send it before what was said.
func TestEndingTheChatInABrowser(t *testing.T) {
	h := newHouse(t)
	p := openPage(t, h)
	const button = `(root.querySelector("header .end")?.innerText ?? "none")`
	const asks = `(root.querySelector("[role=alertdialog]")?.querySelector("p").innerText ?? "nothing")`
	const question = "End this chat? You can write again at any time."
	stated := func(want int) {
		t.Helper()
		testkit.Eventually(t, time.Minute, func() error {
			if n := len(h.ends()); n != want {
				return fmt.Errorf("%d ends are stated, want %d", n, want)
			}
			return nil
		})
	}
	focused := func(text string) {
		t.Helper()
		p.awaits(`(root.activeElement?.innerText ?? "")`, text)
	}
	p.awaits(button, "none")
	p.say("hello")
	p.awaits(talkShown, "hello")
	p.awaits(button, "End chat")

	// By keyboard: back from the box past the talk to the button, and no.
	p.do("to the button", script(`root.querySelector("header .end").focus()`), chromedp.KeyEvent(kb.Enter))
	p.awaits(asks, question)
	focused("Keep chatting")
	p.picture("ending")
	p.do("escape", chromedp.KeyEvent(kb.Escape))
	p.awaits(asks, "nothing")
	focused("End chat")
	p.do("again, and no", chromedp.KeyEvent(kb.Enter), until(inWidget(`return root.activeElement?.classList.contains("no")`)), chromedp.KeyEvent(kb.Enter))
	p.awaits(asks, "nothing")
	focused("End chat")
	stated(0)
	p.do("again, and yes", chromedp.KeyEvent(kb.Enter), until(inWidget(`return root.activeElement?.classList.contains("no")`)),
		chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)), until(inWidget(`return root.activeElement?.classList.contains("yes")`)), chromedp.KeyEvent(kb.Enter))
	p.awaits(talkShown, "hello|--")
	p.awaits(button, "none")
	p.awaits(`root.activeElement?.tagName`, "TEXTAREA")
	stated(1)
	p.do("a rule under the talk", until(inWidget(`return root.querySelector(".ended span").innerText === "You ended the chat."`)))
	p.picture("ended")

	// A survey after it, and the button pressed for it, begin nothing.
	to := h.ends()[0].Sender.Points[0]
	h.decide(offering("1", to, "4", "5"))
	p.awaits(talkShown, "hello|--|answer 1")
	p.do("press", script(`root.querySelector(".replies button").click()`))
	p.awaits(talkShown, "hello|--|answer 1|4")
	p.awaits(button, "none")
	p.sent()
	reload := func() {
		t.Helper()
		p.do("reload", chromedp.Reload(), until(inWidget(`return root.querySelector(".launcher")`)), script(`root.querySelector(".launcher").click()`),
			until(inWidget(`return root.querySelectorAll(".row").length >= 3`)))
	}
	reload()
	p.awaits(talkShown, "hello|--|answer 1|4")
	p.awaits(button, "none")

	// Written again, ended and written once more while nobody listens.
	address := h.server.Listener.Addr().String()
	h.stop()
	p.do("offline", until(inWidget(`return !root.querySelector(".notice").hidden`)))
	p.say("two")
	p.awaits(button, "End chat")
	p.do("end offline", script(`root.querySelector("header .end").click()`), until(inWidget(`return root.querySelector(".yes")`)), script(`root.querySelector(".yes").click()`))
	p.awaits(talkShown, "hello|--|answer 1|4|two|--")
	p.say("three")
	h.openAt(address)
	p.sent()
	stated(2)
	p.awaits(talkShown, "hello|--|answer 1|4|two|--|three")
	p.awaits(button, "End chat")
	token, err := chromedp.Run(p.within(), chromedp.Evaluate[string](`JSON.parse(localStorage.getItem("tributary-chat:tok")).visitor`))
	if err != nil {
		t.Fatal(err)
	}
	other := &visitor{h: h, token: token, hello: map[string]any{}}
	other.connect()
	for len(other.lines) < 7 { // with the same token it sees the ids that the page made
		f, data, err := other.read()
		if err != nil {
			t.Fatal(err)
		}
		other.keep(f, data)
	}
	other.tells("hello", "ended "+other.lines[1].ClientID, "answer 1", "4", "two", "ended "+other.lines[5].ClientID, "three")

	// Ended in another window while it is asked about here.
	p.do("asks", script(`root.querySelector("header .end").click()`), until(inWidget(`return root.querySelector(".yes")`)))
	other.end("elsewhere")
	p.awaits(asks, "nothing")
	p.awaits(button, "none")
	p.awaits(talkShown, "hello|--|answer 1|4|two|--|three|--")
	stated(3)
	p.quiet()
}
