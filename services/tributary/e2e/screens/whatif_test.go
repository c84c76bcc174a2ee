package screens

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// noon is a zone in which it is about noon, so that a test is within one day.
func noon(now time.Time) string {
	if ahead := 12 - now.UTC().Hour(); ahead != 0 {
		return fmt.Sprintf("Etc/GMT%+d", -ahead) // these names count to the west
	}
	return "UTC"
}

// aWait has one agent, who takes one at a time, serve two customers: the
// second waits for more than two seconds.
func aWait(t *testing.T, in *rig.Inside, admin *rig.Agent, team string) {
	t.Helper()
	var billing struct{ ID string }
	admin.Call(http.MethodPost, "/queues", map[string]any{"name": "Billing", "teams": []string{team}, "mode": "push"}, http.StatusCreated, &billing)
	var hook rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", map[string]any{
		"channel": "webhook", "name": "shop", "queue": billing.ID, "settings": map[string]any{"profile": "plain", "auth": "none"},
	}, http.StatusCreated, &hook)
	anna := admin.Colleague("anna@example.test", "agent", team)
	admin.Call(http.MethodPatch, "/agents/"+string(anna.ID), map[string]any{"capacity": 20}, http.StatusOK, nil)
	anna.Stand("available")
	anna.Watch("")
	await := func(what string, name string, is func(events.Conversation) bool) events.ConversationID {
		var id events.ConversationID
		rig.Eventually(t, func() error {
			all, err := admin.TryConversations()
			if err != nil {
				return err
			}
			for _, c := range all {
				if c.Contact.Name == name && is(c) {
					id = c.ID
					return nil
				}
			}
			return fmt.Errorf("%s: %s", name, what)
		})
		return id
	}
	hers := func(c events.Conversation) bool { return c.Assignee == anna.ID }
	before := time.Now()
	in.Say(t, hook, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "my bill is wrong"})
	first := await("is Anna's", "Minji Kim", hers)
	slow := time.Since(before) // played again, the first is Anna's at once and done by so much earlier
	in.Say(t, hook, rig.Said{ID: "m-2", Contact: rig.SaidBy{ID: "c-2", Name: "Ana Ruiz"}, Text: "mine too"})
	await("has waited for two seconds", "Ana Ruiz", func(c events.Conversation) bool {
		return c.Wait != nil && time.Since(c.Wait.Since) > slow+2*time.Second
	})
	anna.Resolve(first)
	anna.Resolve(await("is Anna's", "Ana Ruiz", hers))
}

