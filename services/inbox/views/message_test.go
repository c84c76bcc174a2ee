package views_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

var at = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// What a message said before each edit stands in order, and goes for good when
// its author takes the message back.
func TestFormerTexts(t *testing.T) {
	m := &events.Message{Text: "one"}
	later := at.Add(time.Minute)
	views.Edit(m, &events.MessageEdited{Text: "two"}, at)
	kept := m.Former
	views.Edit(m, &events.MessageEdited{Text: "two"}, later)
	views.Edit(m, &events.MessageEdited{Text: "three"}, later)
	if len(m.Former) != 2 || m.Former[0] != (events.Former{Text: "one", At: at.UTC()}) || m.Former[1] != (events.Former{Text: "two", At: later.UTC()}) {
		t.Fatalf("former texts %+v", m.Former)
	}
	if len(kept) != 1 {
		t.Error("a list that others share was changed")
	}
	views.Edit(m, &events.MessageRemoved{}, later)
	if m.Former != nil {
		t.Fatalf("taken back, and still there: %+v", m.Former)
	}
}

// However often and at whatever length a message is edited, what is kept of it
// is bounded, is the newest, and is cut between characters.
func TestFormerTextsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &events.Message{Text: "first"}
		var before string
		for i := range rapid.IntRange(1, 30).Draw(t, "edits") {
			before = m.Text
			text := strings.Repeat(rapid.SampledFrom([]string{"a", "한", "😀"}).Draw(t, "letter"), rapid.IntRange(0, 20_000).Draw(t, "length"))
			views.Edit(m, &events.MessageEdited{Text: text}, at.Add(time.Duration(i)*time.Second))
		}
		size := 0
		for _, f := range m.Former {
			size += len(f.Text)
			if strings.ContainsRune(f.Text, '�') {
				t.Fatal("cut within a character")
			}
		}
		if len(m.Former) > 10 || size > 32<<10 {
			t.Fatalf("%d former texts of %d bytes", len(m.Former), size)
		}
		if before != "" && before != m.Text {
			last := m.Former[len(m.Former)-1]
			if !strings.HasPrefix(before, last.Text) || last.Cut != (last.Text != before) {
				t.Fatal("the newest former text is not the one that was replaced")
			}
		}
	})
}

// The ends of an answer's road are told with their times; attempts are not, and
// a report that says less than what is known adds nothing.
func TestStepsOfAnAnswer(t *testing.T) {
	m := &events.Message{Status: events.StatusQueued}
	tell := func(second int, s events.Status, detail string) {
		views.Edit(m, &events.MessageStatusChanged{Status: s, Detail: detail}, at.Add(time.Duration(second)*time.Second))
	}
	tell(1, events.StatusSending, "")
	tell(2, events.StatusFailed, "no such number")
	tell(3, events.StatusQueued, "")
	tell(4, events.StatusSent, "")
	tell(5, events.StatusRead, "")
	tell(6, events.StatusDelivered, "")
	want := []events.Step{
		{Status: events.StatusFailed, Detail: "no such number", At: at.Add(2 * time.Second).UTC()},
		{Status: events.StatusSent, At: at.Add(4 * time.Second).UTC()},
		{Status: events.StatusRead, At: at.Add(5 * time.Second).UTC()},
	}
	if len(m.Steps) != len(want) {
		t.Fatalf("steps %+v", m.Steps)
	}
	for i, s := range m.Steps {
		if s != want[i] {
			t.Errorf("step %d is %+v, want %+v", i, s, want[i])
		}
	}
	views.Erase(m)
	if len(m.Steps) != 3 || m.Steps[0].Detail != "" || want[0].Detail == "" {
		t.Errorf("after an erasure %+v", m.Steps)
	}
	for i := range 40 {
		tell(10+i, events.StatusQueued, "")
		m.Status = events.StatusQueued
		tell(10+i, events.StatusFailed, "")
	}
	if len(m.Steps) != 12 || !m.Steps[11].At.Equal(at.Add(49*time.Second)) {
		t.Errorf("%d steps, the last at %v", len(m.Steps), m.Steps[len(m.Steps)-1].At)
	}
}
