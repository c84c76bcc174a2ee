package routing

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/services/router/conversation"
)

// city is a house with inboxes of every kind that these stories need.
func city(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.inboxes.mu.Lock()
	defer h.inboxes.mu.Unlock()
	h.inboxes.all = append(h.inboxes.all,
		config.Inbox{ID: "fb", Channel: "messenger"}, config.Inbox{ID: "wa", Channel: "whatsapp"}, config.Inbox{ID: "pbx", Channel: "asterisk", OneWay: true},
		config.Inbox{ID: "fb7", Channel: "messenger", Settings: json.RawMessage(`{"human_agent":true}`)})
	return h
}

func (h *house) fb(id, text string) *events.Inbound {
	in := statement("fb", "messenger", id, text, events.Point{Kind: "messenger", Value: "u1", Scope: "fb", Trust: events.Proved})
	in.OccurredAt, in.ReceivedAt = h.clock.Now(), h.clock.Now()
	return in
}

// about turns a statement into one that is no message.
func about(in *events.Inbound, kind events.InboundType, target string) *events.Inbound {
	in.Type, in.Target, in.Message = kind, target, nil
	return in
}

func (h *house) call(id string, dir events.Direction, outcome string, at time.Time, numbers ...string) *events.Inbound {
	in := statement("pbx", "asterisk", id, "")
	in.Type, in.Message, in.OccurredAt, in.ReceivedAt = events.CallLogged, nil, at, at
	in.Call = &events.Call{Direction: dir, Outcome: outcome, EndedAt: at, Legs: []string{id + "-1"}}
	for _, n := range numbers {
		in.Sender.Points = append(in.Sender.Points, point("phone", n, events.Stated))
		if dir == events.Out {
			in.Call.To = n
		} else {
			in.Call.From = n
		}
	}
	return in
}

func (h *house) replies(c events.ConversationID, text string) *events.Message {
	h.t.Helper()
	h.clock.Add(time.Second)
	r := h.command(commands.Reply, commands.Envelope{Conversation: c}, commands.ReplyBody{Text: text, ClientID: fmt.Sprint(text, h.clock.Now())})
	if r.Problem != nil {
		h.t.Fatal(r.Problem)
	}
	return r.Message
}

func (h *house) sends(m *events.Message, attempt int) {
	h.t.Helper()
	if r := h.command(commands.BeginSend, commands.Envelope{Conversation: m.ConversationID}, commands.BeginSendBody{Message: m.ID, Attempt: attempt}); r.Problem != nil {
		h.t.Fatal(r.Problem)
	}
}

func (h *house) sent(m *events.Message, attempt int, outcome events.SendOutcome, ids ...string) *commands.Result {
	h.t.Helper()
	return h.command(commands.EndSend, commands.Envelope{Conversation: m.ConversationID}, commands.EndSendBody{
		Message: m.ID, Attempt: attempt, Result: events.SendResult{Outcome: outcome, ProviderIDs: ids},
	})
}

// status is what the router holds of a message; nothing is being decided then.
func (h *house) status(m events.MessageID) events.Status {
	h.t.Helper()
	h.stop()
	st, _, err := openStore(h.dir+"/router.db", noStaff{})
	if err != nil {
		h.t.Fatal(err)
	}
	ref, _ := st.Message(m)
	if err := st.db.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.start()
	return ref.Status
}

func only[B events.Body](t *testing.T, ds []*events.Decision) B {
	t.Helper()
	found := bodies[B](ds)
	if len(found) != 1 {
		var all []string
		for _, d := range ds {
			for _, f := range d.Facts {
				all = append(all, f.Type)
			}
		}
		t.Fatalf("want one %T among %v", *new(B), all)
	}
	return found[0]
}

func none[B events.Body](t *testing.T, ds []*events.Decision) {
	t.Helper()
	if found := bodies[B](ds); len(found) != 0 {
		t.Fatalf("unwanted %T: %+v", found[0], found[0])
	}
}

