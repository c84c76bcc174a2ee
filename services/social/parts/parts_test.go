package parts_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
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
