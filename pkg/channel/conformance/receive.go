package conformance

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance/door"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// Run holds the adapter to the whole port.
func Run(t *testing.T, s Subject) {
	t.Helper()
	t.Run("settings", func(t *testing.T) { checkSettings(t, s) })
	if s.Receiving != nil {
		receiver, ok := s.Adapter.(channel.Receiver)
		if !ok {
			t.Fatal("the subject has Receiving, and the adapter is no Receiver")
		}
		tap := &tap{}
		door := open(t, s, receiver, tap)
		t.Run("door", func(t *testing.T) { RunDoor(t, s, door) })
		tap.take()
		t.Run("receive", func(t *testing.T) { receive(t, s, door, tap) })
		if s.Receiving.Elsewhere != nil {
			t.Run("other accounts", func(t *testing.T) { elsewhere(t, s, receiver) })
		} else if shared, ok := s.Adapter.(channel.Shared); ok && len(shared.Accounts(s.Inbox)) > 0 {
			t.Error("the inbox names an account, and the subject has no Elsewhere")
		}
	}
	if s.Sending != nil {
		sender, ok := s.Adapter.(channel.Sender)
		if !ok {
			t.Fatal("the subject has Sending, and the adapter is no Sender")
		}
		t.Run("send", func(t *testing.T) { send(t, s, sender) })
	}
}

// RunDoor checks what a provider can see at a door, wherever it stands; see
// package door.
func RunDoor(t *testing.T, s Subject, d Door) {
	t.Helper()
	for _, f := range door.Check(t.Context(), d, door.Provider{Message: s.Receiving.Message, Signed: s.Receiving.Signed}) {
		t.Run(f.Check, func(t *testing.T) {
			if f.Err != nil {
				t.Error(f.Err)
			}
		})
	}
}

// Garbage are bodies that no provider sends: seeds for the fuzz targets of
// adapters too.
func Garbage() [][]byte { return door.Garbage() }

// open stands the adapter behind a door, with other inboxes beside the subject's.
func open(t *testing.T, s Subject, receiver channel.Receiver, p channel.Publisher, others ...config.Inbox) URL {
	t.Helper()
	inbox := s.Inbox
	inbox.HookToken = "conformance"
	receivers := []channel.Receiver{receiver}
	if s.Receiving.Elsewhere != nil && s.Receiving.Elsewhere.Adapter != nil {
		receivers = append(receivers, s.Receiving.Elsewhere.Adapter)
	}
	hooks := channel.NewHooks(channel.Hooks{Inboxes: append(directory{inbox}, others...), Publisher: p, Log: testkit.Logger(t)}, nil, receivers...)
	mux := http.NewServeMux()
	mux.Handle("/hooks/{channel}/{inbox}", hooks)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return URL(server.URL + inbox.HookPath())
}

func checkSettings(t *testing.T, s Subject) {
	inbox := s.Inbox
	if inbox.Channel != s.Adapter.Kind() {
		t.Errorf("inbox is of channel %q, adapter of %q", inbox.Channel, s.Adapter.Kind())
	}
	if err := s.Adapter.Check(&inbox); err != nil {
		t.Errorf("check refuses an inbox that should work: %v", err)
	}
	if s.NoSecret != nil {
		if err := s.Adapter.Check(s.NoSecret); err == nil {
			t.Error("check takes an empty secret: anybody could sign")
		}
	}
	for name, value := range s.Inbox.Secrets {
		if value == "" {
			continue
		}
		if bytes.Contains(inbox.Settings, []byte(value)) {
			t.Errorf("the secret %s stands in the settings, which are read back", name)
		}
	}
}

