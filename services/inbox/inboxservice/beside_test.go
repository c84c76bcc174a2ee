package inboxservice_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

func message(t *testing.T, h *house, id string) events.Message {
	t.Helper()
	return must[events.Message](t, h, queries.Message, queries.ByID{ID: id, MinSeq: h.last})
}

func TestWhatComesAfterAMessageStandsInIt(t *testing.T) {
	h := newHouse(t)
	w := &talk{convs: map[string]*events.Conversation{}}
	said := w.say("ct-kim00", "cv-1", "ms-1", "", "two pictures")
	m := said.Facts[0].Body.(*events.MessageAdded)
	m.Message.Attachments = []events.Attachment{{ID: "a", Name: "a.png", URL: "https://cdn.example/a"}, {ID: "b", Name: "b.png", URL: "media:b"}, {ID: "c", Name: "c.png", URL: "media:c"}}
	h.write(t, w.decide("ct-kim00", "", &events.ContactCreated{Name: "Kim"}), said,
		w.decide("ct-kim00", "cv-1", &events.MessageReacted{Conversation: "cv-1", Message: "ms-1", Emoji: "👍"}),
		w.decide("ct-kim00", "cv-1", &events.AttachmentSettled{Conversation: "cv-1", Message: "ms-1", Attachment: events.Attachment{ID: "b", Type: "image/png", Hash: strings.Repeat("b", 64), Size: 7}}))
	h.start(t)
	check := func() {
		t.Helper()
		got := message(t, h, "ms-1")
		if got.Reaction != "👍" || len(got.Attachments) != 3 {
			t.Fatalf("got %+v", got)
		}
		b := got.Attachments[1]
		if b.ID != "b" || b.Hash == "" || b.URL != "" || b.Name != "b.png" || b.Size != 7 || b.Type != "image/png" {
			t.Fatalf("the file is %+v", b)
		}
		if a := got.Attachments[0]; a.URL == "" || a.Hash != "" {
			t.Fatalf("another file changed: %+v", a)
		}
	}
	check()
	h.write(t,
		w.decide("ct-kim00", "cv-1", &events.AttachmentSettled{Conversation: "cv-1", Message: "ms-1", Attachment: events.Attachment{ID: "b", Failed: "late"}}),
		w.decide("ct-kim00", "cv-1", &events.AttachmentSettled{Conversation: "cv-1", Message: "ms-1", Attachment: events.Attachment{ID: "nobody", Failed: "gone"}}))
	check()
	h.write(t, w.decide("ct-kim00", "cv-1", &events.MessageReacted{Conversation: "cv-1", Message: "ms-1"}),
		w.decide("ct-kim00", "cv-1", &events.AttachmentSettled{Conversation: "cv-1", Message: "ms-1", Attachment: events.Attachment{ID: "c", Failed: "expired"}}))
	if got := message(t, h, "ms-1"); got.Reaction != "" || got.Attachments[2].Failed != "expired" {
		t.Fatalf("got %+v", got)
	}
	h.write(t, w.decide("ct-kim00", "cv-1", &events.MessageRemoved{Conversation: "cv-1", Message: "ms-1"}),
		w.decide("ct-kim00", "cv-1", &events.MessageReacted{Conversation: "cv-1", Message: "ms-1", Emoji: "👍"}))
	if got := message(t, h, "ms-1"); got.Reaction != "" || len(got.Attachments) != 0 {
		t.Fatalf("what was taken back shows %+v", got)
	}
}

