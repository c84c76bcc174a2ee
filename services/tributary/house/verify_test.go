package house

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// TestVerifyEndsWhenStatementsAreGone: what has aged out of INBOUND, the last
// statement included, is booked by its outcome, and nothing is waited for.
func TestVerifyEndsWhenStatementsAreGone(t *testing.T) {
	g, err := Lay(t.Context(), Settings{Data: t.TempDir(), Replicas: 1, KeepInbound: time.Hour}, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}()
	const all = 5
	for n := 1; n <= all; n++ {
		decide(t, g, receiveInto(t, g, n))
	}
	balances := func(when string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		report, err := Verify(ctx, g)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if b := report.Books["in1"]; b == nil || *b != (Book{Received: all, Stored: all}) || len(report.Faults) > 0 || report.Decisions != all {
			t.Errorf("%s: book %+v, %d decisions, faults %v", when, b, report.Decisions, report.Faults)
		}
	}
	testkit.Eventually(t, time.Minute, func() error {
		if in, out := g.In.Head(), g.Out.Head(); in != all || out != all {
			return fmt.Errorf("the feeds stand at %d and %d", in, out)
		}
		return nil
	})
	balances("whole")
	// Reopened feeds read from the stream; those above have it in memory.
	reopen := func() {
		t.Helper()
		g.In.Close()
		g.Out.Close()
		if err := g.openFeeds(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stream, err := g.Inbound.JetStream().Stream(t.Context(), events.InboundStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []uint64{1, all} { // the oldest, and then all
		for seq := uint64(1); seq <= gone; seq++ {
			if _, err := g.Inbound.Get(t.Context(), seq); errors.Is(err, eventlog.ErrNotFound) {
				continue
			}
			if err := stream.DeleteMsg(t.Context(), seq); err != nil {
				t.Fatal(err)
			}
		}
		reopen()
		balances(fmt.Sprint("without the first ", gone))
	}
}

// TestWhatIsBehindTheLastDecisionIsOpen leaves statements without an outcome: at
// the end of the log they wait, before it they are lost.
func TestWhatIsBehindTheLastDecisionIsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		decided []uint64
		open    uint64
		faults  string
	}{
		"none yet": {nil, 6, ""}, "all": {[]uint64{1, 2, 3, 4, 5, 6}, 0, ""}, "some at the end": {[]uint64{1, 2, 3, 4}, 2, ""},
		"a hole": {[]uint64{1, 2, 4, 5, 6}, 0, "statement 3 has no outcome"}, "both": {[]uint64{1, 3, 4}, 2, "statement 2 has no outcome"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := Lay(t.Context(), Settings{Data: t.TempDir(), Replicas: 1, KeepInbound: time.Hour}, testkit.Logger(t))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			}()
			for n := 1; n <= 6; n++ {
				receiveInto(t, g, n)
			}
			for _, seq := range c.decided {
				decide(t, g, seq)
			}
			testkit.Eventually(t, time.Minute, func() error {
				if in, out := g.In.Head(), g.Out.Head(); in != 6 || out != uint64(len(c.decided)) {
					return fmt.Errorf("the feeds stand at %d and %d", in, out)
				}
				return nil
			})
			report, err := Verify(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if faults := strings.Join(report.Faults, "\n"); report.Open != c.open || faults != c.faults {
				t.Errorf("%d open and %q, want %d and %q", report.Open, faults, c.open, c.faults)
			}
		})
	}
}

func statement(n int) *events.Inbound {
	return &events.Inbound{Type: events.MessageReceived, Channel: "webhook", Inbox: "in1", ProviderID: fmt.Sprint("p", n), Message: &events.ReceivedMessage{Text: "x"},
		Sender: events.Sender{Points: []events.Point{{Kind: "external", Value: "c", Trust: events.Stated}}}}
}

func receiveInto(t *testing.T, g *Ground, n int) uint64 {
	t.Helper()
	in := statement(n)
	data, err := in.Encode()
	if err != nil {
		t.Fatal(err)
	}
	seq, err := g.Inbound.Append(t.Context(), eventlog.Message{Subject: events.InboundSubject(in), Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func decide(t *testing.T, g *Ground, seq uint64) {
	t.Helper()
	key := fmt.Sprint("p", seq)
	d := &events.Decision{ID: fmt.Sprint("in", seq), Cause: events.Cause{Kind: "inbound", InboundSeq: seq}, Facts: []events.Fact{events.NewFact(&events.InboundStored{Inbox: "in1", Key: key, ProviderID: key})}}
	data, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Facts.Append(t.Context(), eventlog.Message{Subject: events.ConversationSubject(0), Data: data}); err != nil {
		t.Fatal(err)
	}
}
