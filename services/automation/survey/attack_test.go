package survey_test

import (
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// A newsletter that somebody answered in vain is no customer to be asked.
func TestASenderOfBulkMailIsNotAsked(t *testing.T) {
	w := newWorld(t)
	w.has(csat)
	w.say(message("cvbulk", events.In, events.Author{Kind: "contact"}, "20% off", "bulk"))
	w.say(message("cvbulk", events.Out, events.Author{Kind: "agent", ID: "anna"}, "please take us off your list"))
	w.resolve("cvbulk")
	w.start()
	w.idles()
	w.passes(10*time.Minute, "automatic", 1)
	if got := w.list(); len(got) != 0 {
		t.Errorf("asked %+v", got)
	}
}
