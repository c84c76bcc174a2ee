package conversation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// asks has the program ask about a conversation, over the road used last.
func (b *book) asks(c events.ConversationID, survey events.SurveyID, kind events.SurveyKind) (*events.Decision, *commands.Problem) {
	s := b.conversations[c]
	owner, _ := FollowContact(b, s.Contact.ID)
	b.n++
	b.now = b.now.Add(time.Second)
	d := NewDraft(b, fmt.Sprint("d", b.n), owner.ID, b.now, events.Cause{Kind: "command"}, events.Author{Kind: "system", ID: "survey:q"})
	road, _ := s.LastRoad(func(Road) bool { return true })
	problem := d.Ask(s, events.MessageID("ask"+survey), road, commands.AskSurveyBody{
		Survey: events.Survey{ID: survey, Questionnaire: "q", Kind: kind, Until: b.now.Add(14 * 24 * time.Hour)}, Text: "How was it, 1 to 5?", QuickReplies: offer(survey, 1, 5),
	})
	if problem != nil {
		return nil, problem
	}
	return b.keep(d), nil
}

// hears has a contact say something as the router takes it in.
func (b *book) hears(contact events.ContactID, join events.ConversationID, text string, change ...func(*events.Message)) (events.ConversationID, *events.Decision) {
	d := b.draft(contact)
	from := email(string(contact))
	m := events.Message{
		ID: events.MessageID(fmt.Sprint("ms", b.n)), ContactID: contact, Direction: events.In, Kind: events.KindMessage, Channel: "email", InboxID: "mail",
		From: &from, Text: text, Attachments: []events.Attachment{}, Status: events.StatusReceived, OccurredAt: b.now, ReceivedAt: b.now,
	}
	for _, c := range change {
		c(&m)
	}
	s, said := d.Survey(&m, join, join != "")
	switch said {
	case Scored:
		id := d.Score(s, m)
		return id, b.keep(d)
	case Commented:
		d.Comment(s, &m)
		join = s.ID
	}
	id := d.Receive(Arrival{Message: m, Join: join, NewID: events.ConversationID(fmt.Sprint("cv", b.n)), Queue: "front"})
	return id, b.keep(d)
}

func asked(t *testing.T) (*book, events.ContactID, events.ConversationID) {
	t.Helper()
	b := newBook()
	kim := b.meets("kim")
	c, _ := b.writes(kim, "")
	b.answers(t, c)
	b.does(t, c, resolve)
	d, problem := b.asks(c, "sv1", events.CSAT)
	if problem != nil {
		t.Fatal(problem)
	}
	wantFacts(t, d, "survey.asked message.added message.send_requested")
	return b, kim, c
}

func TestAskingBeginsNothing(t *testing.T) {
	b, kim, c := asked(t)
	s := b.conversations[c]
	if s.Status != events.Resolved || s.WaitingSince != nil || s.Wait != nil || len(b.contacts[kim].Live) != 0 {
		t.Fatalf("the question made it %+v", s.Conversation)
	}
	if s.Survey == nil || s.Survey.Message != "asksv1" || s.Survey.Channel != "email" || s.Survey.Score != nil {
		t.Fatalf("survey is %+v", s.Survey)
	}
	if d, problem := b.asks(c, "sv1", events.CSAT); problem != nil || len(d.Facts) != 0 {
		t.Fatalf("asked twice: %v, %v", problem, facts(d))
	}
	if _, problem := b.asks(c, "sv2", events.CSAT); problem == nil || problem.Code != commands.Conflict {
		t.Fatalf("asked by another: %v", problem)
	}
}

