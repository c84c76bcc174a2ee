package conversation

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// carrySurvey takes surveys along when a conversation is folded into another: as
// its own where that one was never asked about, else behind its own. The folded one
// keeps its copy.
func carrySurvey(c *Contact, from, into *State) {
	switch {
	case from.Survey == nil:
	case into.Survey == nil:
		into.Survey, into.Asked = from.Survey, from.Asked
		c.Surveys = putOnce(c.Surveys, into.ID)
	default:
		into.asked(func(a *Asked) {
			a.Earlier = few(append(slices.Clone(a.Earlier), from.surveys()...))
			a.Remarks = remarks(a.Earlier, into, from)
		})
	}
}

// returnSurvey gives them back, as they are by now; holder is whose into is.
func returnSurvey(holder *Contact, from, into *State) {
	own := from.surveys()
	for i := range own {
		if now := into.survey(own[i].ID); now != nil && now.Score != nil {
			from.answered(now.ID, *now.Score, *now.AnsweredAt)
		}
		from.remarked(own[i].ID, into.remark(own[i].ID))
	}
	if from.Survey != nil && into.Survey != nil && from.Survey.ID == into.Survey.ID {
		from.Asked = into.Asked
		into.Survey, into.Asked = nil, nil
		holder.Surveys = drop(holder.Surveys, into.ID)
		return
	}
	into.asked(func(a *Asked) {
		a.Earlier = slices.DeleteFunc(slices.Clone(a.Earlier), func(e events.Survey) bool {
			return slices.ContainsFunc(own, func(o events.Survey) bool { return o.ID == e.ID })
		})
		a.Remarks = remarks(a.Earlier, into)
	})
}
