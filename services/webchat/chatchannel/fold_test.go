package chatchannel

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// An erased customer's messages are taken back from the chat, and the hash of a
// file stays on this side whatever is sent.
func TestFoldErasesAndHidesHashes(t *testing.T) {
	point := events.Point{Kind: "visitor", Value: "v"}
	hash := strings.Repeat("ab", 32)
	said := events.Message{
		ID: "ms1", Channel: Kind, Kind: events.KindMessage, Direction: events.Out, InboxID: "in", From: &point, Text: "here",
		Attachments: []events.Attachment{{ID: "1", Name: "a.pdf", Hash: hash}},
	}
	d := &events.Decision{Seq: 7, Facts: []events.Fact{
		events.NewFact(&events.MessageAdded{Message: said}),
		events.NewFact(&events.ContactErased{What: []string{"*"}, Messages: []events.MessageID{"ms1", "ms2"}}),
	}}
	changes := fold(d)
	if len(changes) != 3 || changes[1].line.Type != "removed" || changes[1].message != "ms1" || changes[2].message != "ms2" || changes[1].line.Seq >= changes[2].line.Seq {
		t.Fatalf("%+v", changes)
	}
	s := &socket{svc: &Service{}}
	shown, err := json.Marshal(s.show(changes[0].line))
	if err != nil || strings.Contains(string(shown), hash) || !strings.Contains(string(shown), "a.pdf") {
		t.Errorf("%s, %v", shown, err)
	}
	if changes[0].line.Attachments[0].Hash != hash {
		t.Error("the line that others get, too, was changed")
	}
}
