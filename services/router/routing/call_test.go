package routing

import (
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

func TestAMissedCallPromisesACallThatAnAnsweredOneKeeps(t *testing.T) {
	h := city(t)
	now := h.clock.Now()
	ds := h.say(h.call("c-1", events.In, "missed", now.Add(-time.Hour), "+821012345678"))
	promise := only[*events.CallbackRequested](t, ds)
	row := conversationOf(t, ds)
	if cb := row.Callback; cb == nil || cb.Number != "+821012345678" || cb.Reason != "missed" || cb.Message == "" || row.WaitingSince == nil {
		t.Fatalf("row is %+v", row)
	}
	if m := bodies[*events.MessageAdded](ds)[0].Message; m.Kind != events.KindCall || m.Direction != events.In {
		t.Fatalf("got %+v", m)
	}
	none[*events.CallbackRequested](t, h.say(h.call("c-2", events.In, "abandoned", now.Add(-50*time.Minute), "+821012345678")))
	tried := only[*events.CallbackRequested](t, h.say(h.call("c-3", events.Out, "busy", now.Add(-40*time.Minute), "+821012345678")))
	if tried.Callback.Attempts != 1 || tried.Callback.ID != promise.Callback.ID {
		t.Fatalf("got %+v", tried.Callback)
	}
	none[*events.CallbackClosed](t, h.say(h.call("c-0", events.Out, "answered", now.Add(-2*time.Hour), "+821012345678")))
	ds = h.say(h.call("c-4", events.Out, "answered", now.Add(-30*time.Minute), "+821012345678"))
	closed := only[*events.CallbackClosed](t, ds)
	answer := bodies[*events.MessageAdded](ds)[0].Message
	if closed.Outcome != "reached" || closed.Message != answer.ID || answer.Direction != events.Out {
		t.Fatalf("got %+v", closed)
	}
	if row := conversationOf(t, ds); row.Callback != nil || row.WaitingSince != nil {
		t.Fatalf("row is %+v", row)
	}
	// Rows of a call list come in any order.
	none[*events.CallbackRequested](t, h.say(h.call("c-5", events.In, "missed", now.Add(-35*time.Minute), "+821012345678")))
	// A year's worth of them promises nobody anything.
	none[*events.CallbackRequested](t, h.say(h.call("c-6", events.In, "missed", now.AddDate(-1, 0, 0), "+821099999999")))
}

func TestNobodyIsPromisedACallWhoHidesTheirNumber(t *testing.T) {
	h := city(t)
	hidden := h.call("c-1", events.In, "missed", h.clock.Now(), "anonymous")
	marked := h.call("c-2", events.In, "voicemail", h.clock.Now())
	marked.Sender.Points = []events.Point{{Kind: "withheld", Value: "x", Trust: events.Proved}}
	again := h.call("c-3", events.In, "voicemail", h.clock.Now())
	again.Sender.Points = marked.Sender.Points
	ds := h.say(hidden, marked, again)
	none[*events.CallbackRequested](t, ds)
	if got := conversations(ds); len(got) != 3 {
		t.Fatalf("three who hide stand in %d conversations", len(got))
	}
}

func TestALentNumberIsNobodysIdentity(t *testing.T) {
	h := city(t)
	safe := func(id string) *events.Inbound {
		in := h.call(id, events.In, "missed", h.clock.Now(), "+8250712345678")
		in.Sender.Points[0].Scope = "safe"
		return in
	}
	ds := h.say(safe("c-1"), safe("c-2"))
	if got := conversations(ds); len(got) != 2 {
		t.Fatalf("two callers behind one lent number stand in %d conversations", len(got))
	}
	if cbs := bodies[*events.CallbackRequested](ds); len(cbs) != 2 || cbs[0].Callback.Number != "+8250712345678" {
		t.Fatalf("promises: %+v", cbs)
	}
}

func TestACallIsAmended(t *testing.T) {
	h := city(t)
	now := h.clock.Now()
	missed := h.call("c-1", events.In, "missed", now.Add(-time.Hour), "+821012345678")
	first := conversationOf(t, h.say(missed))
	fuller := h.call("c-1", events.In, "answered", now.Add(-59*time.Minute), "+821012345678")
	fuller.Call.Legs, fuller.Call.TalkS = []string{"c-1-1", "c-1-2"}, 60
	ds := h.say(fuller)
	none[*events.MessageAdded](t, ds)
	if f := only[*events.CallAmended](t, ds); f.Call.Outcome != "answered" || len(f.Call.Legs) != 2 || f.Call.TalkS != 60 || f.Message != first.LastMessage.ID {
		t.Fatalf("got %+v", f)
	}
	only[*events.CallbackClosed](t, ds)
	only[*events.InboundDuplicate](t, h.say(fuller))
	only[*events.InboundDuplicate](t, h.say(missed))
	late := h.call("c-1", events.In, "missed", now.Add(-61*time.Minute), "+821012345678")
	ds = h.say(late)
	none[*events.CallAmended](t, ds)
	only[*events.InboundStored](t, ds)
	record := about(statement("pbx", "asterisk", "rec-1", "", point("phone", "+821012345678", events.Stated)), events.CallWasAmended, "c-1")
	record.Call = &events.Call{Recording: "file-1", Transcript: "hello"}
	record.Message = &events.ReceivedMessage{Attachments: []events.Attachment{{Name: "call.mp3", URL: "media:77"}}}
	f := only[*events.CallAmended](t, h.say(record))
	if f.Call.Recording != "file-1" || f.Call.Transcript != "hello" || f.Call.Outcome != "answered" || len(f.Attachments) != 1 || f.Attachments[0].ID != "file-1" {
		t.Fatalf("got %+v", f)
	}
	settle := commands.SettleAttachmentBody{Message: f.Message, Attachment: events.Attachment{ID: "file-1", Hash: strings.Repeat("ab", 32), Size: 9}}
	if r := h.command(commands.SettleAttachment, commands.Envelope{Conversation: first.ID}, settle); r.Problem != nil || r.Seq == 0 {
		t.Fatalf("got %+v", r)
	}
}

func TestARecordingMayComeBeforeItsCall(t *testing.T) {
	h := city(t)
	record := h.call("rec-1", events.In, "voicemail", h.clock.Now(), "+821012345678")
	record.Type, record.Target = events.CallWasAmended, "c-1"
	record.Call.Recording = "file-1"
	m := only[*events.MessageAdded](t, h.say(record)).Message
	call := h.call("c-1", events.In, "voicemail", h.clock.Now(), "+821012345678")
	call.Call.Legs, call.Call.RingS = []string{"a", "b"}, 20
	ds := h.say(call)
	none[*events.MessageAdded](t, ds)
	if f := only[*events.CallAmended](t, ds); f.Message != m.ID || f.Call.Recording != "file-1" || f.Call.RingS != 20 {
		t.Fatalf("got %+v", f)
	}
	only[*events.InboundDuplicate](t, h.say(record))
	nowhere := about(statement("pbx", "asterisk", "rec-2", ""), events.CallWasAmended, "c-2")
	nowhere.Call = &events.Call{Recording: "file-1"}
	only[*events.InboundRejected](t, h.say(nowhere))
}

func TestAVisitorWhoAsksIsCalledAtTheNumberTheyLeft(t *testing.T) {
	h := city(t)
	ask := statement("chat", "webchat", "w-1", "", events.Point{Kind: "visitor", Value: "v1", Scope: "chat", Trust: events.Proved})
	at := h.clock.Now().Add(time.Hour)
	ask.Type, ask.Message, ask.Callback = events.CallbackWanted, nil, &events.CallbackRequest{Number: "+82212345678", Reason: "asked", WantedAt: &at, Note: "about my order"}
	ds := h.say(ask)
	row := conversationOf(t, ds)
	if cb := row.Callback; cb == nil || cb.Reason != "asked" || cb.Note != "about my order" || row.LastMessage.Text != "about my order" || row.WaitingSince != nil { // they wait for the call alone
		t.Fatalf("row is %+v", row)
	}
	only[*events.InboundDuplicate](t, h.say(ask))
	h.clock.Add(time.Hour)
	ds = h.say(h.call("c-1", events.Out, "answered", h.clock.Now(), "+82212345678"))
	if closed := only[*events.CallbackClosed](t, ds); closed.Conversation != row.ID {
		t.Fatalf("got %+v", closed)
	}
}

func TestCallbacksByHand(t *testing.T) {
	h := city(t)
	row := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "call me", point("external", "kim", events.Stated), point("phone", "+821012345678", events.Stated))))
	at := commands.Envelope{Conversation: row.ID}
	wantProblem(t, h.command(commands.CloseCallback, at, commands.CloseCallbackBody{Callback: "cb", Outcome: "reached"}), commands.Conflict)
	wantProblem(t, h.command(commands.RequestCallback, at, commands.RequestCallbackBody{Number: "call me"}), commands.Invalid)
	r := h.command(commands.RequestCallback, at, commands.RequestCallbackBody{})
	if r.Problem != nil || r.Conversation.Callback == nil || r.Conversation.Callback.Number != "+821012345678" {
		t.Fatalf("got %+v", r)
	}
	cb := r.Conversation.Callback
	when := h.clock.Now().Add(time.Hour)
	r = h.command(commands.RequestCallback, at, commands.RequestCallbackBody{WantedAt: &when, Note: "after lunch"})
	if now := r.Conversation.Callback; now.ID != cb.ID || now.Note != "after lunch" || !now.WantedAt.Equal(when) {
		t.Fatalf("got %+v", now)
	}
	if r := h.command(commands.RequestCallback, at, commands.RequestCallbackBody{Note: "after lunch"}); r.Seq != 0 {
		t.Fatal("the same wish again is news")
	}
	r = h.command(commands.CloseCallback, at, commands.CloseCallbackBody{Callback: cb.ID, Outcome: "attempted"})
	if r.Conversation.Callback.Attempts != 1 {
		t.Fatalf("got %+v", r.Conversation.Callback)
	}
	wantProblem(t, h.command(commands.CloseCallback, at, commands.CloseCallbackBody{Callback: cb.ID, Outcome: "perhaps"}), commands.Invalid)
	if r = h.command(commands.CloseCallback, at, commands.CloseCallbackBody{Callback: cb.ID, Outcome: "in-vain"}); r.Conversation.Callback != nil {
		t.Fatalf("got %+v", r.Conversation.Callback)
	}
}

