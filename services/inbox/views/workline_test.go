package views

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// TestLinesOfWork has how a conversation reached an agent, what was promised and
// what the customer said of it stand in the timeline, and clocks that only run
// stay out of it.
func TestLinesOfWork(t *testing.T) {
	choice := events.Choice{Queue: "qu1", Waited: 5000, Candidates: []events.Candidate{{Agent: "ag1", Capacity: 100}}, Unfit: map[string]int{"away": 2}}
	line := func(fact string, body events.Body) (detail map[string]string, why *events.Choice, made bool) {
		item, made := Line(&events.Decision{Seq: 7, At: time.Unix(1, 0)}, events.Fact{Type: fact, Body: body})
		if made && (item.Conversation != "cv1" || item.Seq != 7 || item.Fact != fact) {
			t.Errorf("%s: the line is %+v", fact, item)
		}
		return item.Detail, item.Choice, made
	}
	for fact, c := range map[string]struct {
		body events.Body
		want map[string]string
	}{
		"conversation.queued":      {&events.ConversationQueued{Conversation: "cv1", Wait: events.Wait{Queue: "qu1"}, Reason: "somebody waits"}, map[string]string{"queue": "qu1", "reason": "somebody waits"}},
		"conversation.prioritised": {&events.ConversationPrioritised{Conversation: "cv1", Priority: -3}, map[string]string{"priority": "-3"}},
		"conversation.offered":     {&events.ConversationOffered{Conversation: "cv1", Offer: events.Offer{Agent: "ag1"}, Choice: choice}, map[string]string{"agent": "ag1"}},
		"conversation.assigned":    {&events.ConversationAssigned{Conversation: "cv1", Assignee: "ag1", Choice: &choice}, map[string]string{"assignee": "ag1"}},
		"offer.closed":             {&events.OfferClosed{Conversation: "cv1", Agent: "ag1", Outcome: "declined", Reason: "busy"}, map[string]string{"agent": "ag1", "outcome": "declined", "reason": "busy"}},
		"clock.breached":           {&events.ClockBreached{Conversation: "cv1", Clock: events.Clock{Kind: events.FirstResponse}}, map[string]string{"kind": "first_response"}},
		"survey.answered":          {&events.SurveyAnswered{Conversation: "cv1", Kind: events.NPS, Score: 0, Via: "link"}, map[string]string{"kind": "nps", "score": "0", "via": "link"}},
		"survey.commented":         {&events.SurveyCommented{Conversation: "cv1", Comment: "so slow", Via: "reply"}, map[string]string{"comment": "so slow", "via": "reply"}},
	} {
		detail, why, made := line(fact, c.body)
		if !made || len(detail) != len(c.want) {
			t.Errorf("%s: the line says %v", fact, detail)
			continue
		}
		for k, v := range c.want {
			if detail[k] != v {
				t.Errorf("%s: %s is %q, want %q", fact, k, detail[k], v)
			}
		}
		explained := fact == "conversation.offered" || fact == "conversation.assigned"
		if (why != nil) != explained || explained && (len(why.Candidates) != 1 || why.Unfit["away"] != 2) {
			t.Errorf("%s: the choice is %+v", fact, why)
		}
	}
	for fact, body := range map[string]events.Body{"clock.started": &events.ClockStarted{}, "clock.paused": &events.ClockPaused{}, "clock.stopped": &events.ClockStopped{}} {
		if _, _, made := line(fact, body); made {
			t.Errorf("%s makes a line", fact)
		}
	}
	said, _ := Line(&events.Decision{}, events.Fact{Type: "survey.commented", Body: &events.SurveyCommented{Conversation: "cv1", Comment: "so slow"}})
	if !EraseLine(&said) || said.Detail["comment"] != "" {
		t.Error("a comment outlives the erasure of its customer")
	}
}
