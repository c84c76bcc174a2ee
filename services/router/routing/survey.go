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
// that an answer would take.
func (c *order) askSurvey(body commands.AskSurveyBody) *commands.Problem {
	if c.state.Survey != nil && c.state.Survey.ID == body.Survey.ID {
		return nil
	}
	var road conversation.Road
	if body.Text != "" {
		var problem *commands.Problem
		if road, problem = c.road(commands.ReplyBody{}); problem == nil && onlyAnswers[road.Channel] {
			problem = invalid("nothing can be said unasked on this channel")
		}
		if problem == nil {
			problem = c.window(road, commands.ReplyBody{})
		}
		if problem != nil {
			return problem
		}
	} else if last, ok := c.state.LastRoad(func(conversation.Road) bool { return true }); ok {
		road.Channel = last.Channel
	}
	c.message = events.MessageID(id.Derive("ms", "survey", string(body.Survey.ID)))
	return c.draft.Ask(c.state, c.message, road, body)
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
