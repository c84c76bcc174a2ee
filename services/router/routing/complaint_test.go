package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Each test here is something that users of other inboxes complain of, named by
// the issue in which they do.

func conversations(ds []*events.Decision) map[events.ConversationID]bool {
	out := map[events.ConversationID]bool{}
	for _, added := range bodies[*events.MessageAdded](ds) {
		out[added.Message.ConversationID] = true
	}
	return out
}

func letter(inbox, id, subject, from string) *events.Inbound {
	in := statement(inbox, "email", id, "text of "+id, point("email", from, events.Stated))
	in.Message.Subject, in.Message.Thread, in.Message.ThreadIDs = subject, subject, []string{id}
	return in
}

// chatwoot#14214: an image and an audio 214 ms apart made two conversations.
func TestTwoMessagesAtOnceMakeOneConversation(t *testing.T) {
	h := newHouse(t)
	var all []*events.Inbound
	for i := range 20 {
		all = append(all, statement("shop", "webhook", fmt.Sprint("m-", i), "at once", point("external", "new", events.Stated)))
	}
	if got := conversations(h.say(all...)); len(got) != 1 {
		t.Fatalf("%d conversations", len(got))
	}
}

// chatwoot#12661: under load replies stood before the question.
func TestAReplyNeverStandsBeforeItsQuestion(t *testing.T) {
	h := newHouse(t)
	for i := range 20 {
		question := statement("shop", "webhook", fmt.Sprint("m-", i), "question", point("external", "kim", events.Stated))
		question.OccurredAt = h.clock.Now().Add(time.Duration(i%3) * time.Minute) // a clock that runs ahead
		question.ReceivedAt = h.clock.Now()
		c := conversationOf(t, h.say(question))
		r := h.command(commands.Reply, commands.Envelope{Conversation: c.ID}, commands.ReplyBody{Text: "answer", ClientID: fmt.Sprint(i)})
		if r.Problem != nil || !r.Message.OccurredAt.After(c.LastMessage.OccurredAt) {
			t.Fatalf("%v; the answer stands at %v, the question at %v", r.Problem, r.Message.OccurredAt, c.LastMessage.OccurredAt)
		}
	}
}

// chatwoot#14739: the time of the webhook was shown for the provider's.
func TestTheProvidersTimeIsShown(t *testing.T) {
	h := newHouse(t)
	in := statement("shop", "webhook", "m-1", "said yesterday", point("external", "kim", events.Stated))
	in.OccurredAt = in.ReceivedAt.Add(-24 * time.Hour)
	m := bodies[*events.MessageAdded](h.say(in))[0].Message
	if !m.OccurredAt.Equal(in.OccurredAt) || !m.ReceivedAt.Equal(in.ReceivedAt) {
		t.Fatalf("said %v, heard %v", m.OccurredAt, m.ReceivedAt)
	}
	future := statement("shop", "webhook", "m-2", "said in a hundred years", point("external", "kim", events.Stated))
	future.OccurredAt = in.ReceivedAt.AddDate(100, 0, 0)
	if m := bodies[*events.MessageAdded](h.say(future))[0].Message; !m.OccurredAt.Equal(in.ReceivedAt) || !m.HasFlag(flagTimeDoubt) {
		t.Fatalf("a clock a century ahead orders messages: %v %v", m.OccurredAt, m.Flags)
	}
}

// chatwoot#10028: a reply from Outlook, which bears no References, split the
// thread. libredesk#176: Apple Mail rewrites References.
func TestARepliesHeadersMayBePoor(t *testing.T) {
	h := newHouse(t)
	first := conversationOf(t, h.say(letter("threads", "<1@x>", "order 5", "kim@example.com")))
	outlook := letter("threads", "<2@x>", "order 5", "kim@example.com")
	if got := conversationOf(t, h.say(outlook)); got.ID != first.ID {
		t.Fatalf("a reply without References opened %s", got.ID)
	}
	apple := letter("threads", "<3@x>", "something else by now", "kim@example.com")
	apple.Message.InReplyTo = []string{"<never-seen@y>", "<1@x>"}
	if got := conversationOf(t, h.say(apple)); got.ID != first.ID {
		t.Fatalf("a reply whose newest reference is unknown opened %s", got.ID)
	}
	if got := conversationOf(t, h.say(letter("threads", "<4@x>", "another matter", "kim@example.com"))); got.ID == first.ID {
		t.Fatal("a new subject joined where the inbox unifies by thread")
	}
}