func TestAReactionStandsUnderItsMessage(t *testing.T) {
	h := city(t)
	c := conversationOf(t, h.say(h.fb("m-1", "hello")))
	like := about(h.fb("r-1", ""), events.MessageWasReacted, "m-1")
	like.Reaction = &events.Reaction{Emoji: "❤"}
	ds := h.say(like)
	if f := only[*events.MessageReacted](t, ds); f.Emoji != "❤" || f.Conversation != c.ID || f.Message != c.LastMessage.ID {
		t.Fatalf("got %+v", f)
	}
	if row := conversationOf(t, ds); row.Version != c.Version {
		t.Fatal("a reaction made every open screen stale")
	}
	if ds := h.say(like); len(bodies[*events.InboundDuplicate](ds)) != 1 {
		t.Fatal("said twice, counted twice")
	}
	lost := about(h.fb("r-2", ""), events.MessageWasReacted, "never-said")
	lost.Reaction = like.Reaction
	if r := only[*events.InboundRejected](t, h.say(lost)); r.Reason == "" {
		t.Fatal("rejected without a reason")
	}
}

func TestAWatermarkMovesWhatWasSentBeforeIt(t *testing.T) {
	h := city(t)
	c := conversationOf(t, h.say(h.fb("m-1", "hello"))).ID
	var sent []*events.Message
	for i := range 4 {
		m := h.replies(c, fmt.Sprint("answer ", i))
		if i < 3 {
			h.sends(m, 1)
			h.sent(m, 1, events.Sent, fmt.Sprint("mid-", i))
		}
		sent = append(sent, m)
	}
	seen := about(h.fb("w-1", ""), events.DeliveryReported, "")
	until := sent[1].OccurredAt
	seen.Delivery = &events.Delivery{Status: events.StatusRead, Until: &until}
	moved := bodies[*events.MessageStatusChanged](h.say(seen))
	if len(moved) != 2 || moved[0].Message != sent[0].ID || moved[1].Message != sent[1].ID || moved[0].Status != events.StatusRead {
		t.Fatalf("moved %+v", moved)
	}
	later := about(h.fb("w-2", ""), events.DeliveryReported, "")
	all := h.clock.Now().Add(time.Hour)
	later.Delivery = &events.Delivery{Status: events.StatusRead, Until: &all}
	if moved := bodies[*events.MessageStatusChanged](h.say(later)); len(moved) != 1 || moved[0].Message != sent[2].ID {
		t.Fatalf("what has not left was read, or what was read moved again: %+v", moved)
	}
	stranger := about(h.fb("w-3", ""), events.DeliveryReported, "")
	stranger.Sender.Points[0].Value, stranger.Delivery = "u2", later.Delivery
	only[*events.InboundStored](t, h.say(stranger))
}

