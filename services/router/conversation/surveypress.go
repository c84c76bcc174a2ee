package conversation

import (
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxEarlier bounds the surveys of one conversation whose buttons and links still
// count, beside the newest.
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

// remark is the hash of the newest comment on a survey, empty where there is none.
func (s *State) remark(id events.SurveyID) string {
	switch {
	case s.Asked == nil:
		return ""
	case s.Survey != nil && s.Survey.ID == id:
		return s.Asked.Comment
	}
	return s.Asked.Remarks[id]
}

// remarked writes the hash of a comment down, on a copy.
func (s *State) remarked(id events.SurveyID, hash string) {
	was := s.survey(id)
	if was == nil || hash == "" {
		return
	}
	s.asked(func(a *Asked) {
		if was == s.Survey {
			a.Comment = hash
			return
		}
		all := map[events.SurveyID]string{id: hash}
		for survey, h := range a.Remarks {
			if survey != id {
				all[survey] = h
			}
		}
		a.Remarks = all
	})
}

// remarks are the hashes of the comments on some surveys, as conversations know them.
func remarks(of []events.Survey, known ...*State) map[events.SurveyID]string {
	var all map[events.SurveyID]string
	for i := range of {
		for _, s := range known {
			if h := s.remark(of[i].ID); h != "" {
				if all == nil {
					all = map[events.SurveyID]string{}
				}
				all[of[i].ID] = h
			}
		}
	}
	return all
}

// SurveyOf finds a survey of a conversation by its id, or of any other that its
// contact was asked about, and the conversation that holds it: buttons and links
// name their survey, whoever has written since and whatever was asked after it. The
// survey is nil where the contact was never sent it, or so long ago that nobody
// knows. It may have ended.
func (d *Draft) SurveyOf(s *State, id events.SurveyID) (*State, *events.Survey) {
	if survey := s.survey(id); survey != nil {
		return s, survey
	}
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return nil, nil
	}
	return d.surveyAmong(c, id)
}

func (d *Draft) surveyAmong(c *Contact, id events.SurveyID) (*State, *events.Survey) {
	for _, talk := range slices.Backward(c.Surveys) {
		if s, ok := FollowConversation(d.World(), talk); ok {
			if survey := s.survey(id); survey != nil {
				return s, survey
			}
		}
	}
	return nil, nil
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
