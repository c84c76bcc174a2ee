package routing

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// hash stops the router and hashes its file but for its place in the log, which
// moves with every start.
func (h *house) hash() string {
	h.t.Helper()
	h.stop()
	path := h.dir + "/router.db"
	db, err := bolt.Open(path, bolt.Options{Schema: schema})
	if err != nil {
		h.t.Fatal(err)
	}
	sum, err := bolt.Hash(db.DB, string(bucketProgress), string(bucketTold))
	if err != nil {
		h.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		h.t.Fatal(err)
	}
	return sum
}

// day is a reproducible stretch of traffic: customers with changing addresses
// over several channels, duplicates, receipts, agents' commands.
type day struct {
	*rand.Rand
	h     *house
	rows  []events.Conversation
	sent  []*events.Inbound
	outID []events.MessageID
}

func newTraffic(h *house, seed uint64) *day {
	return &day{Rand: rand.New(rand.NewPCG(seed, 7)), h: h}
}

func (d *day) step(i int) {
	switch n := d.IntN(10); {
	case n < 5:
		d.customer(i)
	case n < 6 && len(d.sent) > 0:
		again := *d.sent[d.IntN(len(d.sent))]
		d.h.say(&again)
	case n < 7 && len(d.outID) > 0:
		in := statement("shop", "webhook", fmt.Sprint("receipt-", i), "", point("external", "c-0", events.Stated))
		in.Type, in.Message = events.DeliveryReported, nil
		in.Delivery = &events.Delivery{Message: d.outID[d.IntN(len(d.outID))], Status: []events.Status{events.StatusSent, events.StatusRead, events.StatusFailed}[d.IntN(3)]}
		d.h.say(in)
	case n < 8:
		d.odd(i)
	case len(d.rows) > 0:
		d.agent(i)
	}
	d.h.clock.Add(time.Duration(d.IntN(600)) * time.Second)
}

func (d *day) customer(i int) {
	who := d.IntN(12)
	inbox, ch := "shop", "webhook"
	points := []events.Point{point("external", fmt.Sprint("c-", who), events.Stated)}
	switch d.IntN(4) {
	case 0:
		inbox, ch = "mail", "email"
		points = []events.Point{point("email", fmt.Sprintf("c%d@example.com", who), []events.Trust{events.Stated, events.Proved}[d.IntN(2)])}
	case 1:
		inbox, ch = "chat", "webchat"
		points = []events.Point{{Kind: "visitor", Value: fmt.Sprint("v", who), Scope: "chat", Trust: events.Proved}}
		if d.IntN(2) == 0 {
			points = append(points, point("external", fmt.Sprint("c-", d.IntN(12)), events.Proved))
		}
	case 2:
		points = append(points, point("email", fmt.Sprintf("c%d@example.com", d.IntN(12)), []events.Trust{events.Stated, events.Claimed, events.Proved}[d.IntN(3)]))
	}
	in := statement(inbox, ch, fmt.Sprint("m-", i), fmt.Sprint("text ", i), points...)
	if len(d.sent) > 0 && d.IntN(4) == 0 {
		in.Message.InReplyTo = []string{d.sent[d.IntN(len(d.sent))].ProviderID}
	}
	if d.IntN(8) == 0 {
		in.Inbox, in.Channel, in.Message.Subject = "threads", "email", fmt.Sprint("subject ", d.IntN(3))
	}
	keep := *in
	d.sent = append(d.sent, &keep)
	for _, dec := range d.h.say(in) {
		d.rows = append(d.rows, dec.Conversations...)
	}
}

