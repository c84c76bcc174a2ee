package routing

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// To see it fail, take the sender's name as the channel states it.
func TestASendersNameIsCleanedWhateverTheChannel(t *testing.T) {
	in := &events.Inbound{Sender: events.Sender{Name: " \u202EAnna\u200B\r\n Kim\u0000 ", Points: []events.Point{{Kind: "email", Value: "a@example.test"}}}}
	if got := effective(in, config.Inbox{}).Name; got != "Anna Kim" {
		t.Errorf("the name is %q", got)
	}
	if in.Sender.Name != " \u202EAnna\u200B\r\n Kim\u0000 " {
		t.Error("the statement is changed")
	}
}