func TestACallAndThePromiseItMade(t *testing.T) {
	h := newHouse(t)
	w := &talk{convs: map[string]*events.Conversation{}}
	call := w.say("ct-kim00", "cv-1", "ms-1", "", "")
	m := &call.Facts[0].Body.(*events.MessageAdded).Message
	m.Kind, m.Call = events.KindCall, &events.Call{Direction: events.In, Outcome: "missed", From: "+821012345678", EndedAt: m.OccurredAt}
	cb := events.Callback{ID: "cb-1", Number: "+821012345678", Reason: "missed", RequestedAt: m.OccurredAt, Message: "ms-1"}
	promised := w.decide("ct-kim00", "cv-1", &events.CallbackRequested{Conversation: "cv-1", Callback: cb})
	promised.Conversations[0].Callback = &cb
	h.write(t, call, w.say("ct-lee00", "cv-2", "ms-2", "", "hello"), promised)
	h.start(t)
	listed := func(callback string) []string {
		page := must[queries.Page[events.Conversation]](t, h, queries.Conversations, queries.ListConversations{Callback: callback, MinSeq: h.last})
		var ids []string
		for _, c := range page.Items {
			ids = append(ids, string(c.ID))
		}
		return ids
	}
	if got := listed("open"); !slices.Equal(got, []string{"cv-1"}) {
		t.Fatalf("to be called back: %v", got)
	}
	if _, p := ask[queries.Page[events.Conversation]](t, h, queries.Conversations, queries.ListConversations{Callback: "soon"}); p == nil || p.Code != "invalid" {
		t.Fatalf("got %v", p)
	}
	if _, p := ask[queries.Page[events.Conversation]](t, h, queries.Conversations, queries.ListConversations{Clock: "late"}); p == nil || p.Code != "invalid" {
		t.Fatalf("got %v", p)
	}
	counts := must[queries.CountersAnswer](t, h, queries.Counters, queries.ByID{MinSeq: h.last}).Counts
	if counts["callback/open"] != 1 {
		t.Fatalf("counted %v", counts)
	}
	fuller := *m.Call
	fuller.Outcome, fuller.Recording, fuller.Transcript = "answered", "file-1", "wherewithal"
	h.write(t,
		w.decide("ct-kim00", "cv-1", &events.CallAmended{Conversation: "cv-1", Message: "ms-1", Call: fuller, Attachments: []events.Attachment{{ID: "file-1", URL: "media:1"}}}),
		w.decide("ct-kim00", "cv-1", &events.CallbackClosed{Conversation: "cv-1", Callback: "cb-1", Outcome: "reached", Message: "ms-1"}))
	if got := listed("open"); len(got) != 0 {
		t.Fatalf("still to be called back: %v", got)
	}
	if got := message(t, h, "ms-1"); got.Call.Outcome != "answered" || got.Call.Transcript == "" || len(got.Attachments) != 1 {
		t.Fatalf("got %+v", got)
	}
}

func order(id, total string, updated time.Time) *events.OrderStated {
	return &events.OrderStated{Inbox: "ib-shop", Order: events.Order{ID: id, Total: total, PlacedAt: updated.Truncate(time.Hour), UpdatedAt: updated}}
}

func TestOrdersStandOnThePageAndTheTimeline(t *testing.T) {
	h := newHouse(t)
	w := &talk{convs: map[string]*events.Conversation{}}
	at := time.Date(2026, 2, 1, 9, 30, 0, 0, time.UTC)
	merged := &events.ContactMerged{From: "ct-lee00", Into: "ct-kim00", Reason: "one person"}
	h.write(t,
		w.decide("ct-kim00", "", &events.ContactCreated{Name: "Kim"}), w.decide("ct-lee00", "", &events.ContactCreated{Name: "Lee"}),
		w.decide("ct-kim00", "", order("o-1", "10", at)), w.decide("ct-kim00", "", order("o-1", "20", at.Add(time.Minute))),
		w.decide("ct-lee00", "", order("o-2", "5", at.Add(3*time.Hour))),
		w.decide("ct-kim00", "", merged), w.decide("ct-lee00", "", merged))
	h.start(t)
	page := must[queries.ContactPage](t, h, queries.Contact, queries.ByID{ID: "ct-kim00", MinSeq: h.last})
	if len(page.Orders) != 2 || page.Orders[0].Order.ID != "o-2" || page.Orders[1].Order.Total != "20" || page.Orders[1].Inbox != "ib-shop" {
		t.Fatalf("orders: %+v", page.Orders)
	}
	var totals []string
	for _, item := range must[queries.Page[queries.TimelineItem]](t, h, queries.Timeline, queries.ListTimeline{Contact: "ct-kim00"}).Items {
		if item.Order != nil {
			totals = append(totals, item.Order.Total)
		}
	}
	if !slices.Equal(totals, []string{"5", "20"}) {
		t.Fatalf("the timeline shows %v, want each order once", totals)
	}
}

