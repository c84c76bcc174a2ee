package events

import "time"

// SurveyKind is what is asked. CSAT (how satisfied) and CES (how easy) are
// answered from 1 to 5, NPS (would you recommend us) from 0 to 10.
type SurveyKind string

// The kinds of survey.
const (
	CSAT SurveyKind = "csat"
	NPS  SurveyKind = "nps"
	CES  SurveyKind = "ces"
)

// Scale are the lowest and the highest score of a kind; false for one that is
// not known.
func (k SurveyKind) Scale() (low, high int, ok bool) {
	switch k {
	case CSAT, CES:
		return 1, 5, true
	case NPS:
		return 0, 10, true
	}
	return 0, 0, false
}

// Good reports whether a score counts for the rate: CSAT and CES from 4, NPS
// from 9 (a promoter). Poor is its opposite: CSAT and CES up to 2, NPS up to 6 (a
// detractor). The score of NPS is the share of the good less that of the poor.
func (k SurveyKind) Good(score int) bool {
	if k == NPS {
		return score >= 9
	}
	return score >= 4
}

// Poor is told at [SurveyKind.Good].
func (k SurveyKind) Poor(score int) bool {
	if k == NPS {
		return score <= 6
	}
	return score <= 2
}

// Survey is one asking of one customer about one conversation. Agent and Team are
// who answered them last when it was asked, Channel is the one they used. Message
// is the question, where it was sent as a message; by link alone there is none.
// Score is nil until they answer.
type Survey struct {
	ID            SurveyID        `json:"id"`
	Questionnaire QuestionnaireID `json:"questionnaire"`
	Kind          SurveyKind      `json:"kind"`
	Channel       string          `json:"channel,omitempty"`
	Agent         AgentID         `json:"agent,omitempty"`
	Team          TeamID          `json:"team,omitempty"`
	Queue         QueueID         `json:"queue,omitempty"`
	Message       MessageID       `json:"message,omitempty"`
	AskedAt       time.Time       `json:"asked_at"`
	Until         time.Time       `json:"until"` // answers after it do not count
	Score         *int            `json:"score,omitempty"`
	AnsweredAt    *time.Time      `json:"answered_at,omitempty"`
}

// How an answer to a survey came.
const (
	SurveyByReply  = "reply"  // a number written back
	SurveyByButton = "button" // a button of the channel
	SurveyByLink   = "link"
)

// SurveyAsked says that a customer was asked.
type SurveyAsked struct {
	Conversation ConversationID `json:"conversation"`
	Survey       Survey         `json:"survey"`
}

// SurveyAnswered is their score. A later one for the same survey takes its place.
type SurveyAnswered struct {
	Conversation ConversationID `json:"conversation"`
	Survey       SurveyID       `json:"survey"`
	Kind         SurveyKind     `json:"kind"`
	Score        int            `json:"score"`
	Via          string         `json:"via"`
	Message      MessageID      `json:"message,omitempty"`
}

// SurveyCommented is what they said about their score.
type SurveyCommented struct {
	Conversation ConversationID `json:"conversation"`
	Survey       SurveyID       `json:"survey"`
	Comment      string         `json:"comment"`
	Via          string         `json:"via"`
}

// ContactSegmented says which segments a contact is in from now on, sorted, and
// what has changed.
type ContactSegmented struct {
	Segments []SegmentID `json:"segments"`
	Added    []SegmentID `json:"added,omitempty"`
	Removed  []SegmentID `json:"removed,omitempty"`
}
