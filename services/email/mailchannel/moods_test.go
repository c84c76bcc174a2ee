package mailchannel

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
)

// What an attempt at a provider's relay ends with, by how the relay behaves, and
// whether the relay has the mail.
func TestMoodsOfARelay(t *testing.T) {
	f := mailgunfake.New()
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	f.Delay = 50 * time.Millisecond
	a, _ := newAdapter(t, nil)
	plain, secrets := f.Settings("help@example.com")
	inbox := config.Inbox{ID: "in1", Channel: Kind, Settings: plain, Secrets: secrets}
	if err := a.Check(&inbox); err != nil {
		t.Fatal(err)
	}
	for n, c := range []struct {
		mood    fake.Mode
		outcome events.SendOutcome
		suspend bool
		taken   int
	}{
		{fake.Works, events.Sent, false, 1},
		{fake.Slow, events.Sent, false, 1},
		{fake.Down, events.Retry, false, 0},
		{fake.Limited, events.Retry, false, 0},
		{fake.Broken, events.Retry, false, 0},
		{fake.Dead, events.Retry, true, 0},
		{fake.Swallow, events.Unclear, false, 1},
		{fake.Garbage, events.Unclear, false, 0},
	} {
		before := len(f.State().Sent())
		f.State().Set(c.mood)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		got, err := a.Send(ctx, inbox, events.SendRequest{
			Inbox: inbox.ID, To: events.Point{Kind: "email", Value: "jane@example.org"}, Message: events.Message{ID: events.MessageID("ms" + itoa(n)), Text: "hello"},
		})
		cancel()
		if err != nil || got.Outcome != c.outcome || got.Suspend != c.suspend || len(f.State().Sent())-before != c.taken {
			data, _ := json.Marshal(got)
			t.Errorf("mood %d: %s, taken %d, %v", c.mood, data, len(f.State().Sent())-before, err)
		}
	}
	if got := f.Taken()[0]; got.MessageID != messageIDFor("ms0", "help@example.com") || got.From != "help@example.com" || got.To != "jane@example.org" {
		t.Errorf("taken %+v", got)
	}
}
