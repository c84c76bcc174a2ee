package presence

import (
	"encoding/json"
	"sort"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
)

// Join counts one more socket of an agent.
func (b *Board) Join(agentID events.AgentID, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.local[agentID]
	if h == nil {
		h = &here{state: Online, looks: map[events.ConversationID]int{}}
		b.local[agentID] = h
	}
	h.name = name
	h.sockets++
	if h.sockets == 1 {
		b.tellState(agentID, h, h.state)
	}
}

// Part counts one socket less; with the last the agent is gone from here.
func (b *Board) Part(agentID events.AgentID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.local[agentID]
	if h == nil {
		return
	}
	h.sockets--
	if h.sockets == 0 {
		delete(b.local, agentID)
		b.tellState(agentID, h, Offline)
	}
}

// Online reports whether an agent has a socket at any gateway, as far as is known
// here.
func (b *Board) Online(agentID events.AgentID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.local[agentID] != nil {
		return true
	}
	a := b.agents[agentID]
	return a != nil && len(a.gates) > 0
}

// Set changes what an agent says of themselves, Online or Away.
func (b *Board) Set(agentID events.AgentID, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.local[agentID]; h != nil && h.state != state {
		h.state = state
		b.tellState(agentID, h, state)
	}
}

// Look begins (on) or ends one socket's look at a conversation.
func (b *Board) Look(agentID events.AgentID, conversation events.ConversationID, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.local[agentID]
	if h == nil {
		return
	}
	was := h.looks[conversation]
	if on {
		h.looks[conversation]++
	} else if was > 1 {
		h.looks[conversation]--
	} else {
		delete(h.looks, conversation)
	}
	if is := h.looks[conversation]; (was == 0) != (is == 0) {
		b.tell(live.Activity{Type: live.TypeViewing, Conversation: conversation, Agent: agentID, Name: h.name, On: on})
	}
}

// Typing tells everybody that an agent types, or stopped. It is kept nowhere.
func (b *Board) Typing(agentID events.AgentID, name string, conversation events.ConversationID, on bool) {
	b.tell(live.Activity{Type: live.TypeTyping, Conversation: conversation, Agent: agentID, Name: name, On: on})
}

// Roster lists agents who are there, at most limit.
func (b *Board) Roster(limit int) []live.Presence {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]live.Presence, 0, min(limit, len(b.agents)))
	for agentID, a := range b.agents {
		if a.told != Offline && len(out) < limit {
			out = append(out, live.Presence{Type: live.TypePresence, Agent: agentID, Name: a.name, State: a.told})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Agent < out[j].Agent })
	return out
}

// Lookers lists who looks at a conversation, without the one who asks.
func (b *Board) Lookers(conversation events.ConversationID, except events.AgentID) []live.Activity {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []live.Activity{}
	for agentID, l := range b.looking[conversation] {
		if agentID != except {
			out = append(out, live.Activity{Type: live.TypeViewing, Conversation: conversation, Agent: agentID, Name: l.name, On: true})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Agent < out[j].Agent })
	return out
}

// repeat says again what is true of this process, and forgets what others have
// not repeated. It returns whose look at a conversation ended that way.
func (b *Board) repeat() (gone []live.Activity) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for agentID, h := range b.local {
		b.tellState(agentID, h, h.state)
		for conversation := range h.looks {
			b.tell(live.Activity{Type: live.TypeViewing, Conversation: conversation, Agent: agentID, Name: h.name, On: true})
		}
	}
	now := b.clock.Now()
	for agentID, a := range b.agents {
		for name, g := range a.gates {
			if now.After(g.until) {
				delete(a.gates, name)
				b.changed[agentID] = a.told
			}
		}
	}
	for conversation, lookers := range b.looking {
		for agentID, l := range lookers {
			if now.After(l.until) {
				delete(lookers, agentID)
				gone = append(gone, live.Activity{Type: live.TypeViewing, Conversation: conversation, Agent: agentID, Name: l.name})
			}
		}
		if len(lookers) == 0 {
			delete(b.looking, conversation)
		}
	}
	return gone
}

// leave takes this process's agents away, so that the others need not wait.
func (b *Board) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for agentID, h := range b.local {
		b.tellState(agentID, h, Offline)
	}
}

func (b *Board) tellState(agentID events.AgentID, h *here, state string) {
	b.publish(events.PresenceSubject, notice{Gateway: b.self, Agent: agentID, Name: h.name, State: state})
}

func (b *Board) tell(a live.Activity) { b.publish(events.TypingSubject(a.Conversation), a) }

func (b *Board) publish(subject string, v any) {
	data, err := json.Marshal(v)
	if err == nil {
		err = b.nc.Publish(subject, data)
	}
	if err != nil {
		b.log.Debug().Err(err).Msg("presence notice not sent")
	}
}
