package store_test

import (
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/store"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// What is erased stays so for whatever follows in the same batch. It fails when
// erase leaves its writes until the batch ends: the reaction then writes the
// message back as it was.
func TestAnErasureHoldsWithinItsBatch(t *testing.T) {
	ds := skewedTalk()
	created := &events.Decision{Seq: 1, ID: "made", Contact: "ct-1", At: noon, Facts: []events.Fact{events.NewFact(&events.ContactCreated{Name: "Kim"})}}
	for _, d := range ds {
		d.Seq++
	}
	after := func(seq uint64, body events.Body) *events.Decision {
		row := ds[len(ds)-1].Conversations[0]
		return &events.Decision{Seq: seq, ID: "after", Contact: "ct-1", At: noon, Facts: []events.Fact{events.NewFact(body)}, Conversations: []events.Conversation{row}}
	}
	all := append([]*events.Decision{created}, ds...)
	all = append(all, after(6, &events.ContactErased{What: []string{"*"}}), after(7, &events.MessageReacted{Conversation: "cv-1", Message: "ms-question", Emoji: "👍"}),
		after(8, &events.MessageEdited{Conversation: "cv-1", Message: "ms-thanks", Text: "brought back"}))
	whole, parts := fresh(t), fresh(t)
	apply(t, whole, all)
	for _, d := range all {
		apply(t, parts, []*events.Decision{d})
	}
	if hashOf(t, whole) != hashOf(t, parts) {
		t.Error("in one batch the views differ from those made one by one")
	}
	view(t, whole, func(r *store.Reader) error {
		for _, id := range []events.MessageID{"ms-question", "ms-reply", "ms-thanks", "ms-more"} {
			m, err := r.Message(id)
			if err != nil {
				return err
			}
			if !m.HasFlag(views.FlagErased) || strings.TrimSpace(m.Text+m.Reaction) != "" {
				t.Errorf("%s still shows %+v", id, m)
			}
		}
		return nil
	})
}
