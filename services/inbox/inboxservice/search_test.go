package inboxservice_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// talk writes small histories by hand.
type talk struct {
	seq   int
	convs map[string]*events.Conversation
}

func (w *talk) decide(contact, conv string, bodies ...events.Body) *events.Decision {
	w.seq++
	at := time.Date(2026, 3, 1, 9, 0, w.seq, 0, time.UTC)
	d := &events.Decision{ID: fmt.Sprint("de", w.seq), Contact: events.ContactID(contact), At: at, Cause: events.Cause{Kind: "inbound"}}
	for _, b := range bodies {
		d.Facts = append(d.Facts, events.NewFact(b))
	}
	if conv != "" {
		c := w.convs[conv]
		if c == nil {
			c = &events.Conversation{ID: events.ConversationID(conv), Status: events.Open, Contact: events.ContactRef{ID: d.Contact}, CreatedAt: at}
			w.convs[conv] = c
		}
		c.Version++
		c.UpdatedAt = at
		d.Conversations = []events.Conversation{*c}
	}
	return d
}

func (w *talk) say(contact, conv, id, subject, text string) *events.Decision {
	at := time.Date(2026, 3, 1, 9, 0, w.seq+1, 0, time.UTC)
	return w.decide(contact, conv, &events.MessageAdded{Message: events.Message{
		ID: events.MessageID(id), ConversationID: events.ConversationID(conv), ContactID: events.ContactID(contact),
		Direction: events.In, Kind: events.KindMessage, Channel: "email", InboxID: "ib", ProviderID: id,
		Subject: subject, Text: text, OccurredAt: at, ReceivedAt: at,
	}})
}

func found(t *testing.T, h *house, q queries.ListConversations) []string {
	t.Helper()
	type row struct {
		ID    string `json:"id"`
		Match struct {
			Message string `json:"message_id"`
			Contact string `json:"contact_id"`
		} `json:"match"`
	}
	var out []string
	for range 100 {
		page := must[queries.Page[row]](t, h, queries.Conversations, q)
		for _, r := range page.Items {
			out = append(out, r.ID+":"+r.Match.Message+r.Match.Contact)
		}
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return out
		}
	}
	t.Fatal("the search does not end")
	return nil
}

func TestSearchFindsWhatWasSaid(t *testing.T) {
	h := newHouse(t)
	w := &talk{convs: map[string]*events.Conversation{}}
	h.write(t,
		w.decide("ct-kim00", "", &events.ContactCreated{Name: "김철수", Points: []events.Point{
			{Kind: "email", Value: "chulsoo.kim@example.com", Trust: events.Proved}, {Kind: "phone", Value: "+821012345678", Trust: events.Stated}}}),
		w.decide("ct-lee00", "", &events.ContactCreated{Name: "Zoë Lee"}),
		w.say("ct-kim00", "cv-1", "ms-1", "주문 문의", "배송이 언제 오나요?"),
		w.say("ct-kim00", "cv-1", "ms-2", "", "배송조회가 안 됩니다"),
		w.say("ct-lee00", "cv-2", "ms-3", "Refund please", "The café table arrived broken"),
		w.say("ct-lee00", "cv-3", "ms-4", "", "東京タワーへの配送はいつですか"),
		w.say("ct-lee00", "cv-2", "ms-5", "", "secret number 998877"),
		w.say("ct-kim00", "cv-1", "ms-6", "", "before the edit: umbrella"),
	)
	h.write(t,
		w.decide("ct-lee00", "cv-2", &events.MessageRemoved{Conversation: "cv-2", Message: "ms-5"}),
		w.decide("ct-kim00", "cv-1", &events.MessageEdited{Conversation: "cv-1", Message: "ms-6", Text: "after the edit: parasol"}),
	)
	check := func(t *testing.T) {
		for words, want := range map[string][]string{
			"배송":               {"cv-1:ms-2"},
			"배송이":              {"cv-1:ms-1"},
			"배송 언제":            {"cv-1:ms-1"},
			"조회":               {"cv-1:ms-2"},
			"주문":               {"cv-1:ms-1"},
			"CAFE":             {"cv-2:ms-3"},
			"refu":             {"cv-2:ms-3"},
			"refu ":            nil,
			"配送":               {"cv-3:ms-4"},
			"タワー":              {"cv-3:ms-4"},
			"김철":               {"cv-1:ct-kim00"},
			"chulsoo.kim@exam": {"cv-1:ct-kim00"},
			"010-1234-5678":    {"cv-1:ct-kim00"},
			"5678":             {"cv-1:ct-kim00"},
			"zoe":              {"cv-3:ct-lee00", "cv-2:ct-lee00"},
			"998877":           nil,
			"umbrella":         nil,
			"parasol":          {"cv-1:ms-6"},
			"tables arrive ":   {"cv-2:ms-3"},
			"refunds":          {"cv-2:ms-3"},
			"edits ":           {"cv-1:ms-6"},
			"…":                nil,
		} {
			got := found(t, h, queries.ListConversations{Q: words, Limit: 1})
			if !slices.Equal(got, want) {
				t.Errorf("%q: %v, want %v", words, got, want)
			}
		}
		if got := found(t, h, queries.ListConversations{Q: "zoe", Contact: "ct-kim00"}); len(got) != 0 {
			t.Errorf("the filter lets %v through", got)
		}
		people := must[queries.Page[queries.ContactPage]](t, h, queries.Contacts, queries.ListConversations{Q: "zoe"})
		if len(people.Items) != 1 || people.Items[0].ID != "ct-lee00" {
			t.Errorf("contacts found: %+v", people.Items)
		}
	}
	s, stop := h.start(t)
	waitForSearch(t, s)
	check(t)
	stop()
	t.Run("again from disk", func(t *testing.T) {
		s, stop := h.start(t)
		defer stop()
		waitForSearch(t, s)
		check(t)
	})
	t.Run("index deleted", func(t *testing.T) {
		removeAll(t, filepath.Join(h.dir, "search"))
		s, stop := h.start(t)
		defer stop()
		waitForSearch(t, s)
		check(t)
	})
}

func TestASearchShowsEveryConversationOnce(t *testing.T) {
	h := newHouse(t)
	w := &talk{convs: map[string]*events.Conversation{}}
	h.write(t, w.decide("ct-kim00", "", &events.ContactCreated{Name: "Kim"}))
	for i := range 300 {
		h.write(t, w.say("ct-kim00", fmt.Sprintf("cv-%02d", i*7%60), fmt.Sprintf("ms-%03d", i), "", "the same lamp"))
	}
	s, _ := h.start(t)
	waitForSearch(t, s)
	got := found(t, h, queries.ListConversations{Q: "lamp", Limit: 7})
	var want []string
	for i := 299; len(want) < 60; i-- {
		want = append(want, fmt.Sprintf("cv-%02d:ms-%03d", i*7%60, i))
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %d:\n%v\nwant\n%v", len(got), got, want)
	}
}
