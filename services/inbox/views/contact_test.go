package views_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

var (
	mail  = events.Point{Kind: "email", Value: "a@example.com", Trust: events.Proved}
	phone = events.Point{Kind: "phone", Value: "+8210", Trust: events.Claimed}
)

func told(c *views.Contact, bodies ...events.Body) {
	for _, b := range bodies {
		c.Apply(&events.Decision{Contact: c.ID, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, b)
	}
}

func TestAMergeOfContactsIsTakenBackExactly(t *testing.T) {
	into, from := &views.Contact{ID: "ct-into"}, &views.Contact{ID: "ct-from"}
	told(into, &events.ContactCreated{Name: "Into", Points: []events.Point{phone}}, &events.MergeSuggested{Other: "ct-from", Point: phone})
	told(from, &events.ContactCreated{Name: "From", Points: []events.Point{mail}})
	intoBefore, fromBefore := slices.Clone(into.Points), slices.Clone(from.Points)
	merge := &events.ContactMerged{From: from.ID, Into: into.ID, Points: []events.Point{mail}, Reason: "same address"}
	told(into, merge)
	told(from, merge)
	if len(into.Points) != 2 || len(from.Points) != 0 || from.MergedInto != into.ID || len(into.Merged) != 1 || len(into.Suggestions) != 0 {
		t.Fatalf("after the merge: %+v and %+v", into, from)
	}
	back := &events.ContactMergeReversed{From: from.ID, Into: into.ID, Points: []events.Point{mail}}
	told(into, back)
	told(from, back)
	if !reflect.DeepEqual(into.Points, intoBefore) || !reflect.DeepEqual(from.Points, fromBefore) || from.MergedInto != "" || len(into.Merged) != 0 {
		t.Fatalf("after the reversal: %+v and %+v", into, from)
	}
}

func TestTrustOnlyGrows(t *testing.T) {
	c := &views.Contact{ID: "ct"}
	stated, claimed := mail, mail
	stated.Trust, claimed.Trust = events.Stated, events.Claimed
	told(c, &events.ContactCreated{Points: []events.Point{stated}}, &events.ContactPointAdded{Point: claimed})
	if len(c.Points) != 1 || c.Points[0].Trust != events.Stated {
		t.Fatalf("%+v", c.Points)
	}
	told(c, &events.ContactPointAdded{Point: mail})
	if c.Points[0].Trust != events.Proved {
		t.Fatalf("%+v", c.Points)
	}
}

func TestADismissedSuggestionIsNotMadeAgain(t *testing.T) {
	c := &views.Contact{ID: "ct"}
	s := &events.MergeSuggested{Other: "ct-other", Point: mail}
	told(c, s, &events.SuggestionDismissed{Other: "ct-other"}, s)
	if len(c.Suggestions) != 0 {
		t.Fatalf("%+v", c.Suggestions)
	}
}

func TestAnAttributeSetToNothingGoes(t *testing.T) {
	c := &views.Contact{ID: "ct"}
	told(c, &events.ContactCreated{Attributes: map[string]string{"plan": "free", "lang": "ko"}},
		&events.ContactUpdated{Attributes: map[string]string{"plan": ""}})
	if !reflect.DeepEqual(c.Attributes, map[string]string{"lang": "ko"}) {
		t.Fatal(c.Attributes)
	}
}

func TestAStatusNeverGoesBack(t *testing.T) {
	m := &events.Message{Status: events.StatusQueued}
	for _, s := range []events.Status{events.StatusRead, events.StatusSent, events.StatusDelivered} {
		views.Edit(m, &events.MessageStatusChanged{Status: s}, at)
	}
	if m.Status != events.StatusRead {
		t.Fatal(m.Status)
	}
	m.Status = events.StatusUnknown
	if !views.Edit(m, &events.MessageStatusChanged{Status: events.StatusQueued}, at) || m.Status != events.StatusQueued {
		t.Fatal("a person's word to send an unknown again is not taken")
	}
}

func TestWhatWasRemovedStaysRemoved(t *testing.T) {
	m := &events.Message{Text: "a secret", Subject: "secret", Attachments: []events.Attachment{{Name: "x"}}}
	views.Edit(m, &events.MessageRemoved{}, at)
	views.Edit(m, &events.MessageEdited{Text: "back"}, at)
	if m.Text != "" || m.Subject != "" || len(m.Attachments) != 0 || !m.HasFlag(views.FlagRemoved) {
		t.Fatalf("%+v", m)
	}
}

// TestATimeFromTheFarFutureIsNotBelieved: else everything after it would stand
// above it for ever.
func TestATimeFromTheFarFutureIsNotBelieved(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{now.Add(48 * time.Hour), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
		a := views.ArrivalOf(&events.Message{OccurredAt: at, ReceivedAt: now, Direction: events.In}, true)
		if a.Occurred != now.UnixNano() {
			t.Errorf("%v counts as %v", at, time.Unix(0, a.Occurred).UTC())
		}
	}
	ours := views.Arrival{Ours: true, Place: views.Place{Occurred: now.UnixNano(), ID: "reply"}}
	end := views.ArrivalOf(&events.Message{OccurredAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, true).Place
	end.At = end.Occurred
	got := ours.Settle(func(yield func(views.Neighbour) bool) { yield(views.Neighbour{Place: end}) })
	if got.Compare(end) <= 0 {
		t.Error("no place is left after the end of time")
	}
}
