package screens

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
	"github.com/tributary-inbox/tributary/services/social/whatsapp/whatsappfake"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// sees waits until a script about the page is true. The script may use all(css,
// text): the elements of a kind that hold a text.
func sees(t *testing.T, page context.Context, what, script string) {
	t.Helper()
	awaitTrue(t, page, what, `(() => { const all = (css, text = "") => [...document.querySelectorAll(css)].filter((e) => e.textContent.includes(text)); return `+script+` })()`)
}

// presses clicks the one element of a kind that holds a text, once it is there.
func presses(t *testing.T, page context.Context, css, text string) {
	t.Helper()
	sees(t, page, "press "+text, fmt.Sprintf(`((found) => found.length === 1 && !found[0].disabled && (found[0].click(), true))(all(%q, %q))`, css, text))
}

// sets types into a setting of the form of an inbox.
func sets(t *testing.T, page context.Context, name, value string) {
	t.Helper()
	at := chromedp.CSS(fmt.Sprintf(`[data-setting=%q]`, name))
	drive(t, page, "set "+name, chromedp.WaitVisible(at), chromedp.SendKeys(at, value))
}

// opens shows the newest conversation whose row holds a text.
func opens(t *testing.T, page context.Context, text string) {
	t.Helper()
	sees(t, page, "open "+text, fmt.Sprintf(`((row) => row && (row.click(), true))(all("a.row", %q)[0])`, text))
	sees(t, page, "the conversation", `all(".timeline[aria-busy=false] .msg").length > 0`)
}

// TestBrowserSignedInbox makes an inbox of a signed channel as an administrator
// does, tries its credentials, sees its first event arrive, and reads and answers
// in the conversation: receipts with their times, what an edit replaced, what was
// taken back, and a template where free text would be refused.
func TestBrowserSignedInbox(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	number := whatsappfake.New()
	number.Approve(map[string]any{
		"id": "1", "name": "order_update", "language": "ko", "status": "APPROVED", "category": "UTILITY",
		"components": []any{map[string]any{"type": "BODY", "text": "{{1}} 고객님, 주문이 출고되었습니다."}},
	})
	api := httptest.NewServer(number)
	t.Cleanup(api.Close)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	inbox := makeSignedInbox(t, page, in, admin, number, api.URL)
	tell := func(r fake.Request) { in.Told(t, inbox, r) }
	said := func(id string, more map[string]any) fake.Request {
		m := map[string]any{"id": id, "from": "821012345678", "timestamp": fmt.Sprint(time.Now().Unix())}
		for k, v := range more {
			m[k] = v
		}
		return number.Tell(time.Now(), "821012345678", map[string]any{"messages": []any{m}})
	}
	text := func(body string) map[string]any { return map[string]any{"body": body} }
	tell(said("wamid.1", map[string]any{"type": "text", "text": text("the lamp is borken")}))
	sees(t, page, "the first event as it arrives", `all("main tbody tr", "the lamp is borken").length === 1`)

	drive(t, page, "to the conversations", chromedp.Click(chromedp.CSS(`.admin-head > .link`)))
	opens(t, page, "the lamp is borken")
	tell(said("wamid.2", map[string]any{"type": "edit", "edit": map[string]any{"original_message_id": "wamid.1", "message": map[string]any{"type": "text", "text": text("the lamp is broken")}}}))
	tell(said("wamid.3", map[string]any{"type": "text", "text": text("my door code is 4711")}))
	awaitCount(t, page, ".msg.in .msg-text", "my door code is 4711", 1)
	tell(said("wamid.4", map[string]any{"type": "revoke", "revoke": map[string]any{"original_message_id": "wamid.3"}}))
	edited := `all(".msg.in .msg-text", "the lamp is broken").length === 1 && all(".msg.in .former time").length === 1 && all(".former del", "borken").length === 1`
	gone := `all(".msg .gone").length === 1 && all("*", "4711").length === 0`
	sees(t, page, "what stood before the edit, and nothing of what was taken back", edited+" && "+gone)

	answer(t, page, "We send another.")
	c := admin.AwaitConversations(1)[0]
	rig.Eventually(t, func() error {
		if n := len(number.State().Sent()); n != 1 {
			return fmt.Errorf("the number took %d answers", n)
		}
		return nil
	})
	sent := number.State().Sent()[0]
	for _, status := range []string{"sent", "delivered", "read"} {
		tell(number.Status(sent, status, time.Now()))
	}
	steps := `((d) => !!d && d.querySelectorAll(".steps time[datetime]").length === 3 && /Read: .*\d/.test(d.querySelector("summary").title))(document.querySelector("details.msg-foot.st-read"))`
	sees(t, page, "the receipts with their times", steps)
	shoot(t, page, "1-live")
	drive(t, page, "look again", chromedp.Reload())
	opens(t, page, "We send another.")
	sees(t, page, "the same after a reload", steps+" && "+edited+" && "+gone)
	for _, m := range admin.Messages(c.ID) {
		if m.Direction == events.Out && (len(m.Steps) != 3 || m.Steps[2].Status != events.StatusRead || m.Steps[2].At.Before(m.Steps[0].At)) {
			t.Errorf("the answer's steps are %+v", m.Steps)
		}
	}

	tell(number.Say("821055556666", 1, "asked two days ago", time.Now().Add(-48*time.Hour)))
	opens(t, page, "asked two days ago")
	sees(t, page, "templates and no free text", `document.getElementById("compose").offsetParent === null && all(".composer button[type=submit]").every((b) => b.offsetParent === null) && all(".templates option", "order_update").length === 1`)
	sees(t, page, "choose the template", `((s) => (s.value = "0", s.dispatchEvent(new Event("change", { bubbles: true })), all(".templates input").length === 1))(document.querySelector(".templates select"))`)
	drive(t, page, "fill it in", chromedp.SendKeys(chromedp.CSS(`.templates input`), "Kim"))
	shoot(t, page, "2-template")
	presses(t, page, ".templates button[type=submit]", "")
	awaitCount(t, page, ".msg.out .msg-text", "Kim 고객님, 주문이 출고되었습니다.", 1)
	rig.Eventually(t, func() error {
		all := number.State().Sent()
		if last := all[len(all)-1]; len(all) != 2 || last.Template != "order_update" || last.Text != "" {
			return fmt.Errorf("the number took %+v", all)
		}
		return nil
	})
}