func TestAScoreIsTakenAndMovesNothing(t *testing.T) {
	b, kim, c := asked(t)
	before := *b.conversations[c]
	at, d := b.hears(kim, "", "5점!")
	wantFacts(t, d, "message.added survey.answered")
	s := b.conversations[c]
	if at != c || s.Status != events.Resolved || s.Unread != before.Unread || s.WaitingSince != nil || s.Wait != nil || len(b.contacts[kim].Live) != 0 {
		t.Fatalf("the score made it %+v", s.Conversation)
	}
	if s.Survey.Score == nil || *s.Survey.Score != 5 || s.Survey.AnsweredAt == nil || s.LastMessage.Text != "5점!" {
		t.Fatalf("survey is %+v, shown %+v", s.Survey, s.LastMessage)
	}
	if _, d = b.hears(kim, "", "3", func(m *events.Message) { m.Flag("button") }); d.Facts[1].Body.(*events.SurveyAnswered).Via != events.SurveyByButton || *b.conversations[c].Survey.Score != 3 {
		t.Fatal("a second score, by a button, does not stand")
	}
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

func TestWordsAfterAScoreAreReadAndCounted(t *testing.T) {
	b, kim, c := asked(t)
	b.hears(kim, "", "2")
	at, d := b.hears(kim, "", "it took a week")
	wantFacts(t, d, "survey.commented conversation.reopened message.added")
	if at != c || b.conversations[c].Status != events.Open || b.conversations[c].WaitingSince == nil || b.conversations[c].Unread != 1 {
		t.Fatalf("a complaint left %+v", b.conversations[c].Conversation)
	}
	_, d = b.hears(kim, c, "and nobody called")
	wantFacts(t, d, "message.added")
}

func TestOrdinaryWordsStayOrdinary(t *testing.T) {
	b, kim, c := asked(t)
	at, d := b.hears(kim, "", "I have 5 more questions")
	wantFacts(t, d, "conversation.opened message.added")
	if at == c {
		t.Fatal("it was put to the survey")
	}
	// The other conversation goes over the same road, so a number belongs to it.
	at2, d := b.hears(kim, at, "5")
	wantFacts(t, d, "message.added")
	if at2 != at || b.conversations[c].Survey.Score != nil {
		t.Fatal("a number in another talk was taken as a score")
	}
}

func TestANumberAfterAnAgentsQuestionAnswersTheAgent(t *testing.T) {
	b, kim, c := asked(t)
	b.hears(kim, c, "one more thing")
	b.answers(t, c)
	_, d := b.hears(kim, c, "5")
	wantFacts(t, d, "message.added")
	if b.conversations[c].WaitingSince == nil {
		t.Fatal("nobody sees that the customer waits")
	}
}

func TestAScoreInAnOpenConversationChangesNothingThere(t *testing.T) {
	b, kim, c := asked(t)
	b.hears(kim, c, "one more thing")
	since := b.conversations[c].WaitingSince
	_, d := b.hears(kim, c, "4")
	wantFacts(t, d, "message.added survey.answered")
	if s := b.conversations[c]; s.Unread != 1 || s.WaitingSince != since || s.Status != events.Open {
		t.Fatalf("it is %+v", s.Conversation)
	}
}

func TestWhatIsNoAnswerToASurvey(t *testing.T) {
	for name, change := range map[string]func(*book, *events.Message){
		"after its end":        func(b *book, m *events.Message) { b.now = b.now.Add(15 * 24 * time.Hour) },
		"machine mail":         func(_ *book, m *events.Message) { m.Flag("automatic") },
		"another address":      func(_ *book, m *events.Message) { other := email("other"); m.From = &other },
		"another inbox":        func(_ *book, m *events.Message) { m.InboxID = "mail2" },
		"from before":          func(_ *book, m *events.Message) { m.OccurredAt = m.OccurredAt.Add(-time.Hour) },
		"with a picture":       func(_ *book, m *events.Message) { m.Attachments = []events.Attachment{{ID: "a"}} },
		"outside of the scale": func(_ *book, m *events.Message) { m.Text = "7" },
	} {
		b, kim, c := asked(t)
		_, _ = b.hears(kim, "", "5", func(m *events.Message) { change(b, m) })
		if name == "after its end" { // the draft was made before the clock moved
			_, _ = b.hears(kim, "", "5")
			b.conversations[c].Survey.Score = nil
			if _, d := b.hears(kim, "", "5"); slices.ContainsFunc(d.Facts, func(f events.Fact) bool { return f.Type == "survey.answered" }) {
				t.Errorf("%s counted", name)
			}
			continue
		}
		if b.conversations[c].Survey.Score != nil {
			t.Errorf("%s counted", name)
		}
	}
}

func TestAnAnswerByLink(t *testing.T) {
	b, _, c := asked(t)
	score := func(n int) *int { return &n }
	answer := func(body commands.AnswerSurveyBody) (*events.Decision, *commands.Problem) {
		s := b.conversations[c]
		d := b.draft(s.Contact.ID)
		if problem := d.AnswerSurvey(s, body); problem != nil {
			return nil, problem
		}
		return b.keep(d), nil
	}
	d, _ := answer(commands.AnswerSurveyBody{Survey: "sv1", Score: score(4), Comment: " kind ", Via: "link"})
	wantFacts(t, d, "survey.answered survey.commented")
	if d, _ = answer(commands.AnswerSurveyBody{Survey: "sv1", Score: score(4), Comment: "kind", Via: "link"}); len(d.Facts) != 0 {
		t.Errorf("the same again is %s", facts(d))
	}
	d, _ = answer(commands.AnswerSurveyBody{Survey: "sv1", Score: score(1), Via: "link"})
	wantFacts(t, d, "survey.answered")
	d, _ = answer(commands.AnswerSurveyBody{Survey: "sv1", Comment: "after all not", Via: "link"})
	wantFacts(t, d, "survey.commented")
	if s := b.conversations[c]; *s.Survey.Score != 1 || s.Status != events.Resolved || s.WaitingSince != nil {
		t.Errorf("it is %+v", s.Conversation)
	}
	for name, body := range map[string]commands.AnswerSurveyBody{
		"another survey": {Survey: "sv2", Score: score(4), Via: "link"}, "nothing": {Survey: "sv1", Via: "link"}, "blank": {Survey: "sv1", Comment: " \n", Via: "link"},
		"too much": {Survey: "sv1", Score: score(6), Via: "link"}, "too little": {Survey: "sv1", Score: score(0), Via: "link"}, "another way": {Survey: "sv1", Score: score(4), Via: "pigeon"},
		"no text": {Survey: "sv1", Comment: "\xff", Via: "link"}, "a book": {Survey: "sv1", Comment: string(make([]byte, MaxComment+1)), Via: "link"},
	} {
		if _, problem := answer(body); problem == nil {
			t.Errorf("%s was taken", name)
		}
	}
	b.now = b.now.Add(15 * 24 * time.Hour)
	if _, problem := answer(commands.AnswerSurveyBody{Survey: "sv1", Score: score(5), Via: "link"}); problem == nil || problem.Code != commands.Conflict {
		t.Errorf("after its end: %v", problem)
	}
}

// A link of a survey before the newest is an answer to that one, as a button is:
// until it ends, each for itself, also from a conversation that knows it only by its
// customer, and with its own words.
//
// To see it fail: in AnswerSurvey look at the newest survey alone, or drop Remarks
// when the next survey is asked.
func TestALinkOfAnEarlierSurvey(t *testing.T) {
	b, kim, c := asked(t)
	again := func(survey events.SurveyID) {
		t.Helper()
		b.hears(kim, c, "one more thing")
		b.answers(t, c)
		b.does(t, c, resolve)
		if _, problem := b.asks(c, survey, events.NPS); problem != nil {
			t.Fatal(problem)
		}
	}
	other, _ := b.writes(kim, "")
	answer := func(at events.ConversationID, survey events.SurveyID, score int, comment string) (*events.Decision, *commands.Problem) {
		d := b.draft(kim)
		if problem := d.AnswerSurvey(b.conversations[at], commands.AnswerSurveyBody{Survey: survey, Score: &score, Comment: comment, Via: events.SurveyByLink}); problem != nil {
			return nil, problem
		}
		return b.keep(d), nil
	}
	if _, problem := answer(c, "sv1", 2, "slow"); problem != nil {
		t.Fatal(problem)
	}
	b.now = b.now.Add(24 * time.Hour)
	again("sv2")
	for i, step := range []struct {
		at      events.ConversationID
		survey  events.SurveyID
		score   int
		comment string
		want    string
	}{
		{c, "sv1", 4, "slow", "survey.answered"}, {c, "sv1", 4, "but kind", "survey.commented"}, {c, "sv1", 4, "but kind", ""},
		{other, "sv1", 5, "", "survey.answered"}, {other, "sv2", 9, "well", "survey.answered survey.commented"}, {c, "sv2", 9, "well", ""},
	} {
		d, problem := answer(step.at, step.survey, step.score, step.comment)
		if problem != nil || facts(d) != step.want {
			t.Fatalf("step %d: %s, %v", i, facts(d), problem)
		}
		for _, f := range d.Facts {
			if a, ok := f.Body.(*events.SurveyAnswered); ok && (a.Survey != step.survey || a.Conversation != c || a.Kind != b.conversations[c].survey(step.survey).Kind) {
				t.Fatalf("step %d: %+v", i, a)
			}
		}
	}
	if s := b.conversations[c]; *s.survey("sv1").Score != 5 || *s.Survey.Score != 9 {
		t.Fatalf("they are %+v and %+v", s.survey("sv1"), s.Survey)
	}
	b.now = b.now.Add(13*24*time.Hour + time.Hour) // the first has ended, the second not
	if _, problem := answer(c, "sv1", 1, ""); problem == nil || problem.Code != commands.Conflict {
		t.Fatalf("after its end: %v", problem)
	}
	if d, problem := answer(c, "sv2", 0, ""); problem != nil || facts(d) != "survey.answered" {
		t.Fatalf("the newest: %v", problem)
	}
	if _, problem := answer(c, "sv7", 1, ""); problem == nil || problem.Code != commands.NotFound {
		t.Fatalf("one that nobody asked: %v", problem)
	}
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

func TestWhoIsNotAsked(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	open, _ := b.writes(kim, "")
	if _, problem := b.asks(open, "sv1", events.CSAT); problem == nil || problem.Code != commands.Conflict {
		t.Errorf("while it goes on: %v", problem)
	}
	lee := b.meets("lee")
	robot, _ := b.writes(lee, "", func(a *Arrival) { a.Message.Flag("automatic") })
	b.does(t, robot, resolve)
	if _, problem := b.asks(robot, "sv2", events.CSAT); problem == nil {
		t.Error("a machine was asked")
	}
	b.does(t, open, resolve)
	if _, problem := b.asks(open, "sv3", "smiles"); problem == nil {
		t.Error("a kind that nobody knows was asked")
	}
	d := b.draft(kim) // an agent's
	s := b.conversations[open]
	if problem := d.Ask(s, "x", s.Roads[0], commands.AskSurveyBody{Survey: events.Survey{ID: "sv4", Questionnaire: "q", Kind: events.NPS, Until: b.now.Add(time.Hour)}, Text: "?"}); problem == nil {
		t.Error("an agent asked by hand")
	}
}

func TestASurveyStaysWithAMerge(t *testing.T) {
	b, kim, c := asked(t)
	lee := b.meets("lee")
	merge(t, b, lee, kim)
	at, d := b.hears(lee, "", "5", func(m *events.Message) { from := email(string(kim)); m.From = &from })
	wantFacts(t, d, "message.added survey.answered")
	if at != c {
		t.Fatalf("it went to %s", at)
	}
	reverse(t, b, lee, kim)
	if !slices.Equal(b.contacts[kim].Surveys, []events.ConversationID{c}) || len(b.contacts[lee].Surveys) != 0 {
		t.Fatalf("after the reversal: %v and %v", b.contacts[kim].Surveys, b.contacts[lee].Surveys)
	}
	if b.replayed(t).state(t) != b.state(t) {
		t.Fatal("the log tells another story")
	}
}

func TestAReopenedConversationIsAskedAboutAgain(t *testing.T) {
	b, kim, c := asked(t)
	b.hears(kim, "", "5")
	if _, problem := b.asks(c, "sv2", events.CSAT); problem == nil {
		t.Fatal("asked twice in one resolving")
	}
	b.hears(kim, c, "thanks, one more thing")
	b.answers(t, c)
	b.does(t, c, resolve)
	if _, problem := b.asks(c, "sv2", events.NPS); problem != nil {
		t.Fatal(problem)
	}
	if s := b.conversations[c].Survey; s.ID != "sv2" || s.Score != nil {
		t.Fatalf("survey is %+v", s)
	}
}

// survey has the program ask, and customers write numbers and words, at any time.
func (d *desk) survey() {
	c, ok := d.anyConversation()
	if !ok {
		return
	}
	s := d.conversations[c]
	if rapid.Bool().Draw(d.t, "ask") {
		decision, _ := d.asks(c, events.SurveyID(fmt.Sprint("sv", d.n)), rapid.SampledFrom([]events.SurveyKind{events.CSAT, events.NPS}).Draw(d.t, "kind"))
		if after := d.conversations[c]; decision != nil && (after.Status != events.Resolved || after.Unread != s.Unread || after.WaitingSince != nil) {
			d.t.Fatalf("asking made %+v", after.Conversation)
		}
		return
	}
	owner, _ := FollowContact(d.book, s.Contact.ID)
	text := rapid.SampledFrom([]string{"5", "9", "thank you", "3점"}).Draw(d.t, "said")
	var press []func(*events.Message)
	if list := s.surveys(); len(list) > 0 && rapid.Bool().Draw(d.t, "press") {
		pressed := rapid.SampledFrom(list).Draw(d.t, "survey").ID
		score := rapid.IntRange(-1, 11).Draw(d.t, "score")
		press = append(press, func(m *events.Message) { m.Pressed = commands.ScoreValue(pressed, score) })
	}
	join := rapid.SampledFrom([]events.ConversationID{"", c}).Draw(d.t, "join")
	if join == "" && len(owner.Live) > 0 {
		join = owner.Live[0]
	}
	d.explicit[owner.ID] = true
	before := map[events.ConversationID]State{}
	for id, s := range d.conversations {
		before[id] = *s
	}
	at, decision := d.hears(owner.ID, join, text, press...)
	d.pressed(at, decision, before)
	for _, f := range decision.Facts {
		if _, scored := f.Body.(*events.SurveyAnswered); !scored {
			continue
		}
		was, is := before[at], d.conversations[at]
		if is.Status != was.Status || is.Unread != was.Unread || (is.WaitingSince == nil) != (was.WaitingSince == nil) || is.survey(f.Body.(*events.SurveyAnswered).Survey).Score == nil {
			d.t.Fatalf("a score made %+v\nof %+v", is.Conversation, was.Conversation)
		}
	}
}
