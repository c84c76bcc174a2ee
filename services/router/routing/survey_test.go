package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

var asker = events.Author{Kind: "system", ID: "survey:q"}

// over is a talk on a channel that was answered and resolved; the house's clock
// stands an hour after the customer wrote.
func (h *house) over(inbox, channel, customer string) events.ConversationID {
	h.t.Helper()
	ds := h.say(h.chat(inbox, channel, customer+"-1", customer, "hello"))
	c := conversationOf(h.t, ds).ID
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: c}, commands.ReasonBody{}); r.Problem != nil {
		h.t.Fatal(r.Problem)
	}
	return c
}

func (h *house) chat(inbox, channel, id, customer, text string) *events.Inbound {
	in := statement(inbox, channel, id, text, point(channel, customer, events.Proved))
	in.OccurredAt, in.ReceivedAt = h.clock.Now(), h.clock.Now()
	return in
}

func (h *house) ask(c events.ConversationID, survey events.SurveyID, text string, offers ...events.QuickReply) *commands.Result {
	h.t.Helper()
	return h.command(commands.AskSurvey, commands.Envelope{ID: string(survey), Conversation: c, Actor: asker}, commands.AskSurveyBody{
		Survey: events.Survey{ID: survey, Questionnaire: "q", Kind: events.CSAT, Until: h.clock.Now().Add(14 * 24 * time.Hour)}, Text: text, QuickReplies: offers,
	})
}

func TestAQuestionGoesWhereItMayBeAskedAndNowhereElse(t *testing.T) {
	h := newHouse(t)
	h.inboxes.mu.Lock()
	for _, channel := range []string{"whatsapp", "alimtalk", "kakao", "line"} {
		h.inboxes.all = append(h.inboxes.all, config.Inbox{ID: events.InboxID(channel), Channel: channel})
	}
	h.inboxes.all = append(h.inboxes.all, config.Inbox{ID: "mute", Channel: "webhook", OneWay: true})
	h.inboxes.mu.Unlock()
	talks := map[string]events.ConversationID{}
	for _, channel := range []string{"whatsapp", "alimtalk", "kakao", "line"} {
		talks[channel] = h.over(channel, channel, "kim-"+channel)
	}
	talks["mute"] = h.over("mute", "webhook", "kim-mute")
	h.clock.Add(23 * time.Hour)
	if r := h.ask(talks["whatsapp"], "sv-early", "1-5?"); r.Problem != nil || r.Message == nil || r.Conversation.Survey == nil || r.Conversation.Survey.Channel != "whatsapp" {
		t.Fatalf("within the window: %+v", r)
	}
	for channel, code := range map[string]commands.Code{"alimtalk": commands.Invalid, "kakao": commands.Invalid, "mute": commands.Invalid} {
		wantProblem(t, h.ask(talks[channel], events.SurveyID("sv-"+channel), "1-5?"), code)
	}
	closed := h.over("whatsapp", "whatsapp", "lee")
	h.clock.Add(25 * time.Hour)
	wantProblem(t, h.ask(closed, "sv-late", "1-5?"), commands.WindowClosed)
	if r := h.ask(closed, "sv-link", ""); r.Problem != nil || r.Conversation.Survey.Message != "" {
		t.Fatalf("by link alone: %+v", r)
	}
	if r := h.ask(talks["line"], "sv-line", "1-5?"); r.Problem != nil {
		t.Fatalf("without a window: %+v", r)
	}
	wantProblem(t, h.command(commands.AskSurvey, commands.Envelope{Conversation: closed}, commands.AskSurveyBody{Survey: events.Survey{ID: "x", Questionnaire: "q", Kind: events.CSAT, Until: h.clock.Now().Add(time.Hour)}}), commands.Invalid)
}