func makeSignedInbox(t *testing.T, page context.Context, in *rig.Inside, admin *rig.Agent, number *whatsappfake.Fake, api string) rig.Inbox {
	t.Helper()
	drive(t, page, "to the administration", chromedp.Navigate(in.URL("/#/admin/inboxes")), chromedp.WaitVisible(chromedp.CSS(`.admin-bar .button.primary`)))
	presses(t, page, ".admin-bar .button.primary", "New inbox")
	presses(t, page, ".kind", "WhatsApp")
	drive(t, page, "name it", chromedp.SendKeys(chromedp.CSS(`form.card input[name=name]`), "Tea by WhatsApp"))
	sees(t, page, "what is advanced", `((d) => d && (d.open = true))(document.querySelector("form.card details"))`)
	sets(t, page, "phone_number_id", whatsappfake.Number)
	sets(t, page, "waba_id", whatsappfake.Account)
	sets(t, page, "app_secret", graphfake.AppSecret)
	sets(t, page, "access_token", graphfake.AccessToken)
	sets(t, page, "verify_token", graphfake.VerifyToken)
	sets(t, page, "api_url", api)
	drive(t, page, "allow loopback", chromedp.Click(chromedp.CSS(`[data-setting="allow_private"]`)))
	presses(t, page, "form.card button[type=submit]", "Create")
	sees(t, page, "it waits for its first event", `all(".list-empty.waiting", "Waiting for the first event").length === 1`)
	presses(t, page, ".inbox-head .button", "Test")
	sees(t, page, "the credentials are good", `all(".toast:not(.bad)", "accepts the credentials").length === 1`)
	shoot(t, page, "0-inbox")
	var made struct{ Items []rig.Inbox }
	admin.Call(http.MethodGet, "/inboxes", nil, http.StatusOK, &made)
	if len(made.Items) != 1 {
		t.Fatalf("%d inboxes were made", len(made.Items))
	}
	return made.Items[0]
}

// tone is a WAV file of a second.
func tone() []byte {
	const rate = 8000
	out := []byte("RIFF\x00\x00\x00\x00WAVEfmt ")
	binary.LittleEndian.PutUint32(out[4:], 36+2*rate)
	out = binary.LittleEndian.AppendUint32(out, 16)
	for _, v := range []uint16{1, 1} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	out = binary.LittleEndian.AppendUint32(out, rate)
	out = binary.LittleEndian.AppendUint32(out, 2*rate)
	out = binary.LittleEndian.AppendUint16(out, 2)
	out = binary.LittleEndian.AppendUint16(out, 16)
	out = binary.LittleEndian.AppendUint32(append(out, "data"...), 2*rate)
	for i := range rate {
		out = binary.LittleEndian.AppendUint16(out, uint16(i*97))
	}
	return out
}