func TestAnEchoOfOurOwnMessageNeverShowsTwice(t *testing.T) {
	h := city(t)
	c := conversationOf(t, h.say(h.fb("m-1", "hello"))).ID
	echo := func(id, text string) *events.Inbound {
		in := h.fb(id, text)
		in.Direction = events.Out
		return in
	}
	t.Run("after the sending was answered", func(t *testing.T) {
		m := h.replies(c, "one")
		h.sends(m, 1)
		h.sent(m, 1, events.Sent, "mid-1")
		only[*events.InboundDuplicate](t, h.say(echo("mid-1", "one")))
	})
	t.Run("before, with our words", func(t *testing.T) {
		m := h.replies(c, "two  words\n")
		h.sends(m, 1)
		ds := h.say(echo("mid-2", "two words"))
		none[*events.MessageAdded](t, ds)
		if f := only[*events.MessageStatusChanged](t, ds); f.Message != m.ID || f.Status != events.StatusSent {
			t.Fatalf("got %+v", f)
		}
		h.sent(m, 1, events.Retry) // the answer was lost on its way; it left all the same
		if s := h.status(m.ID); s != events.StatusSent {
			t.Fatalf("the message is %s and will be sent again", s)
		}
		only[*events.InboundDuplicate](t, h.say(echo("mid-2", "two words")))
	})
	t.Run("before, with other words", func(t *testing.T) {
		m := h.replies(c, "three")
		h.sends(m, 1)
		shown := only[*events.MessageAdded](t, h.say(echo("mid-3", "*three*")))
		_, last, err := h.facts.Bounds(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r := h.sent(m, 1, events.Sent, "mid-3"); r.Problem != nil {
			t.Fatal(r.Problem)
		}
		batch, err := h.out.From(last).Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var ds []*events.Decision
		for _, e := range batch {
			ds = append(ds, e.Value)
		}
		if f := only[*events.MessageRemoved](t, ds); f.Message != shown.Message.ID {
			t.Fatalf("removed %+v", f)
		}
		only[*events.InboundDuplicate](t, h.say(echo("mid-3", "*three*")))
	})
	t.Run("written in the provider's console", func(t *testing.T) {
		h.replies(c, "four") // has not left yet
		m := only[*events.MessageAdded](t, h.say(echo("mid-4", "four"))).Message
		if m.Direction != events.Out || m.Author.Kind != "integration" || m.ConversationID != c {
			t.Fatalf("got %+v", m)
		}
	})
}

func TestTheEndOfAnOldAttemptDoesNotEndTheNewOne(t *testing.T) {
	h := city(t)
	c := conversationOf(t, h.say(h.fb("m-1", "hello"))).ID
	m := h.replies(c, "answer")
	h.sends(m, 1)
	h.sent(m, 1, events.Unclear)
	if r := h.sent(m, 2, events.Sent); r.Problem == nil {
		t.Fatal("an attempt that nobody asked for was ended")
	}
	h.stop() // the second attempt is asked for in the log, as a person's retry does
	d := events.Decision{ID: "again", Contact: m.ContactID, At: h.clock.Now(), Cause: events.Cause{Kind: "command"}, Facts: []events.Fact{
		events.NewFact(&events.MessageStatusChanged{Conversation: c, Message: m.ID, Status: events.StatusQueued}),
		events.NewFact(&events.SendRequested{Request: events.SendRequest{Message: *m, Conversation: c, Attempt: 2}}),
	}}
	appendDecision(t, h, &d)
	h.start()
	if r := h.command(commands.BeginSend, commands.Envelope{Conversation: c}, commands.BeginSendBody{Message: m.ID, Attempt: 1}); r.Problem == nil || r.Problem.Detail != string(events.StatusQueued) {
		t.Fatalf("the first request began an attempt of the second: %v", r.Problem)
	}
	h.sends(m, 2)
	h.sent(m, 1, events.Retry)
	if s := h.status(m.ID); s != events.StatusSending {
		t.Fatalf("the message is %s", s)
	}
	h.sent(m, 1, events.Sent, "mid-1")
	if s := h.status(m.ID); s != events.StatusSent {
		t.Fatalf("that the first attempt arrived is not known: %s", s)
	}
}

func TestAnOrderStandsOnItsCustomersPage(t *testing.T) {
	h := city(t)
	kim := conversationOf(t, h.say(statement("mail", "email", "<1@x>", "where is it", point("email", "kim@example.com", events.Stated))))
	order := func(id string, at time.Time, points ...events.Point) *events.Inbound {
		in := about(statement("shop", "webhook", id, "", points...), events.OrderWasStated, "")
		in.Purchase = &events.Order{ID: "o-1", Total: id, PlacedAt: h.clock.Now(), UpdatedAt: at}
		return in
	}
	now := h.clock.Now()
	ds := h.say(order("s-1", now, point("shopify", "77", events.Proved), point("email", "kim@example.com", events.Stated)))
	if f := only[*events.OrderStated](t, ds); f.Inbox != "shop" || ds[0].Contact != kim.Contact.ID {
		t.Fatalf("got %+v of %s", f, ds[0].Contact)
	}
	ds = h.say(order("s-0", now.Add(-time.Minute), point("email", "kim@example.com", events.Stated)))
	none[*events.OrderStated](t, ds)
	only[*events.InboundStored](t, ds)
	ds = h.say(order("s-2", now.Add(time.Minute), point("email", "other@example.com", events.Stated)))
	if only[*events.OrderStated](t, ds); ds[0].Contact != kim.Contact.ID {
		t.Fatal("the order changed hands")
	}
	claimed := order("s-3", now, point("email", "kim@example.com", events.Claimed))
	claimed.Purchase.ID = "o-2"
	only[*events.InboundRejected](t, h.say(claimed))
	stranger := order("s-4", now, point("phone", "+821000000000", events.Stated))
	stranger.Purchase.ID = "o-3"
	only[*events.ContactCreated](t, h.say(stranger))

	// A refund names its order and nobody: it is the order's customer's.
	refund := order("r-1", now.Add(2*time.Minute))
	refund.Sender.Points = nil
	refund.Purchase = &events.Order{ID: "o-1", Part: true, UpdatedAt: now.Add(2 * time.Minute), Refunds: []events.Refund{{ID: "r1", Amount: "1.00"}}}
	ds = h.say(refund)
	if f := only[*events.OrderStated](t, ds); ds[0].Contact != kim.Contact.ID || !f.Order.Part || f.Order.Refunds[0].Amount != "1.00" {
		t.Fatalf("got %+v of %s", f, ds[0].Contact)
	}
	unheard := order("r-2", now)
	unheard.Sender.Points, unheard.Purchase = nil, &events.Order{ID: "o-9", Part: true, UpdatedAt: now}
	only[*events.InboundRejected](t, h.say(unheard))
}

func TestWhatASourceKnowsOfACustomer(t *testing.T) {
	h := city(t)
	old := events.Point{Kind: "telegram", Value: "-5", Scope: "tg", Trust: events.Proved}
	kim := conversationOf(t, h.say(statement("fb", "messenger", "m-1", "hi", old))).Contact.ID
	in := about(statement("fb", "messenger", "s-1", "", old, events.Point{Kind: "telegram", Value: "-1005", Scope: "tg", Trust: events.Proved}), events.ContactWasStated, "")
	in.Sender.Attributes = map[string]string{"blocked": "yes"}
	ds := h.say(in)
	if p := only[*events.ContactPointAdded](t, ds); p.Point.Value != "-1005" || ds[0].Contact != kim {
		t.Fatalf("got %+v", p)
	}
	if u := only[*events.ContactUpdated](t, ds); u.Attributes["blocked"] != "yes" {
		t.Fatalf("got %+v", u)
	}
	// It is no message, but whoever waits for an answer there has left.
	if line := only[*events.MessageAdded](t, ds); line.Message.Kind != events.KindEvent || !line.Message.HasFlag(events.FlagLeft) || line.Message.ThreadIDs != nil {
		t.Fatalf("got %+v", line.Message)
	}
	again := about(statement("fb", "messenger", "s-2", "", old), events.ContactWasStated, "")
	again.Sender.Attributes = map[string]string{"blocked": "no"}
	none[*events.MessageAdded](t, h.say(again))
}

func TestErasureLeavesNothingToShow(t *testing.T) {
	h := city(t)
	who := point("email", "kim@example.com", events.Stated)
	first := conversationOf(t, h.say(statement("mail", "email", "<1@x>", "secret words", who)))
	h.command(commands.Resolve, commands.Envelope{Conversation: first.ID}, nil)
	second := conversationOf(t, h.say(statement("mail", "email", "<2@x>", "more words", who, point("phone", "+821012345678", events.Stated))))
	h.command(commands.RequestCallback, commands.Envelope{Conversation: second.ID}, commands.RequestCallbackBody{})
	demand := func(id string, erasure events.Erasure, points ...events.Point) *events.Inbound {
		in := about(statement("shop", "webhook", id, "", points...), events.ContactWasErased, "")
		in.Erasure = &erasure
		return in
	}
	only[*events.InboundRejected](t, h.say(demand("e-0", events.Erasure{What: []string{"*"}}, point("email", "kim@example.com", events.Claimed))))
	ds := h.say(demand("e-1", events.Erasure{Report: true}, who))
	line := only[*events.MessageAdded](t, ds).Message
	if row := conversationOf(t, ds); line.Kind != events.KindEvent || row.ID != second.ID || row.WaitingSince == nil {
		t.Fatalf("got %+v", line)
	}
	ds = h.say(demand("e-2", events.Erasure{What: []string{"*"}, Reason: "asked"}, who))
	if f := only[*events.ContactErased](t, ds); len(f.Points) != 2 {
		t.Fatalf("got %+v", f)
	}
	only[*events.CallbackClosed](t, ds)
	rows := ds[0].Conversations
	if len(rows) != 2 {
		t.Fatalf("%d conversations are cleared", len(rows))
	}
	for _, row := range rows {
		if row.Contact.Name != "" || row.LastMessage.Text != "" || row.Callback != nil || row.Subject != "" {
			t.Fatalf("still shown: %+v", row)
		}
	}
	if again := conversationOf(t, h.say(statement("mail", "email", "<3@x>", "hello", who))); again.Contact.ID == first.Contact.ID {
		t.Fatal("the erased contact is known by the erased address")
	}
	ds = h.say(demand("e-3", events.Erasure{What: []string{"*"}}, point("email", "nobody@example.com", events.Stated)))
	none[*events.ContactErased](t, ds)
	only[*events.InboundStored](t, ds)
}

func TestAnAttachmentIsSettledOnce(t *testing.T) {
	h := city(t)
	in := h.fb("m-1", "two pictures")
	in.Message.Attachments = []events.Attachment{{Name: "a.png", URL: "https://cdn.example/a"}, {ID: "file-1", Name: "b.png", URL: "media:b"}, {ID: "kept", Hash: strings.Repeat("00", 32)}}
	m := only[*events.MessageAdded](t, h.say(in)).Message
	if m.Attachments[0].ID == m.Attachments[1].ID || m.Attachments[0].ID == "" {
		t.Fatalf("ids: %+v", m.Attachments)
	}
	at := commands.Envelope{Conversation: m.ConversationID}
	settle := func(a events.Attachment) *commands.Result {
		return h.command(commands.SettleAttachment, at, commands.SettleAttachmentBody{Message: m.ID, Attachment: a})
	}
	hash := strings.Repeat("ab", 32)
	if r := settle(events.Attachment{ID: m.Attachments[0].ID, Failed: "expired"}); r.Problem != nil || r.Seq == 0 {
		t.Fatalf("got %+v", r)
	}
	if r := settle(events.Attachment{ID: m.Attachments[0].ID, Hash: hash}); r.Problem != nil || r.Seq == 0 {
		t.Fatalf("one that had failed and was fetched after all: %+v", r)
	}
	for _, again := range []events.Attachment{{ID: m.Attachments[0].ID, Hash: hash}, {ID: m.Attachments[0].ID, Failed: "gone"}} {
		if r := settle(again); r.Problem != nil || r.Seq != 0 {
			t.Fatalf("said again it changed something: %+v", r)
		}
	}
	wantProblem(t, settle(events.Attachment{ID: "kept", Hash: hash}), commands.NotFound)
	wantProblem(t, settle(events.Attachment{ID: m.Attachments[1].ID}), commands.Invalid)
	wantProblem(t, settle(events.Attachment{ID: m.Attachments[1].ID, Hash: "zz"}), commands.Invalid)
}

func TestOutsideTheWindowOnlyTemplatesGo(t *testing.T) {
	h := city(t)
	say := func(inbox, ch string) events.ConversationID {
		in := statement(inbox, ch, "m-"+inbox, "hello", events.Point{Kind: ch, Value: inbox, Scope: inbox, Trust: events.Proved})
		in.OccurredAt, in.ReceivedAt = h.clock.Now(), h.clock.Now()
		return conversationOf(t, h.say(in)).ID
	}
	wa, fb, fb7 := say("wa", "whatsapp"), say("fb", "messenger"), say("fb7", "messenger")
	asked := h.clock.Now()
	reply := func(c events.ConversationID, body commands.ReplyBody) *commands.Result {
		body.ClientID = fmt.Sprint(h.clock.Now().UnixNano(), body.Text)
		return h.command(commands.Reply, commands.Envelope{Conversation: c}, body)
	}
	template := commands.ReplyBody{Template: &events.Template{Name: "hello", Language: "ko", Params: map[string]string{"1": "Kim"}, Text: "Hello Kim"}}
	h.clock.Add(23 * time.Hour)
	for _, c := range []events.ConversationID{wa, fb, fb7} {
		if r := reply(c, commands.ReplyBody{Text: "in time"}); r.Problem != nil {
			t.Fatal(r.Problem)
		}
	}
	h.clock.Add(2 * time.Hour)
	for _, c := range []events.ConversationID{wa, fb} {
		r := reply(c, commands.ReplyBody{Text: "too late"})
		wantProblem(t, r, commands.WindowClosed)
		if !strings.Contains(r.Problem.Detail, asked.Add(24*time.Hour).Format(time.RFC3339)) {
			t.Fatalf("the agent is told %q", r.Problem.Detail)
		}
	}
	if r := reply(wa, template); r.Problem != nil || r.Message.Template == nil || r.Message.Text != "Hello Kim" {
		t.Fatalf("got %+v", r)
	}
	wantProblem(t, reply(fb, template), commands.Invalid)
	both := template
	both.Text = "and a text"
	wantProblem(t, reply(wa, both), commands.Invalid)
	if r := reply(fb7, commands.ReplyBody{Text: "a person may"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	r := h.command(commands.Reply, commands.Envelope{Conversation: fb7, Actor: events.Author{Kind: "bot", ID: "b"}}, commands.ReplyBody{Text: "a machine may not", ClientID: "b"})
	wantProblem(t, r, commands.WindowClosed)
	h.clock.Add(6 * 24 * time.Hour)
	wantProblem(t, reply(fb7, commands.ReplyBody{Text: "after a week"}), commands.WindowClosed)
}

func TestReceiptsForNobodyAreBounded(t *testing.T) {
	st, _, err := openStore(t.TempDir()+"/router.db", noStaff{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.db.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	hold := func(i int) {
		d := conversation.NewDraft(st, fmt.Sprint(i), "", at.Add(time.Duration(i)*time.Second), events.Cause{Kind: "inbound"}, system)
		if !d.Hold("webhook", "shop", events.Delivery{ProviderIDs: []string{fmt.Sprint("p-", i)}, Status: events.StatusRead}) {
			t.Fatal("not held")
		}
		d.Finish()
		st.take(d.Work)
	}
	for i := range maxHeld + 10 {
		hold(i)
	}
	key := func(i int) string { return "shop\x00p-" + fmt.Sprint(i) }
	if len(st.Held(key(9))) != 0 || len(st.Held(key(10))) != 1 || len(st.Held(key(maxHeld+9))) != 1 {
		t.Fatalf("held: %v %v %v", st.Held(key(9)), st.Held(key(10)), st.Held(key(maxHeld+9)))
	}
}

// appendDecision puts a decision into the log as an earlier router would have.
func appendDecision(t *testing.T, h *house, d *events.Decision) {
	t.Helper()
	data, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.facts.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(events.ShardOf(d.Contact)), Data: data}); err != nil {
		t.Fatal(err)
	}
}