// A chat opens a new conversation once the last is resolved; a score does not, and
// the words after it go back to where the score was given.
func TestAScoreFindsItsConversationAndSoDoTheWordsAfterIt(t *testing.T) {
	h := newHouse(t)
	c := h.over("chat", "webchat", "kim")
	if r := h.ask(c, "sv1", "1-5?"); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.stop() // what was asked is known after a restart too
	h.openFacts()
	h.start()
	if r := h.ask(c, "sv1", "1-5?"); r.Problem != nil || r.Message != nil {
		t.Fatalf("asked again: %+v", r)
	}
	h.clock.Add(time.Minute)
	ds := h.say(h.chat("chat", "webchat", "kim-2", "kim", "５점"))
	if got := bodies[*events.SurveyAnswered](ds); len(got) != 1 || got[0].Score != 5 || got[0].Via != events.SurveyByReply || got[0].Conversation != c {
		t.Fatalf("answered %+v", got)
	}
	if n := len(bodies[*events.ConversationOpened](ds)) + len(bodies[*events.ConversationReopened](ds)); n != 0 {
		t.Fatal("the score began something")
	}
	ds = h.say(h.chat("chat", "webchat", "kim-2", "kim", "５점")) // told twice
	if len(bodies[*events.InboundDuplicate](ds)) != 1 {
		t.Fatal("the second delivery counted")
	}
	h.clock.Add(time.Minute)
	ds = h.say(h.chat("chat", "webchat", "kim-3", "kim", "but slow"))
	if got := bodies[*events.SurveyCommented](ds); len(got) != 1 || got[0].Comment != "but slow" || len(bodies[*events.ConversationReopened](ds)) != 1 {
		t.Fatalf("commented %+v", got)
	}
	if row := conversationOf(t, ds); row.ID != c || row.Unread != 2 { // the first was never marked as read
		t.Fatalf("the words went to %+v", row)
	}
	score := 2
	if r := h.command(commands.AnswerSurvey, commands.Envelope{Conversation: c, Actor: events.Author{Kind: "contact"}}, commands.AnswerSurveyBody{Survey: "sv1", Score: &score, Via: events.SurveyByLink}); r.Problem != nil || *r.Conversation.Survey.Score != 2 {
		t.Fatalf("by link: %+v", r)
	}
	wantProblem(t, h.command(commands.AnswerSurvey, commands.Envelope{Conversation: c}, commands.AnswerSurveyBody{Survey: "sv2", Score: &score, Via: events.SurveyByLink}), commands.NotFound)
}

// A survey before the newest is found as it stands, and answered for itself, after a
// restart too; looking decides nothing.
//
// To see it fail: in the state on disk, leave out what is Earlier.
func TestAnEarlierSurveyIsFoundAndAnswered(t *testing.T) {
	h := newHouse(t)
	c := h.over("chat", "webchat", "kim")
	h.ask(c, "sv1", "1-5?")
	h.clock.Add(time.Minute)
	h.say(h.chat("chat", "webchat", "kim-2", "kim", "4"))
	h.clock.Add(time.Minute)
	h.say(h.chat("chat", "webchat", "kim-3", "kim", "but slow")) // goes on
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: c}, commands.ReasonBody{}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if r := h.ask(c, "sv2", "1-5?"); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	h.stop()
	h.openFacts()
	h.start()
	find := func(survey events.SurveyID) *commands.Result {
		return h.command(commands.FindSurvey, commands.Envelope{Conversation: c}, commands.FindSurveyBody{Survey: survey})
	}
	r := find("sv1")
	if r.Problem != nil || r.Seq != 0 || r.Survey == nil || r.Survey.ID != "sv1" || *r.Survey.Score != 4 || r.Conversation.ID != c || r.Conversation.Survey.ID != "sv2" {
		t.Fatalf("found %+v", r)
	}
	wantProblem(t, find("sv3"), commands.NotFound)
	score := 1
	if r := h.command(commands.AnswerSurvey, commands.Envelope{Conversation: c, Actor: events.Author{Kind: "contact"}}, commands.AnswerSurveyBody{Survey: "sv1", Score: &score, Via: events.SurveyByLink}); r.Problem != nil || r.Seq == 0 {
		t.Fatalf("answered %+v", r)
	}
	if r := find("sv1"); *r.Survey.Score != 1 {
		t.Fatalf("it is %+v", r.Survey)
	}
	if r := find("sv2"); r.Survey.Score != nil {
		t.Fatalf("the newest is %+v", r.Survey)
	}
}