// TestBrowserCallsAndOrders has a customer call twice, once answered and once in
// vain, and a shop tell of what they bought: the recording can be listened to, the
// promise to call back is closed by hand, and a refund is shown while one looks.
func TestBrowserCallsAndOrders(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	recordings := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		_, _ = w.Write(tone())
	}))
	t.Cleanup(recordings.Close)
	page := tab(t, openBrowser(t))
	signIn(t, page, &in.Server)
	call := voiceLine(t, in, admin, recordings.URL)
	const ends = "&From=%2B821012345678&To=%2B8221234567&Direction=inbound"
	const over = "&CallStatus=completed&CallbackSource=call-progress-events&SequenceNumber=3" + ends
	call("CallSid=CA1&CallStatus=ringing" + ends)
	call("CallSid=CA2&ParentCallSid=CA1&CallStatus=completed&CallDuration=40&To=%2B82212345601&From=%2B8221234567&Direction=outbound-dial")
	call("CallSid=CA1&RecordingSid=RE1&RecordingStatus=completed&RecordingDuration=40&RecordingUrl=" + url.QueryEscape(recordings.URL+"/RE1"))
	call("CallSid=CA1&CallDuration=60" + over)
	opens(t, page, "Incoming call")
	sees(t, page, "the recording can be heard", `((a) => !!a && a.duration > 0.9 && a.duration < 1.1)(document.querySelector(".call:not(.missed) audio"))`)
	call("CallSid=CA3&CallStatus=ringing" + ends)
	call("CallSid=CA4&ParentCallSid=CA3&CallStatus=no-answer&To=%2B82212345601&From=%2B8221234567&Direction=outbound-dial")
	call("CallSid=CA3&CallDuration=25" + over)
	sees(t, page, "the missed call and the promise", `all(".call.missed").length === 1 && all(".callback", "+821012345678").length === 1 && all("a.row .chip.late", "missed call").length === 1`)
	shop := admin.Inbox("shop", "Hanbit Tea", map[string]any{
		"auth": "none", "default_region": "KR", "customer": map[string]any{"phone": "/phone"},
		"order": map[string]any{
			"id": "/id", "number": "/number", "currency": "/currency", "total": "/total", "refunded": "/refunded", "payment": "/payment", "updated_at": "/at",
			"lines": "/lines", "line": map[string]any{"title": "/title", "quantity": "/n", "price": "/price"},
		},
	})
	order := func(payment, refunded string, at time.Time) {
		t.Helper()
		body := fmt.Sprintf(`{"id":"1","number":"#1042","phone":"010-1234-5678","currency":"KRW","total":"40300","payment":%q,"refunded":%q,"at":%q,"lines":[{"title":"Mood lamp","n":2,"price":"15000"}]}`,
			payment, refunded, at.Format(time.RFC3339))
		if got, err := in.TryPost(shop.HookPath, []byte(body)); err != nil || got.Status/100 != 2 {
			t.Fatalf("the order: %d %v", got.Status, err)
		}
	}
	order("paid", "0", time.Now().Add(-time.Hour))
	sees(t, page, "the order", `all(".order", "#1042").length === 1 && all(".order .status.open", "paid").length === 1 && all(".order-line", "Mood lamp").length === 1`)
	order("partially_refunded", "15000", time.Now())
	sees(t, page, "the refund", `all(".order .status", "partly refunded").length === 1 && all(".order .refund", "15,000").length === 1 && all(".order-event", "#1042").length === 1 && all(".order-event", "15,000").length === 1`)
	shoot(t, page, "1-call-and-order")

	sees(t, page, "c asks for a call", `(document.querySelector(".timeline").focus(), document.activeElement.matches(".timeline"))`)
	drive(t, page, "press c", chromedp.KeyEvent("c"))
	sees(t, page, "the keyboard is in the form", `document.activeElement.matches(".popover input[name=number]")`)
	drive(t, page, "leave it", chromedp.KeyEvent("\x1b"))
	sees(t, page, "the keyboard is where it was", `all(".popover").length === 0 && document.activeElement.matches(".timeline")`)

	drive(t, page, "list the promises", chromedp.Click(chromedp.CSS(`.entry[href="#/v/callback"]`)))
	opens(t, page, "missed call")
	presses(t, page, ".callback .button", "Reached")
	sees(t, page, "the promise is kept", `all(".callback").length === 0 && all("a.row").length === 0 && all(".event-line", "The callback reached the customer").length === 1`)
}

// voiceLine makes an inbox for a number at Twilio, and posts as Twilio does.
func voiceLine(t *testing.T, in *rig.Inside, admin *rig.Agent, api string) func(fields string) {
	t.Helper()
	settings := map[string]any{
		"public_url": "https://inbox.example.com/hooks/twiliovoice/unknown-yet", "account_sid": "AC0123456789abcdef0123456789abcdef", "auth_token": "a token",
		"api_url": api, "allow_private": true, "region": "KR", "zone": "Asia/Seoul", "own_numbers": []string{"02-123-4567"},
	}
	inbox := admin.Inbox("twiliovoice", "02-123-4567", settings)
	settings["public_url"] = in.URL(inbox.HookPath)
	admin.Call(http.MethodPatch, "/inboxes/"+string(inbox.ID), map[string]any{"settings": settings}, http.StatusOK, nil)
	hook := in.URL(inbox.HookPath)
	return func(fields string) {
		t.Helper()
		form, err := url.ParseQuery(fields)
		must(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, hook, strings.NewReader(form.Encode()))
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(signature.TwilioHeader, signature.SignTwilio("a token", hook, form))
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = res.Body.Close()
		if res.StatusCode/100 != 2 {
			t.Fatalf("the voice hook answers %d", res.StatusCode)
		}
	}
}
