package screens

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	pageproto "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// signInAs opens the console as somebody whom the administrator has made.
func signInAs(t *testing.T, page context.Context, server *rig.Server, email string) {
	t.Helper()
	drive(t, page, "sign in as "+email, chromedp.Navigate(server.URL("/")), chromedp.WaitVisible(chromedp.CSS(`input[name=email]`)),
		chromedp.SendKeys(chromedp.CSS(`input[name=email]`), email), chromedp.SendKeys(chromedp.CSS(`input[name=password]`), rig.AdminPassword),
		chromedp.Click(chromedp.CSS(`.signin-card button`)), chromedp.WaitVisible(chromedp.CSS(`nav.sidebar`)))
}

// stands waits until the router has an agent in a state, and for a reason.
func stands(t *testing.T, a *rig.Agent, state events.AgentState, reason string) {
	t.Helper()
	rig.Eventually(t, func() error {
		var p events.Presence
		a.Call(http.MethodGet, "/agents/me/presence", nil, http.StatusOK, &p)
		if p.State != state || p.Reason != reason {
			return fmt.Errorf("stands as %q for %q, want %q for %q", p.State, p.Reason, state, reason)
		}
		return nil
	})
}

// TestBrowserOffer works in a push queue as an agent does: says in the browser
// that they are there, is asked while they type elsewhere, and takes it with
// Enter once they have let go of the keyboard. A second one they decline, and a
// supervisor's word on their presence shows without a press.
//
// To see it fail: in work/Offers.tsx, take the focus when a card is drawn.
func TestBrowserOffer(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	anna := admin.Colleague("anna@example.test", "agent", team)
	_, shop := admin.Pushed(team)
	page := tab(t, openBrowser(t))
	signInAs(t, page, &in.Server, "anna@example.test")
	presses(t, page, ".presence-button", "")
	presses(t, page, ".presence-reasons .chip-button", "Lunch")
	sees(t, page, "away, and why", `all(".presence-button.away", "Lunch").length === 1`)
	stands(t, anna, events.AgentAway, "lunch")
	presses(t, page, ".presence-button", "")
	presses(t, page, ".presence-item", "Available")
	sees(t, page, "available", `all(".presence-button.available").length === 1`)
	stands(t, anna, events.AgentAvailable, "")

	drive(t, page, "begin to type", chromedp.Click(chromedp.CSS(`#search`)), chromedp.SendKeys(chromedp.CSS(`#search`), "half a wo"))
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "is anybody there?"})
	sees(t, page, "the offer with its countdown", `all(".offer", "Minji Kim").length === 1 && /^0:[0-5]\d$|^1:00$/.test(all(".offer-left")[0].textContent)`)
	sees(t, page, "and in words for who hears the screen", `all("[aria-live=assertive]", "Minji Kim").length === 1`)
	shoot(t, page, "1-offered")
	drive(t, page, "type on", chromedp.KeyEvent("rd"), chromedp.KeyEvent(kb.Enter)) // Enter ends the search and takes nothing
	sees(t, page, "what was typed in the field", `document.getElementById("search").value === "half a word" && all(".offer").length === 1`)
	left := `Number(all(".offer-left")[0].textContent.replace("1:00", "60").replace("0:", ""))`
	sees(t, page, "the countdown go on", `((w) => (w.before ??= `+left+`, w.before > `+left+`))(window)`)
	drive(t, page, "take it", chromedp.KeyEvent(kb.Enter))
	sees(t, page, "the conversation, and no offer", `all(".offer").length === 0 && all(".msg.in .msg-text", "is anybody there?").length === 1`)
	if c := admin.AwaitConversations(1)[0]; c.Assignee != anna.ID || c.Offer != nil {
		t.Fatalf("assigned to %q, offered as %+v", c.Assignee, c.Offer)
	}
	sees(t, page, "why it is theirs, and after how long as the line of it says", `((said) => all(".wait-strip").length === 1 && !!said && all(".wait-words", said.textContent).length === 1)(all(".event-line > span, .event-line em", "Given to anna from sales after")[0])`)
	presses(t, page, ".wait-strip button", "Why?")
	sees(t, page, "the candidates", `all(".why tbody tr", "anna").length === 1`)
	shoot(t, page, "2-why")
	drive(t, page, "close it", chromedp.KeyEvent(kb.Escape))

	in.Say(t, shop, rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-2", Name: "Second One"}, Text: "and me?"})
	presses(t, page, ".offer button", "Decline")
	presses(t, page, ".offer-reasons button", "Not my subject")
	sees(t, page, "no offer", `all(".offer").length === 0`)
	rig.Eventually(t, func() error {
		for _, c := range admin.AwaitConversations(2) {
			if c.Assignee == "" && c.Wait != nil && len(c.Wait.Passed) == 1 && c.Wait.Passed[0].Outcome == events.OfferDeclined {
				return nil
			}
		}
		return fmt.Errorf("nothing waits that was declined")
	})
	admin.Call(http.MethodPut, "/agents/"+string(anna.ID)+"/presence", map[string]any{"state": "away", "reason": "meeting"}, http.StatusOK, nil)
	sees(t, page, "what the supervisor said", `all(".presence-button.away", "Meeting").length === 1`)
	presses(t, page, "a.entry", "Board")
	sees(t, page, "their board, and no way into the past", `all(".board-state", "Live").length === 1 && all(".tile", "Waiting").length === 1 && all(".travel").length === 0`)
}

