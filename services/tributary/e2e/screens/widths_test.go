package screens

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// inSight says of the one element of a kind that all of it stands in the window.
func inSight(css string) string {
	return `((found) => found.length === 1 && ((r) => r.width > 0 && r.left >= 0 && r.top >= 0 && r.right <= innerWidth && r.bottom <= innerHeight)(found[0].getBoundingClientRect()))(all("` + css + `"))`
}

// TestBrowserWidths works at the width of a phone, and at that of a small laptop
// with everything open: each menu of a conversation opens where it can be reached,
// the head keeps its buttons to itself, and the board shows its numbers without a
// scroll to the side.
//
// To see it fail: in ui/parts.tsx, leave out keepInSight; in thread.css, the wrap of
// conv-actions; or in board.css, the last container query.
func TestBrowserWidths(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	_, shop := admin.Pushed(team)
	in.Say(t, shop, rig.Said{ID: "m-1", Contact: rig.SaidBy{ID: "c-1", Name: "Minji Kim"}, Text: "is anybody there?"})
	long := admin.Colleague("anastasia-konstantinopoulou-weatherby@example.test", "agent", team)
	c := admin.AwaitConversations(1)[0]
	admin.Call(http.MethodPost, "/conversations/"+string(c.ID)+"/assign", map[string]any{"assignee": long.ID}, http.StatusOK, nil)
	page := tab(t, openBrowser(t))
	drive(t, page, "on a phone", chromedp.EmulateViewport(390, 844))
	signIn(t, page, &in.Server)
	opens(t, page, "is anybody there?")
	for _, label := range []string{"anastasia", "Transfer", "Snooze", "Promise a call", "Enter a visit or call"} {
		presses(t, page, `.conv-actions button[aria-label^="`+label+`"]`, "")
		sees(t, page, "all of the menu: "+label, inSight(`.conversation .popover`))
		shoot(t, page, "1-"+label)
		presses(t, page, `.conv-actions button[aria-label^="`+label+`"]`, "")
		sees(t, page, "it shut", `all(".conversation .popover").length === 0`)
	}
	presses(t, page, `a.entry[href="#/board"], a.entry[href="#/board/queue"]`, "")
	sees(t, page, "the number of the queue under its name", `((row) => !!row && row.querySelector("td b").textContent === "0" && getComputedStyle(row).display === "grid" && ((wrap) => wrap.scrollWidth <= wrap.clientWidth)(row.closest(".board-table")))(all(".board-table tbody tr", "sales")[0])`)
	shoot(t, page, "2-board")

	drive(t, page, "on a small laptop", chromedp.EmulateViewport(1280, 800))
	sees(t, page, "a table again, every column in sight", `((wrap) => wrap.scrollWidth <= wrap.clientWidth && getComputedStyle(wrap.querySelector("tbody tr")).display === "table-row")(document.querySelector(".board-table"))`)
	drive(t, page, "to the conversations", chromedp.Navigate(in.URL("/#/v/all")))
	opens(t, page, "is anybody there?")
	sees(t, page, "the panel of the customer, open", `all(".shell.with-panel .panel").length === 1 || (all('.conv-actions button[aria-label="Show contact"]')[0]?.click(), false)`)
	sees(t, page, "the buttons over the conversation, and not over the panel", `((edge) => all(".conv-actions button").length > 6 && all(".conv-actions button").every((b) => b.getBoundingClientRect().right <= edge))(document.querySelector(".conversation").getBoundingClientRect().right)`)
	shoot(t, page, "3-laptop")
}