// libredesk#90: mail from our own address swallowed every conversation.
func TestMailFromOurOwnAddressSwallowsNothing(t *testing.T) {
	h := newHouse(t)
	kim := conversationOf(t, h.say(letter("mail", "<k@x>", "help", "kim@example.com")))
	own := func(id string) *events.Inbound {
		in := letter("mail", id, "contact form", "help@example.com")
		in.Flags = []string{flagOwnAddress}
		return in
	}
	if got := conversations(h.say(own("<f1@x>"), own("<f2@x>"), own("<f3@x>"))); len(got) != 3 || got[kim.ID] {
		t.Fatalf("three forms sent from our address stand in %d conversations", len(got))
	}
	sent := h.command(commands.Reply, commands.Envelope{Conversation: kim.ID}, commands.ReplyBody{Text: "hi", ClientID: "k"}).Message
	h.command(commands.EndSend, commands.Envelope{Conversation: kim.ID}, commands.EndSendBody{Message: sent.ID, Result: events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"<ours@x>"}}})
	if ds := h.say(own("<ours@x>")); len(bodies[*events.InboundDuplicate](ds)) != 1 {
		t.Fatalf("our own mail came back as %+v", ds[0].Facts)
	}
	stranger := letter("mail", "<ours@x>", "spoofed id", "kim@example.com")
	if ds := h.say(stranger); len(bodies[*events.MessageAdded](ds)) != 1 {
		t.Fatal("a customer's mail under an id of ours was swallowed")
	}
}

// zammad#5064: a stranger who quotes a ticket number, or an id, joined it.
func TestAStrangerJoinsNothing(t *testing.T) {
	h := newHouse(t)
	mine := conversationOf(t, h.say(letter("mail", "<1@x>", "secret", "kim@example.com")))
	byID := letter("mail", "<2@x>", "Re: secret", "stranger@example.com")
	byID.Message.InReplyTo = []string{"<1@x>"}
	byName := letter("mail", "<3@x>", "Re: secret "+string(mine.ID), "stranger2@example.com")
	byToken := letter("mail", "<4@x>", "Re: secret", "stranger3@example.com")
	byToken.Message.Token = string(mine.ID)
	for _, in := range []*events.Inbound{byID, byName, byToken} {
		ds := h.say(in)
		if got := conversationOf(t, ds); got.ID == mine.ID {
			t.Fatalf("%s joined a stranger's conversation", in.ProviderID)
		}
		if m := bodies[*events.MessageAdded](ds)[0].Message; in != byName && !m.HasFlag("refers-to-other-contact") {
			t.Fatalf("%s is not flagged: %v", in.ProviderID, m.Flags)
		}
	}
}

// freescout#5284: one mail to two mailboxes made eight conversations.
func TestOneMailToTwoMailboxesMakesOneConversation(t *testing.T) {
	h := newHouse(t)
	h.inboxes.mu.Lock()
	h.inboxes.all = append(h.inboxes.all, config.Inbox{ID: "mail2", Channel: "email"})
	h.inboxes.mu.Unlock()
	var all []*events.Inbound
	for i := range 4 {
		id := fmt.Sprintf("<%d@x>", i)
		all = append(all, letter("mail", id, "to both", "kim@example.com"), letter("mail2", id, "to both", "kim@example.com"))
	}
	if got := conversations(h.say(all...)); len(got) != 1 {
		t.Fatalf("%d conversations", len(got))
	}
}

// chatwoot#4728: wrong identities were merged.
func TestDoubtfulIdentitiesAreNeverMerged(t *testing.T) {
	h := newHouse(t)
	h.say(statement("shop", "webhook", "m-1", "I am Kim", point("external", "kim", events.Stated), point("email", "kim@example.com", events.Stated)))
	h.say(statement("shop", "webhook", "m-2", "I am Lee", point("external", "lee", events.Stated), point("email", "lee@example.com", events.Stated)))
	ds := h.say(statement("shop", "webhook", "m-3", "a shared address", point("external", "lee", events.Stated), point("email", "kim@example.com", events.Stated)))
	if len(bodies[*events.ContactMerged](ds)) != 0 || len(bodies[*events.MergeSuggested](ds)) != 1 {
		t.Fatalf("facts: %+v", ds[0].Facts)
	}
	visitor := events.Point{Kind: "visitor", Value: "v", Scope: "chat", Trust: events.Proved}
	for i, who := range []string{"kim", "lee"} { // two customers at one browser, one after the other
		ds := h.say(statement("chat", "webchat", fmt.Sprint("w-", i), "hi", visitor, point("external", who, events.Proved)))
		if len(bodies[*events.ContactMerged](ds)) != 0 {
			t.Fatalf("one browser merged two customers: %+v", ds[0].Facts)
		}
	}
}