// TestBrowserWhatIf has a supervisor find out from the board what one more agent
// would have changed about today, and what sending on to another queue would not;
// the question stands in the address, and the answer is told in their language.
//
// To see it fail: in whatif/Result.tsx, compare the day as it was with itself; or in
// whatif/run.ts, keep the run in the page.
func TestBrowserWhatIf(t *testing.T) {
	settings := rig.Settings(t.TempDir())
	settings.Zone = noon(time.Now())
	zone, err := time.LoadLocation(settings.Zone)
	must(t, err)
	in := rig.Run(t, settings)
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	aWait(t, in, admin, team)
	admin.Named("/queues", "Back office", map[string]any{"mode": "push"})
	admin.Colleague("sam@example.test", "supervisor", team)

	page := tab(t, openBrowser(t))
	signInAs(t, page, &in.Server, "sam@example.test")
	presses(t, page, "a.entry", "Board")
	presses(t, page, ".admin-head .button", "What if…")
	sees(t, page, "nothing played before it is said what", `all(".whatif-side .list-empty", "Choose a day").length === 1`)
	presses(t, page, ".whatif-foot .button", "Play it")
	sees(t, page, "what is missing, in words", `all(".whatif-side [role=alert]", "Change something first").length === 1 && document.activeElement.matches(".notice")`)
	fills(t, page, "Day", time.Now().In(zone).Format(time.DateOnly))
	fills(t, page, "Agents more or fewer", "1")
	sees(t, page, "no complaint any more", `all(".whatif-side [role=alert]").length === 0`)
	presses(t, page, ".whatif-foot .button", "Play it")
	row := func(number string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(".whatif-table tr[data-number=%s] td")].map((e) => e.textContent.trim())`, number)
	}
	sees(t, page, "two who came, and two taken", `((c) => c.slice(0, 3).join() === "2,2,2" && c[3] === "the same")(`+row("taken")+`)`)
	sees(t, page, "the longest wait, seconds before and none with one more", `((c) => c.length === 4 && !c.slice(0, 2).some((x) => /^[01](\.\d)?s$/.test(x)) && c[2] === "0s" && c[3].startsWith("−") && c[3].endsWith("better"))(`+row("longest_ms")+`)`)
	sees(t, page, "it in a sentence, the lines, the queue and what is assumed", `all(".whatif-said p", "Longest wait: 0s instead of ").length === 1 && all(".whatif-chart canvas").length === 1 && all(".whatif-chart figcaption", "As it was: at most 1, at ").length === 1 && all(".whatif-each tbody tr", "Billing").length === 1 && all(".whatif-assumed li").length === 6 && all(".whatif-changes li", "Agents: +1, All teams").length === 1`)
	shoot(t, page, "1-one-more")

	drive(t, page, "go away", chromedp.Click(chromedp.CSS(`a.entry[href="#/reports"]`)), chromedp.WaitVisible(chromedp.CSS(`.report-table, .list-empty`)), chromedp.NavigateBack())
	sees(t, page, "the same question, and its answer", `new URLSearchParams(location.hash.split("?")[1]).get("agents") === "1" && `+row("taken")+`.length === 4`)

	fills(t, page, "Agents more or fewer", "0")
	fills(t, page, "Change a queue", "Billing")
	fills(t, page, "Overflow to", "Back office")
	fills(t, page, "Overflows after", "1h")
	sees(t, page, "that the answer is of another question", `all(".whatif-side .notice", "The question has changed").length === 1`)
	presses(t, page, ".whatif-foot .button", "Play it")
	sees(t, page, "a rule that would have changed nothing", `((c) => c.length === 4 && c[1] === c[2] && c[3] === "the same")(`+row("longest_ms")+`) && all(".whatif-changes li", "Billing, Overflow to: Back office (today Stays here)").length === 1`)
	sees(t, page, "the number of agents, to be typed over", `((el) => (el.focus(), el.select(), document.activeElement === el))((`+labelled+`)("Agents more or fewer"))`)
	drive(t, page, "ask for one fewer, by the keyboard alone", chromedp.KeyEvent("-1"), chromedp.KeyEvent("\r", pressed))
	sees(t, page, "that nobody would have been there", `((c) => c.slice(0, 3).join() === "2,2,0" && c[3].startsWith("−2") && c[3].endsWith("worse"))(`+row("taken")+`) && all(".whatif-changes li", "Agents: −1, All teams").length === 1`)
	fills(t, page, "As it is set today, not as it was that day", "on")
	sees(t, page, "that too in the address", `new URLSearchParams(location.hash.split("?")[1]).getAll("today").length === 1`)
	presses(t, page, ".whatif-foot .button", "Play it")
	sees(t, page, "it among what was changed", `all(".whatif-changes li", "Billing: as it is set today").length === 1`)
	presses(t, page, ".whatif-each tbody button", "Billing")
	sees(t, page, "the one queue above", `all(".whatif-chart figcaption", "Waiting: Billing").length === 1 && all(".whatif-table tr[data-number=occupancy]").length === 0`)
	sees(t, page, "it in Korean", `((select) => select ? (select.value = "ko", select.dispatchEvent(new Event("change", { bubbles: true })), true) : (document.querySelector(".account-button").click(), false))(document.querySelector(".account-menu select"))`)
	sees(t, page, "the page in Korean, what is assumed too", `all("main h1", "만약에").length === 1 && all(".whatif-assumed li", "포기한 고객은").length === 1 && !/[a-z]{9}/i.test(document.querySelector(".whatif-assumed").textContent)`)
	shoot(t, page, "2-korean")
}
