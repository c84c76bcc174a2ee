package access

import (
	"reflect"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

func TestWhatReportsTellWhom(t *testing.T) {
	queues := []config.Queue{{ID: "q1", Teams: []events.TeamID{"t1"}}, {ID: "q2", Teams: []events.TeamID{"t2"}}, {ID: "q3"}}
	for role, want := range map[config.Role]*queries.ReportScope{
		config.RoleAdministrator: nil,
		config.RoleSupervisor:    {Teams: []events.TeamID{"t1"}, Queues: []events.QueueID{"q1", "q3"}},
		config.RoleAgent:         {Agent: "a"},
		"nobody":                 {Agent: "a"},
	} {
		v := NewViewer(config.Agent{ID: "a", Role: role, Teams: []events.TeamID{"t1"}}, queues, nil)
		if got := v.Reports(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", role, got, want)
		}
		if want != nil {
			want.Agent = "a"
		}
		if got := v.ReportsOf([]string{"a"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s, of their own work: %+v, want %+v", role, got, want)
		}
		if got := v.ReportsOf([]string{"a", "b"}); !reflect.DeepEqual(got, v.Reports()) {
			t.Errorf("%s, of two people: %+v", role, got)
		}
	}
}
