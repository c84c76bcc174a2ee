package conformance

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// elsewhere holds a Shared adapter to what package channel promises of requests
// about another account.
func elsewhere(t *testing.T, s Subject, receiver channel.Receiver) {
	e := s.Receiving.Elsewhere
	arrive := func(t *testing.T, others ...config.Inbox) *events.Inbound {
		t.Helper()
		p := &tap{}
		d := open(t, s, receiver, p, others...)
		if a := must(t, d, e.Message(20)); !a.Accepted() {
			t.Fatalf("status %d: the provider would send it again, for ever", a.Status)
		}
		return exactly(t, p, 1)[0]
	}
	stays := func(t *testing.T, in *events.Inbound) {
		t.Helper()
		if in.Inbox != s.Inbox.ID || (in.Type == events.Unknown) != e.Kept {
			t.Errorf("a statement of inbox %q, %s; it was to stay with %q, kept raw %v", in.Inbox, in.Type, s.Inbox.ID, e.Kept)
		}
		if in.Type == events.Unknown && (in.Raw == nil || len(in.Raw.Bytes) == 0) {
			t.Error("it is not kept raw")
		}
	}
	t.Run("nobody has the account", func(t *testing.T) { stays(t, arrive(t)) })
	t.Run("an inbox has it", func(t *testing.T) {
		other := s
		other.Inbox = e.Inbox
		in := arrive(t, e.Unproved, e.Inbox)
		complete(t, other, in)
		if in.Type != events.MessageReceived {
			t.Errorf("a statement of type %s", in.Type)
		}
		p := &tap{}
		d := open(t, s, receiver, p, e.Inbox)
		must(t, d, e.Message(20))
		must(t, d, e.Message(21))
		if got := exactly(t, p, 2); got[0].ProviderID != in.ProviderID || got[1].ProviderID == in.ProviderID {
			t.Errorf("ids %q and %q, the first time %q", got[0].ProviderID, got[1].ProviderID, in.ProviderID)
		}
		must(t, d, s.Receiving.Message(22))
		complete(t, s, exactly(t, p, 1)[0])
	})
	t.Run("a request that an inbox does not believe is not its own", func(t *testing.T) {
		stays(t, arrive(t, e.Unproved))
	})
}