// TestBrowserPresenceAfterACut has an agent see that the server is gone and what
// that means for them, and after its return how they stand.
func TestBrowserPresenceAfterACut(t *testing.T) {
	child := rig.Start(t, t.TempDir(), "--log-level", "error")
	page := tab(t, openBrowser(t))
	signIn(t, page, &child.Server)
	presses(t, page, ".presence-button", "")
	presses(t, page, ".presence-item", "Available")
	sees(t, page, "available", `all(".presence-button.available").length === 1`)
	child.Kill()
	sees(t, page, "that the connection is lost", `all(".presence-button.cut", "Connection lost").length === 1`)
	shoot(t, page, "1-cut")
	child.Start()
	sees(t, page, "available again", `all(".presence-button.available").length === 1 && all(".link-state.live").length === 1`)
	stands(t, child.Admin(t), events.AgentAvailable, "")
}

// TestBrowserClock has a promise of seconds run out before the eyes of an agent:
// the row and the head of the conversation count down, and then say how late it
// is, in words. The answer ends it.
//
// To see it fail: in work/clocks.ts, go by what was said and not by the moments.
func TestBrowserClock(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	receiver := rig.NewReceiver(t)
	var policy, queue struct{ ID string }
	admin.Call(http.MethodPost, "/policies", map[string]any{"name": "quick", "warn_before": 50, "targets": []any{map[string]any{"priority": -10, "first_response": 4}}}, http.StatusCreated, &policy)
	admin.Call(http.MethodPost, "/queues", map[string]any{"name": "sales", "mode": "pull", "policy": policy.ID}, http.StatusCreated, &queue)
	var shop rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", map[string]any{
		"channel": "webhook", "name": "shop", "queue": queue.ID, "settings": map[string]any{"profile": "plain", "auth": "none", "reply_url": receiver.URL, "allow_private": true},
	}, http.StatusCreated, &shop)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "quick, please"})
	sees(t, page, "the promise count down", `all("a.row .sla", "due in").length === 1`)
	opens(t, page, "quick, please")
	sees(t, page, "that it is late, in the row and over the conversation", `all("a.row .sla.late", "late by").length === 1 && all(".conv-head .sla.late", "late by").length === 1`)
	sees(t, page, "how late, ticking", `((text) => (window.first ??= text) !== text)(all("a.row .sla.late")[0].textContent)`)
	shoot(t, page, "1-late")
	sees(t, page, "the line of it", `all(".event-line", "First answer: late").length === 1`)
	presses(t, page, "a.entry", "Board")
	sees(t, page, "open the number of what is missed", `((link) => !!link && (link.click(), true))(document.querySelector(".board-table tbody td .bad a.plain-number"))`)
	sees(t, page, "just what it counts", `location.hash.includes("breached") && all("a.row").length === 1 && all("a.row .sla.late", "late by").length === 1`)
	sees(t, page, "that the server was asked for just that", `performance.getEntriesByType("resource").some((x) => x.name.includes("/board/conversations?") && x.name.includes("number=breached"))`)
	opens(t, page, "quick, please")
	presses(t, page, ".presence-button", "")
	presses(t, page, ".presence-item", "Available")
	drive(t, page, "let go of the keyboard", chromedp.Click(chromedp.CSS(`.timeline`)))
	presses(t, page, ".presence .button.primary", "")
	sees(t, page, "that it is theirs", `all(".event-line", "Given to Administrator from sales").length === 1 && all(".wait-strip", "Waits in").length === 0`)
	answer(t, page, "Here we are.")
	sees(t, page, "no promise any more", `all(".sla").length === 0`)
}

