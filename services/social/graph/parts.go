package graph

import (
	"context"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Part brings one part of a message to the provider and says how it ended.
type Part func(ctx context.Context) events.SendResult

// InOrder sends parts one after the other. A part that fails while an earlier
// one is with the customer makes the whole unclear, with the ids so far: no part
// has a key by which it could be sent again.
func InOrder(ctx context.Context, parts []Part) events.SendResult {
	whole := events.SendResult{Outcome: events.Sent}
	for i, part := range parts {
		r := part(ctx)
		if r.Outcome == events.Sent {
			whole.ProviderIDs = append(whole.ProviderIDs, r.ProviderIDs...)
			continue
		}
		if i == 0 {
			return r
		}
		return events.SendResult{
			Outcome: events.Unclear, ProviderIDs: append(whole.ProviderIDs, r.ProviderIDs...), Code: r.Code,
			Detail: fmt.Sprintf("part %d of %d did not arrive: %s", i+1, len(parts), r.Detail),
		}
	}
	return whole
}
