package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Conversations names those behind a number of a query's rows taken together, in
// order of id and at most limit; all says that there are no others. The backlog is
// that of now, whatever the range. For a share ask for the counts it is made of.
func (l *Ledger) Conversations(q Query, n Number, limit int) (ids []events.ConversationID, all bool, err error) {
	if err := q.Check(); err != nil {
		return nil, false, err
	}
	if !slices.Contains(counts, n) && !slices.Contains(spreads, n) {
		return nil, false, fmt.Errorf("no conversations stand behind %q", n)
	}
	found, all := map[events.ConversationID]bool{}, true
	if n == Backlog {
		for id, it := range l.items {
			if it.stocked && q.takes(&it.key) {
				found[id] = true
			}
		}
	} else {
		from, to := l.span(&q)
		for _, h := range l.hours[from:to] {
			for k, c := range l.cells[h] {
				if len(c.names[n]) == 0 || !q.takes(&k) {
					continue
				}
				all = all && !c.more[n]
				for _, id := range c.names[n] {
					found[id] = true
				}
			}
		}
	}
	for id := range found {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, cmp.Compare[events.ConversationID])
	if len(ids) > limit {
		return ids[:max(limit, 0)], false, nil
	}
	return ids, all, nil
}
