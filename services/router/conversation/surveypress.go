package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxEarlier bounds the surveys of one conversation whose buttons still count,
// beside the newest.
const maxEarlier = 4

// surveys are those of a conversation that are still known, the newest first.
func (s *State) surveys() []events.Survey {
	var list []events.Survey
	if s.Survey != nil {
		list = append(list, *s.Survey)
	}
	if s.Asked != nil {
		list = append(list, s.Asked.Earlier...)
	}
	return list
}

// few are the latest of a list of surveys.
func few(list []events.Survey) []events.Survey { return list[:min(len(list), maxEarlier)] }

// survey finds one by its id; nil where it is not known here.
func (s *State) survey(id events.SurveyID) *events.Survey {
	if s.Survey != nil && s.Survey.ID == id {
		return s.Survey
	}
	if s.Asked != nil {
		if at := slices.IndexFunc(s.Asked.Earlier, func(e events.Survey) bool { return e.ID == id }); at >= 0 {
			return &s.Asked.Earlier[at]
		}
	}
	return nil
}

// answered writes a score down, on a copy.
func (s *State) answered(id events.SurveyID, score int, at time.Time) {
	was := s.survey(id)
	if was == nil {
		return
	}
	is := *was
	is.Score, is.AnsweredAt = &score, &at
	if was == s.Survey {
		s.Survey = &is
		return
	}
	s.asked(func(a *Asked) {
		a.Earlier = slices.Clone(a.Earlier)
		for i := range a.Earlier {
			if a.Earlier[i].ID == id {
				a.Earlier[i] = is
			}
		}
	})
}

// pressed is the conversation of the contact's survey that a button names, whoever
// has written since and whatever was asked after it; nil where the contact was never
// sent it, or so long ago that nobody knows.
func (d *Draft) pressed(c *Contact, id events.SurveyID) *State {
	for _, talk := range slices.Backward(c.Surveys) {
		if s, ok := FollowConversation(d.World(), talk); ok && s.survey(id) != nil {
			return s
		}
	}
	return nil
}

// press takes a button of a survey of the conversation. What is pressed after the
// survey's end or is no score of its scale is shown and counts for nothing, as does
// the same score once more: buttons are pressed twice.
func (d *Draft) press(s *State, id events.SurveyID, score int, m events.Message) events.ConversationID {
	survey := *s.survey(id)
	low, high, _ := survey.Kind.Scale()
	switch {
	case d.At().After(survey.Until):
		d.show(s, m, "a button of a survey that has ended")
	case score < low || score > high:
		d.show(s, m, "a button of the survey that is no score")
	case survey.Score != nil && *survey.Score == score:
		d.show(s, m, "the same answer to the survey")
	default:
		d.show(s, m, "an answer to the survey")
		d.add(&events.SurveyAnswered{Conversation: s.ID, Survey: id, Kind: survey.Kind, Score: score, Via: events.SurveyByButton, Message: m.ID})
	}
	return s.ID
}
