package access

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Reports is what this person may know from reports: an administrator everything
// (nil), a supervisor what happened in their teams' queues, in those that name no
// team and in their teams, as the board's total has it for them, and an agent only what
// they did themselves. It narrows the question, so that no number is made of what they
// may not see.
//
// It is a rule over the past: what counted in a team's queue last month stays theirs
// to count, though the conversation may since be behind another's wall. Whether they
// may open it is for [Viewer.Sees].
func (v *Viewer) Reports() *queries.ReportScope {
	if v.Administrator() {
		return nil
	}
	if v.Role == config.RoleSupervisor {
		return &queries.ReportScope{Teams: slices.Clone(v.Teams), Queues: slices.Concat(v.Queues, v.Shared)}
	}
	return &queries.ReportScope{Agent: v.ID}
}

// ReportsOf is Reports for a question that is narrowed to some agents: who asks for
// themselves alone is told all that they did, a supervisor also what lay in others'
// queues.
func (v *Viewer) ReportsOf(agents []string) *queries.ReportScope {
	scope := v.Reports()
	if scope != nil && len(agents) == 1 && agents[0] == string(v.ID) {
		scope.Agent = v.ID
	}
	return scope
}