func receive(t *testing.T, s Subject, d Door, p *tap) {
	r := s.Receiving
	t.Run("a message has an id, a sender and times", func(t *testing.T) {
		before := time.Now()
		must(t, d, r.Message(10))
		for _, in := range exactly(t, p, 1) {
			complete(t, s, in)
			if r.HasTimes && in.OccurredAt.Equal(in.ReceivedAt) {
				t.Error("the provider's time is not used")
			}
			if in.ReceivedAt.Before(before.Add(-time.Minute)) || in.ReceivedAt.After(time.Now().Add(time.Minute)) {
				t.Errorf("received_at is %v, not now", in.ReceivedAt)
			}
		}
	})
	t.Run("the same request again is the same statement", func(t *testing.T) {
		c := r.Message(11)
		must(t, d, c)
		must(t, d, c)
		got := exactly(t, p, 2)
		a, b := got[0], got[1]
		if a.ProviderID != b.ProviderID || a.Type != b.Type || channel.ContentHash(a) != channel.ContentHash(b) || channel.EventID(a) != channel.EventID(b) || a.SenderKey() != b.SenderKey() {
			t.Errorf("two statements:\n%+v\n%+v", a, b)
		}
		must(t, d, r.Message(12))
		if other := exactly(t, p, 1)[0]; other.ProviderID == a.ProviderID {
			t.Error("another message has the same id")
		} else if other.SenderKey() != a.SenderKey() {
			t.Error("one sender has two shards: their messages could be swapped")
		}
	})
	if r.Signed {
		t.Run("nothing forged is published", func(t *testing.T) {
			for _, c := range door.Forgeries(r.Message(13)) {
				must(t, d, c)
			}
			exactly(t, p, 0)
		})
	}
	if r.Unknown != nil {
		t.Run("an unknown event is kept raw", func(t *testing.T) {
			c := r.Unknown()
			if a := must(t, d, c); !a.Accepted() {
				t.Fatalf("status %d, want success", a.Status)
			}
			in := exactly(t, p, 1)[0]
			if in.Type != events.Unknown || in.Raw == nil || len(in.Raw.Bytes) == 0 || in.ProviderID == "" {
				t.Errorf("not kept: %+v", in)
			}
		})
	}
	if r.Batch != nil {
		t.Run("one bad item does not fail the batch", func(t *testing.T) { batch(t, s, d, p) })
	}
	t.Run("what cannot be stored is asked for again", func(t *testing.T) {
		p.fail(channel.ErrUnavailable)
		defer p.fail(nil)
		a := must(t, d, r.Message(14))
		if a.Status < 500 || a.Header.Get("Retry-After") == "" {
			t.Errorf("status %d, Retry-After %q: the provider would not come again", a.Status, a.Header.Get("Retry-After"))
		}
	})
}

func batch(t *testing.T, s Subject, d Door, p *tap) {
	const n = 5
	c := s.Receiving.Batch(n)
	if a := must(t, d, c); !a.Accepted() {
		t.Fatalf("status %d, want success: the good ones would come again for ever", a.Status)
	}
	var good []*events.Inbound
	bad := 0
	for _, in := range p.take() {
		if in.Type == events.Unknown {
			bad++
			if in.Raw == nil || len(in.Raw.Bytes) == 0 {
				t.Error("the bad item is not kept raw")
			}
			continue
		}
		complete(t, s, in)
		good = append(good, in)
	}
	if len(good) != n || bad != 1 {
		t.Fatalf("%d good and %d bad, want %d and 1", len(good), bad, n)
	}
	ids := map[string]bool{}
	for _, in := range good {
		ids[in.ProviderID] = true
	}
	if len(ids) != n {
		t.Errorf("%d ids for %d messages", len(ids), n)
	}
	for i := range n {
		must(t, d, s.Receiving.Message(i))
		if alone := exactly(t, p, 1)[0]; alone.ProviderID != good[i].ProviderID {
			t.Errorf("message %d stands at another place of the batch, or has another id alone (%q) than within (%q)", i, alone.ProviderID, good[i].ProviderID)
		}
	}
}

func exactly(t *testing.T, p *tap, n int) []*events.Inbound {
	t.Helper()
	got := p.take()
	if len(got) != n {
		t.Fatalf("%d statements, want %d", len(got), n)
	}
	return got
}

func complete(t *testing.T, s Subject, in *events.Inbound) {
	t.Helper()
	switch {
	case in.Channel != s.Inbox.Channel || in.Inbox != s.Inbox.ID:
		t.Errorf("statement of channel %q, inbox %q", in.Channel, in.Inbox)
	case in.ProviderID == "":
		t.Error("statement without a provider id")
	case in.OccurredAt.IsZero() || in.ReceivedAt.IsZero():
		t.Error("statement without times")
	case len(in.Sender.Points) == 0:
		t.Error("statement without an address of its sender")
	case in.Type == events.MessageReceived && (in.Message == nil || (in.Message.Text == "" && len(in.Message.Attachments) == 0)):
		t.Error("message without text or attachment")
	}
	for _, point := range in.Sender.Points {
		if point.Kind == "" || point.Value == "" || point.Trust == "" {
			t.Errorf("address without kind, value or trust: %+v", point)
		}
	}
	if _, err := in.Encode(); err != nil {
		t.Errorf("statement does not encode: %v", err)
	}
}