// A refund that is told without the rest of its order is added to what is known,
// once, whether it comes before or after the whole order that holds it, and also
// where the order was first a folded contact's.
func TestARefundChangesTheOneOrder(t *testing.T) {
	at := time.Date(2026, 2, 1, 9, 30, 0, 0, time.UTC)
	refund := func(id, amount string, minute int) *events.OrderStated {
		when := at.Add(time.Duration(minute) * time.Minute)
		return &events.OrderStated{Inbox: "ib-shop", Order: events.Order{
			ID: "o-1", Part: true, UpdatedAt: when, Refunds: []events.Refund{{ID: id, Amount: amount, At: when}},
		}}
	}
	whole := func(minute int, refunded string, refunds ...events.Refund) *events.OrderStated {
		o := order("o-1", "100.00", at.Add(time.Duration(minute)*time.Minute))
		o.Order.PlacedAt, o.Order.Refunds, o.Order.Refunded = at, refunds, refunded
		return o
	}
	first := events.Refund{ID: "r1", Amount: "30.00", At: at.Add(time.Minute)}
	merged := &events.ContactMerged{From: "ct-lee00", Into: "ct-kim00", Reason: "one person"}
	for name, c := range map[string]struct {
		stated   []*events.OrderStated
		refunded string
		refunds  int
	}{
		"before the whole":        {[]*events.OrderStated{whole(0, ""), refund("r1", "30.00", 1), whole(1, "30.00", first)}, "30.00", 1},
		"after the whole":         {[]*events.OrderStated{whole(0, ""), whole(1, "30.00", first), refund("r1", "30.00", 1)}, "30.00", 1},
		"alone":                   {[]*events.OrderStated{whole(0, ""), refund("r1", "30.00", 1)}, "30.00", 1},
		"told twice":              {[]*events.OrderStated{whole(0, ""), refund("r1", "30.00", 1), refund("r1", "30.00", 1)}, "30.00", 1},
		"a second one":            {[]*events.OrderStated{whole(0, ""), whole(1, "30.00", first), refund("r2", "0.5", 2)}, "30.50", 2},
		"an old one, told late":   {[]*events.OrderStated{whole(0, ""), whole(3, "30.00", first), refund("r1", "30.00", 1)}, "30.00", 1},
		"and then an older whole": {[]*events.OrderStated{whole(0, ""), refund("r1", "30.00", 2), whole(1, "")}, "30.00", 1},
	} {
		for _, owner := range []string{"ct-kim00", "ct-lee00"} {
			t.Run(name+" "+owner, func(t *testing.T) {
				h := newHouse(t)
				w := &talk{convs: map[string]*events.Conversation{}}
				h.write(t, w.decide("ct-kim00", "", &events.ContactCreated{Name: "Kim"}), w.decide("ct-lee00", "", &events.ContactCreated{Name: "Lee"}),
					w.decide(owner, "", c.stated[0]), w.decide("ct-kim00", "", merged), w.decide("ct-lee00", "", merged))
				for _, o := range c.stated[1:] {
					h.write(t, w.decide("ct-kim00", "", o))
				}
				h.start(t)
				page := must[queries.ContactPage](t, h, queries.Contact, queries.ByID{ID: "ct-kim00", MinSeq: h.last})
				var shown []events.Order
				for _, item := range must[queries.Page[queries.TimelineItem]](t, h, queries.Timeline, queries.ListTimeline{Contact: "ct-kim00"}).Items {
					if item.Order != nil {
						shown = append(shown, *item.Order)
					}
				}
				if len(page.Orders) != 1 || len(shown) != 1 {
					t.Fatalf("%d orders on the page, %d on the timeline, want one", len(page.Orders), len(shown))
				}
				for _, o := range []events.Order{page.Orders[0].Order, shown[0]} {
					if o.Total != "100.00" || o.Refunded != c.refunded || len(o.Refunds) != c.refunds || o.Part {
						t.Errorf("order is %+v", o)
					}
				}
			})
		}
	}
}