func TestAMergeCarriesThePromiseAndItsReversalGivesItBack(t *testing.T) {
	h := city(t)
	kim := conversationOf(t, h.say(statement("shop", "webhook", "m-1", "hi", point("external", "kim", events.Stated))))
	lee := conversationOf(t, h.say(h.call("c-1", events.In, "missed", h.clock.Now().Add(-time.Minute), "+821012345678")))
	h.command(commands.MergeContacts, commands.Envelope{Contact: kim.Contact.ID}, commands.MergeBody{From: lee.Contact.ID})
	r := h.command(commands.MarkRead, commands.Envelope{Conversation: lee.ID}, nil)
	if r.Conversation == nil || r.Conversation.ID != kim.ID || r.Conversation.Callback == nil || r.Conversation.Callback.Number != "+821012345678" {
		t.Fatalf("got %+v", r)
	}
	tried := only[*events.CallbackRequested](t, h.say(h.call("c-2", events.Out, "busy", h.clock.Now(), "+821012345678")))
	if tried.Conversation != kim.ID {
		t.Fatalf("got %+v", tried)
	}
	h.command(commands.ReverseMerge, commands.Envelope{Contact: kim.Contact.ID}, commands.ReverseMergeBody{From: lee.Contact.ID})
	closed := only[*events.CallbackClosed](t, h.say(h.call("c-3", events.Out, "answered", h.clock.Now().Add(time.Second), "+821012345678")))
	if closed.Conversation != lee.ID {
		t.Fatalf("the promise stayed with %s", closed.Conversation)
	}
}
