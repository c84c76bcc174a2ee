package conversation

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

func offer(survey events.SurveyID, low, high int) []events.QuickReply {
	var list []events.QuickReply
	for n := low; n <= high; n++ {
		list = append(list, events.QuickReply{Label: strconv.Itoa(n), Value: commands.ScoreValue(survey, n)})
	}
	return list
}

// presses has a contact press a score of a survey.
func (b *book) presses(contact events.ContactID, join events.ConversationID, survey events.SurveyID, score int, change ...func(*events.Message)) (events.ConversationID, *events.Decision) {
	press := func(m *events.Message) { m.Pressed = commands.ScoreValue(survey, score) }
	return b.hears(contact, join, strconv.Itoa(score), append(change, press)...)
}

func scoreIn(t *testing.T, d *events.Decision) *events.SurveyAnswered {
	t.Helper()
	wantFacts(t, d, "message.added survey.answered")
	return d.Facts[1].Body.(*events.SurveyAnswered)
}

// The question takes the scores along.
//
// To see it fail: leave the quick replies out of the message in Ask.
func TestAQuestionOffersItsScores(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	c, _ := b.writes(kim, "")
	b.answers(t, c)
	b.does(t, c, resolve)
	d, problem := b.asks(c, "sv1", events.CSAT)
	if problem != nil {
		t.Fatal(problem)
	}
	m := d.Facts[1].Body.(*events.MessageAdded).Message
	if fmt.Sprint(m.QuickReplies) != fmt.Sprint(offer("sv1", 1, 5)) || m.Text == "" {
		t.Errorf("it offers %v beside %q", m.QuickReplies, m.Text)
	}
	s := b.conversations[c]
	body := commands.AskSurveyBody{Survey: events.Survey{ID: "sv2", Questionnaire: "q", Kind: events.CSAT, Until: b.now.Add(time.Hour)}, QuickReplies: offer("sv2", 1, 5)}
	draft := NewDraft(b, "x", kim, b.now, events.Cause{Kind: "command"}, events.Author{Kind: "system", ID: "survey:q"})
	if problem := draft.Ask(s, "ms2", s.Roads[0], body); problem == nil || problem.Code != commands.Invalid {
		t.Errorf("buttons without a text: %v", problem)
	}
}

