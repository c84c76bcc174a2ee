package screens

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// browser finds the browser that the environment names, or a Chromium.
func browser(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("TRIBUTARY_BROWSER"); named != "" {
		return named
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test needs a browser: install Chromium (on Debian: apt-get install chromium), or name one in TRIBUTARY_BROWSER")
	return ""
}

// openBrowser starts one that ends with the test.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.WindowSize(1380, 860), chromedp.Flag("lang", "en-US"))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits for the process
			t.Errorf("end the browser: %v", err)
		}
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

// tab opens another page in the same browser.
func tab(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	page, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	// A page lives as long as the context it is first used with.
	must(t, chromedp.Do(page))
	return page
}

func drive(t *testing.T, page context.Context, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, stop := context.WithTimeout(page, rig.Patience)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		shoot(t, page, "failed")
		t.Fatalf("%s: %v", what, err)
	}
}

// shoot keeps a picture where TRIBUTARY_SHOTS names a folder.
func shoot(t *testing.T, page context.Context, name string) {
	t.Helper()
	dir := os.Getenv("TRIBUTARY_SHOTS")
	if dir == "" {
		return
	}
	ctx, stop := context.WithTimeout(page, rig.Patience)
	defer stop()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, t.Name()+"-"+name+".png"), picture, 0o600))
}

// count asks the page how many elements of a kind hold exactly this text.
func count(t *testing.T, page context.Context, selector, text string) int {
	t.Helper()
	ctx, stop := context.WithTimeout(page, rig.Patience)
	defer stop()
	script := fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => e.textContent.trim() === %q).length`, selector, text)
	n, err := chromedp.Run(ctx, chromedp.Evaluate[int](script))
	must(t, err)
	return n
}

func awaitCount(t *testing.T, page context.Context, selector, text string, want int) {
	t.Helper()
	got := -1
	defer func() {
		if got != want {
			shoot(t, page, "failed")
		}
	}()
	rig.Eventually(t, func() error {
		if got = count(t, page, selector, text); got != want {
			return fmt.Errorf("%q stands %d times on the screen, want %d", text, got, want)
		}
		return nil
	})
}

func signIn(t *testing.T, page context.Context, server *rig.Server) {
	t.Helper()
	drive(t, page, "sign in", chromedp.Navigate(server.URL("/")), chromedp.WaitVisible(chromedp.CSS(`input[name=email]`)),
		chromedp.SendKeys(chromedp.CSS(`input[name=email]`), rig.AdminEmail), chromedp.SendKeys(chromedp.CSS(`input[name=password]`), rig.AdminPassword),
		chromedp.Click(chromedp.CSS(`.signin-card button`)), chromedp.WaitVisible(chromedp.CSS(`nav.sidebar`)))
}

// TestBrowserConsole works in the console as an agent does: signs in, sees a
// message come in live, answers it, loses the server to a kill, and after its
// return sees what came meanwhile, once, and what was there, once.
func TestBrowserConsole(t *testing.T) {
	shop := rig.NewReceiver(t)
	child := rig.Start(t, t.TempDir(), "--log-level", "warn")
	admin := child.Admin(t)
	hook := admin.Inbox("webhook", "shop", map[string]any{"reply_url": shop.URL, "allow_private": true})
	page := tab(t, openBrowser(t))
	signIn(t, page, &child.Server)
	shoot(t, page, "1-empty")
	customer := rig.SaidBy{ID: "c-1", Name: "Minji Kim"}
	child.Say(t, hook, rig.Said{ID: "1", Contact: customer, Text: "배송이 언제 오나요?"})
	drive(t, page, "the conversation appears live and is opened", chromedp.WaitVisible(chromedp.CSS(`a.row .row-name`)),
		chromedp.Click(chromedp.CSS(`a.row`)), chromedp.WaitVisible(chromedp.CSS(`.timeline .msg.in .msg-text`)))
	awaitCount(t, page, ".msg.in .msg-text", "배송이 언제 오나요?", 1)
	child.Say(t, hook, rig.Said{ID: "2", Contact: customer, Text: "second, while open"})
	awaitCount(t, page, ".msg.in .msg-text", "second, while open", 1)
	answer(t, page, "내일 도착합니다. Tomorrow.")
	if got := rig.Receive(t, "the answer at the shop", shop.Posts); got.Data.Text != "내일 도착합니다. Tomorrow." {
		t.Errorf("the shop got %q", got.Data.Text)
	}
	awaitCount(t, page, ".msg.out .msg-text", "내일 도착합니다. Tomorrow.", 1)
	shoot(t, page, "2-answered")

	child.Kill()
	child.Start()
	child.Say(t, hook, rig.Said{ID: "3", Contact: customer, Text: "sent while you were away"})
	awaitCount(t, page, ".msg.in .msg-text", "sent while you were away", 1)
	answer(t, page, "and answered after")
	awaitCount(t, page, ".msg.out .msg-text", "and answered after", 1)
	for _, text := range []string{"배송이 언제 오나요?", "second, while open", "sent while you were away"} {
		awaitCount(t, page, ".msg.in .msg-text", text, 1)
	}
	awaitCount(t, page, ".msg.out .msg-text", "내일 도착합니다. Tomorrow.", 1)
	shoot(t, page, "3-after-the-kill")
}

func answer(t *testing.T, page context.Context, text string) {
	t.Helper()
	drive(t, page, "answer", chromedp.WaitVisible(chromedp.CSS(`#compose`)), chromedp.SendKeys(chromedp.CSS(`#compose`), text),
		chromedp.WaitEnabled(chromedp.CSS(`.composer button[type=submit]`)), chromedp.Click(chromedp.CSS(`.composer button[type=submit]`)))
}

