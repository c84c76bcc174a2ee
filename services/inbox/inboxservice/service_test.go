package inboxservice_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/inboxservice"
	"github.com/tributary-inbox/tributary/services/inbox/internal/history"
)

type hashAnswer = queries.StateHashAnswer

// TestEverythingCanBeDeleted guards P6 for the inbox: files deleted, views
// rebuilt while it runs, and views that lived through stops all have one hash.
// Let store.Apply count upon what it finds already counted and it fails.
func TestEverythingCanBeDeleted(t *testing.T) {
	h := newHouse(t)
	w := history.New(chooser(3), history.Options{})
	h.write(t, decisions(w, 500)...)
	_, stop := h.start(t)
	stop()
	h.write(t, decisions(w, 1500)...)
	s, stop := h.start(t)
	h.write(t, decisions(w, 500)...)
	h.waitFor(t, s)
	want := must[hashAnswer](t, h, queries.StateHash, nil)
	if want.AsOf != h.last {
		t.Fatalf("hash is of %d, the log ends at %d", want.AsOf, h.last)
	}
	if err := s.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.waitFor(t, s)
	if got := must[hashAnswer](t, h, queries.StateHash, nil); got != want {
		t.Fatalf("rebuilt while running: %+v, want %+v", got, want)
	}
	stop()
	removeAll(t, filepath.Join(h.dir, "inbox.db"))
	h.start(t)
	if got := must[hashAnswer](t, h, queries.StateHash, nil); got != want {
		t.Fatalf("deleted and started again: %+v, want %+v", got, want)
	}
}

func TestViewsAheadOfTheLogAreRebuilt(t *testing.T) {
	h := newHouse(t)
	h.write(t, decisions(history.New(chooser(4), history.Options{}), 300)...)
	_, stop := h.start(t)
	stop()
	restored := newHouse(t) // a log of an older copy, with the files of the newer
	restored.dir = h.dir
	restored.write(t, decisions(history.New(chooser(4), history.Options{}), 100)...)
	s, _ := restored.start(t)
	restored.waitFor(t, s)
	got := must[hashAnswer](t, restored, queries.StateHash, nil)
	if got.AsOf != restored.last {
		t.Fatalf("views stand at %d, the log ends at %d", got.AsOf, restored.last)
	}
	waitForSearch(t, s)
}

func TestWhoWroteReadsWhatTheyWrote(t *testing.T) {
	h := newHouse(t)
	w := history.New(chooser(5), history.Options{New: 500})
	h.write(t, decisions(w, 50)...)
	h.start(t)
	for range 100 {
		d := decisions(w, 1)
		h.write(t, d...)
		for _, c := range d[len(d)-1].Conversations {
			got := must[events.Conversation](t, h, queries.Conversation, queries.ByID{ID: string(c.ID), MinSeq: h.last})
			if got.Version != c.Version {
				t.Fatalf("version %d, written was %d", got.Version, c.Version)
			}
		}
	}
}

func TestAPoisonDecisionHoldsNobodyUp(t *testing.T) {
	h := newHouse(t)
	reg := prometheus.NewRegistry()
	s, _ := h.start(t, func(d *inboxservice.Deps) { d.Metrics = reg })
	w := history.New(chooser(6), history.Options{})
	h.write(t, decisions(w, 20)...)
	bad := *h
	bad.writeRaw(t, `{"facts":[{"type":"message.added","v":1,"data":"no object"}]}`)
	bad.writeRaw(t, "\xff not JSON")
	h.write(t, decisions(w, 20)...)
	h.waitFor(t, s)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "tributary_inbox_unreadable_total" && f.GetMetric()[0].GetCounter().GetValue() == 2 {
			return
		}
	}
	t.Fatal("two messages could not be read and were not counted")
}

func TestBadQuestionsGetClearAnswers(t *testing.T) {
	h := newHouse(t)
	h.write(t, decisions(history.New(chooser(8), history.Options{}), 200)...)
	h.start(t)
	page := must[queries.Page[json.RawMessage]](t, h, queries.Conversations, queries.ListConversations{Limit: 2})
	long := make([]byte, 600)
	for i, c := range []struct {
		name string
		q    any
		code string
	}{
		{queries.Conversations, queries.ListConversations{Cursor: "x"}, "invalid"},
		{queries.Conversations, queries.ListConversations{Cursor: page.NextCursor, Tag: "vip"}, "invalid"},
		{queries.Conversations, queries.ListConversations{Cursor: page.NextCursor + "AAAA", Sort: "waiting"}, "invalid"},
		{queries.Conversations, queries.ListConversations{Q: "a", Cursor: page.NextCursor}, "invalid"},
		{queries.Conversations, queries.ListConversations{Limit: 201}, "invalid"},
		{queries.Conversations, queries.ListConversations{Limit: -1}, "invalid"},
		{queries.Conversations, queries.ListConversations{Sort: "random"}, "invalid"},
		{queries.Conversations, queries.ListConversations{Status: "half-open"}, "invalid"},
		{queries.Conversations, queries.ListConversations{Assignee: "me"}, "invalid"},
		{queries.Conversations, queries.ListConversations{Tag: string(long)}, "invalid"},
		{queries.Conversations, "no object", "invalid"},
		{queries.Conversations, queries.ListConversations{MinSeq: h.last + 1}, "unavailable"},
		{queries.Conversation, queries.ByID{ID: "cv-nobody"}, "not_found"},
		{queries.Conversation, queries.ByID{}, "invalid"},
		{queries.Message, queries.ByID{ID: "ms-nobody"}, "not_found"},
		{queries.Messages, queries.ListMessages{Conversation: "cv-nobody"}, "not_found"},
		{queries.Contact, queries.ByID{ID: "ct-nobody"}, "not_found"},
		{queries.Timeline, queries.ListTimeline{Contact: "ct-nobody"}, "not_found"},
		{"no-such-query", nil, "invalid"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			v, p := ask[json.RawMessage](t, h, c.name, c.q)
			if v != nil || p == nil || p.Code != c.code {
				t.Fatalf("%s %+v: got %v, want problem %s", c.name, c.q, p, c.code)
			}
		})
	}
}