// A button names its survey, so it counts where a number would answer an agent.
//
// To see it fail: in Survey, look at the press after Spoken.
func TestAPressedScoreCountsWhateverWasSaidSince(t *testing.T) {
	b, kim, c := asked(t)
	b.hears(kim, c, "one more thing")
	b.answers(t, c)
	before := *b.conversations[c]
	at, d := b.presses(kim, c, "sv1", 4)
	if f := scoreIn(t, d); at != c || f.Survey != "sv1" || f.Score != 4 || f.Via != events.SurveyByButton || f.Message != d.Facts[0].Body.(*events.MessageAdded).Message.ID {
		t.Fatalf("it is %+v in %s", f, at)
	}
	s := b.conversations[c]
	if *s.Survey.Score != 4 || s.Unread != before.Unread || (s.WaitingSince == nil) != (before.WaitingSince == nil) || s.Status != before.Status {
		t.Fatalf("the press made it %+v of %+v", s.Conversation, before.Conversation)
	}
	if _, d = b.presses(kim, "", "sv1", 2); scoreIn(t, d).Score != 2 || *b.conversations[c].Survey.Score != 2 {
		t.Fatal("a second button does not take the first one's place")
	}
	_, d = b.presses(kim, "", "sv1", 2)
	wantFacts(t, d, "message.added")
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

// A button of an earlier survey is a score of that one, in the same conversation
// and in another.
//
// To see it fail: let Asked forget what is Earlier, or answer the newest survey in
// press.
func TestAPressFindsItsSurveyAfterAnotherWasAsked(t *testing.T) {
	b, kim, c := asked(t)
	b.presses(kim, "", "sv1", 5) // an unanswered one would be in the way of the next
	b.hears(kim, c, "again")
	b.answers(t, c)
	b.does(t, c, resolve)
	if _, problem := b.asks(c, "sv2", events.NPS); problem != nil {
		t.Fatal(problem)
	}
	other, _ := b.writes(kim, "")
	b.answers(t, other)
	b.does(t, other, resolve)
	if _, problem := b.asks(other, "sv3", events.CES); problem != nil {
		t.Fatal(problem)
	}
	for i, want := range []struct {
		survey events.SurveyID
		kind   events.SurveyKind
		at     events.ConversationID
	}{{"sv1", events.CSAT, c}, {"sv2", events.NPS, c}, {"sv3", events.CES, other}} {
		at, d := b.presses(kim, other, want.survey, i+1)
		if f := scoreIn(t, d); at != want.at || f.Survey != want.survey || f.Kind != want.kind || f.Score != i+1 || f.Conversation != want.at {
			t.Errorf("%s: %+v in %s", want.survey, f, at)
		}
	}
	s := b.conversations[c]
	if *s.Survey.Score != 2 || *s.survey("sv1").Score != 1 || *b.conversations[other].Survey.Score != 3 {
		t.Errorf("surveys are %+v, %+v", s.Survey, s.Asked)
	}
	_, d := b.presses(kim, "", "sv1", 1)
	wantFacts(t, d, "message.added")
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

// What can count no more is shown, and nobody is bothered with it.
//
// To see it fail: in press, leave out one of the two cases, or the flag in show.
func TestAPressThatCannotCountIsKeptInSilence(t *testing.T) {
	for name, press := range map[string]func(*book, events.ContactID) (events.ConversationID, *events.Decision){
		"after its end": func(b *book, kim events.ContactID) (events.ConversationID, *events.Decision) {
			b.now = b.now.Add(15 * 24 * time.Hour)
			return b.presses(kim, "", "sv1", 5)
		},
		"above the scale": func(b *book, kim events.ContactID) (events.ConversationID, *events.Decision) {
			return b.presses(kim, "", "sv1", 6)
		},
		"below the scale": func(b *book, kim events.ContactID) (events.ConversationID, *events.Decision) {
			return b.presses(kim, "", "sv1", 0)
		},
	} {
		b, kim, c := asked(t)
		at, d := press(b, kim)
		wantFacts(t, d, "message.added")
		s, m := b.conversations[c], d.Facts[0].Body.(*events.MessageAdded).Message
		if at != c || !m.HasFlag(FlagSurvey) || s.Survey.Score != nil || s.Status != events.Resolved || s.Unread != 0 || s.WaitingSince != nil {
			t.Errorf("%s: in %s, %+v, flags %v", name, at, s.Conversation, m.Flags)
		}
	}
}

// A button of somebody else's survey, or of none, is what its label says: to be
// read by a person, and no score of the survey that this customer was sent.
//
// To see it fail: in Survey, read the label of a press that names no survey.
func TestAPressThatNamesNoSurveyOfTheCustomerIsAnOrdinaryMessage(t *testing.T) {
	b, kim, c := asked(t)
	lee := b.meets("lee")
	at, d := b.presses(lee, "", "sv1", 5)
	wantFacts(t, d, "conversation.opened message.added")
	if at == c || d.Facts[1].Body.(*events.MessageAdded).Message.HasFlag(FlagSurvey) || b.conversations[c].Survey.Score != nil {
		t.Fatalf("the other customer's press is in %s", at)
	}
	at, d = b.presses(kim, "", "sv9", 5)
	wantFacts(t, d, "conversation.opened message.added")
	if at == c || b.conversations[c].Survey.Score != nil {
		t.Fatal("a survey that nobody knows was answered")
	}
}

// Buttons of others carry values of their own; their label is read as before.
func TestAPressOfAnotherKindIsReadByItsLabel(t *testing.T) {
	b, kim, _ := asked(t)
	_, d := b.hears(kim, "", "4점", func(m *events.Message) { m.Pressed = "menu/4"; m.Flag("postback") })
	if f := scoreIn(t, d); f.Score != 4 || f.Via != events.SurveyByButton {
		t.Errorf("it is %+v", f)
	}
	_, d = b.hears(kim, "", "My order", func(m *events.Message) { m.Pressed = "menu/orders"; m.Flag("postback") })
	wantFacts(t, d, "survey.commented conversation.reopened message.added")
}

// A conversation that is folded into one with a survey of its own takes its buttons
// along, and has their scores once it stands alone again.
//
// To see it fail: leave out the last case of carrySurvey, or answered in
// returnSurvey.
func TestButtonsFollowAConversationThatIsFolded(t *testing.T) {
	b, kim, c := asked(t)
	b.hears(kim, c, "one more thing")
	lee := b.meets("lee")
	into, _ := b.writes(lee, "")
	b.answers(t, into)
	b.does(t, into, resolve)
	if _, problem := b.asks(into, "sv2", events.CSAT); problem != nil {
		t.Fatal(problem)
	}
	b.hears(lee, into, "and another")
	merge(t, b, lee, kim)
	if b.conversations[c].MergedInto != into {
		t.Fatalf("it is folded into %q", b.conversations[c].MergedInto)
	}
	at, d := b.presses(lee, "", "sv1", 2)
	if f := scoreIn(t, d); at != into || f.Survey != "sv1" || f.Conversation != into || b.conversations[into].Survey.Score != nil {
		t.Fatalf("it is %+v in %s", f, at)
	}
	reverse(t, b, lee, kim)
	if s := b.conversations[c]; s.Survey.ID != "sv1" || s.Survey.Score == nil || *s.Survey.Score != 2 || b.conversations[into].survey("sv1") != nil {
		t.Fatalf("alone again it is %+v", s.Survey)
	}
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

// pressed holds what became of a press to what buttons promise: a score counts for
// the survey that it names and no other, once, before its end, and moves nothing.
func (d *desk) pressed(at events.ConversationID, decision *events.Decision, before map[events.ConversationID]State) {
	var message *events.Message
	var scores []*events.SurveyAnswered
	for _, f := range decision.Facts {
		switch b := f.Body.(type) {
		case *events.MessageAdded:
			message = &b.Message
		case *events.SurveyAnswered:
			scores = append(scores, b)
		}
	}
	id, score, is := commands.ReadScoreValue(message.Pressed)
	if !is {
		return
	}
	was, now := before[at], d.conversations[at]
	if was.survey(id) == nil { // pressed by somebody whom nobody asked, as far as is known
		if message.HasFlag(FlagSurvey) || len(scores) > 0 {
			d.t.Fatalf("a press on %s in %s counted", id, at)
		}
		return
	}
	survey := was.survey(id)
	low, high, _ := survey.Kind.Scale()
	counts := score >= low && score <= high && !decision.At.After(survey.Until) && (survey.Score == nil || *survey.Score != score)
	if counts != (len(scores) == 1 && scores[0].Survey == id && scores[0].Score == score && scores[0].Via == events.SurveyByButton) || !counts && len(scores) > 0 {
		d.t.Fatalf("a press of %d on %+v gave %s", score, survey, facts(decision))
	}
	if now.Status != was.Status || now.Unread != was.Unread || (now.WaitingSince == nil) != (was.WaitingSince == nil) || !message.HasFlag(FlagSurvey) {
		d.t.Fatalf("a press made %+v\nof %+v", now.Conversation, was.Conversation)
	}
}
