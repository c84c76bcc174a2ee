package conversation

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// FlagSurvey marks a score that was written back: it does not wait for an answer.
const FlagSurvey = "survey"

const (
	// flagAutomatic marks what no person wrote.
	flagAutomatic = "automatic"
	// commentFor is how long after a score words count as a comment on it.
	commentFor = time.Hour
	// MaxComment bounds a comment, in bytes.
	MaxComment = 4 << 10
	// maxSurveys bounds the conversations of one contact of which it is known that
	// they were asked about, the newest.
	maxSurveys = 16
	// survived is how much earlier than the question a provider may say that its
	// answer was written: clocks differ.
	survived = 2 * time.Minute
)

// Asked is what the router remembers of a conversation's newest survey beside the
// row. Road is the way the question went (see [RoadKey]), empty where it was not
// sent. Done says that the conversation was asked since it was last resolved,
// Spoken that one of ours wrote after the question: a number answers them then.
// Comment is the hash of the newest comment. Earlier are surveys before the newest,
// the latest first: their buttons and links are still on the customer's screen.
// Remarks are the hashes of the newest comments on those.
type Asked struct {
	Road    string                     `json:"road,omitempty"`
	Done    bool                       `json:"done,omitempty"`
	Spoken  bool                       `json:"spoken,omitempty"`
	Comment string                     `json:"comment,omitempty"`
	Earlier []events.Survey            `json:"earlier,omitempty"`
	Remarks map[events.SurveyID]string `json:"remarks,omitempty"`
}

// silent reports whether a message neither answers nor asks: machines' words and
// those of surveys.
func silent(m *events.Message) bool { return m.HasFlag(flagAutomatic) || m.HasFlag(FlagSurvey) }

// Ask asks the customer of a resolved conversation. With a text the question goes
// out over the road as message id, with the scores to press beside it; without, the
// asking is recorded alone. A channel that stands in the survey is the one asked
// about, else it is the road's. The same survey again adds nothing; another one in the
// same resolving is a conflict.
func (d *Draft) Ask(s *State, id events.MessageID, road Road, body commands.AskSurveyBody) *commands.Problem {
	survey, text := body.Survey, body.Text
	if s.Survey != nil && s.Survey.ID == survey.ID {
		return nil
	}
	if text == "" && len(body.QuickReplies) > 0 {
		return refuse(commands.Invalid, "quick replies stand beside a text")
	}
	if problem := d.mayAsk(s, &survey); problem != nil {
		return problem
	}
	survey.Channel = cmp.Or(survey.Channel, road.Channel)
	survey.Message, survey.AskedAt, survey.Score, survey.AnsweredAt = "", d.At(), nil, nil
	if text == "" {
		d.add(&events.SurveyAsked{Conversation: s.ID, Survey: survey})
		return nil
	}
	survey.Message = id
	d.add(&events.SurveyAsked{Conversation: s.ID, Survey: survey})
	return d.Answer(d.conversation(s.ID), id, road, commands.ReplyBody{Text: text, QuickReplies: body.QuickReplies})
}

func (d *Draft) mayAsk(s *State, survey *events.Survey) *commands.Problem {
	_, _, known := survey.Kind.Scale()
	named := func(id string) bool { return id != "" && len(id) <= 128 && utf8.ValidString(id) }
	switch {
	case d.decision.Actor.Kind != "system":
		return refuse(commands.Invalid, "the program asks by itself, nobody else")
	case !known:
		return refuse(commands.Invalid, "a survey is csat, nps or ces")
	case !named(string(survey.ID)) || !named(string(survey.Questionnaire)):
		return refuse(commands.Invalid, "a survey has an id and names its questionnaire")
	case !survey.Until.After(d.At()) || survey.Until.After(d.At().Add(MaxSnooze)):
		return refuse(commands.Invalid, "a survey ends in the future, within two years")
	case s.Status != events.Resolved:
		return &commands.Problem{Code: commands.Conflict, Detail: "the conversation goes on", Conversation: &s.Conversation}
	case s.Asked != nil && s.Asked.Done || openSurvey(s, d.At()) && s.Survey.Score == nil:
		return &commands.Problem{Code: commands.Conflict, Detail: "the customer was asked already", Conversation: &s.Conversation}
	}
	return nil
}

