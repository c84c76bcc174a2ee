// Package parts sends one answer as several provider messages: a text that is
// longer than a message may be, and its files.
//
// It holds the rule for what it means when a later message fails: the customer
// has a part of the answer, so asking dispatch to send all of it again would say
// the first part twice. Only a provider that recognises each repeated message
// makes that harmless.
package parts

import (
	"context"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Patience is the longest pause that Send itself makes for a provider that asks
// for one between two messages of an answer.
const Patience = 10 * time.Second

// Piece brings one part of an answer to the provider and says how that ended.
type Piece func(ctx context.Context) events.SendResult

// InOrder is Send for parts that can be tried as they stand.
func InOrder(ctx context.Context, repeatable bool, pieces ...Piece) events.SendResult {
	result, _ := Send(ctx, len(pieces), repeatable, func(i int) (events.SendResult, error) { return pieces[i](ctx), nil })
	return result
}

// Send sends message 0 to n-1 in order and stops at the first that is not sent.
// A later one that the provider wants a little later is tried once more after
// the pause. repeatable says that every message has an idempotency key of its
// own, so that the whole answer may be tried again.
//
// A failure behind a message that was sent is Unclear with the ids so far; its
// code stays, and where the credentials died on the way so does Suspend. The
// error is send's own for the first message: then nothing has left.
func Send(ctx context.Context, n int, repeatable bool, send func(i int) (events.SendResult, error)) (events.SendResult, error) {
	if n == 0 {
		return events.SendResult{Outcome: events.Rejected, Detail: "there is nothing to send"}, nil
	}
	var ids []string
	for i := range n {
		result, err := send(i)
		if i > 0 && err == nil && result.Outcome == events.Retry && !result.Suspend && pause(ctx, result.RetryAfter) {
			result, err = send(i)
		}
		if err != nil && i == 0 {
			return events.SendResult{}, err
		}
		if err != nil {
			result = events.SendResult{Outcome: events.Retry, Detail: "the rest could not be made ready"}
		}
		if result.Outcome != events.Sent {
			return partial(result, ids, i, n, repeatable), nil
		}
		ids = append(ids, result.ProviderIDs...)
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: ids}, nil
}

func partial(result events.SendResult, ids []string, i, n int, repeatable bool) events.SendResult {
	if i == 0 || repeatable && result.Outcome == events.Retry {
		return result
	}
	result.Outcome = events.Unclear
	result.ProviderIDs = append(ids, result.ProviderIDs...)
	result.Detail = strconv.Itoa(i) + " of " + strconv.Itoa(n) + " parts were sent, then: " + result.Detail
	return result
}

// pause waits as asked and reports whether it did.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 || d > Patience {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
