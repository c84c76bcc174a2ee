package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestP7UnknownOutcome has a mail relay and a shop's server that take an answer
// and fall silent before they say so. The outcome is unknown, for a person to
// settle; nothing is sent again by itself, not by later answers either, which
// leave as usual, and not by a restart. Where the shop says that it ignores an id
// it has seen, the answer is repeated under that id and becomes sent.
//
// To see it fail: in webhook/hookchannel failed, or email/mailchannel outcome,
// return events.Retry for what is unclear.
func TestP7UnknownOutcome(t *testing.T) {
	t.Parallel() // it mostly waits
	relay, forgetful, careful := rig.NewRelay(t), rig.NewReceiver(t), rig.NewReceiver(t)
	data := t.TempDir()
	in := rig.Run(t, rig.Settings(data))
	admin := in.Admin(t)
	talks := map[string]events.ConversationID{}
	plain := func(name string, r *rig.Receiver, dedupes bool) {
		hook := admin.Inbox("webhook", name, map[string]any{"reply_url": r.URL, "allow_private": true, "receiver_dedupes": dedupes})
		in.Say(t, hook, rig.Said{ID: name, Contact: rig.SaidBy{ID: name}, Text: name})
	}
	plain("forgetful", forgetful, false)
	plain("careful", careful, true)
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com", "relay": relay.Settings()})
	in.Mail(t, rig.Letter{From: "a@customer.test", To: "help@example.com", Subject: "s", ID: "a@customer.test", Text: "mail"})
	for _, c := range admin.AwaitConversations(3) {
		talks[admin.Messages(c.ID)[0].Text] = c.ID
	}

	cut := func(w http.ResponseWriter, _ rig.Post) { panic(http.ErrAbortHandler) }
	forgetful.Answering(cut)
	once := true
	careful.Answering(func(w http.ResponseWriter, p rig.Post) {
		if once {
			once = false
			cut(w, p)
		}
	})
	relay.Answering(func(rig.Relayed) error { return rig.ErrHangUp })
	first := map[string]events.Message{}
	for name, c := range talks {
		first[name] = admin.Reply(c, "", "first", "1"+name)
	}
	admin.AwaitStatus(talks["forgetful"], first["forgetful"].ID, events.StatusUnknown)
	admin.AwaitStatus(talks["mail"], first["mail"].ID, events.StatusUnknown)
	admin.AwaitStatus(talks["careful"], first["careful"].ID, events.StatusSent)

	forgetful.Answering(nil)
	relay.Answering(nil)
	in.Stop()
	in = rig.Run(t, rig.Settings(data))
	admin = in.Admin(t)
	for name, c := range talks {
		m := admin.Reply(c, "", "second", "2"+name)
		admin.AwaitStatus(c, m.ID, events.StatusSent)
	}
	admin.Call(http.MethodPost, "/messages/"+string(first["forgetful"].ID)+"/outcome", map[string]any{"conversation": talks["forgetful"], "outcome": "retry"}, http.StatusOK, nil)
	admin.AwaitStatus(talks["forgetful"], first["forgetful"].ID, events.StatusSent)
	wantPosts(t, "forgetful", forgetful, "first", "second", "first")
	wantPosts(t, "careful", careful, "first", "first", "second")
	if n := len(relay.Mails); n != 2 {
		t.Errorf("the relay got %d mails, want 2", n)
	}
}

func wantPosts(t *testing.T, name string, r *rig.Receiver, want ...string) {
	t.Helper()
	var got []string
	ids := map[string]string{}
	for range len(r.Posts) {
		p := <-r.Posts
		got = append(got, p.Data.Text)
		if before := ids[p.Data.Text]; before != "" && before != p.ID {
			t.Errorf("%s got %q under two ids", name, p.Data.Text)
		}
		ids[p.Data.Text] = p.ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s got %v, want %v", name, got, want)
	}
}

// TestP7KilledWhileSending kills the program while a relay holds a mail whose
// last byte it has. After the start the outcome is unknown and the mail is not
// sent again; the next answer leaves.
//
// To see it fail: in pkg/channel Outbox.send, drop the question of InDoubt.
func TestP7KilledWhileSending(t *testing.T) {
	t.Parallel() // it mostly waits
	relay := rig.NewRelay(t)
	child := rig.Start(t, t.TempDir(), "--log-level", "warn")
	admin := child.Admin(t)
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com", "relay": relay.Settings()})
	child.Mail(t, rig.Letter{From: "a@customer.test", To: "help@example.com", Subject: "s", ID: "a@customer.test", Text: "mail"})
	c := admin.AwaitConversations(1)[0].ID
	dead := make(chan struct{})
	relay.Answering(func(rig.Relayed) error { <-dead; return nil })
	held := admin.Reply(c, "", "held", "held")
	rig.Receive(t, "the mail at the relay", relay.Mails)
	child.Kill()
	close(dead)
	relay.Answering(nil)
	child.Start()
	admin.AwaitStatus(c, held.ID, events.StatusUnknown)
	next := admin.Reply(c, "", "next", "next")
	admin.AwaitStatus(c, next.ID, events.StatusSent)
	if n := len(relay.Mails); n != 1 {
		t.Errorf("after the kill the relay got %d mails, want the next alone", n)
	}
}

// TestP7OrderUnderRetries has a shop's server that is busy for the first
// attempts of every answer. Answers of one conversation arrive in their order.
//
// To see it fail: in dispatch/sending Run, take the message id as the Key.
func TestP7OrderUnderRetries(t *testing.T) {
	t.Parallel() // it mostly waits
	shop := rig.NewReceiver(t)
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	hook := admin.Inbox("webhook", "shop", map[string]any{"reply_url": shop.URL, "allow_private": true})
	in.Say(t, hook, rig.Said{ID: "q", Contact: rig.SaidBy{ID: "c"}, Text: "q"})
	c := admin.AwaitConversations(1)[0].ID
	taken := make(chan string, 16)
	tries := map[string]int{}
	shop.Answering(func(w http.ResponseWriter, p rig.Post) {
		if tries[p.ID]++; tries[p.ID] < 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		taken <- p.Data.Text
	})
	var want []string
	for n := range 5 {
		want = append(want, fmt.Sprint(n))
		admin.Reply(c, "", fmt.Sprint(n), fmt.Sprint("k", n))
	}
	var got []string
	for range want {
		got = append(got, rig.Receive(t, "an answer", taken))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the answers arrived as %v", got)
	}
}