func openSurvey(s *State, now time.Time) bool { return s.Survey != nil && !now.After(s.Survey.Until) }

// AnswerSurvey takes a customer's word from outside the conversation, to the survey
// that [Draft.SurveyOf] finds. Until the survey ends a later word takes the place of
// an earlier one; the same word again adds nothing.
func (d *Draft) AnswerSurvey(s *State, body commands.AnswerSurveyBody) *commands.Problem {
	body.Comment = strings.TrimSpace(body.Comment)
	s, survey := d.SurveyOf(s, body.Survey)
	switch {
	case survey == nil:
		return refuse(commands.NotFound, "there is no such survey")
	case d.At().After(survey.Until):
		return refuse(commands.Conflict, "the survey has ended")
	case body.Via != events.SurveyByLink && body.Via != events.SurveyByButton:
		return refuse(commands.Invalid, "an answer comes by link or by button")
	case body.Score == nil && body.Comment == "":
		return refuse(commands.Invalid, "an answer has a score or a comment")
	case len(body.Comment) > MaxComment || !utf8.ValidString(body.Comment):
		return refuse(commands.Invalid, "a comment is at most 4096 bytes of UTF-8")
	}
	said := s.remark(survey.ID) // before the score: a draft shows what it has added
	if body.Score != nil {
		if low, high, _ := survey.Kind.Scale(); *body.Score < low || *body.Score > high {
			return refuse(commands.Invalid, "the score is outside the scale")
		}
		if survey.Score == nil || *survey.Score != *body.Score {
			d.add(&events.SurveyAnswered{Conversation: s.ID, Survey: body.Survey, Kind: survey.Kind, Score: *body.Score, Via: body.Via})
		}
	}
	if body.Comment != "" && said != digest(body.Comment) {
		d.add(&events.SurveyCommented{Conversation: s.ID, Survey: body.Survey, Comment: body.Comment, Via: body.Via})
	}
	return nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Said is what a customer's message is to a survey that they were sent.
type Said int

// Nothing: an ordinary message. Scored: a score or a press on one and nothing else,
// for [Draft.Score]. Commented: words on a score just given, an ordinary message that
// belongs to the survey's conversation and is noted by [Draft.Comment].
const (
	Nothing Said = iota
	Scored
	Commented
)

// Survey finds the survey that a message speaks to. A press on a score names its
// own, whatever came after; see [Draft.pressed]. Anything else speaks to one whose
// question went over the same road, that has not ended, and after which nobody of
// ours has written; a message that explicitly joins another conversation, or that
// would join one under way on the same road, speaks to none.
func (d *Draft) Survey(m *events.Message, join events.ConversationID, explicit bool) (*State, Said) {
	c, ok := d.World().Contact(d.Subject())
	if !ok || m.Direction != events.In || m.Kind != events.KindMessage || m.From == nil || silent(m) || len(m.Attachments) > 0 {
		return nil, Nothing
	}
	if id, _, is := commands.ReadScoreValue(m.Pressed); is {
		if s, _ := d.surveyAmong(c, id); s != nil {
			return s, Scored
		}
		return nil, Nothing // of another customer: its label is no score of this one
	}
	road := RoadKey(m.InboxID, m.From.Key())
	for _, id := range slices.Backward(c.Surveys) {
		s, ok := FollowConversation(d.World(), id)
		if !ok || s.Asked == nil || s.Asked.Road != road || !openSurvey(s, d.At()) || m.OccurredAt.Before(s.Survey.AskedAt.Add(-survived)) {
			continue
		}
		if s.Asked.Spoken || join != "" && join != s.ID && (explicit || d.talksOver(join, road)) {
			return nil, Nothing
		}
		if _, ok := ReadScore(s.Survey.Kind, m.Text); ok {
			return s, Scored
		}
		if at := s.Survey.AnsweredAt; at != nil && d.At().Sub(*at) <= commentFor && s.Asked.Comment == "" && strings.TrimSpace(m.Text) != "" && (join == "" || join == s.ID) {
			return s, Commented
		}
		return nil, Nothing
	}
	return nil, Nothing
}

func (d *Draft) talksOver(id events.ConversationID, road string) bool {
	s, ok := FollowConversation(d.World(), id)
	return ok && slices.ContainsFunc(s.Roads, func(r Road) bool { return RoadKey(r.Inbox, r.To.Key()) == road })
}

// byButton are the flags with which adapters tell of a pressed button.
var byButton = []string{"button", "postback"}

// Score takes a message that is a score, or a press on one: it is shown, and moves
// nothing else.
func (d *Draft) Score(s *State, m events.Message) events.ConversationID {
	if id, score, is := commands.ReadScoreValue(m.Pressed); is {
		return d.press(s, id, score, m)
	}
	score, _ := ReadScore(s.Survey.Kind, m.Text)
	via := events.SurveyByReply
	if slices.ContainsFunc(byButton, m.HasFlag) {
		via = events.SurveyByButton
	}
	survey := s.Survey
	d.show(s, m, "an answer to the survey")
	d.add(&events.SurveyAnswered{Conversation: s.ID, Survey: survey.ID, Kind: survey.Kind, Score: score, Via: via, Message: m.ID})
	return s.ID
}

// show adds a message that waits for nothing.
func (d *Draft) show(s *State, m events.Message, reason string) {
	m.ConversationID, m.Flags = s.ID, slices.Clone(m.Flags)
	m.Flag(FlagSurvey)
	d.add(&events.MessageAdded{Message: m, Reason: reason})
}

// Comment notes the words of a message that has been received as any other.
func (d *Draft) Comment(s *State, m *events.Message) {
	comment := cut(strings.TrimSpace(m.Text), MaxComment)
	d.add(&events.SurveyCommented{Conversation: s.ID, Survey: s.Survey.ID, Comment: comment, Via: events.SurveyByReply})
}

func applySurvey(w *Work, d *events.Decision, body events.Body) {
	switch f := body.(type) {
	case *events.SurveyAsked:
		s, survey := w.conversation(f.Conversation), f.Survey
		earlier := few(s.surveys())
		s.Survey, s.Asked = &survey, &Asked{Done: true, Earlier: earlier, Remarks: remarks(earlier, s)}
		c := w.contact(d.Contact)
		c.Surveys = putOnce(drop(c.Surveys, s.ID), s.ID)
		c.Surveys = c.Surveys[max(0, len(c.Surveys)-maxSurveys):]
	case *events.SurveyAnswered:
		w.conversation(f.Conversation).answered(f.Survey, f.Score, d.At)
	case *events.SurveyCommented:
		w.conversation(f.Conversation).remarked(f.Survey, digest(f.Comment))
	}
}

// asked changes what is remembered of the survey, on a copy.
func (s *State) asked(change func(*Asked)) {
	if s.Asked != nil {
		a := *s.Asked
		change(&a)
		s.Asked = &a
	}
}

// applyWord follows what of ours comes after a question: the question itself
// shows the road, any other word ends the answering by number.
func applyWord(s *State, m *events.Message) {
	switch {
	case s.Asked == nil:
	case s.Survey != nil && m.ID == s.Survey.Message && m.From != nil:
		s.asked(func(a *Asked) { a.Road = RoadKey(m.InboxID, m.From.Key()) })
	case !silent(m) && !s.Asked.Spoken:
		s.asked(func(a *Asked) { a.Spoken = true })
	}
}
