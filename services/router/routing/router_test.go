package routing

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestOneConversationOverAllChannels(t *testing.T) {
	h := newHouse(t)
	kim := point("email", "kim@example.com", events.Stated)
	first := conversationOf(t, h.say(statement("mail", "email", "<1@x>", "by mail", kim)))
	shop := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "by webhook", point("external", "c-1", events.Stated), kim)))
	visitor := events.Point{Kind: "visitor", Value: "v1", Scope: "chat", Trust: events.Proved}
	alone := conversationOf(t, h.say(statement("chat", "webchat", "w-1", "who am I", visitor)))
	chat := conversationOf(t, h.say(statement("chat", "webchat", "w-2", "it is me", visitor, point("external", "c-1", events.Proved))))
	if shop.ID != first.ID || chat.ID != first.ID {
		t.Fatalf("one customer, but conversations %s, %s, %s", first.ID, shop.ID, chat.ID)
	}
	if alone.ID == first.ID {
		t.Fatal("an anonymous visitor joined somebody's conversation")
	}
	if len(chat.Channels) != 3 || chat.Unread != 3 {
		t.Fatalf("row is %+v", chat)
	}
}

func TestAClaimedAddressMakesASuggestion(t *testing.T) {
	h := newHouse(t)
	mine := conversationOf(t, h.say(statement("mail", "email", "<1@x>", "hello", point("email", "kim@example.com", events.Stated))))
	visitor := events.Point{Kind: "visitor", Value: "v1", Scope: "chat", Trust: events.Proved}
	ds := h.say(statement("chat", "webchat", "w-1", "hi", visitor, point("email", "kim@example.com", events.Claimed)))
	if conversationOf(t, ds).ID == mine.ID {
		t.Fatal("a typed address joined its owner's conversation")
	}
	suggested := bodies[*events.MergeSuggested](ds)
	if len(suggested) != 1 || suggested[0].Other != mine.Contact.ID {
		t.Fatalf("suggestions: %+v", suggested)
	}
}

// P2. It fails when knownMessage always answers false.
func TestOnceForEver(t *testing.T) {
	h := newHouse(t)
	kim := point("external", "c-1", events.Stated)
	h.say(statement("shop", "webhook", "m-1", "hello", kim))
	again := func(when string) {
		t.Helper()
		ds := h.say(statement("shop", "webhook", "m-1", "hello", kim))
		if len(bodies[*events.InboundDuplicate](ds)) != 1 || len(bodies[*events.MessageAdded](ds)) != 0 {
			t.Fatalf("%s: the second delivery changed something: %+v", when, ds[0])
		}
	}
	again("at once")
	h.clock.Add(40 * 24 * time.Hour)
	again("a month later")
	h.stop()
	h.start()
	again("after a restart")
	h.stop()
	if err := bolt.Remove(h.dir + "/router.db"); err != nil {
		t.Fatal(err)
	}
	h.start()
	again("after a rebuild from the log")
	ds := h.say(statement("shop", "webhook", "m-1", "other words", kim))
	added := bodies[*events.MessageAdded](ds)
	if len(added) != 1 || !added[0].Message.HasFlag("id-reused") {
		t.Fatalf("a reused id must be kept and flagged: %+v", added)
	}
	if ds := h.say(statement("shop", "webhook", "m-1", "other words", kim)); len(bodies[*events.InboundDuplicate](ds)) != 1 {
		t.Fatal("the reused id's own second delivery is a duplicate too")
	}
}

// P4. It fails when Assign leaves CheckVersion and the claim check out.
func TestTwoAgentsClaimOneConversation(t *testing.T) {
	h := newHouse(t)
	for round := range 20 {
		c := conversationOf(t, h.say(statement("shop", "webhook", fmt.Sprint("m-", round), "hello", point("external", fmt.Sprint("c-", round), events.Stated))))
		var wg sync.WaitGroup
		results := make([]*commands.Result, 8)
		for i := range results {
			wg.Go(func() {
				agent := fmt.Sprint("agent", i)
				r, err := h.try(commands.Assign, commands.Envelope{Conversation: c.ID, Version: c.Version, Actor: events.Author{Kind: "agent", ID: agent}}, commands.AssignBody{Assignee: events.AgentID(agent)})
				if err != nil {
					t.Error(err)
				}
				results[i] = r
			})
		}
		wg.Wait()
		winners := 0
		for _, r := range results {
			if r.Problem == nil {
				winners++
			} else if r.Problem.Code != commands.Conflict || r.Problem.Conversation == nil || r.Problem.Conversation.Assignee == "" {
				t.Fatalf("a loser was told %+v", r.Problem)
			}
		}
		if winners != 1 {
			t.Fatalf("%d winners", winners)
		}
	}
}

