package access

import "github.com/tributary-inbox/tributary/contracts/config"

// Action is a thing somebody may or may not do, whatever it is done to. Whether
// they may do it to one conversation also needs [Viewer.Sees].
type Action string

const (
	// Work is reading and answering what one sees.
	Work Action = "work"
	// Supervise is reading figures over more than one's own work.
	Supervise Action = "supervise"
	// Administer is making inboxes, agents, teams and queues, and redriving what
	// failed.
	Administer Action = "administer"
	// Open needs nobody to be signed in.
	Open Action = "open"
)

// May reports whether a role may do an action. A role that does not exist may
// do nothing that needs one.
func May(role config.Role, action Action) bool {
	switch action {
	case Open:
		return true
	case Work:
		return role == config.RoleAgent || role == config.RoleSupervisor || role == config.RoleAdministrator
	case Supervise:
		return role == config.RoleSupervisor || role == config.RoleAdministrator
	case Administer:
		return role == config.RoleAdministrator
	}
	return false
}

// KnownRole reports whether there is such a role.
func KnownRole(role config.Role) bool { return May(role, Work) }