// After an hour words are a matter of their own.
func TestWordsLongAfterAScoreBeginAnew(t *testing.T) {
	h := newHouse(t)
	c := h.over("chat", "webchat", "kim")
	h.ask(c, "sv1", "1-5?")
	h.clock.Add(time.Minute)
	h.say(h.chat("chat", "webchat", "kim-2", "kim", "5"))
	h.clock.Add(61 * time.Minute)
	ds := h.say(h.chat("chat", "webchat", "kim-3", "kim", "where is my new order?"))
	if row := conversationOf(t, ds); row.ID == c || len(bodies[*events.SurveyCommented](ds)) != 0 {
		t.Fatalf("it went to %+v", row)
	}
	// The old number answers nothing in the new talk.
	h.clock.Add(time.Minute)
	ds = h.say(h.chat("chat", "webchat", "kim-4", "kim", "3"))
	if row := conversationOf(t, ds); row.ID == c || row.Unread != 2 || len(bodies[*events.SurveyAnswered](ds)) != 0 {
		t.Fatalf("a number in another talk: %s", fmt.Sprint(row))
	}
}

// A question carries its buttons, and what is pressed finds its survey: after a
// restart, after an agent has written, after the conversation went on, and until the
// survey ends.
//
// To see it fail: in routing message, drop what was pressed; or in askSurvey, the
// quick replies.
func TestAPressFindsItsSurvey(t *testing.T) {
	h := newHouse(t)
	c := h.over("chat", "webchat", "kim")
	button := func(survey events.SurveyID, score int) events.QuickReply {
		return events.QuickReply{Label: fmt.Sprint(score), Value: commands.ScoreValue(survey, score)}
	}
	r := h.ask(c, "sv1", "1-5?", button("sv1", 1), button("sv1", 5))
	if r.Problem != nil || len(r.Message.QuickReplies) != 2 || r.Message.QuickReplies[1] != button("sv1", 5) {
		t.Fatalf("asked: %+v", r)
	}
	wantProblem(t, h.ask(h.over("chat", "webchat", "bo"), "sv2", "", button("sv2", 1)), commands.Invalid)
	h.stop()
	h.openFacts()
	h.start()
	h.clock.Add(time.Minute)
	h.say(h.chat("chat", "webchat", "kim-2", "kim", "what does it mean?"))
	h.clock.Add(time.Minute)
	press := func(id, customer string, score int) []*events.Decision {
		t.Helper()
		in := h.chat("chat", "webchat", id, customer, fmt.Sprint(score))
		in.Message.Pressed = commands.ScoreValue("sv1", score)
		return h.say(in)
	}
	ds := press("kim-3", "kim", 5)
	if got := bodies[*events.SurveyAnswered](ds); len(got) != 1 || got[0].Score != 5 || got[0].Via != events.SurveyByButton || got[0].Conversation != c {
		t.Fatalf("answered %+v", got)
	}
	if m := bodies[*events.MessageAdded](ds); len(m) != 1 || m[0].Message.Text != "5" || m[0].Message.Pressed != "sv1:5" || !m[0].Message.HasFlag(conversation.FlagSurvey) {
		t.Fatalf("shown as %+v", m)
	}
	if got := bodies[*events.SurveyAnswered](press("lee-1", "lee", 4)); len(got) != 0 {
		t.Fatalf("somebody else answered %+v", got)
	}
	h.clock.Add(15 * 24 * time.Hour)
	ds = press("kim-4", "kim", 1)
	if len(ds) != 1 || len(bodies[*events.SurveyAnswered](ds))+len(bodies[*events.ConversationOpened](ds)) != 0 || conversationOf(t, ds).ID != c || *conversationOf(t, ds).Survey.Score != 5 {
		t.Fatalf("after its end: %+v", ds)
	}
}
