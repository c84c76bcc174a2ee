package store_test

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func line(seq uint64, dir events.Direction, id string, occurred time.Time, answers ...string) *events.Decision {
	m := events.Message{
		ID: events.MessageID(id), ConversationID: "cv-1", ContactID: "ct-1", Direction: dir, Kind: events.KindMessage,
		Channel: "email", InboxID: "ib-1", Text: id, ThreadIDs: []string{"<" + id + ">"}, InReplyTo: answers,
		OccurredAt: occurred, ReceivedAt: noon.Add(time.Duration(seq) * time.Second),
	}
	cause := "command"
	if dir == events.In {
		cause, m.ProviderID = "inbound", "p-"+id
	}
	return &events.Decision{
		Seq: seq, ID: id, Contact: "ct-1", At: m.ReceivedAt, Cause: events.Cause{Kind: cause},
		Facts:         []events.Fact{events.NewFact(&events.MessageAdded{Message: m})},
		Conversations: []events.Conversation{{ID: "cv-1", Version: int64(seq), Status: events.Open, Contact: events.ContactRef{ID: "ct-1"}, UpdatedAt: m.ReceivedAt}},
	}
}

// skewedTalk is a talk in which the provider's clock is a minute behind ours:
// by the clocks alone both answers of the customer would precede our reply.
func skewedTalk() []*events.Decision {
	behind := noon.Add(-time.Minute)
	return []*events.Decision{
		line(1, events.In, "ms-question", behind),
		line(2, events.Out, "ms-reply", noon.Add(2*time.Second)),
		line(3, events.In, "ms-thanks", behind.Add(3*time.Second), "<ms-reply>"),
		line(4, events.In, "ms-more", behind.Add(4*time.Second)),
	}
}
