package chatchannel

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// browser starts a real one. A machine without is told what it lacks.
func browser(t *testing.T) (context.Context, func() []string) {
	t.Helper()
	path := os.Getenv("TRIBUTARY_BROWSER")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); path == "" && err == nil {
			path = p
		}
	}
	if path == "" {
		t.Fatal("this test needs a browser: install chromium (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("lang", "en-US"), chromedp.WindowSize(1100, 800))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the process
		end()
		stop()
	})
	var mu sync.Mutex
	var complaints []string
	err := chromedp.Listen(ctx, func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
				complaints = append(complaints, e.Entry.Text)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string { mu.Lock(); defer mu.Unlock(); return complaints }
}

// inWidget is a script with root as the widget's shadow root.
func inWidget(script string) string {
	return `(() => { const root = document.getElementById("tributary-chat")?.shadowRoot; if (!root) return ""; ` + script + ` })()`
}

// tab is a browser with the demo page of a house open.
type tab struct {
	t          *testing.T
	ctx        context.Context
	complaints func() []string
}

func openPage(t *testing.T, h *house) *tab {
	t.Helper()
	ctx, complaints := browser(t)
	p := &tab{t, ctx, complaints}
	if err := chromedp.Do(ctx, chromedp.Navigate(h.server.URL+"/demo/tok")); err != nil {
		t.Fatal(err)
	}
	p.do("open",
		until(inWidget(`return root.querySelector(".launcher")`)),
		script(`root.querySelector(".launcher").click()`),
		until(inWidget(`return root.activeElement?.tagName === "TEXTAREA"`)))
	return p
}

func until(js string) chromedp.Action[chromedp.Void] { return chromedp.Poll[chromedp.Void](js) }

func script(js string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](inWidget(js))
}

func (p *tab) within() context.Context {
	short, cancel := context.WithTimeout(p.ctx, time.Minute)
	p.t.Cleanup(cancel)
	return short
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.within(), steps...); err != nil {
		p.t.Fatalf("%s: %v (complaints %q)", what, err, p.complaints())
	}
}

// awaits waits until a script in the widget gives a text.
func (p *tab) awaits(js, want string) {
	p.t.Helper()
	if err := chromedp.Do(p.within(), until(inWidget(`return `+js+` === `+fmt.Sprintf("%q", want)))); err != nil {
		got, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](inWidget(`return `+js)))
		p.t.Fatalf("shows %q, want %q: %v (complaints %q)", got, want, err, p.complaints())
	}
}

const rows = `[...root.querySelectorAll(".row")].map(r => (r.classList.contains("mine") ? "me: " : "agent: ") + r.querySelector(".bubble").innerText).join("|")`

func (p *tab) shows(want string) {
	p.t.Helper()
	p.awaits(rows, want)
}

func (p *tab) say(text string) {
	p.t.Helper()
	p.do("say", script(`root.querySelector("textarea").focus()`), chromedp.KeyEvent(text+"\r"))
}

// sent waits until the log has all that the visitor said: a bubble is there before.
func (p *tab) sent() {
	p.t.Helper()
	p.do("sent", until(inWidget(`return [...root.querySelectorAll(".mine .when")].every(w => w.innerText.includes("Sent"))`)))
}

// picture is kept where one is asked for.
func (p *tab) picture(name string) {
	p.t.Helper()
	path := os.Getenv("TRIBUTARY_SCREENSHOTS")
	if path == "" {
		return
	}
	picture, err := chromedp.Run(p.within(), chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(path, name+".png"), picture, 0o600)
	}
	if err != nil {
		p.t.Error(err)
	}
}

func (p *tab) quiet() {
	p.t.Helper()
	if c := p.complaints(); len(c) > 0 {
		p.t.Errorf("the browser complains: %q", c)
	}
}

func TestWidgetInABrowser(t *testing.T) {
	h := newHouse(t)
	p := openPage(t, h)
	do, say, shows := p.do, p.say, p.shows
	say("hello from a browser")
	shows("me: hello from a browser")
	p.sent()
	in := h.lastStatement()
	h.decide(answer("1", in.Sender.Points[0]))
	shows("me: hello from a browser|agent: answer 1")

	// The server goes away; what is written meanwhile is sent once it is back.
	address := h.server.Listener.Addr().String()
	h.stop()
	say("written offline")
	do("offline", until(inWidget(`return !root.querySelector(".notice").hidden`)))
	h.openAt(address)
	shows("me: hello from a browser|agent: answer 1|me: written offline")
	p.sent()

	// A reload finds the same talk.
	do("reload", chromedp.Reload(), until(inWidget(`return root.querySelector(".launcher")`)))
	h.decide(answer("2", in.Sender.Points[0]))
	do("badge", until(inWidget(`return root.querySelector(".badge")?.innerText === "1"`)),
		script(`root.querySelector(".launcher").click()`))
	shows("me: hello from a browser|agent: answer 1|me: written offline|agent: answer 2")

	// Signing in keeps the talk and makes the visitor that customer.
	do("sign in", chromedp.SetValue(chromedp.CSS("#user"), "c-1"), chromedp.Click(chromedp.CSS("#identity button[type=submit]")),
		until(`document.getElementById("state").innerText.includes("c-1")`))
	do("welcome", until(inWidget(`return root.querySelector(".notice").hidden && root.querySelectorAll(".row").length === 4`)))
	say("signed in")
	shows("me: hello from a browser|agent: answer 1|me: written offline|agent: answer 2|me: signed in")
	p.sent()
	if p := h.lastMessage().Sender.Points; p[0].Kind != kindExternal || p[0].Value != "c-1" || p[1] != in.Sender.Points[0] {
		t.Errorf("points %+v", p)
	}
	// Escape closes, and the focus is where it was.
	do("escape", script(`root.querySelector("textarea").focus()`), chromedp.KeyEvent(kb.Escape), until(inWidget(`return !root.querySelector(".panel") && root.activeElement?.classList.contains("launcher")`)))
	p.quiet()
	do("open again", script(`root.querySelector(".launcher").click()`), until(inWidget(`return root.querySelectorAll(".row").length === 5`)))
	p.picture("widget")
}

// lastMessage is the newest statement that is a message; receipts follow it.
func (h *house) lastMessage() *events.Inbound {
	h.t.Helper()
	for seq := h.inbound.DurableSeq(); seq > 0; seq-- {
		r, err := h.inbound.Get(h.t.Context(), seq)
		if err != nil {
			h.t.Fatal(err)
		}
		if in, err := events.DecodeInbound(r.Data); err == nil && in.Type == events.MessageReceived {
			return in
		}
	}
	h.t.Fatal("no message")
	return nil
}