// pressed has a key go down as a keyboard does it: the letter of a key whose press
// the page has used up is typed nowhere. (Without it the letter follows on its own,
// into whatever the press has opened.)
func pressed(p *input.DispatchKeyEventParams) {
	if p.Type == kb.KeyDown {
		p.Type = kb.KeyRawDown
	}
}

// TestBrowserMacro answers with what is kept ready, as one who types fast: a
// shortcut is filled in with the customer's name while they write on, and a macro
// is opened, found by its name and carried out without a look at the screen.
//
// To see it fail: in ui/parts.tsx, give the picker the focus in useEffect; or in
// ui/Composer.tsx, fill in what the text was before the answer came.
func TestBrowserMacro(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	receiver := rig.NewReceiver(t)
	shop := admin.Inbox("webhook", "shop", map[string]any{"reply_url": receiver.URL, "allow_private": true})
	admin.Call(http.MethodPost, "/canned", map[string]any{"shortcut": "hello", "name": "Greeting", "texts": map[string]any{"en": "Hello {{contact.name}}, how can we help?"}}, http.StatusCreated, nil)
	admin.Call(http.MethodPost, "/macros", map[string]any{"name": "Close as done", "do": []any{map[string]any{"do": "tag", "tags": []string{"done"}}, map[string]any{"do": "resolve"}}}, http.StatusCreated, nil)
	admin.Call(http.MethodPost, "/macros", map[string]any{"name": "Ask back", "do": []any{map[string]any{"do": "tag", "tags": []string{"asked"}}}}, http.StatusCreated, nil)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "a question"})
	opens(t, page, "a question")
	drive(t, page, "type a shortcut", chromedp.SendKeys(chromedp.CSS(`#compose`), "/he"))
	sees(t, page, "the answer that fits", `all(".canned .choice", "Greeting").length === 1`)
	shoot(t, page, "1-shortcut")
	said := "Hello Minji Kim, how can we help? Bye"
	drive(t, page, "take it and write on", chromedp.KeyEvent("\r Bye", pressed))
	sees(t, page, "it filled in", fmt.Sprintf(`document.getElementById("compose").value === %q`, said))
	drive(t, page, "send it", chromedp.Click(chromedp.CSS(`.composer button[type=submit]`)))
	if got := rig.Receive(t, "the answer at the shop", receiver.Posts); got.Data.Text != said {
		t.Errorf("the shop got %q", got.Data.Text)
	}
	drive(t, page, "type it again", chromedp.SendKeys(chromedp.CSS(`#compose`), "/he"))
	sees(t, page, "the answer that fits, again", `all(".canned .choice", "Greeting").length === 1`)
	drive(t, page, "take it and send it", chromedp.KeyEvent("\r", pressed), chromedp.KeyEvent("\r", pressed, chromedp.KeyModifiers(kb.ModifierCtrl)))
	if got := rig.Receive(t, "the second answer at the shop", receiver.Posts); got.Data.Text != "Hello Minji Kim, how can we help?" {
		t.Errorf("the shop got %q", got.Data.Text)
	}
	sees(t, page, "let go of the composer", `(document.querySelector(".timeline").focus(), document.activeElement.matches(".timeline"))`)
	drive(t, page, "run a macro by its name", chromedp.KeyEvent("mclose\r", pressed))
	sees(t, page, "what it did", `all(".toast", "Close as done: done").length === 1 && all(".status.resolved").length >= 1 && all(".conv-sub .chip.tag", "done").length === 1`)
	shoot(t, page, "2-macro")
}

// drawn keeps every text that a page writes on a canvas.
const drawn = `window.drawn = new Set(); for (const own = CanvasRenderingContext2D.prototype.fillText, p = CanvasRenderingContext2D.prototype; p.fillText === own;) p.fillText = function (text, ...rest) { window.drawn.add(String(text)); return own.call(this, text, ...rest); };`

