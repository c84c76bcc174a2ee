package access

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Reports is what this person may know from reports: an administrator everything
// (nil), a supervisor what happened in their teams' queues, in those that name no
// team, in their teams, and what they did themselves, and an agent only what they
// did themselves. It narrows the question, so that no number is made of what they
// may not see.
//
// It is a rule over the past: what counted in a team's queue last month stays theirs
// to count, though the conversation may since be behind another's wall. Whether they
// may open it is for [Viewer.Sees].
func (v *Viewer) Reports() *queries.ReportScope {
	if v.Administrator() {
		return nil
	}
	scope := &queries.ReportScope{Agent: v.ID}
	if v.Role == config.RoleSupervisor {
		scope.Teams, scope.Queues = slices.Clone(v.Teams), slices.Concat(v.Queues, v.Shared)
	}
	return scope
}
