package routing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// outside is a house with inboxes that only hear and some that may begin.
func outside(t *testing.T) *house {
	h := newHouse(t)
	h.inboxes.mu.Lock()
	h.inboxes.all = []config.Inbox{
		{ID: "mute", Channel: "webhook", OneWay: true}, {ID: "pbx", Channel: "asterisk", OneWay: true}, {ID: "whatsapp", Channel: "whatsapp"}, {ID: "line", Channel: "line"},
		{ID: "mail", Channel: "email"}, {ID: "sales", Channel: "email"}, {ID: "texts", Channel: "twilio"}, {ID: "notes", Channel: "alimtalk"}, {ID: "aside", Channel: "email", Paused: true},
	}
	h.inboxes.mu.Unlock()
	return h
}

func (h *house) elsewhere(c events.ConversationID, survey events.SurveyID, barred ...events.Point) *commands.Result {
	h.t.Helper()
	return h.command(commands.AskSurvey, commands.Envelope{ID: string(survey), Conversation: c, Actor: asker}, commands.AskSurveyBody{
		Survey: events.Survey{ID: survey, Questionnaire: "q", Kind: events.CSAT, Until: h.clock.Now().Add(14 * 24 * time.Hour)}, Text: "1-5?", Elsewhere: true, Barred: barred,
	})
}

// done resolves what a statement began.
func (h *house) endedTalk(in *events.Inbound) events.ConversationID {
	h.t.Helper()
	in.OccurredAt, in.ReceivedAt = h.clock.Now(), h.clock.Now()
	c := conversationOf(h.t, h.say(in)).ID
	if r := h.command(commands.Resolve, commands.Envelope{Conversation: c}, commands.ReasonBody{}); r.Problem != nil {
		h.t.Fatal(r.Problem)
	}
	return c
}

// A customer who called is known by a number that nobody proves. They once wrote by
// mail, to sales: there they are asked about the call, and what they answer by number
// finds it. While that was all stated, or a machine wrote last, nobody was asked.
//
// To see it fail: in elsewhere, let a stated address do; or in heard, look at this
// conversation alone.
func TestACallerIsAskedWhereTheyAreProved(t *testing.T) {
	h := outside(t)
	number := point("phone", "+821012345678", events.Stated)
	ring := func(id string) events.ConversationID {
		t.Helper()
		in := statement("pbx", "asterisk", id, "", number, point("email", "kim@example.com", events.Stated))
		in.Message, in.Call = nil, &events.Call{Direction: events.In, Outcome: "answered", TalkS: 60}
		return h.endedTalk(in)
	}
	first := ring("c-1")
	wantProblem(t, h.ask(first, "sv-1", "1-5?"), commands.Invalid)
	wantProblem(t, h.elsewhere(first, "sv-1"), commands.Unproved)
	h.clock.Add(time.Minute)
	mail := statement("sales", "email", "m-1", "the invoice, please", point("email", "kim@example.com", events.Proved))
	mail.Message.Subject = "Invoice"
	h.endedTalk(mail)
	h.clock.Add(time.Minute)
	c := ring("c-2")
	wantProblem(t, h.elsewhere(c, "sv-2", point("email", "kim@example.com", events.Proved)), commands.Unreachable)
	r := h.elsewhere(c, "sv-2")
	if r.Problem != nil || r.Message == nil || r.Message.InboxID != "sales" || r.Message.From.Value != "kim@example.com" || r.Message.Subject == "Invoice" || r.Message.ConversationID != c {
		t.Fatalf("asked %+v by %+v", r, r.Message)
	}
	if s := r.Conversation.Survey; s == nil || s.Channel != "asterisk" || r.Conversation.Status != events.Resolved {
		t.Fatalf("it is %+v, survey %+v", r.Conversation, s)
	}
	if again := h.elsewhere(c, "sv-2"); again.Problem != nil || again.Message != nil {
		t.Fatalf("asked again: %+v", again)
	}
	wantProblem(t, h.elsewhere(c, "sv-3"), commands.Conflict)
	h.clock.Add(time.Minute)
	four := statement("sales", "email", "m-2", "4", point("email", "kim@example.com", events.Proved))
	four.OccurredAt, four.ReceivedAt = h.clock.Now(), h.clock.Now()
	if got := bodies[*events.SurveyAnswered](h.say(four)); len(got) != 1 || got[0].Conversation != c || got[0].Score != 4 {
		t.Fatalf("answered %+v", got)
	}
	h.clock.Add(2 * time.Hour)
	away := statement("sales", "email", "m-3", "I am away", point("email", "kim@example.com", events.Proved))
	away.Message.Automatic = true
	h.endedTalk(away)
	h.clock.Add(time.Minute)
	wantProblem(t, h.elsewhere(ring("c-3"), "sv-4"), commands.Unreachable)
}

