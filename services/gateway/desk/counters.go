package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// maxOwn bounds how many of somebody's own conversations are looked at that stand
// behind walls.
const maxOwn = 200

// Counters are the counters of the views as the viewer sees them: an administrator all;
// the others those of open conversations that lists would show them, so a badge says
// what its list has, and nothing of what is behind a wall. Of single agents they hold
// those whose presence the viewer may ask. They may be a moment old, and to one who has
// more than [maxOwn] open conversations they may leave out some that are theirs and
// stand behind a wall.
func (d *Desk) Counters(ctx context.Context, v *access.Viewer) (*queries.CountersAnswer, error) {
	found, err := ask.Query[queries.CountersAnswer](ctx, d.Ask, queries.Counters, queries.AskCounters{Cells: !v.Administrator()})
	if err != nil {
		return nil, err
	}
	if found.Counts == nil {
		found.Counts = map[string]int64{}
	}
	if v.Administrator() {
		return found, nil
	}
	mine := assigneeKey(v.ID)
	out := &queries.CountersAnswer{Counts: map[string]int64{}, AsOf: found.AsOf}
	for _, cell := range found.Cells {
		if !v.Sees(&events.Conversation{Team: cell.Team, Queue: cell.Queue}) {
			continue
		}
		for name, n := range cell.Counts {
			if d.mayCount(v, name) {
				out.Counts[name] += n
			}
		}
		stand(out.Counts, string(cell.Team), string(cell.Queue), cell.Counts["status/open"])
	}
	if found.Counts[mine] > out.Counts[mine] {
		if err := d.own(ctx, v, out.Counts); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func assigneeKey(agent events.AgentID) string { return "assignee/" + string(agent) + "/open" }

func stand(counts map[string]int64, team, queue string, n int64) {
	if n > 0 && team != "" {
		counts["team/"+team+"/open"] += n
	}
	if n > 0 && queue != "" {
		counts["queue/"+queue+"/open"] += n
	}
}

// mayCount reports whether a counter may be told; those of single agents are not for
// everybody.
func (d *Desk) mayCount(v *access.Viewer, name string) bool {
	rest, of := strings.CutPrefix(name, "assignee/")
	if !of {
		return true
	}
	id, _, _ := strings.Cut(rest, "/")
	agent, _, _ := d.Directory.Agents.Get(id)
	return v.SeesPresence(events.AgentID(id), agent.Teams)
}

// own adds what is assigned to the viewer and stands behind a wall: they see it all
// the same.
func (d *Desk) own(ctx context.Context, v *access.Viewer, counts map[string]int64) error {
	page, err := ask.Rows(ctx, d.Ask, queries.Conversations, queries.ListConversations{Status: events.Open, Assignee: string(v.ID), Limit: maxOwn})
	if err != nil {
		return err
	}
	defer page.Release()
	for _, row := range page.Items {
		var c struct {
			Team     string          `json:"team"`
			Queue    string          `json:"queue"`
			Channels []string        `json:"channels"`
			Inboxes  []string        `json:"inboxes"`
			Tags     []string        `json:"tags"`
			Callback json.RawMessage `json:"callback"`
			Clocks   []events.Clock  `json:"clocks"`
		}
		if err := json.Unmarshal(row, &c); err != nil {
			return fmt.Errorf("decode row: %w", err)
		}
		if v.Sees(&events.Conversation{Team: events.TeamID(c.Team), Queue: events.QueueID(c.Queue)}) {
			continue // counted with its cell
		}
		counts["status/open"]++
		counts[assigneeKey(v.ID)]++
		stand(counts, c.Team, c.Queue, 1)
		for kind, values := range map[string][]string{"channel/": c.Channels, "inbox/": c.Inboxes, "tag/": c.Tags} {
			for _, value := range values {
				counts[kind+value+"/open"]++
			}
		}
		if len(c.Callback) > 0 && string(c.Callback) != "null" {
			counts["callback/open"]++
		}
		if late := lateness(c.Clocks); late != "" {
			counts["clock/"+late+"/open"]++
		}
	}
	return nil
}

// lateness is how promises stand, as the filter of lists has it.
func lateness(clocks []events.Clock) (stands string) {
	for i := range clocks {
		switch {
		case clocks[i].Breached:
			return queries.ClockBreached
		case clocks[i].Warned:
			stands = queries.ClockAtRisk
		}
	}
	return stands
}
