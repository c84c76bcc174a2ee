package screens

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestButtonsOfASurveyOnTheScreens has a customer press their score in the widget of
// a shop's page, in a real browser, and an agent see in the console what was offered
// and that it was pressed.
//
// To see it fail: in the widget's view, draw no replies; or in the console's
// MessageView, leave out Buttons.
func TestButtonsOfASurveyOnTheScreens(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	admin.Surveyed(events.CSAT, 0)
	site := admin.Inbox("webchat", "Hanbit Tea", map[string]any{"demo": true})
	browser := openBrowser(t)
	shop := tab(t, browser)
	drive(t, shop, "open the shop", chromedp.Navigate(in.URL("/demo/"+site.HookToken())), chromedp.WaitVisible(chromedp.CSS(`#identity`)))
	awaitTrue(t, shop, "open the widget", inWidget(`root.querySelector(".launcher:not(.opened)")?.click(); return !!root.querySelector("textarea")`))
	say(t, shop, "Where is my order?")
	c := admin.AwaitConversations(1)[0]
	admin.Reply(c.ID, "webchat", "Tomorrow.", "a1")
	admin.Resolve(c.ID)
	awaitTrue(t, shop, "the scores are drawn", inWidget(`return [...root.querySelectorAll(".replies button")].map((b) => b.innerText).join(" ") === "1 2 3 4 5"`))
	shoot(t, shop, "asked")
	awaitTrue(t, shop, "press", inWidget(`root.querySelectorAll(".replies button")[3].click(); return true`))
	awaitTrue(t, shop, "said once", inWidget(`return !root.querySelector(".replies") && [...root.querySelectorAll(".row.mine .bubble")].map((b) => b.innerText).join("|") === "Where is my order?|4"`))
	if after := admin.AwaitScore(c.ID, 4); after.Status != events.Resolved || after.WaitingSince != nil {
		t.Errorf("the button made it %+v", after)
	}
	console := tab(t, browser)
	signIn(t, console, &in.Server)
	drive(t, console, "open the conversation", chromedp.Navigate(in.URL("/#/c/"+string(c.ID))), chromedp.WaitVisible(chromedp.CSS(`.timeline .msg.out .offered`)))
	sees(t, console, "what was offered", `all(".msg.out .offered li").map((e) => e.textContent).join(" ") === "1 2 3 4 5" && all(".offered button, .offered a").length === 0`)
	sees(t, console, "what was pressed", `all(".msg.in").some((e) => e.querySelector(".msg-text").textContent === "4" && e.querySelector(".pressed").textContent === "pressed a button")`)
	shoot(t, console, "pressed")
}