// odd is what comes rarely: calls, echoes, edits, ids used twice, mail of
// machines and from ourselves, receipts that are too early, what nobody knows.
func (d *day) odd(i int) {
	who := point("phone", fmt.Sprint("+8210000", d.IntN(12)), events.Stated)
	in := statement("shop", "webhook", fmt.Sprint("odd-", i), fmt.Sprint("odd ", i), who)
	switch d.IntN(21) {
	case 20:
		d.end(in)
	case 11:
		in.Type, in.Message, in.Call = events.CallLogged, nil, &events.Call{
			Direction: events.Out, Outcome: []string{"answered", "busy"}[d.IntN(2)], To: who.Value, EndedAt: d.h.clock.Now(), Legs: []string{fmt.Sprint("leg-", i)},
		}
		in.ProviderID = fmt.Sprint("call-", d.IntN(10))
	case 12:
		in.Type, in.Target, in.Message = events.CallWasAmended, fmt.Sprint("call-", d.IntN(10)), nil
		in.Call = &events.Call{Direction: events.In, Outcome: "voicemail", From: who.Value, EndedAt: d.h.clock.Now(), Recording: "file-1", Transcript: fmt.Sprint(i)}
		in.Message = &events.ReceivedMessage{Attachments: []events.Attachment{{Name: "voice.mp3", URL: "media:1"}}}
	case 13:
		in.Type, in.Message, in.Callback = events.CallbackWanted, nil, &events.CallbackRequest{Number: fmt.Sprint("+8210000", d.IntN(12)), Note: "at noon"}
	case 14:
		in.Type, in.Message = events.OrderWasStated, nil
		in.Purchase = &events.Order{ID: fmt.Sprint("o-", d.IntN(6)), UpdatedAt: d.h.clock.Now().Add(-time.Duration(d.IntN(90)) * time.Minute)}
	case 15:
		in.Type, in.Message, in.Sender.Attributes = events.ContactWasStated, nil, map[string]string{"plan": fmt.Sprint(i)}
		in.Sender.Points = append(in.Sender.Points, point("external", fmt.Sprint("c-", d.IntN(12)), events.Proved))
	case 16:
		in.Type, in.Message = events.ContactWasErased, nil
		in.Erasure = &events.Erasure{What: [][]string{{"*"}, {"name", "email"}, {"phone"}}[d.IntN(3)], Report: d.IntN(3) == 0}
	case 17:
		in.Type, in.Target, in.Message, in.Reaction = events.MessageWasReacted, d.anySent(), nil, &events.Reaction{Emoji: "👍"}
	case 18:
		until := d.h.clock.Now()
		in.Type, in.Message = events.DeliveryReported, nil
		in.Sender.Points = []events.Point{point("external", fmt.Sprint("c-", d.IntN(12)), events.Stated)}
		in.Delivery = &events.Delivery{Status: []events.Status{events.StatusDelivered, events.StatusRead}[d.IntN(2)], Until: &until}
	case 19:
		in.Direction, in.Sender.Points = events.Out, []events.Point{point("external", fmt.Sprint("c-", d.IntN(12)), events.Stated)}
		in.ProviderID, in.Message.Text = fmt.Sprint("p-", d.IntN(20)), []string{"answer", in.Message.Text}[d.IntN(2)]
	case 0:
		in.Type, in.Message, in.Call = events.CallLogged, nil, &events.Call{Direction: events.In, Outcome: "missed", EndedAt: in.OccurredAt}
	case 1:
		in.Type, in.Message, in.Call = events.CallLogged, nil, &events.Call{Direction: events.In, Outcome: "answered", EndedAt: in.OccurredAt}
		in.Sender.Points = []events.Point{point("phone", "anonymous", events.Stated)}
	case 2:
		in.Direction = events.Out
	case 3:
		in.Type, in.Target, in.ProviderID = events.MessageWasEdited, d.anySent(), fmt.Sprint("edit-", d.IntN(8))
	case 4:
		in.Type, in.Target, in.Message = events.MessageWasRemoved, d.anySent(), nil
	case 5:
		in.ProviderID = d.anySent()
	case 6:
		in.Message.Automatic = true
	case 7:
		in.Inbox, in.Channel, in.Sender.Points = "mail", "email", []events.Point{point("email", "help@example.com", events.Stated)}
		in.Flags = []string{flagOwnAddress}
	case 8:
		in.Type = "unheard.of"
	case 9:
		in.Type, in.Message = events.DeliveryReported, nil
		in.Delivery = &events.Delivery{ProviderIDs: []string{fmt.Sprint("p-", d.IntN(20))}, Status: events.StatusDelivered}
	case 10:
		in.Sender.Points[0].Trust = events.Claimed
		in.Sender.Attributes = map[string]string{"plan": fmt.Sprint(i)}
	}
	for _, dec := range d.h.say(in) {
		d.rows = append(d.rows, dec.Conversations...)
	}
}

// end makes a statement a visitor's word that they are done, now and then under an
// id that was used before, also as somebody else.
func (d *day) end(in *events.Inbound) {
	who := d.IntN(12)
	in.Type, in.Message, in.Inbox, in.Channel = events.ChatWasEnded, nil, "chat", "webchat"
	in.ProviderID = fmt.Sprintf("v%d-end:%d", who, d.IntN(8))
	in.Sender.Points = []events.Point{{Kind: "visitor", Value: fmt.Sprint("v", who), Scope: "chat", Trust: events.Proved}}
	if d.IntN(2) == 0 {
		in.Sender.Points = append([]events.Point{point("external", fmt.Sprint("c-", d.IntN(12)), events.Proved)}, in.Sender.Points...)
	}
}

