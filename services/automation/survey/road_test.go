package survey_test

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// refuses sets why an asking over the road used is refused, and one elsewhere.
func (w *world) refuses(here, there commands.Code) {
	w.refuse(here)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inThere = nil
	if there != "" {
		w.inThere = &commands.Problem{Code: there}
	}
}

// What the road used does not take is asked elsewhere, away from where messages came
// back, with the same survey, and counts for the pause between surveys. A machine is
// not followed elsewhere, nor does a questionnaire go there that may not.
//
// To see it fail: in road fail, note nothing; in ask, follow a conflict elsewhere; or
// in one, write down only what was asked over the road used.
func TestWhatARoadDoesNotTakeIsAskedElsewhere(t *testing.T) {
	w := newWorld(t)
	q := config.Questionnaire{ID: "q", Name: "at once", Kind: events.CSAT, Every: 3600}
	w.has(q)
	back := events.Point{Kind: "email", Value: "kim@example.com", Trust: events.Proved}
	late := events.Point{Kind: "email", Value: "late@example.com", Trust: events.Proved}
	w.mu.Lock()
	w.sent = map[events.MessageID]events.Message{}
	for id, to := range map[events.MessageID]events.Point{"m1": back, "m2": back, "m3": late} {
		w.sent[id] = events.Message{ID: id, From: &to, Attachments: []events.Attachment{}}
	}
	w.mu.Unlock()
	for _, id := range []events.MessageID{"m1", "m2", "m3", "gone"} {
		w.say(&events.MessageStatusChanged{Conversation: "cv0", Message: id, Status: events.StatusFailed})
	}
	w.say(&events.MessageStatusChanged{Conversation: "cv0", Message: "m3", Status: events.StatusDelivered})
	w.refuses(commands.WindowClosed, "")
	w.talked("cv1", "hello")
	w.resolve("cv1")
	w.start()
	w.await("elsewhere", 1)
	w.talked("cv2", "hello")
	w.resolve("cv2")
	w.await("recently", 1)
	got := w.list()
	if len(got) != 1 || !got[0].Elsewhere || len(got[0].Barred) != 1 || got[0].Barred[0] != back || w.envs[0].ID != string(got[0].Survey.ID) {
		t.Fatalf("asked %+v", got)
	}
	q.Every = 0
	w.has(q)
	answered := map[string]float64{}
	for i, c := range []struct {
		here, there commands.Code
		only        bool
		result      string
	}{
		{commands.Invalid, commands.Unproved, false, "unproved"},
		{commands.Invalid, commands.Unreachable, false, "unreachable"},
		{commands.Invalid, commands.Invalid, false, "nowhere"},
		{commands.WindowClosed, commands.Conflict, false, "refused"},
		{commands.Conflict, "", false, "refused"},
		{commands.WindowClosed, "", true, "window"},
		{commands.Invalid, "", true, "refused"},
	} {
		q.UsedRoadOnly = c.only
		w.has(q)
		w.refuses(c.here, c.there)
		talk := events.ConversationID([]string{"a", "b", "c", "d", "e", "f", "g"}[i])
		w.talked(talk, "hello")
		w.resolve(talk)
		answered[c.result]++
		w.await(c.result, answered[c.result])
	}
	if got := len(w.list()); got != 1 {
		t.Errorf("asked %d times", got)
	}
}

// What failed of a customer is known of whoever they were folded into.
//
// To see it fail: in fact, leave out what failed of a merged contact.
func TestFailuresFollowAMergedCustomer(t *testing.T) {
	w := newWorld(t)
	w.has(config.Questionnaire{ID: "q", Name: "at once", Kind: events.CSAT})
	to := events.Point{Kind: "phone", Value: "+821012345678", Trust: events.Proved}
	w.mu.Lock()
	w.sent = map[events.MessageID]events.Message{"m1": {ID: "m1", From: &to, Attachments: []events.Attachment{}}}
	w.mu.Unlock()
	w.sayOf("ctold", &events.MessageStatusChanged{Conversation: "cv0", Message: "m1", Status: events.StatusFailed})
	w.say(&events.ContactMerged{Into: "ctkim", From: "ctold"})
	w.refuses(commands.Invalid, "")
	w.talked("cv1", "hello")
	w.resolve("cv1")
	w.start()
	w.await("elsewhere", 1)
	if got := w.list(); len(got) != 1 || len(got[0].Barred) != 1 || got[0].Barred[0] != to {
		t.Fatalf("asked %+v", got)
	}
}
