package access

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

var queues = []config.Queue{
	{ID: "orders", Teams: []events.TeamID{"sales"}},
	{ID: "returns", Teams: []events.TeamID{"support", "sales"}},
	{ID: "open"},
}

func TestSees(t *testing.T) {
	agent := config.Agent{ID: "ag1", Role: config.RoleAgent, Teams: []events.TeamID{"support"}}
	for _, c := range []struct {
		name string
		role config.Role
		conv events.Conversation
		want bool
	}{
		{"no team", config.RoleAgent, events.Conversation{}, true},
		{"no team, somebody else's", config.RoleAgent, events.Conversation{Assignee: "ag2"}, true},
		{"own team", config.RoleAgent, events.Conversation{Team: "support"}, true},
		{"own team, somebody else's", config.RoleAgent, events.Conversation{Team: "support", Assignee: "ag2"}, true},
		{"other team", config.RoleAgent, events.Conversation{Team: "legal"}, false},
		{"other team but mine", config.RoleAgent, events.Conversation{Team: "legal", Assignee: "ag1"}, true},
		{"other team, queue of my team", config.RoleAgent, events.Conversation{Team: "legal", Queue: "returns"}, true},
		{"other team, queue of another", config.RoleAgent, events.Conversation{Team: "legal", Queue: "orders"}, false},
		{"other team, queue of nobody", config.RoleAgent, events.Conversation{Team: "legal", Queue: "open"}, false},
		{"supervisor, other team", config.RoleSupervisor, events.Conversation{Team: "legal"}, false},
		{"supervisor, own team", config.RoleSupervisor, events.Conversation{Team: "support"}, true},
		{"administrator, any team", config.RoleAdministrator, events.Conversation{Team: "legal"}, true},
	} {
		agent.Role = c.role
		if got := NewViewer(agent, queues).Sees(&c.conv); got != c.want {
			t.Errorf("%s: sees = %v, want %v", c.name, got, c.want)
		}
	}
	if NewViewer(agent, queues).Sees(nil) {
		t.Error("a conversation that is not there is seen")
	}
	nobody := &Viewer{}
	if nobody.Sees(&events.Conversation{Team: "legal"}) {
		t.Error("an empty viewer is taken for the empty assignee")
	}
}

func TestMay(t *testing.T) {
	roles := []config.Role{config.RoleAgent, config.RoleSupervisor, config.RoleAdministrator, "owner", ""}
	want := map[Action][]bool{
		Open:       {true, true, true, true, true},
		Work:       {true, true, true, false, false},
		Supervise:  {false, true, true, false, false},
		Administer: {false, false, true, false, false},
		"destroy":  {false, false, false, false, false},
	}
	for action, row := range want {
		for i, role := range roles {
			if got := May(role, action); got != row[i] {
				t.Errorf("may %q %s = %v, want %v", role, action, got, row[i])
			}
		}
	}
}

// The index must find everybody who sees. The test fails when Keys or
// ConversationKeys leaves out a key that Sees relies on.
func TestKeysFindWhoSees(t *testing.T) {
	teams := []events.TeamID{"", "sales", "support", "legal"}
	rapid.Check(t, func(t *rapid.T) {
		role := rapid.SampledFrom([]config.Role{config.RoleAgent, config.RoleSupervisor, config.RoleAdministrator}).Draw(t, "role")
		v := NewViewer(config.Agent{
			ID: events.AgentID(rapid.SampledFrom([]string{"ag1", "ag2"}).Draw(t, "agent")), Role: role,
			Teams: rapid.SliceOfDistinct(rapid.SampledFrom(teams[1:]), rapid.ID[events.TeamID]).Draw(t, "teams"),
		}, queues)
		c := &events.Conversation{
			Team:     rapid.SampledFrom(teams).Draw(t, "team"),
			Queue:    rapid.SampledFrom([]events.QueueID{"", "orders", "returns", "open"}).Draw(t, "queue"),
			Assignee: rapid.SampledFrom([]events.AgentID{"", "ag1", "ag2"}).Draw(t, "assignee"),
		}
		mine := v.Keys()
		found := slices.ContainsFunc(ConversationKeys(c), func(k Key) bool { return slices.Contains(mine, k) })
		if v.Sees(c) && !found {
			t.Fatalf("%+v sees %+v but no key finds them", v, c)
		}
	})
}