func TestWithheldCallersAreNotOnePerson(t *testing.T) {
	h := newHouse(t)
	var all []*events.Inbound
	for i, number := range []string{"", "anonymous", "anonymous", "발신번호표시제한"} {
		in := statement("shop", "webhook", fmt.Sprint("call-", i), "")
		in.Type, in.Message, in.Call = events.CallLogged, nil, &events.Call{Direction: events.In, Outcome: "missed", EndedAt: in.OccurredAt}
		if number != "" {
			in.Sender.Points = []events.Point{point("phone", number, events.Stated)}
		}
		all = append(all, in)
	}
	if got := conversations(h.say(all...)); len(got) != 4 {
		t.Fatalf("four callers who hide stand in %d conversations", len(got))
	}
}

func TestAForwardedMailBeginsAConversationUnlessTheTokenSaysOtherwise(t *testing.T) {
	h := newHouse(t)
	open := conversationOf(t, h.say(letter("mail", "<1@x>", "help", "kim@example.com")))
	forwarded := func(id string) *events.Inbound {
		in := letter("mail", id, "Fwd: something", "kim@example.com")
		in.Flags, in.Message.InReplyTo = []string{flagForwarded}, []string{"<1@x>"}
		return in
	}
	if got := conversationOf(t, h.say(forwarded("<2@x>"))); got.ID == open.ID || got.Thread == "" {
		t.Fatalf("a forwarded mail joined %s", got.ID)
	}
	named := forwarded("<3@x>")
	named.Message.Token = string(open.ID)
	if got := conversationOf(t, h.say(named)); got.ID != open.ID {
		t.Fatalf("the token names %s, it went to %s", open.ID, got.ID)
	}
	if got := conversationOf(t, h.say(letter("mail", "<4@x>", "and", "kim@example.com"))); got.ID != open.ID {
		t.Fatalf("the next mail went to %s", got.ID)
	}
}

// An explicit reply reopens what was resolved although another is open; what
// refers to nothing then goes where the customer was last.
func TestAnExplicitReplyBesideAnOpenConversation(t *testing.T) {
	h := newHouse(t)
	kim := point("external", "kim", events.Stated)
	old := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "one", kim)))
	h.command(commands.Resolve, commands.Envelope{Conversation: old.ID}, nil)
	newer := conversationOf(t, h.say(statement("shop", "webhook", "m-2", "two", kim)))
	if newer.ID == old.ID {
		t.Fatal("a message that refers to nothing reopened a resolved conversation")
	}
	reply := statement("shop", "webhook", "m-3", "three", kim)
	reply.Message.InReplyTo = []string{"m-1"}
	if got := conversationOf(t, h.say(reply)); got.ID != old.ID || got.Status != events.Open {
		t.Fatalf("the reply went to %+v", got)
	}
	if got := conversationOf(t, h.say(statement("shop", "webhook", "m-4", "four", kim))); got.ID != old.ID {
		t.Fatalf("what refers to nothing went to %s, the newest is %s", got.ID, old.ID)
	}
	h.command(commands.Resolve, commands.Envelope{Conversation: old.ID}, nil)
	if got := conversationOf(t, h.say(statement("shop", "webhook", "m-5", "five", kim))); got.ID != newer.ID {
		t.Fatalf("with that resolved it went to %s, open is %s", got.ID, newer.ID)
	}
	wantProblem(t, h.command(commands.Reopen, commands.Envelope{Conversation: old.ID}, nil), commands.Conflict)
}

func TestABounceMarksTheMessageThatBounced(t *testing.T) {
	h := newHouse(t)
	c := conversationOf(t, h.say(letter("mail", "<1@x>", "help", "kim@example.com")))
	out := h.command(commands.Reply, commands.Envelope{Conversation: c.ID}, commands.ReplyBody{Text: "hi", ClientID: "k"}).Message
	bounce := letter("mail", "<b@x>", "Undelivered", "mailer-daemon@example.com")
	bounce.Type, bounce.Message = events.DeliveryReported, nil
	bounce.Delivery = &events.Delivery{ProviderIDs: []string{"<ours@x>"}, Status: events.StatusFailed, Detail: "5.1.1 no such mailbox"}
	if ds := h.say(bounce); len(bodies[*events.InboundStored](ds)) != 1 {
		t.Fatalf("a bounce that came before the end of its sending was lost: %+v", ds[0].Facts)
	}
	h.kill() // what is held survives
	h.start()
	if ds := h.say(bounce); len(bodies[*events.InboundDuplicate](ds)) != 1 {
		t.Fatalf("the same bounce again: %+v", ds[0].Facts)
	}
	_, last, err := h.facts.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.command(commands.EndSend, commands.Envelope{Conversation: c.ID}, commands.EndSendBody{Message: out.ID, Result: events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"<ours@x>"}}})
	batch, err := h.out.From(last).Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changed := bodies[*events.MessageStatusChanged]([]*events.Decision{batch[0].Value})
	if len(changed) != 2 || changed[1].Status != events.StatusFailed || changed[1].Message != out.ID || changed[1].Detail == "" {
		t.Fatalf("the sending's end says %+v", changed)
	}
}

