package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestACustomerIsAskedInTheirChatAndAnswersByNumber resolves a chat: the visitor
// reads the question there, writes a number that moves nothing, and then words that
// somebody has to read.
//
// To see it fail: in router/routing join, leave out surveyed; or in
// router/conversation silent, leave out the survey's flag.
func TestACustomerIsAskedInTheirChatAndAnswersByNumber(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	q := admin.Surveyed(events.CSAT, 0)
	chat := admin.Inbox("webchat", "chat", map[string]any{"identity_secret": identitySecret})
	visitor := in.Visit(t, chat, rig.Signed(identitySecret, "c-77", "Minji"))
	visitor.Say("k1", "주문은 어디에 있나요?")
	c := admin.AwaitConversations(1)[0]
	admin.Reply(c.ID, "webchat", "내일 도착합니다.", "a1")
	visitor.AwaitLine("내일 도착합니다.")
	admin.Resolve(c.ID)
	const question = "상담에 얼마나 만족하셨나요? 1(매우 불만족)부터 5(매우 만족)까지 숫자로 답장해 주세요."
	visitor.AwaitLine(question)
	rig.Eventually(t, func() error {
		is := admin.Present(c.ID)
		if s := is.Survey; is.Status != events.Resolved || s == nil || s.Questionnaire != q || s.Channel != "webchat" || s.Agent == "" || s.Score != nil {
			return fmt.Errorf("asked as %+v, %s", s, is.Status)
		}
		return nil
	})
	visitor.Say("k2", "4점!")
	after := admin.AwaitScore(c.ID, 4)
	if after.Status != events.Resolved || after.Unread != 0 || after.WaitingSince != nil {
		t.Fatalf("the number made it %+v", after)
	}
	visitor.Say("k3", "답장이 조금 늦었어요")
	rig.Eventually(t, func() error {
		if is := admin.Present(c.ID); is.Status != events.Open || is.Unread != 1 || is.WaitingSince == nil {
			return fmt.Errorf("words left it %s, %d unread", is.Status, is.Unread)
		}
		return nil
	})
	questions := 0
	for _, m := range admin.AwaitMessages(c.ID, 5) {
		if m.Text == question {
			questions++
			if m.Author.Kind != "system" || !m.HasFlag("automatic") {
				t.Errorf("the question is by %+v, flags %v", m.Author, m.Flags)
			}
		}
	}
	if questions != 1 {
		t.Errorf("asked %d times", questions)
	}
}