// seoul has old say how many minutes ago it was that late in Seoul; a script goes on
// after it.
const seoul = `((old = (hour) => ((now) => (1440 + now - hour.slice(0, 2) * 60 - hour.slice(3)) % 1440)(Math.floor(Date.now() / 60000 + 540) % 1440)) => (window.old = old, true))()`

// TestBrowserBoard watches the board while a customer writes: the number moves
// by itself, opens to the conversation that it counts, and the minute before
// knows nothing of it. The browser is in another zone than the house, whose hours
// all of the board shows.
//
// To see it fail: in board/Chart.tsx, leave out the zone of the axis; or in
// board/Travel.tsx, read what is typed with new Date.
func TestBrowserBoard(t *testing.T) {
	settings := rig.Settings(t.TempDir())
	settings.Zone = "Asia/Seoul"
	in := rig.Run(t, settings)
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	_, shop := admin.Pushed(team)
	page := tab(t, openBrowser(t))
	drive(t, page, "sit in New York, and write down what is drawn", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, pageproto.AddScriptToEvaluateOnNewDocument, pageproto.AddScriptToEvaluateOnNewDocumentParams{Source: drawn})
		return err
	}))
	signIn(t, page, &in.Server)
	presses(t, page, "a.entry", "Board")
	tile := func(label, value string) string {
		return fmt.Sprintf(`all(".tile", %q).filter((x) => x.querySelector("dd").textContent === %q).length === 1`, label, value)
	}
	sees(t, page, "an empty board", tile("Waiting", "0")+` && all(".board-state", "Live").length === 1`)
	admin.Call(http.MethodPost, "/alarms", map[string]any{"name": "somebody waits", "metric": "waiting", "scope": map[string]any{"kind": "total"}, "above": 0}, http.StatusCreated, nil)
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "is anybody there?"})
	sees(t, page, "the number move", tile("Waiting", "1")+` && all(".board-table tbody tr", "sales").length === 1`)
	sees(t, page, "how long they wait, ticking", `((text) => /\d/.test(text) && (window.first ??= text) !== text)(all(".tile", "Longest wait")[0].querySelector("dd").textContent)`)
	sees(t, page, "the alarm", `all(".alarm", "somebody waits").length === 1`)
	sees(t, page, "a chart", `all(".board-chart canvas").length === 1 && all(".board-chart figcaption", "1 waiting now, at most 1 within the hour").length === 1`)
	sees(t, page, "whose times these are", `all(".admin-head", "Times of Asia/Seoul").length === 1 && new Date(0).getHours() === 19`)
	sees(t, page, "the hours of the house under the chart, and none of this browser's", seoul+` && ((hours) => hours.length > 5 && hours.every((x) => old(x) <= 90))([...window.drawn].filter((x) => /^\d\d:\d\d$/.test(x))) && ((x) => old(x[1]) <= 90 && old(x[2]) <= 30)(all(".chart-hour")[0].textContent.match(/^(.{5})–(.{5})$/))`)
	sees(t, page, "every column, without a scroll", `((wrap) => wrap.scrollWidth <= wrap.clientWidth && wrap.querySelectorAll("thead th").length === 14)(document.querySelector(".board-table"))`)
	shoot(t, page, "1-board")
	sees(t, page, "open the number", `((link) => !!link && (link.click(), true))(document.querySelector(".board-table tbody td a.plain-number"))`)
	sees(t, page, "the conversation behind it", `all("a.row", "Minji Kim").length === 1`)

	presses(t, page, "a.entry", "Board")
	presses(t, page, ".travel button", "") // the only one: a quarter of an hour back
	sees(t, page, "that it is the past, or why there is none", `all(".board-state.past").length === 1 && (`+tile("Waiting", "0")+` || all(".notice.bad").length === 1)`)
	sees(t, page, "the minute in the field, of the house too", seoul+` && ((x) => old(x) >= 14 && old(x) <= 90)(document.querySelector(".travel input").value.slice(11))`)
	shoot(t, page, "2-past")
	sees(t, page, "set a minute of Seoul", `((el) => (Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(el, "2026-01-05T09:30"), el.dispatchEvent(new Event("change", { bubbles: true }))))(document.querySelector(".travel input"))`)
	sees(t, page, "that this moment is asked for", `performance.getEntriesByType("resource").some((x) => new URL(x.name).searchParams.get("at") === "2026-01-05T00:30:00.000Z")`)
	presses(t, page, ".travel button", "Now")
	sees(t, page, "the present again", tile("Waiting", "1"))
}
