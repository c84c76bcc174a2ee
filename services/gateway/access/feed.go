package access

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Feed is an inbox and for whom it brings work: for the teams of the queue that it
// fills, and for the team that it gives to. Where that is nobody in particular, it
// brings it for everybody.
type Feed struct {
	Inbox    events.InboxID
	Channel  string
	Teams    []events.TeamID // sorted, each once
	Everyone bool
}

func feedOf(in *config.Inbox, serve map[events.QueueID][]events.TeamID) Feed {
	f := Feed{Inbox: in.ID, Channel: in.Channel}
	f.Teams = slices.Clone(config.FedBy(serve[in.Queue], in.Team))
	slices.Sort(f.Teams)
	f.Teams = slices.Compact(f.Teams)
	f.Everyone = len(f.Teams) == 0
	return f
}

// For reports whether the inbox brings work for somebody of these teams.
func (f *Feed) For(teams []events.TeamID) bool {
	return f.Everyone || slices.ContainsFunc(teams, func(t events.TeamID) bool { return slices.Contains(f.Teams, t) })
}

func (f Feed) same(other Feed) bool {
	return f.Inbox == other.Inbox && f.Channel == other.Channel && f.Everyone == other.Everyone && slices.Equal(f.Teams, other.Teams)
}

// SeesInbox reports whether the numbers of an inbox may be shown to this person: to
// an administrator all, to a supervisor those of inboxes that bring work for them.
func (v *Viewer) SeesInbox(inbox events.InboxID) bool {
	return v.Administrator() || v.Role == config.RoleSupervisor && slices.ContainsFunc(v.Feeds, func(f Feed) bool { return f.Inbox == inbox })
}

// Stands are the lines of the board that together make one as this person sees it, see
// [Viewer.Total] and [Viewer.Channels]; none where they do not see it.
func (v *Viewer) Stands(s queries.BoardScope) (out []queries.BoardScope) {
	switch {
	case v.seesWhole(s):
		return []queries.BoardScope{s}
	case s.Kind == queries.BoardTotal:
		for _, q := range slices.Concat(v.Queues, v.Shared) {
			out = append(out, queries.BoardScope{Kind: queries.BoardQueue, ID: string(q)})
		}
		for _, t := range v.Teams {
			out = append(out, queries.BoardScope{Kind: queries.BoardTeam, ID: string(t)})
		}
	case v.SeesLine(s): // a channel in part
		for _, f := range v.feeds(s.ID) {
			out = append(out, queries.BoardScope{Kind: queries.BoardInbox, ID: string(f.Inbox)})
		}
	}
	return out
}

// feeds are those of a channel that bring work for this person.
func (v *Viewer) feeds(channel string) (out []Feed) {
	for i := range v.Feeds {
		if v.Feeds[i].Channel == channel {
			out = append(out, v.Feeds[i])
		}
	}
	return out
}
