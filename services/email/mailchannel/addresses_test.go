package mailchannel

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

func addressedInbox(t *testing.T, s Settings) config.Inbox {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return config.Inbox{ID: "in1", Channel: Kind, Name: "Help", Settings: data, Secrets: map[string]string{}}
}

// What Addresses says are one is what find takes for one. To see it fail, give the
// addresses as they were typed.
func TestAddressesAreComparedAsMailIs(t *testing.T) {
	a := &Adapter{}
	one := func(address string) string {
		got := a.Addresses(addressedInbox(t, Settings{Address: address}))
		if len(got) != 1 {
			t.Fatalf("%q has the addresses %v", address, got)
		}
		return got[0]
	}
	for _, same := range [][2]string{
		{"help@shop.example", "HELP@Shop.Example"}, {"help@shop.example", " help@shop.example. "}, {"help@bücher.example", "help@xn--bcher-kva.example"},
		{"help@bücher.example", "Help@BÜCHER.example"}, {"help+kr@shop.example", "Help+KR@shop.example"},
	} {
		if one(same[0]) != one(same[1]) {
			t.Errorf("%q and %q are two: %q, %q", same[0], same[1], one(same[0]), one(same[1]))
		}
	}
	for _, other := range [][2]string{{"help@shop.example", "help@shop.test"}, {"help@shop.example", "help+kr@shop.example"}} {
		if one(other[0]) == one(other[1]) {
			t.Errorf("%q and %q are one", other[0], other[1])
		}
	}
	all := a.Addresses(addressedInbox(t, Settings{Address: "help@shop.example", Aliases: []string{"HELP@shop.example", "sales@shop.example"}}))
	if !slices.Equal(all, []string{"help@shop.example", "sales@shop.example"}) {
		t.Errorf("the addresses are %v", all)
	}
	if got := a.Addresses(config.Inbox{Settings: json.RawMessage(`{"address":1}`)}); got != nil {
		t.Errorf("settings that cannot be read have %v", got)
	}
}

// To see it fail, take the names in senderName as they are stored.
func TestNoNameReachesFromUncleaned(t *testing.T) {
	const bad = "\u202Emoc.live\u200B\u0007"
	for what, c := range map[string]struct {
		settings Settings
		inbox    string
		author   events.Author
	}{
		"the agent's":   {Settings{Address: "help@shop.example"}, "Help", events.Author{Kind: "agent", Name: bad}},
		"the inbox's":   {Settings{Address: "help@shop.example"}, bad, events.Author{Kind: "system"}},
		"the setting's": {Settings{Address: "help@shop.example", SenderName: bad}, "Help", events.Author{Kind: "agent", Name: "Anna"}},
	} {
		inbox := addressedInbox(t, c.settings)
		inbox.Name = c.inbox
		req := events.SendRequest{Conversation: "cv1", To: events.Point{Kind: "email", Value: "c@example.test"}, Message: events.Message{ID: "ms1", Text: "Hello", Author: c.author, OccurredAt: time.Unix(1, 0)}}
		msg, err := (&Adapter{}).compose(t.Context(), inbox, c.settings, req)
		if err != nil {
			t.Fatal(err)
		}
		var mail bytes.Buffer
		if _, err := msg.WriteTo(&mail); err != nil {
			t.Fatal(err)
		}
		from := ""
		for line := range strings.SplitSeq(mail.String(), "\r\n") {
			if strings.HasPrefix(line, "From:") {
				from = line
			}
		}
		if from != `From: "moc.live" <help@shop.example>` {
			t.Errorf("%s name: %s", what, from)
		}
	}
}
