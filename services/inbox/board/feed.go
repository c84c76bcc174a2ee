package board

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// feed is where an inbox leads what comes through it. One that is gone still says
// whose channel its books are.
type feed struct {
	channel string
	queue   events.QueueID
	team    events.TeamID
	gone    bool
}

// SetInbox puts an inbox on the board before anything comes through it, or changes
// where it leads.
func (b *Board) SetInbox(i *config.Inbox) {
	b.channels.of(i.Channel)
	b.inboxes.of(string(i.ID)).gone = false
	b.lead(i.ID, feed{channel: i.Channel, queue: i.Queue, team: i.Team})
}

// RemoveInbox takes an inbox from the board. Its books stay in those of its channel
// and of the total.
func (b *Board) RemoveInbox(id events.InboxID) {
	b.inboxes.remove(string(id))
	if f, known := b.feeds[id]; known {
		b.lead(id, feed{channel: f.channel, gone: true})
	}
}

func (b *Board) lead(id events.InboxID, f feed) {
	if before, known := b.feeds[id]; known && before == f {
		return
	}
	b.feeds[id] = f
	b.restaff()
}

func (b *Board) feedTeams(f feed) []events.TeamID { return config.FedBy(b.serve[f.queue], f.team) }

// fedBy are the inboxes that bring work for an agent, and their channels.
func (b *Board) fedBy(a *agent) (out []*scope) {
	for _, in := range b.inboxes.list {
		f, known := b.feeds[events.InboxID(in.id)]
		if !known || f.gone {
			continue
		}
		teams := b.feedTeams(f)
		if len(teams) > 0 && !slices.ContainsFunc(teams, func(t events.TeamID) bool { return slices.Contains(a.settings.Teams, t) }) {
			continue
		}
		out = append(out, in)
		if channel := b.channels.of(f.channel); !slices.Contains(out, channel) {
			out = append(out, channel)
		}
	}
	return out
}

// books are those of the inboxes that feed a line; nil where none does.
func (b *Board) books(s *scope) *queries.Book {
	if s.kind == queries.BoardTotal || s.kind == queries.BoardInbox {
		own := s.books
		return &own
	}
	var out *queries.Book
	if s.kind == queries.BoardAside {
		return nil
	}
	for id, f := range b.feeds {
		switch {
		case s.kind == queries.BoardChannel && f.channel == s.id:
		case s.kind == queries.BoardQueue && !f.gone && f.queue != "" && string(f.queue) == s.id:
		case s.kind == queries.BoardTeam && !f.gone && slices.Contains(b.feedTeams(f), events.TeamID(s.id)):
		default:
			continue
		}
		if out == nil {
			out = &queries.Book{}
		}
		of := &b.inboxes.of(string(id)).books
		out.Stored += of.Stored
		out.Duplicate += of.Duplicate
		out.Rejected += of.Rejected
	}
	return out
}
