package parts_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

func TestSend(t *testing.T) {
	sent := events.SendResult{Outcome: events.Sent}
	later := events.SendResult{Outcome: events.Retry, RetryAfter: time.Millisecond}
	much := events.SendResult{Outcome: events.Retry, RetryAfter: time.Hour}
	no := events.SendResult{Outcome: events.Rejected, Code: events.CodeTooLong}
	dead := events.SendResult{Outcome: events.Retry, Suspend: true}
	for name, c := range map[string]struct {
		script     []events.SendResult // the answers, one a call
		n          int
		repeatable bool
		want       events.SendOutcome
		ids, calls int
		suspend    bool
	}{
		"nothing":                                   {nil, 0, false, events.Rejected, 0, 0, false},
		"all sent":                                  {[]events.SendResult{sent, sent, sent}, 3, false, events.Sent, 3, 3, false},
		"the first may come again":                  {[]events.SendResult{later}, 2, false, events.Retry, 0, 1, false},
		"the first is refused":                      {[]events.SendResult{no}, 2, false, events.Rejected, 0, 1, false},
		"a later one waits a little":                {[]events.SendResult{sent, later, sent}, 2, false, events.Sent, 2, 3, false},
		"a later one would wait long":               {[]events.SendResult{sent, much}, 2, false, events.Unclear, 1, 2, false},
		"a later one would wait long, with keys":    {[]events.SendResult{sent, much}, 2, true, events.Retry, 0, 2, false},
		"a later one is refused":                    {[]events.SendResult{sent, no}, 2, false, events.Unclear, 1, 2, false},
		"a later one is refused, with keys":         {[]events.SendResult{sent, no}, 2, true, events.Unclear, 1, 2, false},
		"the token dies on the way":                 {[]events.SendResult{sent, dead}, 3, false, events.Unclear, 1, 2, true},
		"a later one is refused twice for its pace": {[]events.SendResult{sent, later, later}, 2, false, events.Unclear, 1, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			got, err := parts.Send(t.Context(), c.n, c.repeatable, func(i int) (events.SendResult, error) {
				r := c.script[calls]
				calls++
				if r.Outcome == events.Sent {
					r.ProviderIDs = []string{fmt.Sprint("p", i)}
				}
				return r, nil
			})
			if err != nil || got.Outcome != c.want || len(got.ProviderIDs) != c.ids || calls != c.calls || got.Suspend != c.suspend {
				t.Errorf("%+v, %v after %d calls", got, err, calls)
			}
		})
	}
}

func TestPiecesLeaveInOrder(t *testing.T) {
	sent := events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"id"}}
	retry, rejected, unclear := events.SendResult{Outcome: events.Retry}, events.SendResult{Outcome: events.Rejected}, events.SendResult{Outcome: events.Unclear}
	for _, c := range []struct {
		safe   bool
		pieces []events.SendResult
		want   events.SendOutcome
		ids    int
	}{
		{false, []events.SendResult{sent, sent}, events.Sent, 2}, {false, []events.SendResult{retry, sent}, events.Retry, 0}, {false, []events.SendResult{rejected, sent}, events.Rejected, 0},
		{false, []events.SendResult{sent, retry, sent}, events.Unclear, 1}, {true, []events.SendResult{sent, retry, sent}, events.Retry, 0}, {true, []events.SendResult{sent, rejected}, events.Unclear, 1}, {false, []events.SendResult{sent, unclear}, events.Unclear, 1},
	} {
		var pieces []parts.Piece
		stopped := false
		for _, r := range c.pieces {
			pieces = append(pieces, func(context.Context) events.SendResult {
				if stopped {
					t.Error("a piece left after one that failed")
				}
				stopped = r.Outcome != events.Sent
				return r
			})
		}
		if got := parts.InOrder(t.Context(), c.safe, pieces...); got.Outcome != c.want || len(got.ProviderIDs) != c.ids {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// Nothing that a failure behind a sent part says is lost: the ids, the code, and
// that the credentials are dead.
func TestFailureBehindASentPart(t *testing.T) {
	sent := events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"p0"}}
	bad := events.SendResult{Outcome: events.Rejected, Code: events.CodeTooLong, Suspend: true, ProviderIDs: []string{"p1"}, Detail: "the token is dead"}
	as := func(r events.SendResult) parts.Piece { return func(context.Context) events.SendResult { return r } }
	got := parts.InOrder(t.Context(), false, as(sent), as(bad))
	if got.Outcome != events.Unclear || !got.Suspend || got.Code != events.CodeTooLong || !reflect.DeepEqual(got.ProviderIDs, []string{"p0", "p1"}) || !strings.Contains(got.Detail, "the token is dead") {
		t.Errorf("%+v", got)
	}
	if got := parts.InOrder(t.Context(), false); got.Outcome != events.Rejected {
		t.Errorf("nothing to send: %+v", got)
	}
}

func TestSendThatCannotBegin(t *testing.T) {
	broken := errors.New("broken")
	if _, err := parts.Send(t.Context(), 2, false, func(int) (events.SendResult, error) { return events.SendResult{}, broken }); !errors.Is(err, broken) {
		t.Errorf("nothing left, and the error is %v", err)
	}
	got, err := parts.Send(t.Context(), 2, false, func(i int) (events.SendResult, error) {
		if i == 1 {
			return events.SendResult{}, broken
		}
		return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"p0"}}, nil
	})
	if err != nil || got.Outcome != events.Unclear || !reflect.DeepEqual(got.ProviderIDs, []string{"p0"}) {
		t.Errorf("one left: %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err = parts.Send(ctx, 2, false, func(i int) (events.SendResult, error) {
		if i == 0 {
			return events.SendResult{Outcome: events.Sent}, nil
		}
		return events.SendResult{Outcome: events.Retry, RetryAfter: time.Second}, nil
	})
	if err != nil || got.Outcome != events.Unclear {
		t.Errorf("cut short while it waits: %+v, %v", got, err)
	}
}
