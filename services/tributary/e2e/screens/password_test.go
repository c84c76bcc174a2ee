package screens

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestBrowserOwnPassword has an agent change their password in a console that speaks
// Korean: a wrong one is refused in Korean, the right one ends what else they had open,
// and the screen goes on.
//
// To see it fail: in the gateway's changePassword, end the session that asked, or none;
// or in core/api.ts, leave out Accept-Language.
func TestBrowserOwnPassword(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	elsewhere := admin.Colleague("anna@example.test", "agent")
	page := openBrowser(t)
	signInAs(t, page, &in.Server, "anna@example.test")
	awaitTrue(t, page, "choose Korean", `localStorage.setItem("tributary.language", "ko"), true`)
	drive(t, page, "come back", chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(`nav.sidebar`)))
	presses(t, page, ".account-button", "")
	sees(t, page, "a name turns nothing but itself", `getComputedStyle(all(".account-button span").at(-1)).unicodeBidi === "isolate"`)
	presses(t, page, ".account-menu button", "비밀번호 변경")

	fill := func(current, wanted, again string) {
		t.Helper()
		sees(t, page, "fill in", fmt.Sprintf(`((form) => form && [["current", %q], ["new", %q], ["again", %q]].every(([k, v]) => (form.elements[k].value = v)) && (form.requestSubmit(), true))(all("form.own-password")[0])`, current, wanted, again))
	}
	fill("not-my-password", "another-long-password", "another-long-passward")
	sees(t, page, "two that differ", `all(".own-password [role=alert]", "서로 다릅니다").length === 1`)
	fill("not-my-password", "another-long-password", "another-long-password")
	sees(t, page, "a wrong one is refused", `all(".own-password [role=alert]", "현재 비밀번호가 올바르지 않습니다.").length === 1`)
	fill(rig.AdminPassword, rig.AdminPassword, rig.AdminPassword)
	sees(t, page, "the server's own words are Korean", `all(".own-password [role=alert]", "새 비밀번호가 현재 비밀번호와 같습니다.").length === 1`)
	elsewhere.Call(http.MethodGet, "/me", nil, http.StatusOK, nil)
	shoot(t, page, "password")

	fill(rig.AdminPassword, "another-long-password", "another-long-password")
	sees(t, page, "it is changed", `all("dialog").length === 0 && all(".toast", "비밀번호를 변경했습니다").length === 1`)
	elsewhere.Call(http.MethodGet, "/me", nil, http.StatusUnauthorized, nil)
	drive(t, page, "stay", chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(`nav.sidebar`)))
}
