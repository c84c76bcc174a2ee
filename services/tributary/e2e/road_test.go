package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

const identitySecret = "the shop's identity secret"

// TestRoad is the whole road: one customer writes a mail, posts through the
// shop's webhook and chats, signed in; an agent sees one conversation live and
// answers on each channel.
func TestRoad(t *testing.T) {
	relay, shop := rig.NewRelay(t), rig.NewReceiver(t)
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	hook := admin.Inbox("webhook", "shop", map[string]any{"profile": "plain", "auth": "none", "reply_url": shop.URL, "allow_private": true})
	post := admin.Inbox("email", "help", map[string]any{"address": "help@example.com", "relay": relay.Settings()})
	chat := admin.Inbox("webchat", "site", map[string]any{"identity_secret": identitySecret})
	if hook.Generated["reply_secret"] == "" {
		t.Fatal("the inbox tells no secret with which its answers are signed")
	}
	screen, _ := admin.Watch("")

	asked := time.Now().Add(-time.Minute) // a mail's date has no fractions of a second
	in.Say(t, hook, rig.Said{ID: "order-1", OccurredAt: &asked, Contact: rig.SaidBy{ID: "c-77", Name: "Minji", Email: "minji@customer.test"}, Text: "Where is my order? 주문은 어디에 있나요?"})
	first := screen.AwaitText("Where is my order? 주문은 어디에 있나요?")
	in.Mail(t, rig.Letter{From: "Minji <minji@customer.test>", To: "help@example.com", Subject: "Order 1", ID: "m1@customer.test", Text: "I also write a mail."})
	second := screen.AwaitText("I also write a mail.")
	visitor := in.Visit(t, chat, rig.Signed(identitySecret, "c-77", "Minji"))
	visitor.Say("k1", "and I chat")
	third := screen.AwaitText("and I chat")

	id := first.Conversation.ID
	if second.Conversation.ID != id || third.Conversation.ID != id {
		t.Fatalf("three conversations instead of one: %s, %s, %s", id, second.Conversation.ID, third.Conversation.ID)
	}
	if want := []string{"email", "webchat", "webhook"}; !slices.Equal(sorted(third.Conversation.Channels), want) {
		t.Errorf("channels %v, want %v", third.Conversation.Channels, want)
	}

	byChat := admin.Reply(id, "webchat", "We look into it.", "a1")
	visitor.AwaitLine("We look into it.")
	byMail := admin.Reply(id, "email", "It is on its way.\n곧 도착합니다.", "a2")
	sent := rig.Receive(t, "the answer at the relay", relay.Mails)
	checkMail(t, sent)
	byHook := admin.Reply(id, "webhook", "Delivered tomorrow.", "a3")
	answer := rig.Receive(t, "the answer at the shop", shop.Posts)
	if !answer.SignedBy(hook.Generated["reply_secret"]) {
		t.Error("the answer at the shop is not signed with the inbox's secret")
	}
	if answer.Data.Text != "Delivered tomorrow." || answer.Data.Contact.ID != "c-77" || answer.Data.ReplyTo != "order-1" || answer.ID != string(byHook.ID) {
		t.Errorf("the shop got %s", answer.Body)
	}
	for _, m := range []events.Message{byChat, byMail, byHook} {
		admin.AwaitStatus(id, m.ID, events.StatusSent)
	}
	checkThread(t, admin, id)
	in.Mail(t, rig.Letter{From: "Minji <minji@customer.test>", To: "help@example.com", Subject: "Re: Order 1", ID: "m2@customer.test", InReplyTo: bare(sent.Head.Get("Message-Id")), Text: "Thank you."})
	if last := screen.AwaitText("Thank you."); last.Conversation.ID != id {
		t.Errorf("the reply to our mail opened %s", last.Conversation.ID)
	}
	for inbox, want := range map[events.InboxID]uint64{hook.ID: 1, post.ID: 2, chat.ID: 1} {
		admin.AwaitBook(inbox, rig.Book{Received: want, Stored: want})
	}
}

// checkMail holds the answer at the relay against what threads it.
func checkMail(t *testing.T, sent rig.Relayed) {
	t.Helper()
	if sent.From != "help@example.com" || !slices.Equal(sent.To, []string{"minji@customer.test"}) {
		t.Errorf("envelope %s -> %v", sent.From, sent.To)
	}
	if got := sent.Head.Get("In-Reply-To"); bare(got) != "m1@customer.test" {
		t.Errorf("In-Reply-To is %q", got)
	}
	if got := sent.Head.Get("References"); !strings.Contains(got, "<m1@customer.test>") {
		t.Errorf("References is %q", got)
	}
	if got := sent.Head.Get("Subject"); got != "Re: Order 1" {
		t.Errorf("Subject is %q", got)
	}
	if !strings.Contains(bare(sent.Head.Get("Message-Id")), "@") {
		t.Errorf("Message-ID is %q", sent.Head.Get("Message-Id"))
	}
}

// checkThread wants the six messages in the order in which they were said.
func checkThread(t *testing.T, admin *rig.Agent, id events.ConversationID) {
	t.Helper()
	var said []string
	for _, m := range admin.AwaitMessages(id, 6) {
		said = append(said, string(m.Direction)+" "+m.Channel)
	}
	want := []string{"in webhook", "in email", "in webchat", "out webchat", "out email", "out webhook"}
	if !slices.Equal(said, want) {
		t.Errorf("the thread is %v, want %v", said, want)
	}
}

func bare(id string) string { return strings.Trim(id, "<> ") }

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}
