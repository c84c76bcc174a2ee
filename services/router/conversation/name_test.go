package conversation

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// To see it fail, add the name to the fact as it was typed.
func TestANameThatIsTypedIsCleaned(t *testing.T) {
	given := "\u2067Anna\u2069\t Kim\uFEFF"
	d := NewDraft(newBook(), "d1", "ct1", time.Unix(1, 0), events.Cause{}, events.Author{})
	if problem := d.Rename(&given, nil); problem != nil {
		t.Fatal(problem)
	}
	fact, ok := d.Finish().Facts[0].Body.(*events.ContactUpdated)
	if !ok || fact.Name == nil || *fact.Name != "Anna Kim" {
		t.Errorf("the fact is %+v", fact)
	}
	if given != "\u2067Anna\u2069\t Kim\uFEFF" {
		t.Error("the caller's word is changed")
	}
}
