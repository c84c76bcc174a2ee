package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestAVisitorEndsTheChat is the road of a visitor who is done. One waits in a queue,
// is offered to an agent and ends the chat: the agent's screen loses the offer and
// shows the line, the conversation is over, and the board and the report count one who
// gave up. Another is answered late: while nothing is answered the agent keeps the
// conversation; the end that comes after the answer ends it, and the survey comes.
// Each end is one, however often it is sent, and the books balance.
//
// To see it fail: in router/conversation, leave the line out of End; or in webchat,
// the look for what was stated before.
func TestAVisitorEndsTheChat(t *testing.T) {
	s := rig.Settings(t.TempDir())
	zone := zoneByDay()
	s.Zone = zone // so that what is counted since midnight does not begin anew meanwhile
	in := rig.Run(t, s)
	admin := in.Admin(t)
	team := admin.Named("/teams", "sellers", nil)
	anna := admin.Colleague("anna@example.test", "agent", team)
	queue, _ := admin.Pushed(team)
	admin.Call(http.MethodPatch, "/queues/"+string(queue), map[string]any{"offer_for": 600}, http.StatusOK, nil)
	var chat rig.Inbox
	admin.Call(http.MethodPost, "/inboxes", map[string]any{"channel": "webchat", "name": "chat", "queue": queue, "team": team, "settings": map[string]any{}}, http.StatusCreated, &chat)
	admin.Surveyed(events.CSAT, 0)
	board := watchBoard(t, in, admin)
	screen, _ := anna.Watch("")
	anna.Stand("available")

	kim := in.Visit(t, chat, rig.Hello{})
	kim.Say("k1", "is anybody there?")
	offered := screen.AwaitEvent("an offer", func(f rig.Frame) bool { return f.Fact == "conversation.offered" }).Conversation
	kim.End("k2")
	line := screen.AwaitEvent("the line", func(f rig.Frame) bool { return f.Message != nil && f.Message.HasFlag(events.FlagEnded) })
	if line.Fact != "message.added" || line.Message.Kind != events.KindEvent || line.Message.ConversationID != offered.ID {
		t.Errorf("the screen shows %s %+v", line.Fact, line.Message)
	}
	over := screen.AwaitEvent("the end", func(f rig.Frame) bool { return f.Fact == "conversation.resolved" }).Conversation
	if over.ID != offered.ID || over.Status != events.Resolved || over.Offer != nil || over.Wait != nil {
		t.Errorf("it ends as %+v", over)
	}
	shown := kim.AwaitEnd()
	if shown.ClientID != "k2" || shown.From != "visitor" {
		t.Errorf("the visitor is shown %+v", shown)
	}
	kim.End("k2")
	kim.Cut()
	again := in.Visit(t, chat, rig.Hello{Visitor: kim.Token, After: shown.Seq})
	again.End("k2")
	admin.AwaitBook(chat.ID, rig.Book{Received: 2, Stored: 2})

	lee := in.Visit(t, chat, rig.Hello{})
	lee.Say("l1", "a question")
	held := screen.AwaitEvent("the next offer", func(f rig.Frame) bool { return f.Fact == "conversation.offered" }).Conversation
	anna.Call(http.MethodPost, "/conversations/"+string(held.ID)+"/assign", map[string]any{"assignee": anna.ID}, http.StatusOK, nil)
	lee.End("l2")
	lee.AwaitEnd()
	stays := screen.AwaitEvent("the line where it is held", func(f rig.Frame) bool {
		return f.Message != nil && f.Message.ConversationID == held.ID && f.Message.HasFlag(events.FlagEnded)
	}).Conversation
	if stays.Status != events.Open || stays.Assignee != anna.ID || stays.WaitingSince == nil {
		t.Errorf("with a question that is not answered it is %+v", stays)
	}
	anna.Reply(held.ID, "webchat", "an answer", "a1")
	lee.AwaitLine("an answer")
	lee.End("l3")
	rig.Eventually(t, func() error {
		if is := anna.Present(held.ID); is.Status != events.Resolved || is.Assignee != anna.ID {
			return fmt.Errorf("it is %s, of %q", is.Status, is.Assignee)
		}
		return nil
	})
	for survey := (rig.ChatFrame{}); survey.From != "agent"; { // it goes where they were
		var err error
		if survey, err = lee.TryNext(); err != nil {
			t.Fatalf("waiting for the survey: %v", err)
		}
	}
	admin.AwaitBook(chat.ID, rig.Book{Received: 5, Stored: 5})

	board.await("one gave up", func(b *live.Board) bool {
		return b.Total.Today.Abandoned == 1 && lineOf(b.Queues, string(queue)).Today.Abandoned == 1 && b.Total.Open == 0
	})
	span := url.Values{
		"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, "zone": {zone},
		"metric": {fmt.Sprintf("%s,%s,%s", queries.ReportAbandoned, queries.ReportTaken, queries.ReportResolved)},
	}
	rig.Eventually(t, func() error {
		got, err := admin.Try(http.MethodGet, "/reports?"+span.Encode(), nil)
		if err != nil || got.Status != http.StatusOK {
			return fmt.Errorf("%d %w", got.Status, err)
		}
		var table queries.ReportTable
		if err := json.Unmarshal(got.Body, &table); err != nil {
			return err
		}
		if len(table.Rows) != 1 {
			return fmt.Errorf("the report says %+v", table.Rows)
		}
		if c := table.Rows[0].Counts; c[queries.ReportAbandoned] != 1 || c[queries.ReportTaken] != 1 || c[queries.ReportResolved] != 2 {
			return fmt.Errorf("the report counts %v", c)
		}
		return nil
	})
	ends := 0
	for _, m := range admin.Messages(held.ID) {
		if m.HasFlag(events.FlagEnded) {
			ends++
			if !strings.Contains(m.Text, "ended") {
				t.Errorf("the line says %q", m.Text)
			}
		}
	}
	if ends != 1 {
		t.Errorf("%d lines say that it was ended", ends)
	}
}
