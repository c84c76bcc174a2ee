package house

import (
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

// levels is what the router knows of service levels: the tables that people
// change in the console.
type levels struct{ set desk.Settings }

func (l levels) Policies() []config.Policy { return values(l.set.Policies) }
func (l levels) Hours() []config.Hours     { return values(l.set.Hours) }

// Workload is the one that was set, else the default.
func (l levels) Workload() config.Workload {
	if w, _, ok := l.set.Workload.Get(config.WorkloadID); ok {
		return w
	}
	return config.DefaultWorkload()
}

func (l levels) Changed() (policies, hours, workload <-chan struct{}) {
	return l.set.Policies.Changes(), l.set.Hours.Changes(), l.set.Workload.Changes()
}
