package screens

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// labelled finds the field that a page names by this label.
const labelled = `(name) => {
	const own = (l) => [...l.childNodes].map((n) => n.nodeType === 3 || n.nodeName === "SPAN" ? n.textContent : "").join("").trim();
	for (const l of document.querySelectorAll("main label")) if (own(l) === name) return l.querySelector("input, select, textarea");
	return [...document.querySelectorAll("main input, main select, main textarea")].find((e) => e.getAttribute("aria-label") === name);
}`

// fills types into the field of that name, or chooses there what it shows.
func fills(t *testing.T, page context.Context, name, value string) {
	t.Helper()
	script := `((el) => {
		if (!el || el.disabled) return false;
		if (el.type === "checkbox") { if (el.checked !== (%[2]q === "on")) el.click(); return el.checked === (%[2]q === "on"); }
		if (el.tagName === "SELECT") {
			const o = [...el.options].find((o) => o.textContent.trim() === %[2]q);
			if (!o) return false;
			el.value = o.value;
			return el.dispatchEvent(new Event("change", { bubbles: true }));
		}
		const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(el), "value").set;
		el.focus();
		set.call(el, %[2]q);
		el.dispatchEvent(new Event("input", { bubbles: true }));
		el.blur();
		return true;
	})((%[3]s)(%[1]q))`
	sees(t, page, fmt.Sprintf("fill in %s: %s", name, value), fmt.Sprintf(script, name, value, labelled))
}

// administers goes to a page of the administration, by the menu.
func administers(t *testing.T, page context.Context, id string) {
	t.Helper()
	drive(t, page, "to "+id, chromedp.Click(chromedp.CSS(fmt.Sprintf(`.admin-nav a[href="#/admin/%s"]`, id))),
		chromedp.WaitVisible(chromedp.CSS(`.admin-bar .button.primary`)))
}

// begins opens the form of a new one, and names it.
func begins(t *testing.T, page context.Context, id, button, name string) {
	t.Helper()
	administers(t, page, id)
	presses(t, page, ".admin-bar .button.primary", button)
	fills(t, page, "Name", name)
}

// keeps saves the form, and waits until the list has it.
func keeps(t *testing.T, page context.Context, button, name string) {
	t.Helper()
	presses(t, page, ".settings-form button[type=submit]", button)
	sees(t, page, name+" is in the list", fmt.Sprintf(`all("td .plain-link", %q).length === 1`, name))
}