// After a window has closed the question goes by text message to the number that the
// messenger proves, and no more once the customer has opted out of those.
//
// To see it fail: in elsewhere, leave out optedOut.
func TestAClosedWindowLeavesTheProvedNumber(t *testing.T) {
	h := outside(t)
	talk := func(id string, attributes map[string]string) events.ConversationID {
		t.Helper()
		in := statement("whatsapp", "whatsapp", id, "hello", events.Point{Kind: "whatsapp", Value: "821099", Trust: events.Proved, Scope: "whatsapp"}, point("phone", "+821099", events.Proved))
		in.Sender.Attributes = attributes
		return h.endedTalk(in)
	}
	c := talk("w-1", nil)
	h.clock.Add(25 * time.Hour)
	wantProblem(t, h.ask(c, "sv-1", "1-5?"), commands.WindowClosed)
	r := h.elsewhere(c, "sv-1")
	if r.Problem != nil || r.Message.Channel != "twilio" || r.Message.From.Value != "+821099" || r.Conversation.Survey.Channel != "whatsapp" {
		t.Fatalf("asked %+v by %+v", r, r.Message)
	}
	c = talk("w-2", map[string]string{"opt_out.sms": "yes"})
	h.clock.Add(25 * time.Hour)
	wantProblem(t, h.elsewhere(c, "sv-2"), commands.Unreachable)
}

// An erased customer has no other road, whatever they once proved.
//
// To see it fail: in elsewhere, take the road without asking whether the contact holds it.
func TestWhatWasErasedIsNoRoad(t *testing.T) {
	h := outside(t)
	c := h.endedTalk(statement("mute", "webhook", "e-1", "hello", point("external", "c-1", events.Proved), point("email", "bo@example.com", events.Proved)))
	erase := about(statement("mute", "webhook", "e-2", "", point("external", "c-1", events.Proved)), events.ContactWasErased, "")
	erase.Erasure = &events.Erasure{What: []string{"email"}, Reason: "asked"}
	if got := bodies[*events.ContactErased](h.say(erase)); len(got) != 1 || len(got[0].Points) != 1 {
		t.Fatalf("erased %+v", got)
	}
	wantProblem(t, h.elsewhere(c, "sv-1"), commands.Invalid)
}

// Whatever is known of a customer, a question that leaves the road used goes to an
// address that is proved, that is not barred and not opted out of, by an inbox that
// may begin; if there is one it is asked, and once.
//
// To see it fail: in elsewhere, leave out any one of the tests of a road, or choose
// none.
func TestOtherRoadsAreProvedAndAskedOnce(t *testing.T) {
	h := outside(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		points := []events.Point{point("external", fmt.Sprint("c-", n), events.Proved)}
		var barred []events.Point
		attributes := map[string]string{}
		for _, kind := range []string{"email", "phone"} {
			for i := range rapid.IntRange(0, 2).Draw(rt, kind) {
				value := fmt.Sprintf("%d-%d@example.com", n, i)
				if kind == "phone" {
					value = fmt.Sprintf("+8210%06d%d", n, i)
				}
				p := point(kind, value, rapid.SampledFrom([]events.Trust{events.Claimed, events.Stated, events.Proved}).Draw(rt, "trust"))
				points = append(points, p)
				if rapid.Bool().Draw(rt, "barred") {
					barred = append(barred, p)
				}
			}
		}
		for name, kind := range map[string]string{"opt_out.email": "email", "opt_out.sms": "phone"} {
			if rapid.IntRange(0, 3).Draw(rt, kind+" opted out") == 0 {
				attributes[name] = "yes"
			}
		}
		open := func(p events.Point) bool {
			optOut := map[string]string{"email": "opt_out.email", "phone": "opt_out.sms"}[p.Kind]
			return optOut != "" && p.Trust == events.Proved && attributes[optOut] != "yes" && !slices.ContainsFunc(barred, func(b events.Point) bool { return b.Key() == p.Key() })
		}
		in := statement("mute", "webhook", fmt.Sprint("m-", n), "hello", points...)
		in.Sender.Attributes = attributes
		c := h.endedTalk(in)
		r := h.elsewhere(c, events.SurveyID(fmt.Sprint("sv-", n)), barred...)
		if any := slices.ContainsFunc(points, open); any != (r.Problem == nil) {
			rt.Fatalf("there is a road: %v, and it said %+v", any, r.Problem)
		}
		if r.Problem != nil {
			return
		}
		to := slices.IndexFunc(points, func(p events.Point) bool { return p.Key() == r.Message.From.Key() })
		if to < 0 || !open(points[to]) || reachedBy[r.Message.Channel] != points[to].Kind || onlyAnswers[r.Message.Channel] || r.Message.InboxID == "aside" || !r.Message.HasFlag("automatic") {
			rt.Fatalf("asked %+v of %+v", r.Message, points)
		}
		if again := h.elsewhere(c, events.SurveyID(fmt.Sprint("sv-again-", n)), barred...); again.Problem == nil || again.Problem.Code != commands.Conflict {
			rt.Fatalf("asked twice: %+v", again)
		}
	})
}