// inWidget runs a script with root as the chat's shadow root.
func inWidget(script string) string {
	return `(() => { const root = document.getElementById("tributary-chat")?.shadowRoot; if (!root) return false; ` + script + ` })()`
}

func awaitTrue(t *testing.T, page context.Context, what, script string) {
	t.Helper()
	ctx, stop := context.WithTimeout(page, rig.Patience)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(rig.Patience))); err != nil {
		shoot(t, page, "failed")
		t.Fatalf("%s: %v\n%s", what, err, shown(page))
	}
}

// shown is where a page stands and what can be read on it, for a test that fails.
func shown(page context.Context) string {
	ctx, stop := context.WithTimeout(page, 10*time.Second)
	defer stop()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 4000)`))
	if err != nil {
		return "and the page does not answer: " + err.Error()
	}
	return text
}

// TestBrowserChat opens the shop's demo page, signs in there, chats from the
// widget, and has an agent answer from the console in the next tab. The widget
// shows the answer once, also after the server was killed and came back.
func TestBrowserChat(t *testing.T) {
	child := rig.Start(t, t.TempDir(), "--log-level", "warn")
	admin := child.Admin(t)
	site := admin.Inbox("webchat", "Hanbit Tea", map[string]any{"demo": true})
	ctx := openBrowser(t)
	shop := tab(t, ctx)
	drive(t, shop, "open the demo", chromedp.Navigate(child.URL("/demo/"+site.HookToken())), chromedp.WaitVisible(chromedp.CSS(`#identity`)),
		chromedp.SendKeys(chromedp.CSS(`#user`), "c-1"), chromedp.Click(chromedp.CSS(`#identity button[type=submit]`)))
	awaitTrue(t, shop, "sign in at the shop", `document.getElementById("state").textContent.includes("Signed in as customer c-1")`)
	awaitTrue(t, shop, "open the widget", inWidget(`root.querySelector(".launcher:not(.opened)")?.click(); return !!root.querySelector("textarea")`))
	say(t, shop, "안녕하세요, is anybody there?")
	shoot(t, shop, "1-asked")

	desk := tab(t, ctx)
	signIn(t, desk, &child.Server)
	drive(t, desk, "open the conversation", chromedp.WaitVisible(chromedp.CSS(`a.row`)), chromedp.Click(chromedp.CSS(`a.row`)))
	awaitCount(t, desk, ".msg.in .msg-text", "안녕하세요, is anybody there?", 1)
	answer(t, desk, "We are here.")
	shown := func(text string) string {
		return inWidget(fmt.Sprintf(`return [...root.querySelectorAll(".bubble")].filter((b) => b.textContent.trim() === %q).length === 1`, text))
	}
	awaitTrue(t, shop, "the answer in the widget", shown("We are here."))
	drive(t, shop, "write two lines, and press the button", chromedp.KeyEvent("one"), chromedp.KeyEvent("\r", pressed, chromedp.KeyModifiers(kb.ModifierShift)), chromedp.KeyEvent("two"))
	awaitTrue(t, shop, "the field with both, and higher", inWidget(`const box = root.querySelector("textarea"); if (box.value !== "one\ntwo" || box.offsetHeight < 50) return false; root.querySelector(".send").click(); return true`))
	awaitTrue(t, shop, "nothing is left in the field, and its height is that of a line", emptied)
	awaitCount(t, desk, ".msg.in .msg-text", "one\ntwo", 1)
	child.Kill()
	child.Start()
	say(t, shop, "still there?")
	awaitCount(t, desk, ".msg.in .msg-text", "still there?", 1)
	answer(t, desk, "Yes.")
	for _, text := range []string{"Yes.", "We are here.", "still there?", "안녕하세요, is anybody there?"} {
		awaitTrue(t, shop, text+" in the widget", shown(text))
	}
	shoot(t, shop, "2-answered")
	shoot(t, desk, "3-console")
	if n := len(admin.Messages(admin.AwaitConversations(1)[0].ID)); n != 5 {
		t.Errorf("the conversation has %d messages, want 5", n)
	}
}

// emptied says that the widget's field holds nothing, and is as high as one line.
var emptied = inWidget(`const box = root.querySelector("textarea"); return box.value === "" && box.offsetHeight < 50`)

// say types into the widget as a person does; the field is empty after it.
func say(t *testing.T, page context.Context, text string) {
	t.Helper()
	focus := inWidget(`const box = root.querySelector("textarea"); if (!box || box.disabled) return false; box.focus(); return root.activeElement === box`)
	awaitTrue(t, page, "the widget takes text", focus)
	drive(t, page, "type", chromedp.KeyEvent(strings.TrimSpace(text)), chromedp.KeyEvent("\r", pressed))
	awaitTrue(t, page, "nothing is left in the field", emptied)
}