// TestBrowserQueue makes hours, a service level and a queue as an administrator
// does, and sees the clock of a customer who writes there run in the list.
func TestBrowserQueue(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	drive(t, page, "to the administration", chromedp.Navigate(in.URL("/#/admin/hours")), chromedp.WaitVisible(chromedp.CSS(`.admin-bar .button.primary`)))

	begins(t, page, "hours", "New hours", "Always there")
	fills(t, page, "Time zone", "Nowhere/Atlantis")
	for _, day := range []string{"Saturday", "Sunday"} {
		presses(t, page, fmt.Sprintf(`button[aria-label="Add hours: %s"]`, day), "")
	}
	for _, day := range []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} {
		fills(t, page, day+": from", "0")
		fills(t, page, day+": to", "24:00")
	}
	presses(t, page, ".settings-form button[type=submit]", "Create")
	sees(t, page, "the server's refusal of the zone", `all(".settings-form [role=alert]", "no such zone").length === 1`)
	fills(t, page, "Time zone", "Asia/Seoul")
	keeps(t, page, "Create", "Always there")

	begins(t, page, "policies", "New service level", "Within the hour")
	fills(t, page, "Counted in", "Always there")
	fills(t, page, "First answer", "soon")
	presses(t, page, ".settings-form button[type=submit]", "Create")
	sees(t, page, "what is no length of time is not sent", `all("input:invalid[aria-invalid=true]").length === 1 && all("td .plain-link").length === 0`)
	fills(t, page, "First answer", "10m 30s")
	fills(t, page, "Resolution", "2d")
	fills(t, page, "Once at risk (steps)", "2")
	fills(t, page, "Once missed (steps)", "1")
	presses(t, page, ".settings-form button[type=submit]", "Create")
	sees(t, page, "a miss that counts less than a risk is not sent", `all("input[type=number]:invalid").length === 1 && all("td .plain-link").length === 0`)
	shoot(t, page, "0-policy")
	fills(t, page, "Once missed (steps)", "5")
	keeps(t, page, "Create", "Within the hour")
	sees(t, page, "how far it puts forward", `all("td", "At risk +2, missed +5").length === 1`)

	begins(t, page, "queues", "New queue", "First line")
	fills(t, page, "How work leaves", "By itself")
	fills(t, page, "Service level", "Within the hour")
	fills(t, page, "Business hours", "Always there")
	fills(t, page, "Outside of the hours", "keeps what waits until it opens")
	fills(t, page, "Time to answer an offer", "45s")
	shoot(t, page, "1-queue")
	keeps(t, page, "Create", "First line")

	var hours struct{ Items []config.Hours }
	admin.Call(http.MethodGet, "/hours", nil, http.StatusOK, &hours)
	if got := hours.Items[0]; len(hours.Items) != 1 || got.Zone != "Asia/Seoul" || !slices.Equal(got.Week.Sunday, []config.Block{{From: "00:00", To: "24:00"}}) {
		t.Errorf("the hours were kept as %+v", hours.Items)
	}
	var policies struct{ Items []config.Policy }
	admin.Call(http.MethodGet, "/policies", nil, http.StatusOK, &policies)
	if got := policies.Items[0]; len(got.Targets) != 1 || got.Targets[0].FirstResponse != 630 || got.Targets[0].Resolution != 172_800 || got.Hours != hours.Items[0].ID || got.Raise != (config.Raise{Warned: 2, Missed: 5}) {
		t.Errorf("the service level was kept as %+v", got)
	}
	var queues struct{ Items []config.Queue }
	admin.Call(http.MethodGet, "/queues", nil, http.StatusOK, &queues)
	queue := queues.Items[0]
	if queue.Mode != config.QueuePush || queue.OfferFor != 45 || queue.Policy != policies.Items[0].ID || queue.Hours != hours.Items[0].ID || queue.Closed != config.ClosedHolds {
		t.Errorf("the queue was kept as %+v", queue)
	}

	shop := admin.Shop()
	admin.Call(http.MethodPatch, "/inboxes/"+string(shop.ID), map[string]any{"queue": queue.ID}, http.StatusOK, nil)
	in.Say(t, shop, rig.Said{ID: "1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "is anybody there?"})
	drive(t, page, "to the conversations", chromedp.Click(chromedp.CSS(`.admin-head > .link`)))
	sees(t, page, "the clock of the first answer", `/^due in (10|9)m/.test(all("a.row .sla.running").map((e) => e.textContent).join())`)
	first := `document.querySelector("a.row .sla.running .sla-time").textContent`
	sees(t, page, "it runs", fmt.Sprintf(`(window.seen ??= %[1]s) && window.seen !== %[1]s`, first))
	shoot(t, page, "2-clock")
}

// TestBrowserRule makes a rule, tries it over what has happened, sees that nothing
// was done, switches it on, and sees it act on the next customer.
func TestBrowserRule(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	in.Say(t, shop, rig.Said{ID: "1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "I want a refund"})
	in.Say(t, shop, rig.Said{ID: "2", Contact: rig.SaidBy{ID: "c-2", Name: "Ana Ruiz"}, Text: "where is my tea?"})
	admin.AwaitConversations(2)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	drive(t, page, "to the administration", chromedp.Navigate(in.URL("/#/admin/rules")), chromedp.WaitVisible(chromedp.CSS(`.admin-bar .button.primary`)))

	begins(t, page, "rules", "New rule", "Refunds")
	fills(t, page, "If", `message.txt.contains("refund")`)
	sees(t, page, "where the expression is wrong", `all(".says.bad", "txt").length === 1 && all(".says.bad button", "Line 1, column").length === 1`)
	fills(t, page, "If", `message.text.contains("refund")`)
	sees(t, page, "that it can be read", `all(".says.good").length === 1`)
	fills(t, page, "Tags", "money, back")
	presses(t, page, ".dry-bar button", "Try it")
	sees(t, page, "what it would have done, to one customer", `all(".dry-sum", "acted 1 times, in 1 conversations").length === 1 && all(".dry-result tbody tr", "Minji Kim").length === 1 && all(".dry-result tbody tr", "Ana Ruiz").length === 0 && all(".dry-result td", "money, back").length === 1`)
	shoot(t, page, "1-dry-run")
	keeps(t, page, "Create", "Refunds")
	for _, c := range admin.Conversations() {
		if len(c.Tags) != 0 {
			t.Errorf("what was only tried has tagged %s: %v", c.Contact.Name, c.Tags)
		}
	}
	sees(t, page, "it is switched off", `all("td .status", "Switched off").length === 1`)

	presses(t, page, "td .plain-link", "Refunds")
	fills(t, page, "Switched on", "on")
	keeps(t, page, "Save", "Refunds")
	sees(t, page, "it is switched on", `all("td .status", "Switched on").length === 1`)
	in.Say(t, shop, rig.Said{ID: "3", Contact: rig.SaidBy{ID: "c-3", Name: "Jun Lee"}, Text: "a refund, please"})
	rig.Eventually(t, func() error {
		for _, c := range admin.Conversations() {
			if c.Contact.Name == "Jun Lee" && slices.Equal(slices.Sorted(slices.Values(c.Tags)), []string{"back", "money"}) {
				return nil
			}
		}
		return fmt.Errorf("nothing is tagged yet")
	})
	drive(t, page, "to the conversations", chromedp.Click(chromedp.CSS(`.admin-head > .link`)))
	sees(t, page, "the tags, on one conversation", `all("a.row", "Jun Lee").some((r) => r.textContent.includes("money")) && all("a.row .chip.tag", "money").length === 1`)
	shoot(t, page, "2-acted")
}

// TestBrowserReport opens a report down to a conversation.
func TestBrowserReport(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	shop := admin.Shop()
	for i, name := range []string{"Minji Kim", "Ana Ruiz", "Jun Lee"} {
		in.Say(t, shop, rig.Said{ID: fmt.Sprint(i), Contact: rig.SaidBy{ID: fmt.Sprint("c-", i), Name: name}, Text: "hello from " + name})
	}
	var minji events.ConversationID
	for _, c := range admin.AwaitConversations(3) {
		if c.Contact.Name == "Minji Kim" {
			minji = c.ID
		}
	}
	admin.Call(http.MethodPost, "/conversations/"+string(minji)+"/resolve", map[string]any{}, http.StatusOK, nil)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	drive(t, page, "to the reports", chromedp.Click(chromedp.CSS(`a.entry[href="#/reports"]`)), chromedp.WaitVisible(chromedp.CSS(`.report-table`)))
	cells := `all(".report-table tfoot td").map((e) => e.textContent.trim())`
	sees(t, page, "three opened and one resolved", `((c) => c[1] === "3" && c[3] === "1" && c[4] === "2")(`+cells+`) || (all(".admin-bar .button", "Refresh")[0].click(), false)`)
	fills(t, page, "By", "the whole range")
	fills(t, page, "and by", "Channel")
	sees(t, page, "the same by channel", `all(".report-table th", "Channel").length === 1 && all(".report-table tbody tr", "Webhook").length === 1`)
	shoot(t, page, "1-by-channel")
	link, err := chromedp.Run(page, chromedp.Evaluate[string](`document.querySelector("a[download]").getAttribute("href")`))
	must(t, err)
	file, err := admin.Try(http.MethodGet, strings.TrimPrefix(link, "/api/v1"), nil)
	must(t, err)
	if kind := file.Header.Get("Content-Type"); file.Status != http.StatusOK || !strings.HasPrefix(kind, "text/csv") || !strings.HasPrefix(string(file.Body), "channel,opened,reopened,resolved") || !strings.Contains(string(file.Body), "\r\nwebhook,3,0,1,2,") {
		t.Errorf("the file is %d, %s: %s", file.Status, kind, file.Body)
	}
	presses(t, page, ".report-table tbody td:nth-child(4) button", "1")
	sees(t, page, "the one that was resolved", `all(".drill a").length === 1 && all(".drill a", "Minji Kim").length === 1`)
	shoot(t, page, "2-behind")
	presses(t, page, ".drill a", "Minji Kim")
	awaitCount(t, page, ".msg.in .msg-text", "hello from Minji Kim", 1)
	drive(t, page, "back", chromedp.NavigateBack())
	sees(t, page, "the report as it was", `all(".report-table th", "Channel").length === 1`)
	presses(t, page, ".report-head button", "Rates")
	sees(t, page, "open the share of the resolved", `((at) => at >= 0 && ((b) => !!b && (b.click(), true))(all(".report-table tbody tr", "Webhook")[0]?.children[at].querySelector("button")))(all(".report-table thead th").findIndex((e) => e.textContent === "Resolution rate"))`)
	sees(t, page, "the whole that it is a part of", `all(".drill-parts button[aria-pressed=true]", "All of them").length === 1 && all(".drill a").length === 3`)
	presses(t, page, ".drill-parts button", "Those it counts")
	sees(t, page, "the part", `all(".drill a").length === 1 && all(".drill a", "Minji Kim").length === 1`)
}

// TestBrowserTwoAdministrators changes a setting while another has it open: the
// second is told, and nothing is lost unasked. What is typed and not saved is not
// left without a question either.
func TestBrowserTwoAdministrators(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	id := admin.Named("/skills", "Refunds", nil)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	drive(t, page, "to the skill", chromedp.Navigate(in.URL("/#/admin/skills/"+id)), chromedp.WaitVisible(chromedp.CSS(`.settings-form`)))
	fills(t, page, "Name", "Mine")
	admin.Call(http.MethodPut, "/skills/"+id, map[string]any{"name": "Theirs"}, http.StatusOK, nil)
	named := func(want string) {
		t.Helper()
		var now config.Skill
		admin.Call(http.MethodGet, "/skills/"+id, nil, http.StatusOK, &now)
		if now.Name != want {
			t.Errorf("the skill is named %q, want %q", now.Name, want)
		}
	}
	presses(t, page, ".settings-form button[type=submit]", "Save")
	sees(t, page, "that somebody was first", `all(".settings-form [role=alert]", "Somebody has changed this").length === 1`)
	named("Theirs")
	presses(t, page, ".settings-form [role=alert] button", "Show theirs")
	sees(t, page, "theirs", fmt.Sprintf(`(%s)("Name").value === "Theirs" && all(".settings-form [role=alert]").length === 0`, labelled))

	fills(t, page, "Name", "Mine again")
	sees(t, page, "a question before it is left, and staying", `(() => { let asked = 0; const before = window.confirm; window.confirm = () => (asked++, false); document.querySelector('.admin-nav a[href="#/admin/teams"]').click(); window.confirm = before; return asked === 1 && location.hash.startsWith("#/admin/skills/"); })()`)
	admin.Call(http.MethodPut, "/skills/"+id, map[string]any{"name": "Theirs again"}, http.StatusOK, nil)
	presses(t, page, ".settings-form button[type=submit]", "Save")
	presses(t, page, ".settings-form [role=alert] button", "Save mine over theirs")
	sees(t, page, "mine in the list", `all("td .plain-link", "Mine again").length === 1`)
	named("Mine again")
}

// TestBrowserSettings makes one of every kind that the administration has, as it
// is typed there, and finds it at the server as it was meant.
func TestBrowserSettings(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	admin.Named("/teams", "Sellers", nil)
	queue := admin.Named("/queues", "First line", nil)
	admin.Named("/routes", "First", map[string]any{"position": 10, "when": "true", "queue": queue})
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	drive(t, page, "to the administration", chromedp.Navigate(in.URL("/#/admin/skills")), chromedp.WaitVisible(chromedp.CSS(`.admin-bar .button.primary`)))

	begins(t, page, "skills", "New skill", "Refunds")
	keeps(t, page, "Create", "Refunds")

	begins(t, page, "routes", "New routing target", "Second")
	fills(t, page, "When", `conversation.channel == "email"`)
	fills(t, page, "Queue", "First line")
	fills(t, page, "Add a skill", "Refunds")
	fills(t, page, "Level: Refunds", "Level 4")
	keeps(t, page, "Create", "Second")
	order := `all("td .plain-link").map((e) => e.textContent).join() === `
	sees(t, page, "the new one stands last", order+`"First,Second"`)
	presses(t, page, `button[aria-label="Move up: Second"]`, "")
	sees(t, page, "and now first", order+`"Second,First"`)

	begins(t, page, "macros", "New macro", "Thank and close")
	fills(t, page, "Action 1", "Reply to the customer")
	presses(t, page, ".variables button", "First name")
	presses(t, page, ".form-grid .button", "Add an action")
	fills(t, page, "Action 2", "Resolve")
	keeps(t, page, "Create", "Thank and close")

	begins(t, page, "canned", "New canned answer", "Hello")
	fills(t, page, "Shortcut", "hi")
	fills(t, page, "Texts (English)", "Hello there")
	presses(t, page, `button[aria-label="Remove: Korean"]`, "")
	keeps(t, page, "Create", "Hello")

	begins(t, page, "segments", "New segment", "Big spenders")
	fills(t, page, "Who belongs", `contact.spent_since(now - days(90)) > 500.0`)
	keeps(t, page, "Create", "Big spenders")

	begins(t, page, "surveys", "New survey", "Afterwards")
	fills(t, page, "Kind", "Recommendation (NPS)")
	fills(t, page, "Ask after", "10m")
	sees(t, page, "the scale of its kind", `all(".survey-preview .scale span").length === 11`)
	keeps(t, page, "Create", "Afterwards")

	begins(t, page, "alarms", "New alarm", "Too long")
	fills(t, page, "Of", "Queue")
	fills(t, page, "Queue", "First line")
	fills(t, page, "Threshold", "5m")
	keeps(t, page, "Create", "Too long")

	drive(t, page, "to the workload", chromedp.Click(chromedp.CSS(`.admin-nav a[href="#/admin/workload"]`)))
	fills(t, page, "Units: Web chat", "25")
	presses(t, page, ".admin-bar .button.primary", "Save")
	sees(t, page, "it is saved", `all(".toast", "Saved").length > 0`)

	begins(t, page, "agents", "New agent", "Anna")
	fills(t, page, "E-mail", "anna@example.test")
	fills(t, page, "Password", rig.AdminPassword)
	fills(t, page, "Sellers", "on")
	fills(t, page, "Capacity", "60")
	fills(t, page, "Add a skill", "Refunds")
	keeps(t, page, "Create", "Anna")

	var routes struct{ Items []config.Route }
	admin.Call(http.MethodGet, "/routes", nil, http.StatusOK, &routes)
	for _, r := range routes.Items {
		if r.Name == "Second" && (r.Queue != events.QueueID(queue) || len(r.Needs) != 1 || r.Needs[0].Level != 4) {
			t.Errorf("the routing target was kept as %+v", r)
		}
	}
	var macros struct{ Items []config.Macro }
	admin.Call(http.MethodGet, "/macros", nil, http.StatusOK, &macros)
	if do := macros.Items[0].Do; len(do) != 2 || do[0].Do != config.DoReply || do[0].Text != "{{contact.first_name}}" || do[1].Do != config.DoResolve {
		t.Errorf("the macro was kept as %+v", do)
	}
	var canned struct{ Items []config.Canned }
	admin.Call(http.MethodGet, "/canned", nil, http.StatusOK, &canned)
	if got := canned.Items[0]; got.Shortcut != "hi" || len(got.Texts) != 1 || got.Texts["en"] != "Hello there" {
		t.Errorf("the answer was kept as %+v", got)
	}
	var surveys struct{ Items []config.Questionnaire }
	admin.Call(http.MethodGet, "/surveys", nil, http.StatusOK, &surveys)
	if got := surveys.Items[0]; got.Kind != events.NPS || got.After != 600 || len(got.Texts) != 0 {
		t.Errorf("the survey was kept as %+v", got)
	}
	var alarms struct{ Items []queries.Alarm }
	admin.Call(http.MethodGet, "/alarms", nil, http.StatusOK, &alarms)
	if got := alarms.Items[0]; got.Metric != queries.MetricLongestWait || got.Scope.ID != queue || got.Above == nil || *got.Above != 300 {
		t.Errorf("the alarm was kept as %+v", got)
	}
	var work config.Workload
	admin.Call(http.MethodGet, "/workload", nil, http.StatusOK, &work)
	if work.Weights["webchat"].Units != 25 || !work.Weights["email"].Interruptible {
		t.Errorf("the workload was kept as %+v", work)
	}
	var people struct{ Items []config.Agent }
	admin.Call(http.MethodGet, "/agents", nil, http.StatusOK, &people)
	anna := slices.IndexFunc(people.Items, func(a config.Agent) bool { return a.Name == "Anna" })
	if anna < 0 || len(people.Items[anna].Teams) != 1 || len(people.Items[anna].Skills) != 1 || people.Items[anna].Capacity != 60 {
		t.Errorf("the agents are %+v", people.Items)
	}
}