// An erasure leaves nothing that a reader of the file or of an answer could
// find. It fails when any of the places that hold a customer's words is left out.
func TestErasedIsNowhere(t *testing.T) {
	h := newHouse(t)
	w := &talk{convs: map[string]*events.Conversation{}}
	email := events.Point{Kind: "email", Value: "secretmail@example.com", Trust: events.Stated}
	first := w.say("ct-kim00", "cv-1", "ms-1", "secretsubject", "secretwords one")
	first.Facts[0].Body.(*events.MessageAdded).Message.From = &email
	first.Facts[0].Body.(*events.MessageAdded).Message.Author = events.Author{Kind: "contact", Name: "Secretname"}
	first.Facts[0].Body.(*events.MessageAdded).Message.Attachments = []events.Attachment{{ID: "a", Name: "secretfile.pdf", URL: "https://cdn.example/secretfile"}}
	first.Conversations[0].LastMessage = &events.LastMessage{ID: "ms-1", Text: "secretwords one"}
	name := "Secretname Kim"
	cb := events.Callback{ID: "cb", Number: "+8210secretnumber", Note: "secretnote"}
	folded := &events.ContactMerged{From: "ct-lee00", Into: "ct-kim00", Points: []events.Point{}, Reason: "one person"}
	h.write(t,
		w.decide("ct-lee00", "", &events.ContactCreated{Name: "Secretname Lee", Attributes: map[string]string{"city": "secretcity"}}),
		w.decide("ct-kim00", "", &events.ContactCreated{Name: "Secretname", Points: []events.Point{email}, Attributes: map[string]string{"plan": "secretplan"}}),
		w.decide("ct-kim00", "", &events.ContactUpdated{Name: &name, Note: "secretremark"}),
		w.decide("ct-kim00", "", &events.ContactPointAdded{Point: events.Point{Kind: "phone", Value: "+8210secretnumber"}}),
		first, w.say("ct-lee00", "cv-2", "ms-2", "", "secretwords two"),
		w.decide("ct-kim00", "cv-1", &events.CallbackRequested{Conversation: "cv-1", Callback: cb}),
		w.decide("ct-kim00", "", order("secretorder", "1", time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC))),
		w.decide("ct-kim00", "", folded), w.decide("ct-lee00", "", folded),
		w.decide("ct-bob00", "", &events.ContactCreated{Name: "Bob"}), w.say("ct-bob00", "cv-9", "ms-9", "", "my own words"))
	s, stop := h.start(t)
	waitForSearch(t, s)
	if got := found(t, h, queries.ListConversations{Q: "secretwords"}); len(got) != 2 {
		t.Fatalf("before the erasure: %v", got)
	}
	erased := w.decide("ct-kim00", "cv-1", &events.ContactErased{What: []string{"*"}, Points: []events.Point{email, {Kind: "phone", Value: "+8210secretnumber"}}, Reason: "asked"})
	erased.Conversations[0].LastMessage = &events.LastMessage{ID: "ms-1"}
	late := w.decide("ct-kim00", "cv-1", &events.MessageReacted{Conversation: "cv-1", Message: "ms-1", Emoji: "👍"})
	late.Conversations = erased.Conversations
	h.write(t, erased, late)
	if m := message(t, h, "ms-1"); !m.HasFlag(views.FlagErased) || m.Text != "" || m.From != nil || m.Author.Name != "" || m.Reaction != "" {
		t.Fatalf("still shown: %+v", m)
	}
	if m := message(t, h, "ms-9"); m.Text != "my own words" {
		t.Fatalf("somebody else's words are gone: %+v", m)
	}
	waitForSearch(t, s)
	if got := found(t, h, queries.ListConversations{Q: "secretwords"}); len(got) != 0 {
		t.Fatalf("found by their words: %v", got)
	}
	if got := found(t, h, queries.ListConversations{Q: "secretname"}); len(got) != 0 {
		t.Fatalf("found by name: %v", got)
	}
	for _, c := range must[queries.Page[queries.ContactPage]](t, h, queries.Contacts, queries.ListConversations{}).Items {
		if c.ID != "ct-bob00" {
			t.Fatalf("listed: %+v", c)
		}
	}
	if page := must[queries.ContactPage](t, h, queries.Contact, queries.ByID{ID: "ct-kim00"}); page.ErasedAt == nil || page.Name != "" || len(page.Points)+len(page.Orders)+len(page.Attributes) != 0 {
		t.Fatalf("the page shows %+v", page)
	}
	stop()
	nowhere(t, filepath.Join(h.dir, "inbox.db"), "secret")
}

// nowhere fails when a word stands in any key or value of a file.
func nowhere(t *testing.T, file, word string) {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	keys := 0
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				keys++
				if bytes.Contains(bytes.ToLower(k), []byte(word)) || bytes.Contains(bytes.ToLower(v), []byte(word)) {
					t.Errorf("in %s: %q = %s", name, k, v)
				}
				return nil
			})
		})
	})
	if err != nil || keys == 0 {
		t.Fatal(keys, err)
	}
}