// TestACustomerPressesTheirScore asks in a chat with buttons: what the visitor
// presses is a score of that survey, also once an agent has written again; it stands
// in the row, in the talk and in the report, by button, and begins nothing. What the
// page makes up itself is words.
//
// To see it fail: in webchat/chatchannel, do not hand on what was pressed; in
// automation/survey ask, leave out the scores; or in router/conversation Survey, do
// not look at what was pressed.
func TestACustomerPressesTheirScore(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	admin.Surveyed(events.NPS, 0)
	chat := admin.Inbox("webchat", "chat", map[string]any{"identity_secret": identitySecret})
	visitor := in.Visit(t, chat, rig.Signed(identitySecret, "c-77", "Minji"))
	visitor.Say("k1", "Where is my order?")
	c := admin.AwaitConversations(1)[0]
	admin.Reply(c.ID, "webchat", "Tomorrow.", "a1")
	visitor.AwaitLine("Tomorrow.")
	admin.Resolve(c.ID)
	question := visitor.AwaitLine("How likely are you to recommend us? Reply with a number from 0 (not at all) to 10 (very likely).")
	var labels []string
	for _, q := range question.QuickReplies {
		labels = append(labels, q.Label)
	}
	if got := strings.Join(labels, " "); got != "0 1 2 3 4 5 6 7 8 9 10" {
		t.Fatalf("it offers %s", got)
	}
	visitor.Press("k2", question, question.QuickReplies[6])
	admin.AwaitScore(c.ID, 6)
	admin.Reply(c.ID, "webchat", "Thank you. Was it the waiting?", "a2")
	visitor.AwaitLine("Thank you. Was it the waiting?")
	before := admin.Present(c.ID)
	visitor.Press("k3", question, question.QuickReplies[10])
	if after := admin.AwaitScore(c.ID, 10); after.Status != before.Status || after.Unread != before.Unread || (after.WaitingSince == nil) != (before.WaitingSince == nil) {
		t.Errorf("the button made it %+v of %+v", after, before)
	}
	presses := 0
	for _, m := range admin.AwaitMessages(c.ID, 6) {
		switch m.Text {
		case question.Text:
			if len(m.QuickReplies) != 11 {
				t.Errorf("agents are shown %d answers", len(m.QuickReplies))
			}
		case "6", "10":
			if presses++; m.Pressed == "" || !m.HasFlag("survey") {
				t.Errorf("a button stands as %+v", m)
			}
		}
	}
	if presses != 2 {
		t.Errorf("%d buttons were pressed", presses)
	}
	byButton := 0
	for _, item := range timeline(admin, c.Contact.ID) {
		if item.Fact == "survey.answered" && item.Detail["via"] == events.SurveyByButton {
			byButton++
		}
	}
	if byButton != 2 {
		t.Errorf("%d answers by button", byButton)
	}
	asking := url.Values{"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, "metric": {"nps_answered,nps_score"}}
	rig.Eventually(t, func() error {
		var table queries.ReportTable
		admin.Call(http.MethodGet, "/reports?"+asking.Encode(), nil, http.StatusOK, &table)
		if len(table.Rows) != 1 || table.Rows[0].Counts[queries.ReportNPSAnswered] != 1 || table.Rows[0].Shares[queries.ReportNPSScore] != 100 {
			return fmt.Errorf("the report says %+v", table.Rows)
		}
		return nil
	})
	visitor.Press("k4", question, events.QuickReply{Label: "words", Value: "sv:10"})
	for _, m := range admin.AwaitMessages(c.ID, 7) {
		if m.Text == "words" && (m.Pressed != "" || m.HasFlag("survey")) {
			t.Errorf("what was never offered stands as %+v", m)
		}
	}
}

var surveyPage = regexp.MustCompile(`https://inbox\.example\.test(/s/[A-Za-z0-9_-]+)`)

// TestACustomerAnswersByLink resolves a talk by mail: the question comes as mail
// that no machine answers, its link opens a page, to open it records nothing, and
// the form does. Mail that only a machine wrote is never asked about.
//
// To see it fail: in automation/survey try, leave out the case that nobody wrote;
// or in gateway/feedback, take the score from a GET.
func TestACustomerAnswersByLink(t *testing.T) {
	settings := rig.Settings(t.TempDir())
	settings.PublicURL = "https://inbox.example.test"
	in := rig.Run(t, settings)
	admin, relay := in.Admin(t), rig.NewRelay(t)
	admin.Surveyed(events.NPS, 0)
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com", "relay": relay.Settings()})
	in.Mail(t, rig.Letter{From: "Kim <kim@customer.test>", To: "help@example.com", Subject: "Order 1", ID: "m1@customer.test", Text: "Where is my order?"})
	c := admin.AwaitConversations(1)[0]
	robot := "From: Bo <bo@customer.test>\r\nTo: help@example.com\r\nSubject: away\r\nMessage-ID: <r1@customer.test>\r\nAuto-Submitted: auto-replied\r\nDate: " +
		time.Now().Format(time.RFC1123Z) + "\r\n\r\nI am on holiday.\r\n"
	if err := in.TryMail("bo@customer.test", "help@example.com", []byte(robot)); err != nil {
		t.Fatal(err)
	}
	var machine events.ConversationID
	for _, other := range admin.AwaitConversations(2) {
		if other.ID != c.ID {
			machine = other.ID
		}
	}
	admin.Reply(machine, "email", "Enjoy it.", "a2")
	rig.Receive(t, "our answer to the machine", relay.Mails)
	admin.Resolve(machine)
	admin.Reply(c.ID, "email", "Tomorrow.", "a1")
	rig.Receive(t, "our answer", relay.Mails)
	admin.Resolve(c.ID)
	mail := rig.Receive(t, "the question", relay.Mails)
	if mail.To[0] != "kim@customer.test" || !strings.Contains(string(mail.Raw), "Auto-Submitted: auto-") {
		t.Fatalf("asked %v with\n%s", mail.To, mail.Raw)
	}
	asked := admin.Present(c.ID)
	link := surveyPage.FindStringSubmatch(admin.AwaitMessages(c.ID, 3)[2].Text)
	if link == nil || asked.Survey == nil {
		t.Fatalf("there is no link; survey %+v", asked.Survey)
	}
	visit := func(ask func(string) (*http.Response, error)) string {
		t.Helper()
		resp, err := ask(in.URL(link[1]))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		page, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d, %v: %s", resp.StatusCode, err, page)
		}
		return string(page)
	}
	if page := visit(http.Get); strings.Count(page, `type="radio"`) != 11 || strings.Contains(page, "kim") {
		t.Fatalf("the page is %s", page)
	}
	if is := admin.Present(c.ID); is.Survey.Score != nil {
		t.Fatal("to open the page was an answer")
	}
	form := func(score, comment string) string {
		return visit(func(address string) (*http.Response, error) {
			return http.PostForm(address, url.Values{"score": {score}, "comment": {comment}})
		})
	}
	if page := form("9", "quick"); !strings.Contains(page, "Thank you") {
		t.Fatalf("answered with %s", page)
	}
	admin.AwaitScore(c.ID, 9)
	form("3", "")
	if is := admin.AwaitScore(c.ID, 3); is.Status != events.Resolved || is.WaitingSince != nil {
		t.Errorf("it is %+v", is)
	}
	if is := admin.Present(machine); is.Survey != nil {
		t.Errorf("a machine was asked %+v", is.Survey)
	}
}

