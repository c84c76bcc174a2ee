// Package access answers one question: may this person see or do this? It is
// pure: it holds no state, reads no clock and asks nobody.
//
// The walls are between teams. An administrator sees everything; an agent or a
// supervisor sees a conversation
//
//   - that is assigned to them, wherever it stands;
//   - that belongs to one of their teams;
//   - that stands in a queue from which one of their teams takes;
//   - that belongs to no team and stands in no queue, in one that names no team, or
//     in one that is gone: such work is everybody's.
//
// A queue that names teams is thereby a wall of its own: what waits in it is its
// teams', whether or not it was given to one of them. What a role may do beyond
// working on what it sees is in actions.go.
//
// [Viewer.Keys] and [ConversationKeys] are an index over the same rule: whoever
// sees a conversation shares at least one key with it. The keys find the
// candidates among thousands of sockets, [Viewer.Sees] decides.
package access

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Viewer is a signed-in person as the rules see them. The zero value knows of no
// queue and sees what has no team. A Viewer is not changed after [NewViewer] and may
// be shared.
type Viewer struct {
	ID     events.AgentID
	Name   string
	Role   config.Role
	Teams  []events.TeamID
	Queues []events.QueueID // queues from which one of Teams takes
	Shared []events.QueueID // queues that name no team: everybody takes from them
	Walled []events.QueueID // queues that name teams, and none of Teams
	Feeds  []Feed           // inboxes that bring work for them
	Parted []string         // channels of which an inbox brings none for them; sorted
}

// NewViewer works out what an agent sees. queues and inboxes are all there are. The
// name is the one that commands carry as their author's, and is cleaned even where an
// older program stored it otherwise.
func NewViewer(agent config.Agent, queues []config.Queue, inboxes []config.Inbox) *Viewer {
	v := &Viewer{ID: agent.ID, Name: events.CleanName(agent.Name), Role: agent.Role, Teams: slices.Clone(agent.Teams)}
	serve := make(map[events.QueueID][]events.TeamID, len(queues))
	for _, q := range queues {
		serve[q.ID] = q.Teams
		switch {
		case len(q.Teams) == 0:
			v.Shared = append(v.Shared, q.ID)
		case slices.ContainsFunc(q.Teams, v.inTeam):
			v.Queues = append(v.Queues, q.ID)
		default:
			v.Walled = append(v.Walled, q.ID)
		}
	}
	for i := range inboxes {
		if f := feedOf(&inboxes[i], serve); f.For(v.Teams) {
			v.Feeds = append(v.Feeds, f)
		} else {
			v.Parted = append(v.Parted, f.Channel)
		}
	}
	slices.Sort(v.Parted)
	v.Parted = slices.Compact(v.Parted)
	return v
}

func (v *Viewer) inTeam(team events.TeamID) bool { return slices.Contains(v.Teams, team) }

// Administrator reports whether no wall stands before this person.
func (v *Viewer) Administrator() bool { return v.Role == config.RoleAdministrator }

// Sees reports whether the conversation may be shown to this person in its
// present state. A nil conversation is seen by nobody.
func (v *Viewer) Sees(c *events.Conversation) bool {
	switch {
	case c == nil:
		return false
	case v.Administrator(), v.ID != "" && c.Assignee == v.ID:
		return true
	case c.Team == "":
		return c.Queue == "" || !slices.Contains(v.Walled, c.Queue)
	}
	return v.inTeam(c.Team) || c.Queue != "" && slices.Contains(v.Queues, c.Queue)
}

// SeesPresence reports whether this person may ask how an agent stands: oneself
// anybody, a supervisor whoever shares a team with them, an administrator everybody.
func (v *Viewer) SeesPresence(agent events.AgentID, teams []events.TeamID) bool {
	switch {
	case v.Administrator(), v.ID != "" && agent == v.ID:
		return true
	case v.Role == config.RoleSupervisor:
		return slices.ContainsFunc(teams, v.inTeam)
	}
	return false
}

// Same reports whether the two see the same conversations and may do the same.
func (v *Viewer) Same(other *Viewer) bool {
	return v.ID == other.ID && v.Role == other.Role && v.Name == other.Name &&
		slices.Equal(v.Teams, other.Teams) && slices.Equal(v.Queues, other.Queues) && slices.Equal(v.Walled, other.Walled)
}

// SameBoard reports whether the two are the same and are shown the same of the
// board.
func (v *Viewer) SameBoard(other *Viewer) bool {
	return v.Same(other) && slices.Equal(v.Shared, other.Shared) && slices.EqualFunc(v.Feeds, other.Feeds, Feed.same) &&
		slices.Equal(v.Parted, other.Parted)
}
