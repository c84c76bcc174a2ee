package routing

import (
	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/threading"
)

// onlyAnswers are channels on which nothing is said unasked: Kakao's skill takes
// words only within the call that brought the customer's, and the notification
// talk carries approved templates alone.
var onlyAnswers = map[string]bool{"kakao": true, "alimtalk": true}

// askSurvey asks the customer of a conversation. The question goes over the road
// they used last, or, where that is said, over another that is proved to be theirs.
func (c *order) askSurvey(body commands.AskSurveyBody) *commands.Problem {
	if c.state.Survey != nil && c.state.Survey.ID == body.Survey.ID {
		return nil
	}
	var road conversation.Road
	last, used := c.state.LastRoad(func(r conversation.Road) bool { return c.theirs(r.To.Key()) })
	body.Survey.Channel = last.Channel
	switch {
	case body.Text == "":
	case len(body.Barred) > commands.MaxBarred:
		return invalid("there are too many barred addresses")
	case body.Elsewhere:
		var problem *commands.Problem
		if road, problem = c.elsewhere(body.Barred); problem != nil {
			return problem
		}
		if m := c.state.LastMessage; !used && m != nil && m.Channel != "" {
			body.Survey.Channel = m.Channel
		}
	default:
		inbox, ok := c.router.deps.Inboxes.ByID(last.Inbox)
		if !used || !ok || inbox.OneWay {
			return invalid("nothing can be said where the customer spoke last")
		}
		if onlyAnswers[last.Channel] {
			return invalid("nothing can be said unasked on this channel")
		}
		if problem := c.window(last, commands.ReplyBody{}); problem != nil {
			return problem
		}
		road = last
	}
	c.message = events.MessageID(id.Derive("ms", "survey", string(body.Survey.ID)))
	return c.draft.Ask(c.state, c.message, road, body)
}

// answerSurvey takes an answer that came by link. The row in the result is of the
// conversation that holds the survey.
func (c *order) answerSurvey(body commands.AnswerSurveyBody) *commands.Problem {
	if holder, survey := c.draft.SurveyOf(c.state, body.Survey); survey != nil {
		c.state = holder
	}
	return c.draft.AnswerSurvey(c.state, body)
}

// findSurvey tells a survey as it stands and decides nothing.
func (c *order) findSurvey(body commands.FindSurveyBody) *commands.Problem {
	holder, survey := c.draft.SurveyOf(c.state, body.Survey)
	if survey == nil {
		return &commands.Problem{Code: commands.NotFound, Detail: "there is no such survey"}
	}
	found := *survey
	c.state, c.result.Survey = holder, &found
	return nil
}

// surveyed puts a message where it belongs if it speaks to a survey; false if it
// is an ordinary one.
func (r *Router) surveyed(d *conversation.Draft, m events.Message, v *threading.Verdict) (events.ConversationID, bool) {
	if _, _, pressed := commands.ReadScoreValue(m.Pressed); v.Foreign && !pressed {
		return "", false
	}
	s, said := d.Survey(&m, v.Conversation, v.Explicit)
	switch said {
	case conversation.Scored:
		return d.Score(s, m), true
	case conversation.Commented:
		v.Conversation, v.Explicit, v.Reason = s.ID, true, "words on the score they gave"
		d.Comment(s, &m)
	}
	return "", false
}