// TestARestartInTheMiddleAsksOnce stops the program between the resolving and the
// asking, and again after it.
//
// To see it fail: in automation/survey ask, give the survey a new id each time and
// let done return before it deletes.
func TestARestartInTheMiddleAsksOnce(t *testing.T) {
	settings := rig.Settings(t.TempDir())
	in := rig.Run(t, settings)
	admin, relay := in.Admin(t), rig.NewRelay(t)
	admin.Surveyed(events.CSAT, 3)
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com", "relay": relay.Settings()})
	in.Mail(t, rig.Letter{From: "Kim <kim@customer.test>", To: "help@example.com", Subject: "Order 1", ID: "m1@customer.test", Text: "Where is my order?"})
	c := admin.AwaitConversations(1)[0]
	admin.Reply(c.ID, "email", "Tomorrow.", "a1")
	rig.Receive(t, "our answer", relay.Mails)
	admin.Resolve(c.ID)
	in.Stop()
	in = rig.Run(t, settings)
	if mail := rig.Receive(t, "the question", relay.Mails); mail.To[0] != "kim@customer.test" {
		t.Fatalf("asked %v", mail.To)
	}
	in.Stop()
	in = rig.Run(t, settings)
	admin = in.Admin(t)
	// Another talk goes the whole way; by then a second question would be there too.
	in.Mail(t, rig.Letter{From: "Lee <lee@customer.test>", To: "help@example.com", Subject: "Order 2", ID: "m2@customer.test", Text: "And mine?"})
	var other events.ConversationID
	for _, o := range admin.AwaitConversations(2) {
		if o.ID != c.ID {
			other = o.ID
		}
	}
	admin.Reply(other, "email", "Today.", "a2")
	rig.Receive(t, "our other answer", relay.Mails)
	admin.Resolve(other)
	if mail := rig.Receive(t, "the other question", relay.Mails); mail.To[0] != "lee@customer.test" {
		t.Fatalf("then asked %v", mail.To)
	}
	if n := len(admin.Messages(c.ID)); n != 3 {
		t.Errorf("the first talk has %d messages", n)
	}
}
