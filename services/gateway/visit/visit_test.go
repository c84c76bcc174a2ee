package visit

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

func TestCheckFillsInAndRefuses(t *testing.T) {
	inbox := config.Inbox{ID: "in1", Channel: Kind}
	if err := (Adapter{}).Check(&inbox); err != nil || !inbox.OneWay || string(inbox.Settings) != `{"region":"KR"}` {
		t.Fatalf("empty settings: %v, one-way %v, %s", err, inbox.OneWay, inbox.Settings)
	}
	for _, bad := range []string{`{"region":"QQ"}`, `{"region":"Korea"}`, `{"secret":"x"}`, `[]`} {
		inbox := config.Inbox{Settings: json.RawMessage(bad)}
		if err := (Adapter{}).Check(&inbox); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestNumbersOfTheRegion(t *testing.T) {
	korea, us := config.Inbox{}, config.Inbox{Settings: json.RawMessage(`{"region":"US"}`)}
	for _, c := range []struct {
		inbox       config.Inbox
		typed, want string
	}{{korea, "010-2345-6789", "+821023456789"}, {korea, "02 123 4567", "+8221234567"}, {korea, "+1 415 555 2671", "+14155552671"}, {us, "(415) 555-2671", "+14155552671"}} {
		if got, err := Number(c.inbox, c.typed); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %s", c.typed, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "hello", "12", "+"} {
		if got, err := Number(korea, bad); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestEntriesBecomeStatements(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 30, 0, 0, time.FixedZone("KST", 9*3600))
	e := Entry{
		ClientID: "c1", Channel: Kind, Direction: events.In, Text: "Asked for a larger size.", OccurredAt: at, Agent: "ag1", AgentName: "Mina",
		Point: events.Point{Kind: "phone", Value: "+821023456789", Trust: events.Stated},
	}
	now := at.Add(time.Hour)
	in := State(config.Inbox{ID: "in1"}, e, now)
	if in.Type != events.MessageReceived || in.ProviderID != "entry:ag1:c1" || in.Message.Text != e.Text || !in.OccurredAt.Equal(at) || in.OccurredAt.Location() != time.UTC || in.Flags[0] != "entered-by:ag1" {
		t.Fatalf("visit: %+v", in)
	}
	if again := State(config.Inbox{ID: "in1"}, e, now.Add(time.Minute)); again.ProviderID != in.ProviderID {
		t.Fatal("the same entry has two ids")
	}
	e.Channel, e.Direction, e.Text, e.Call = Phone, events.Out, "", &Call{Outcome: "answered", RingS: 5, TalkS: 60}
	in = State(config.Inbox{ID: "in1"}, e, now)
	c := in.Call
	if in.Type != events.CallLogged || in.Message != nil || c.To != "+821023456789" || c.From != "" || c.Agent != "Mina" ||
		c.AnsweredAt.Sub(*c.StartedAt) != 5*time.Second || c.EndedAt.Sub(*c.AnsweredAt) != time.Minute {
		t.Fatalf("call: %+v %+v", in, c)
	}
	if in.Message != nil {
		t.Fatal("a call without words has a message")
	}
	e.Direction, e.Call = events.In, &Call{Outcome: "missed", RingS: 20}
	if c = State(config.Inbox{ID: "in1"}, e, now).Call; c.From == "" || c.AnsweredAt != nil || c.Agent != "" {
		t.Fatalf("missed: %+v", c)
	}
}