func (d *day) anySent() string {
	if len(d.sent) == 0 {
		return "nothing"
	}
	return d.sent[d.IntN(len(d.sent))].ProviderID
}

func (d *day) agent(i int) {
	row := d.rows[d.IntN(len(d.rows))]
	at := commands.Envelope{Conversation: row.ID}
	switch d.IntN(17) {
	case 14:
		at := commands.RequestCallbackBody{Number: []string{"", "+82100009"}[d.IntN(2)], Note: fmt.Sprint(i)}
		d.h.command(commands.RequestCallback, commands.Envelope{Conversation: row.ID}, at)
	case 15:
		if row.Callback != nil {
			d.h.command(commands.CloseCallback, at, commands.CloseCallbackBody{Callback: row.Callback.ID, Outcome: []string{"reached", "attempted"}[d.IntN(2)]})
		}
	case 16:
		if row.LastMessage != nil {
			d.h.command(commands.SettleAttachment, at, commands.SettleAttachmentBody{
				Message: row.LastMessage.ID, Attachment: events.Attachment{ID: "file-1", Failed: "gone"},
			})
		}
	case 0, 1:
		if r := d.h.command(commands.Reply, at, commands.ReplyBody{Text: "answer", ClientID: fmt.Sprint("k", i)}); r.Message != nil {
			d.outID = append(d.outID, r.Message.ID)
		}
	case 2:
		d.h.command(commands.Assign, at, commands.AssignBody{Assignee: "anna"})
	case 3:
		d.h.command(commands.Tag, at, commands.TagBody{Add: []string{fmt.Sprint("tag", d.IntN(5))}, Remove: []string{fmt.Sprint("tag", d.IntN(5))}})
	case 4:
		d.h.command(commands.Snooze, at, commands.SnoozeBody{Until: d.h.clock.Now().Add(48 * time.Hour)})
	case 5:
		d.h.command(commands.Resolve, at, nil)
	case 6:
		d.h.command(commands.Reopen, at, nil)
	case 7:
		other := d.rows[d.IntN(len(d.rows))]
		d.h.command(commands.MergeContacts, commands.Envelope{Contact: row.Contact.ID}, commands.MergeBody{From: other.Contact.ID})
	case 9, 10:
		if len(d.outID) == 0 {
			return
		}
		id := d.outID[d.IntN(len(d.outID))]
		d.h.command(commands.BeginSend, at, commands.BeginSendBody{Message: id, Attempt: 1})
		outcome := []events.SendOutcome{events.Sent, events.Retry, events.Rejected, events.Unclear}[d.IntN(4)]
		d.h.command(commands.EndSend, at, commands.EndSendBody{Message: id, Attempt: 1, Result: events.SendResult{Outcome: outcome, ProviderIDs: []string{fmt.Sprint("p-", d.IntN(20))}}})
	case 11:
		name := fmt.Sprint("name ", i)
		d.h.command(commands.UpdateContact, commands.Envelope{Contact: row.Contact.ID}, commands.UpdateContactBody{
			Name: &name, Attributes: map[string]string{"note": fmt.Sprint(i)},
			AddPoints:    []events.Point{{Kind: "email", Value: fmt.Sprintf("c%d@example.com", d.IntN(16))}},
			RemovePoints: []events.Point{{Kind: "external", Value: fmt.Sprint("c-", d.IntN(12))}},
		})
	case 12:
		other := d.rows[d.IntN(len(d.rows))]
		d.h.command(commands.DismissSuggestion, commands.Envelope{Contact: row.Contact.ID}, commands.DismissBody{Other: other.Contact.ID})
	case 13:
		d.h.command(commands.Transfer, at, commands.TransferBody{Queue: "second", Note: "for you"})
	case 8:
		other := d.rows[d.IntN(len(d.rows))]
		d.h.command(commands.ReverseMerge, commands.Envelope{Contact: row.Contact.ID}, commands.ReverseMergeBody{From: other.Contact.ID})
	}
}

// P6. State that was decided, state that was read back from the log after a
// restart in the middle, and state that was built from the log alone are the
// same. It fails when apply uses anything that is not in the decision.
func TestTheFileIsDerivedFromTheLog(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			h := newHouse(t)
			d := newTraffic(h, seed)
			for i := range 300 {
				d.step(i)
				if d.IntN(60) == 0 {
					h.stop()
					h.start()
				}
			}
			decided := h.hash()
			if err := bolt.Remove(h.dir + "/router.db"); err != nil {
				t.Fatal(err)
			}
			h.start()
			if rebuilt := h.hash(); rebuilt != decided {
				t.Fatalf("decided %s, rebuilt %s", decided, rebuilt)
			}
		})
	}
}