func TestAContactAndItsTimeline(t *testing.T) {
	h := newHouse(t)
	w := history.New(chooser(9), history.Options{New: 8})
	ds := decisions(w, 2500)
	h.write(t, ds...)
	h.start(t)
	merged := 0
	seen := map[events.ContactID]bool{}
	for _, d := range ds {
		if seen[d.Contact] {
			continue
		}
		seen[d.Contact] = true
		c := must[queries.ContactPage](t, h, queries.Contact, queries.ByID{ID: string(d.Contact)})
		merged += len(c.Merged)
		for _, conv := range c.Conversations {
			if conv.Contact.ID != c.ID {
				t.Fatalf("%s lists a conversation of %s", c.ID, conv.Contact.ID)
			}
		}
		checkTimeline(t, h, c.ID)
	}
	if merged == 0 {
		t.Fatal("nobody was merged: the history is too tame")
	}
}

// checkTimeline holds a contact's timeline against its conversations' messages.
func checkTimeline(t *testing.T, h *house, id events.ContactID) {
	t.Helper()
	messages := map[events.MessageID]int{}
	lines := 0
	for cursor := ""; ; {
		page := must[queries.Page[queries.TimelineItem]](t, h, queries.Timeline, queries.ListTimeline{Contact: id, Cursor: cursor, Limit: 17})
		for _, item := range page.Items {
			if item.Message != nil {
				messages[item.Message.ID]++
			} else {
				lines++
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	want := 0
	list := must[queries.Page[events.Conversation]](t, h, queries.Conversations, queries.ListConversations{Contact: id, Limit: 200})
	for _, conv := range list.Items {
		for cursor := ""; ; {
			page := must[queries.Page[events.Message]](t, h, queries.Messages, queries.ListMessages{Conversation: conv.ID, Cursor: cursor})
			for _, m := range page.Items {
				if want++; messages[m.ID] != 1 || m.ConversationID != conv.ID {
					t.Fatalf("message %s of %s stands %d times in the timeline", m.ID, m.ConversationID, messages[m.ID])
				}
				one := must[events.Message](t, h, queries.Message, queries.ByID{ID: string(m.ID)})
				if one.ConversationID != conv.ID || one.Text != m.Text {
					t.Fatalf("message %s by id differs from the one in its conversation", m.ID)
				}
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
	}
	if want != len(messages) || lines == 0 {
		t.Fatalf("%d messages in the timeline, %d in the conversations, %d lines", len(messages), want, lines)
	}
}

func TestManyAskAtOnceWhileTheViewsMove(t *testing.T) {
	h := newHouse(t)
	w := history.New(chooser(10), history.Options{})
	h.write(t, decisions(w, 300)...)
	s, _ := h.start(t)
	done := make(chan struct{})
	failed := make(chan string, 16)
	for i := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range 150 {
				name := []string{queries.Conversations, queries.Counters, queries.Books, queries.Contacts}[(i+n)%4]
				m, err := h.nc.Request(events.QueryPrefix+name, nil, time.Minute)
				if err != nil || !json.Valid(m.Data) || string(m.Data[:6]) != `{"ok":` {
					failed <- fmt.Sprint(name, err)
					return
				}
			}
		}()
	}
	for range 30 {
		h.write(t, decisions(w, 20)...)
	}
	for range 8 {
		<-done
	}
	select {
	case why := <-failed:
		t.Fatal(why)
	default:
	}
	h.waitFor(t, s)
}

func (h *house) writeRaw(t *testing.T, data string) {
	t.Helper()
	seq, err := h.log.Append(t.Context(), rawMessage(data))
	if err != nil {
		t.Fatal(err)
	}
	h.last = seq
}

// A neighbour in the same process gets the bytes that NATS would bring, and
// nothing when queries are heard there no more.
func TestNeighbourAnswersAsOverNATS(t *testing.T) {
	h := newHouse(t)
	h.write(t, decisions(history.New(chooser(9), history.Options{}), 200)...)
	s, stop := h.start(t)
	for name, q := range map[string]any{
		queries.Conversations: queries.ListConversations{Limit: 50}, queries.Counters: struct{}{}, queries.Contact: queries.ByID{ID: "ct-nobody"},
		queries.Books: struct{}{},
	} {
		data, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		near, ok := s.Near(t.Context(), name, data, make([]byte, 9, 99))
		msg, err := h.nc.Request(events.QueryPrefix+name, data, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !ok || !bytes.Equal(near, msg.Data) {
			t.Errorf("%s: %v %s, over NATS %s", name, ok, near, msg.Data)
		}
	}
	stop()
	if _, ok := s.Near(t.Context(), queries.Counters, nil, nil); ok {
		t.Error("answered after it ended")
	}
}