// TestAReportAboutSomebodyElsesMailIsRead: where the adapter cannot tell whose mail
// a report is about, it is a message unless it is about ours.
func TestAReportAboutSomebodyElsesMailIsRead(t *testing.T) {
	h := newHouse(t)
	c := conversationOf(t, h.say(letter("mail", "<1@x>", "help", "kim@example.com")))
	out := h.command(commands.Reply, commands.Envelope{Conversation: c.ID}, commands.ReplyBody{Text: "hi", ClientID: "k"}).Message
	h.command(commands.EndSend, commands.Envelope{Conversation: c.ID}, commands.EndSendBody{Message: out.ID, Result: events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"ours@email.amazonses.com"}}})
	report := func(id, about string) []*events.Decision {
		in := letter("mail", id, "Undelivered", "mailer-daemon@example.com")
		in.Type, in.Message.Automatic = events.DeliveryReported, true
		in.Delivery = &events.Delivery{ProviderIDs: []string{about}, Status: events.StatusFailed, Detail: "5.1.1"}
		return h.say(in)
	}
	ds := report("<b1@x>", "ours@email.amazonses.com")
	if changed := bodies[*events.MessageStatusChanged](ds); len(changed) != 1 || changed[0].Message != out.ID || len(bodies[*events.MessageAdded](ds)) != 0 {
		t.Errorf("of ours: %+v", ds[0].Facts)
	}
	for try := range 2 { // and it is not read twice
		ds = report("<b2@x>", "theirs@email.amazonses.com")
		added, again := bodies[*events.MessageAdded](ds), bodies[*events.InboundDuplicate](ds)
		if len(added) != 1-try || len(again) != try {
			t.Fatalf("of somebody else's: %+v", ds[0].Facts)
		}
		if try == 0 && (added[0].Message.Direction != events.In || added[0].Message.Text == "" || !added[0].Message.HasFlag(events.FlagAutomatic)) {
			t.Errorf("message %+v", added[0].Message)
		}
	}
}

// An id that comes again and says more is another receipt, not a second one.
func TestAReceiptsIDMayComeAgainWithMore(t *testing.T) {
	h := newHouse(t)
	c := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "hello", point("external", "c-1", events.Stated))))
	out := h.command(commands.Reply, commands.Envelope{Conversation: c.ID}, commands.ReplyBody{Text: "hi", ClientID: "k"}).Message
	for _, status := range []events.Status{events.StatusSent, events.StatusDelivered, events.StatusRead} {
		in := statement("shop", "webhook", "p-1", "", point("external", "c-1", events.Stated))
		in.Type, in.Message, in.Delivery = events.DeliveryReported, nil, &events.Delivery{Message: out.ID, Status: status}
		if got := bodies[*events.MessageStatusChanged](h.say(in)); len(got) != 1 || got[0].Status != status {
			t.Fatalf("%s: %+v", status, got)
		}
		again := *in
		if ds := h.say(&again); len(bodies[*events.InboundDuplicate](ds)) != 1 {
			t.Fatalf("%s came twice: %+v", status, ds[0].Facts)
		}
	}
}

// A sender known only by an address that they claim is one sender in an inbox.
func TestAClaimedSenderIsKnownInsideTheirInbox(t *testing.T) {
	h := newHouse(t)
	claim := point("email", "kim@example.com", events.Claimed)
	first := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "one", claim)))
	h.stop()
	h.start()
	if again := conversationOf(t, h.say(statement("shop", "webhook", "m-2", "two", claim))); again.ID != first.ID {
		t.Fatal("the same claimed sender became two contacts")
	}
	if other := conversationOf(t, h.say(statement("chat", "webchat", "m-3", "three", claim))); other.Contact.ID == first.Contact.ID {
		t.Fatal("a claimed address joined across inboxes")
	}
}