func TestWorkOnAConversation(t *testing.T) {
	h := newHouse(t)
	kim := point("external", "c-1", events.Stated)
	c := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "hello", kim)))
	at := commands.Envelope{Conversation: c.ID}
	stale := commands.Envelope{Conversation: c.ID, Version: c.Version + 7}
	wantProblem(t, h.command(commands.Resolve, stale, nil), commands.Stale)
	wantProblem(t, h.command(commands.Snooze, at, commands.SnoozeBody{Until: h.clock.Now()}), commands.Invalid)
	wantProblem(t, h.command(commands.Reply, at, commands.ReplyBody{Text: " "}), commands.Invalid)
	wantProblem(t, h.command("explode", at, nil), commands.Invalid)
	wantProblem(t, h.command(commands.Resolve, commands.Envelope{Conversation: "cvnone"}, nil), commands.NotFound)

	reply := h.command(commands.Reply, at, commands.ReplyBody{Text: "hi Kim", ClientID: "k1"})
	if reply.Problem != nil || reply.Message == nil || reply.Conversation.Unread != 0 || reply.Conversation.WaitingSince != nil {
		t.Fatalf("reply: %+v %+v", reply.Problem, reply.Conversation)
	}
	if twice := h.command(commands.Reply, at, commands.ReplyBody{Text: "hi Kim", ClientID: "k1"}); twice.Message == nil || twice.Message.ID != reply.Message.ID || twice.Seq != 0 {
		t.Fatalf("the same client id made another message: %+v", twice)
	}
	if r := h.command(commands.Tag, at, commands.TagBody{Add: []string{"Refund", "vip"}}); len(r.Conversation.Tags) != 2 {
		t.Fatalf("tags: %v", r.Conversation.Tags)
	}
	if r := h.command(commands.Snooze, at, commands.SnoozeBody{Until: h.clock.Now().Add(time.Hour)}); r.Conversation.Status != events.Snoozed {
		t.Fatalf("snooze: %+v", r)
	}
	h.stop()
	h.start() // a timer survives a restart
	head := h.out.Head()
	h.clock.Add(2 * time.Hour)
	testkit.Eventually(t, time.Minute, func() error {
		if h.out.Head() == head {
			return errNotYet
		}
		return nil
	})
	if r := h.command(commands.Resolve, at, nil); r.Problem != nil || r.Conversation.Status != events.Resolved {
		t.Fatalf("resolve: %+v", r)
	}
	later := statement("shop", "webhook", "m-2", "one more thing", kim)
	later.Message.InReplyTo = []string{"m-1"}
	if again := conversationOf(t, h.say(later)); again.ID != c.ID || again.Status != events.Open {
		t.Fatalf("an explicit reply reopens: %+v", again)
	}
}

func TestMergeAndItsReversal(t *testing.T) {
	h := newHouse(t)
	a := conversationOf(t, h.say(statement("mail", "email", "<1@x>", "one", point("email", "a@example.com", events.Stated))))
	b := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "two", point("external", "c-1", events.Stated))))
	merged := h.command(commands.MergeContacts, commands.Envelope{Contact: a.Contact.ID}, commands.MergeBody{From: b.Contact.ID})
	if merged.Problem != nil {
		t.Fatal(merged.Problem)
	}
	joint := conversationOf(t, h.say(statement("shop", "webhook", "m-2", "three", point("external", "c-1", events.Stated))))
	if joint.ID != a.ID || joint.Contact.ID != a.Contact.ID {
		t.Fatalf("after the merge c-1 writes into %s of %s", joint.ID, joint.Contact.ID)
	}
	h.stop()
	if err := bolt.Remove(h.dir + "/router.db"); err != nil {
		t.Fatal(err)
	}
	h.start()
	undone := h.command(commands.ReverseMerge, commands.Envelope{Contact: a.Contact.ID}, commands.ReverseMergeBody{From: b.Contact.ID})
	if undone.Problem != nil {
		t.Fatal(undone.Problem)
	}
	apart := conversationOf(t, h.say(statement("shop", "webhook", "m-3", "four", point("external", "c-1", events.Stated))))
	if apart.ID != b.ID || apart.Contact.ID != b.Contact.ID {
		t.Fatalf("after the reversal c-1 writes into %s of %s", apart.ID, apart.Contact.ID)
	}
}

func TestReceiptsMoveForwardOnly(t *testing.T) {
	h := newHouse(t)
	c := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "hello", point("external", "c-1", events.Stated))))
	sent := h.command(commands.Reply, commands.Envelope{Conversation: c.ID}, commands.ReplyBody{Text: "hi", ClientID: "k"}).Message
	report := func(id string, status events.Status, m events.MessageID, pids ...string) []*events.MessageStatusChanged {
		in := statement("shop", "webhook", id, "", point("external", "c-1", events.Stated))
		in.Type, in.Message = events.DeliveryReported, nil
		in.Delivery = &events.Delivery{Message: m, ProviderIDs: pids, Status: status}
		return bodies[*events.MessageStatusChanged](h.say(in))
	}
	if got := report("r1", events.StatusSent, sent.ID, "p-77"); len(got) != 1 || got[0].Status != events.StatusSent {
		t.Fatalf("sent: %+v", got)
	}
	if got := report("r2", events.StatusRead, "", "p-77"); len(got) != 1 || got[0].Message != sent.ID {
		t.Fatalf("read by the provider's own id: %+v", got)
	}
	if got := report("r3", events.StatusDelivered, sent.ID); len(got) != 0 {
		t.Fatalf("delivered after read is old news: %+v", got)
	}
	if ds := report("r4", events.StatusDelivered, "msunknown"); len(ds) != 0 {
		t.Fatalf("a receipt for nothing: %+v", ds)
	}
}
