package chatchannel

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// end sends what the widget does when the visitor is done.
func (v *visitor) end(clientID string) Ack {
	v.h.t.Helper()
	v.send(map[string]any{"type": "end", "client_id": clientID})
	var a Ack
	v.until("ack", &a)
	return a
}

// tells reads until the lines are exactly these, an end as its client id.
func (v *visitor) tells(want ...string) {
	v.h.t.Helper()
	told := func() (out []string) {
		for _, l := range v.lines {
			if l.Type == "ended" {
				out = append(out, "ended "+l.ClientID)
			} else {
				out = append(out, l.Text)
			}
		}
		return out
	}
	for len(told()) < len(want) {
		f, data, err := v.read()
		if err != nil {
			v.h.t.Fatalf("told %q, waiting for %q: %v", told(), want, err)
		}
		v.keep(f, data)
	}
	if got := told(); !slices.Equal(got, want) {
		v.h.t.Fatalf("told %q, want %q", got, want)
	}
}

// ends waits until everything stated is decided, and returns the ends among it.
func (h *house) ends() []*events.Inbound {
	h.t.Helper()
	last := h.inbound.DurableSeq()
	testkit.Eventually(h.t, time.Minute, func() error {
		if at := h.routed.Load(); at < last {
			return fmt.Errorf("%d of %d statements are decided", at, last)
		}
		return nil
	})
	var out []*events.Inbound
	for seq := uint64(1); seq <= last; seq++ {
		r, err := h.inbound.Get(h.t.Context(), seq)
		if err != nil {
			h.t.Fatal(err)
		}
		if in, err := events.DecodeInbound(r.Data); err != nil {
			h.t.Fatal(err)
		} else if in.Type == events.ChatWasEnded {
			out = append(out, in)
		}
	}
	return out
}

// An end is acknowledged once it is durable and stated once, however often it is
// sent, on whichever socket and after a restart; all that is theirs shows it, others
// see nothing, and a message may bear the same client id.
//
// To see it fail: leave ended out of fold or of the file's index, or endMark out of
// the id.
func TestAnEndIsStatedOnce(t *testing.T) {
	h := newHouse(t)
	v, other := h.visitor(), h.visitor()
	v.connect()
	other.connect()
	other.say("o1", "somebody else")
	v.say("a1", "hello")
	h.gate.set(channel.ErrUnavailable)
	v.send(map[string]any{"type": "end", "client_id": "a1"})
	var f Failure
	v.until("error", &f)
	if f.Code != "unavailable" || f.ClientID != "a1" || f.RetryMS == 0 || len(h.ends()) != 0 {
		t.Fatalf("failure %+v", f)
	}
	h.gate.set(nil)
	first := v.end("a1")
	if first.ClientID != "a1" || first.ID == "" {
		t.Errorf("ack %+v", first)
	}
	v.tells("hello", "ended a1")
	if l := v.lines[1]; l.From != "visitor" || l.ID != first.ID || l.Seq <= v.lines[0].Seq || l.At.IsZero() {
		t.Errorf("line %+v, ack %+v", l, first)
	}
	if again := v.end("a1"); again.ID != first.ID {
		t.Errorf("again %+v", again)
	}
	h.stop()
	h.open()
	late := &visitor{h: h, token: v.token, hello: v.hello}
	late.connect()
	if again := late.end("a1"); again.ID != first.ID {
		t.Errorf("after a restart %+v", again)
	}
	late.say("a2", "one more thing")
	late.tells("hello", "ended a1", "one more thing")
	if w := v.connect(); len(w.Lines) != 1 || w.Lines[0].Text != "one more thing" {
		t.Errorf("a resume gets %+v", w.Lines)
	}
	all := h.ends()
	if len(all) != 1 || all[0].Channel != Kind || all[0].Inbox != inboxID || all[0].ProviderID != first.ID || all[0].Message != nil || all[0].Sender.Points[0] != v.point() {
		t.Fatalf("stated %+v", all)
	}
	if w := other.connect(); len(w.Lines) > 1 || slices.ContainsFunc(append(other.lines, w.Lines...), func(l Line) bool { return l.Type == "ended" }) {
		t.Errorf("somebody else sees %+v", other.lines)
	}
}

// What an end means is the router's to say: one of who has said nothing, or of what
// is over, is stated and acknowledged and shows no line.
func TestAnEndOfNothingIsAcknowledged(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	v.connect()
	v.end("e1")
	v.say("a1", "hello")
	v.end("e2")
	v.end("e3")
	if n := len(h.ends()); n != 3 {
		t.Errorf("%d ends are stated, want 3", n)
	}
	v.say("a2", "again")
	v.tells("hello", "ended e2", "again")
}

// A signed-in customer ends their chat on every browser of theirs; the client id is
// for the one that said it.
func TestAnEndShowsOnEveryBrowser(t *testing.T) {
	h := newHouse(t)
	one, two := h.visitor(), h.visitor()
	one.hello, two.hello = signed("c-1"), signed("c-1")
	one.connect()
	two.connect()
	one.say("a1", "hello")
	one.end("e1")
	one.tells("hello", "ended e1")
	two.tells("hello", "ended ")
	if points := h.ends()[0].Sender.Points; points[0].Kind != kindExternal || points[0].Value != "c-1" {
		t.Errorf("stated of %+v", points)
	}
}
