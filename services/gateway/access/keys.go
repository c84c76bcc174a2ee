package access

import "github.com/tributary-inbox/tributary/contracts/events"

// Key is one entry of the index that finds who may see a conversation.
type Key string

const (
	everything Key = "*"
	noTeam     Key = "-"
)

// Keys are the index entries under which this person stands.
func (v *Viewer) Keys() []Key {
	if v.Administrator() {
		return []Key{everything}
	}
	keys := make([]Key, 0, 2+len(v.Teams)+len(v.Queues))
	keys = append(keys, noTeam, AssigneeKey(v.ID))
	for _, t := range v.Teams {
		keys = append(keys, Key("t:"+t))
	}
	for _, q := range v.Queues {
		keys = append(keys, Key("q:"+q))
	}
	return keys
}

// AssigneeKey is the index entry of conversations assigned to an agent.
func AssigneeKey(agent events.AgentID) Key { return Key("a:" + agent) }

// ConversationKeys are the index entries a conversation calls on. Everybody who
// sees it stands under at least one of them; not everybody under them sees it:
// noTeam finds those behind the wall of its queue too.
func ConversationKeys(c *events.Conversation) []Key {
	keys := make([]Key, 0, 4)
	keys = append(keys, everything)
	if c.Team == "" {
		return append(keys, noTeam)
	}
	keys = append(keys, Key("t:"+c.Team))
	if c.Assignee != "" {
		keys = append(keys, AssigneeKey(c.Assignee))
	}
	if c.Queue != "" {
		keys = append(keys, Key("q:"+c.Queue))
	}
	return keys
}
