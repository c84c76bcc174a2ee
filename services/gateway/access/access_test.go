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
		{"no team, queue of another", config.RoleAgent, events.Conversation{Queue: "orders"}, false},
		{"no team, queue of another, somebody else's", config.RoleAgent, events.Conversation{Queue: "orders", Assignee: "ag2"}, false},
		{"no team, queue of another, but mine", config.RoleAgent, events.Conversation{Queue: "orders", Assignee: "ag1"}, true},
		{"no team, queue of my team", config.RoleAgent, events.Conversation{Queue: "returns"}, true},
		{"no team, queue of nobody", config.RoleAgent, events.Conversation{Queue: "open"}, true},
		{"no team, queue that is gone", config.RoleAgent, events.Conversation{Queue: "closed-down"}, true},
		{"own team", config.RoleAgent, events.Conversation{Team: "support"}, true},
		{"own team, queue of another", config.RoleAgent, events.Conversation{Team: "support", Queue: "orders"}, true},
		{"own team, somebody else's", config.RoleAgent, events.Conversation{Team: "support", Assignee: "ag2"}, true},
		{"other team", config.RoleAgent, events.Conversation{Team: "legal"}, false},
		{"other team but mine", config.RoleAgent, events.Conversation{Team: "legal", Assignee: "ag1"}, true},
		{"other team, queue of my team", config.RoleAgent, events.Conversation{Team: "legal", Queue: "returns"}, true},
		{"other team, queue of another", config.RoleAgent, events.Conversation{Team: "legal", Queue: "orders"}, false},
		{"other team, queue of nobody", config.RoleAgent, events.Conversation{Team: "legal", Queue: "open"}, false},
		{"supervisor, other team", config.RoleSupervisor, events.Conversation{Team: "legal"}, false},
		{"supervisor, no team, queue of another", config.RoleSupervisor, events.Conversation{Queue: "orders"}, false},
		{"supervisor, own team", config.RoleSupervisor, events.Conversation{Team: "support"}, true},
		{"administrator, no team, any queue", config.RoleAdministrator, events.Conversation{Queue: "orders"}, true},
		{"administrator, any team", config.RoleAdministrator, events.Conversation{Team: "legal"}, true},
	} {
		agent.Role = c.role
		if got := NewViewer(agent, queues, nil).Sees(&c.conv); got != c.want {
			t.Errorf("%s: sees = %v, want %v", c.name, got, c.want)
		}
	}
	if NewViewer(agent, queues, nil).Sees(nil) {
		t.Error("a conversation that is not there is seen")
	}
	nobody := &Viewer{}
	if nobody.Sees(&events.Conversation{Team: "legal"}) {
		t.Error("an empty viewer is taken for the empty assignee")
	}
}

// A queue that names other teams is a wall of its own. The test fails when Sees asks
// nothing more of what has no team, or Same leaves the walls out.
func TestAQueueIsAWall(t *testing.T) {
	agent := config.Agent{ID: "ag1", Role: config.RoleAgent, Teams: []events.TeamID{"support"}}
	c := &events.Conversation{Queue: "open"}
	before := NewViewer(agent, queues, nil)
	after := NewViewer(agent, append(slices.Clone(queues[:2]), config.Queue{ID: "open", Teams: []events.TeamID{"legal"}}), nil)
	if !before.Sees(c) || after.Sees(c) {
		t.Error("a queue that is given to a team stays everybody's")
	}
	if before.Same(after) {
		t.Error("whoever looks is not shown anew")
	}
}

func TestWhosePresenceMayBeAsked(t *testing.T) {
	for _, c := range []struct {
		role  config.Role
		agent events.AgentID
		teams []events.TeamID
		want  bool
	}{
		{config.RoleAgent, "ag1", nil, true},
		{config.RoleAgent, "ag2", []events.TeamID{"support"}, false},
		{config.RoleSupervisor, "ag2", []events.TeamID{"sales", "support"}, true},
		{config.RoleSupervisor, "ag2", []events.TeamID{"sales"}, false},
		{config.RoleSupervisor, "ag2", nil, false},
		{config.RoleAdministrator, "ag2", nil, true},
	} {
		v := NewViewer(config.Agent{ID: "ag1", Role: c.role, Teams: []events.TeamID{"support"}}, nil, nil)
		if got := v.SeesPresence(c.agent, c.teams); got != c.want {
			t.Errorf("%s asks of %s in %v: %v", c.role, c.agent, c.teams, got)
		}
	}
	if (&Viewer{}).SeesPresence("", nil) {
		t.Error("nobody asks of nobody")
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
		}, queues, nil)
		c := &events.Conversation{
			Team:     rapid.SampledFrom(teams).Draw(t, "team"),
			Queue:    rapid.SampledFrom([]events.QueueID{"", "orders", "returns", "open", "closed-down"}).Draw(t, "queue"),
			Assignee: rapid.SampledFrom([]events.AgentID{"", "ag1", "ag2"}).Draw(t, "assignee"),
		}
		mine := v.Keys()
		found := slices.ContainsFunc(ConversationKeys(c), func(k Key) bool { return slices.Contains(mine, k) })
		if v.Sees(c) && !found {
			t.Fatalf("%+v sees %+v but no key finds them", v, c)
		}
	})
}
