package hub

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.Uint64().Draw(t, "seq")
		got, err := ParseCursor(Cursor(seq))
		if err != nil || got != seq {
			t.Fatalf("%d: %d %v", seq, got, err)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{Cursor(0), Cursor(1 << 63), "", ".", "c1..", "c1.5.", "c1.+5.0000", "c2.5.0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if seq, err := ParseCursor(s); err == nil && Cursor(seq) != s {
			t.Fatalf("%q is taken for %q", s, Cursor(seq))
		}
	})
}

// Every conversation that a decision states gets at least one event, whatever
// the facts are: also those of a newer program.
func TestExpandCoversEveryConversation(t *testing.T) {
	bodies := []func(id events.ConversationID) events.Body{
		func(id events.ConversationID) events.Body {
			return &events.MessageAdded{Message: events.Message{ConversationID: id}}
		},
		func(id events.ConversationID) events.Body { return &events.ConversationAssigned{Conversation: id} },
		func(id events.ConversationID) events.Body { return &events.ConversationMerged{From: id, Into: "cv0"} },
		func(events.ConversationID) events.Body { return &events.InboundStored{} },
		func(events.ConversationID) events.Body { return &events.SendRequested{} },
		func(events.ConversationID) events.Body { return &events.ContactUpdated{} },
		func(events.ConversationID) events.Body { return &events.Opaque{Name: "conversation.painted"} },
	}
	ids := []events.ConversationID{"cv0", "cv1", "cv2"}
	rapid.Check(t, func(t *rapid.T) {
		d := &events.Decision{}
		for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(ids), rapid.ID[events.ConversationID]).Draw(t, "states") {
			d.Conversations = append(d.Conversations, events.Conversation{ID: id})
		}
		for range rapid.IntRange(0, 5).Draw(t, "facts") {
			id := rapid.SampledFrom(ids).Draw(t, "about")
			d.Facts = append(d.Facts, events.NewFact(rapid.SampledFrom(bodies).Draw(t, "body")(id)))
		}
		items, touched := expand(d)
		seen := map[events.ConversationID]bool{}
		for _, it := range items {
			seen[it.conv.ID] = true
		}
		if len(seen) != len(d.Conversations) || len(touched) != len(d.Conversations) {
			t.Fatalf("%d of %d conversations are shown", len(seen), len(d.Conversations))
		}
	})
}

// What is said of a message later, of a promise and by a customer of us reaches the
// screens with its facts. It
// fails when a fact falls back to a new state without words.
func TestExpandShowsLaterFacts(t *testing.T) {
	id := events.ConversationID("cv0")
	for _, body := range []events.Body{
		&events.MessageReacted{Conversation: id, Message: "ms1", Emoji: "👍"}, &events.AttachmentSettled{Conversation: id, Message: "ms1"},
		&events.CallAmended{Conversation: id, Message: "ms1"}, &events.CallbackRequested{Conversation: id}, &events.CallbackClosed{Conversation: id, Outcome: "reached"},
		&events.OrderStated{Order: events.Order{ID: "1"}}, &events.ContactErased{What: []string{"name"}},
		&events.ClockWarned{Conversation: id}, &events.ClockBreached{Conversation: id}, &events.SurveyAsked{Conversation: id},
		&events.SurveyAnswered{Conversation: id, Score: 5}, &events.SurveyCommented{Conversation: id}, &events.ContactSegmented{Segments: []events.SegmentID{"sg1"}},
	} {
		d := &events.Decision{Facts: []events.Fact{events.NewFact(body)}, Conversations: []events.Conversation{{ID: id}}}
		items, _ := expand(d)
		if len(items) != 1 || items[0].fact != body.FactType() || items[0].data != body {
			t.Errorf("%s: %+v", body.FactType(), items)
		}
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent(2)
	for _, id := range []events.ConversationID{"a", "b", "a", "c"} {
		r.put(&events.Conversation{ID: id})
	}
	if r.get("a") != nil || r.get("b") == nil || r.get("c") == nil || len(r.byID) != 2 {
		t.Errorf("%v", r.byID)
	}
}

func FuzzShrink(f *testing.F) {
	f.Add("text", "<p>html</p>", "quoted", 3)
	f.Fuzz(func(t *testing.T, text, html, quoted string, times int) {
		times = max(0, min(times, 40_000))
		m := &events.Message{Text: strings.Repeat(text, times), HTML: strings.Repeat(html, times), Quoted: strings.Repeat(quoted, times)}
		if len(m.Text)+len(m.HTML)+len(m.Quoted) > 4<<20 {
			t.Skip("larger than the log takes")
		}
		before := *m
		out, err := shrink(&eventBody{Conversation: json.RawMessage("{}"), Message: m})
		if err != nil || len(out) > maxFrame {
			t.Fatalf("%d bytes, %v", len(out), err)
		}
		if m.Text != before.Text || m.HTML != before.HTML || m.Quoted != before.Quoted {
			t.Fatal("the shared message was changed")
		}
	})
}

func TestCutKeepsCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(0, 40).Draw(t, "n")
		got := Cut(s, n)
		if len(got) > n && len(got) < len(s) || !strings.HasPrefix(s, got) || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("%q to %d: %q", s, n, got)
		}
	})
}
