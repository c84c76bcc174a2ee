// Package access answers one question: may this person see or do this? It is
// pure: it holds no state, reads no clock and asks nobody.
//
// The walls are between teams. An agent or a supervisor sees a conversation
// that is assigned to them, that has no team, that belongs to one of their
// teams, or that waits in a queue from which one of their teams takes. An
// administrator sees everything. What a role may do beyond working on what it
// sees is in actions.go.
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

// Viewer is a signed-in person as the rules see them. The zero value sees only
// what has no team. A Viewer is not changed after [NewViewer] and may be shared.
type Viewer struct {
	ID     events.AgentID
	Name   string
	Role   config.Role
	Teams  []events.TeamID
	Queues []events.QueueID // queues from which one of Teams takes
	Shared []events.QueueID // queues that name no team: everybody takes from them
}

// NewViewer works out what an agent sees. queues are all queues there are.
func NewViewer(agent config.Agent, queues []config.Queue) *Viewer {
	v := &Viewer{ID: agent.ID, Name: agent.Name, Role: agent.Role, Teams: slices.Clone(agent.Teams)}
	for _, q := range queues {
		if slices.ContainsFunc(q.Teams, v.inTeam) {
			v.Queues = append(v.Queues, q.ID)
		} else if len(q.Teams) == 0 {
			v.Shared = append(v.Shared, q.ID)
		}
	}
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
	case v.Administrator(), c.Team == "":
		return true
	case v.ID != "" && c.Assignee == v.ID, v.inTeam(c.Team):
		return true
	}
	return c.Queue != "" && slices.Contains(v.Queues, c.Queue)
}

// Same reports whether the two see the same conversations and may do the same.
func (v *Viewer) Same(other *Viewer) bool {
	return v.ID == other.ID && v.Role == other.Role && v.Name == other.Name &&
		slices.Equal(v.Teams, other.Teams) && slices.Equal(v.Queues, other.Queues)
}

// SameBoard reports whether the two are the same and are shown the same of the
// board.
func (v *Viewer) SameBoard(other *Viewer) bool {
	return v.Same(other) && slices.Equal(v.Shared, other.Shared)
}
