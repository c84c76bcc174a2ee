package store_test

import (
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/store"
)

// Messages that an undone merge takes to another conversation are seen there and
// nowhere else, at their places in time, whatever batches the log came in.
func TestAnUndoneMergeMovesMessages(t *testing.T) {
	said := func(seq uint64, id string, conv events.ConversationID) *events.Decision {
		d := line(seq, events.In, id, noon)
		d.Facts[0].Body.(*events.MessageAdded).Message.ConversationID = conv
		d.Conversations[0].ID = conv
		return d
	}
	var log []*events.Decision
	for i, id := range []string{"ms-a1", "ms-b1", "ms-a2", "ms-b2"} {
		log = append(log, said(uint64(i+1), id, "cv-1"))
	}
	log = append(log, said(5, "ms-b3", "cv-2"))
	f := &events.ContactMergeReversed{From: "ct-2", Into: "ct-1", Points: []events.Point{}, Conversations: []events.ConversationID{"cv-2"}, Moved: []events.MovedMessages{
		{From: "cv-1", Into: "cv-2", Contact: "ct-2", Of: []events.ContactID{"ct-2"}, Messages: []events.MessageID{"ms-b1", "ms-b2", "ms-never"}},
	}}
	rows := []events.Conversation{log[3].Conversations[0], log[4].Conversations[0]}
	rows[1].Contact.ID = "ct-2"
	log = append(log,
		&events.Decision{Seq: 6, ID: "back", Contact: "ct-1", At: noon, Facts: []events.Fact{events.NewFact(f)}, Conversations: rows},
		&events.Decision{Seq: 7, ID: "back/ct-2", Contact: "ct-2", At: noon, Facts: []events.Fact{events.NewFact(f)}},
		&events.Decision{Seq: 8, ID: "edit", Contact: "ct-2", At: noon, Facts: []events.Fact{events.NewFact(&events.MessageEdited{Conversation: "cv-2", Message: "ms-b1", Text: "other words"})}},
	)
	for _, size := range []int{1, 2, len(log)} {
		s := fresh(t)
		for batch := range slices.Chunk(log, size) {
			apply(t, s, batch)
		}
		for conv, want := range map[events.ConversationID][]string{"cv-1": {"ms-a1", "ms-a2"}, "cv-2": {"ms-b1", "ms-b2", "ms-b3"}} {
			if got := messagesOf(t, s, conv, 50, true); !slices.Equal(got, want) {
				t.Errorf("in batches of %d, %s shows %v and not %v", size, conv, got, want)
			}
		}
		if err := s.View(func(r *store.Reader) error {
			m, _, err := r.Stored("cv-1", "ms-b1")
			if err == nil && (m.ConversationID != "cv-2" || m.ContactID != "ct-2" || m.Text != "other words") {
				t.Errorf("it stands in %s of %s as %q", m.ConversationID, m.ContactID, m.Text)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}
