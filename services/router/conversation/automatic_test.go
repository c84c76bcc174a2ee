package conversation

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// replies has the program itself answer, as a rule does.
func (b *book) replies(c events.ConversationID) (*events.Decision, *commands.Problem) {
	s := b.conversations[c]
	b.n++
	b.now = b.now.Add(time.Second)
	d := NewDraft(b, fmt.Sprint("d", b.n), s.Contact.ID, b.now, events.Cause{Kind: "command", Rules: []events.RuleID{"ru"}}, events.Author{Kind: "system", ID: "rule:ru", Name: "Closed"})
	road, _ := s.LastRoad(func(Road) bool { return true })
	if problem := d.Answer(s, events.MessageID(fmt.Sprint("auto", b.n)), road, commands.ReplyBody{Text: "we are closed"}); problem != nil {
		return nil, problem
	}
	return b.keep(d), nil
}

// TestAnAutomaticAnswerIsNobodysAnswer: it is sent and shown, and all else stays as
// it was: who waits goes on waiting, in the queue and in the numbers, and what is
// done stays done.
func TestAnAutomaticAnswerIsNobodysAnswer(t *testing.T) {
	b := newBook()
	b.queues["front"] = config.Queue{ID: "front", Mode: config.QueuePull}
	c, _ := b.writes("kim", "")
	before := b.conversations[c].Conversation
	d, problem := b.replies(c)
	if problem != nil {
		t.Fatal(problem)
	}
	wantFacts(t, d, "message.added message.send_requested")
	if m := d.Facts[0].Body.(*events.MessageAdded).Message; !m.HasFlag("automatic") || m.Author.ID != "rule:ru" {
		t.Errorf("said as %+v", m)
	}
	now := b.conversations[c].Conversation
	if now.WaitingSince == nil || *now.WaitingSince != *before.WaitingSince || now.Unread != before.Unread || now.Wait == nil {
		t.Errorf("waits since %v in %+v, %d unread", now.WaitingSince, now.Wait, now.Unread)
	}
	for _, is := range []struct {
		status events.ConversationStatus
		change func(*Draft, *State) *commands.Problem
	}{
		{events.Snoozed, func(d *Draft, s *State) *commands.Problem { return d.Snooze(s, d.At().Add(time.Hour)) }},
		{events.Resolved, resolve},
	} {
		b.does(t, c, is.change)
		if d, problem = b.replies(c); problem != nil {
			t.Fatal(problem)
		}
		if got := b.conversations[c].Status; got != is.status {
			t.Errorf("%s is %s afterwards: %s", is.status, got, facts(d))
		}
	}
}

// TestAMachineDoesNotAnswerAMachine: where the customer's newest message is
// automatic nothing automatic goes, and after a person has written it does again.
func TestAMachineDoesNotAnswerAMachine(t *testing.T) {
	b := newBook()
	automatic := func(a *Arrival) { a.Message.Flag("automatic") }
	c, _ := b.writes("kim", "", automatic)
	if _, problem := b.replies(c); problem == nil || problem.Code != commands.Conflict {
		t.Fatalf("it was answered: %v", problem)
	}
	b.answers(t, c) // a person may
	b.writes("kim", c)
	if _, problem := b.replies(c); problem != nil {
		t.Fatalf("after a person wrote: %v", problem)
	}
	b.writes("kim", c, automatic)
	if _, problem := b.replies(c); problem == nil {
		t.Fatal("the second machine mail was answered")
	}
}
