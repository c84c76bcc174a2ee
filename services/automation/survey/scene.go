package survey

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/expr"
	"github.com/tributary-inbox/tributary/services/automation/opening"
)

// maxPrograms bounds the expressions that are kept compiled.
const maxPrograms = 256

// scene is what a questionnaire's expression and text see.
type scene struct {
	deps     *Deps
	language *expr.Language[config.Scope]

	mu       sync.Mutex // guards programs
	programs map[string]*expr.Program[config.Scope]
}

func newScene(d *Deps) *scene {
	names, _ := config.Sees(config.KindQuestionnaire)
	return &scene{deps: d, language: expr.Must[config.Scope](names...), programs: map[string]*expr.Program[config.Scope]{}}
}

func (s *scene) program(when string) (*expr.Program[config.Scope], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.programs[when]; p != nil {
		return p, nil
	}
	p, err := s.language.Compile(when)
	if err != nil {
		return nil, err
	}
	if len(s.programs) >= maxPrograms {
		clear(s.programs)
	}
	s.programs[when] = p
	return p, nil
}

// of is what is seen of a conversation.
func (s *scene) of(c *events.Conversation, now time.Time) *config.Scope {
	scope := config.NewScope(now)
	scope.Conversation = config.SeeConversation(c, now)
	scope.Contact = config.SeeContact(c.Contact.ID, c.Contact.Name, nil, nil)
	if s.deps.Contact != nil {
		if known, ok := s.deps.Contact(c.Contact.ID); ok && known != nil {
			scope.Contact = known
		}
	}
	scope.Hours = s.hours(c.Queue, now)
	return scope
}

func (s *scene) hours(queue events.QueueID, now time.Time) *config.ScopeHours {
	out := &config.ScopeHours{Open: true}
	if s.deps.Hours == nil || s.deps.Queues == nil {
		return out
	}
	q, _, _ := s.deps.Queues.Get(string(queue))
	for _, item := range s.deps.Hours.All() {
		c, err := opening.Read(item.Value)
		if err != nil {
			continue // what cannot be read was refused when it was written
		}
		open := c.Open(now)
		if open {
			out.OpenIDs = append(out.OpenIDs, string(item.Value.ID))
		}
		if q.Hours == item.Value.ID {
			out.Open = open
		}
	}
	slices.Sort(out.OpenIDs)
	return out
}

func (s *scene) holds(ctx context.Context, when string, scope *config.Scope) (bool, error) {
	p, err := s.program(when)
	if err != nil {
		return false, err
	}
	return p.Holds(ctx, scope)
}

// letter fills the variables of a questionnaire's text. The agent is who of ours
// answered last.
func (s *scene) letter(text string, scope *config.Scope, agent events.AgentID) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	letter := config.Letter{Scope: scope}
	if s.deps.Agents != nil {
		if a, _, ok := s.deps.Agents.Get(string(agent)); ok {
			letter.Agent = a.Name
		}
	}
	return letter.Fill(text)
}
