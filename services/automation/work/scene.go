package work

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/expr"
	"github.com/tributary-inbox/tributary/services/automation/opening"
	"github.com/tributary-inbox/tributary/services/automation/rules"
)

// program is an expression of a rule.
type program = expr.Program[config.Scope]

// scene is what rules are asked in: the rules as they stand, compiled, and what
// expressions see. It may be used from any goroutine.
type scene struct {
	deps     Deps
	language *expr.Language[config.Scope]

	mu    sync.Mutex // guards now
	now   *standing
	moved []<-chan struct{} // closed when a table has changed since
}

// standing is the rules and hours of one moment. It does not change.
type standing struct {
	set       *rules.Set
	programs  map[events.RuleID]*program
	broken    map[events.RuleID]error
	stopped   map[events.RuleID]bool
	calendars map[config.HoursID]*opening.Calendar
}

func newScene(d Deps) *scene {
	names, _ := config.Sees(config.KindRule)
	s := &scene{deps: d, language: expr.Must[config.Scope](names...)}
	s.now = s.read()
	return s
}

// current is what stands now. back are the rules that had been stopped and are not
// any more, told once.
func (s *scene) current() (now *standing, back []events.RuleID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.moved {
		select {
		case <-c:
		default:
			continue
		}
		was := s.now
		s.now = s.read()
		for id := range was.stopped {
			if !s.now.stopped[id] {
				back = append(back, id)
			}
		}
		break
	}
	return s.now, back
}

// read compiles all that there is.
func (s *scene) read() *standing {
	s.moved = []<-chan struct{}{s.deps.Rules.Changes(), s.deps.Hours.Changes()} // before they are read
	now := &standing{
		programs: map[events.RuleID]*program{}, broken: map[events.RuleID]error{}, stopped: map[events.RuleID]bool{},
		calendars: map[config.HoursID]*opening.Calendar{},
	}
	var all []config.Rule
	for _, item := range s.deps.Rules.All() {
		r := item.Value
		all = append(all, r)
		if r.Stopped != "" {
			now.stopped[r.ID] = true
		}
		if r.When == "" || r.Off || r.Stopped != "" {
			continue
		}
		p, err := s.language.Compile(r.When)
		if err != nil {
			now.broken[r.ID] = err
		}
		now.programs[r.ID] = p
	}
	now.set = rules.NewSet(all)
	for _, item := range s.deps.Hours.All() {
		if c, err := opening.Read(item.Value); err == nil {
			now.calendars[item.Value.ID] = c
		}
	}
	return now
}

// single is what stands, with one rule alone: as a dry run has it.
func (s *scene) single(r config.Rule) (*standing, error) {
	now, _ := s.current()
	one := &standing{programs: map[events.RuleID]*program{}, calendars: now.calendars}
	r.Off, r.Stopped = false, ""
	if r.When != "" {
		p, err := s.language.Compile(r.When)
		if err != nil {
			return nil, err
		}
		one.programs[r.ID] = p
	}
	one.set = rules.NewSet([]config.Rule{r})
	return one, nil
}

// plan asks the rules about a decision.
func (s *scene) plan(ctx context.Context, now *standing, d *events.Decision) rules.Plan {
	seen := map[sight]*view{}
	return now.set.Plan(d, func(c rules.Case) (bool, error) {
		p := now.programs[c.Rule.ID]
		if p == nil {
			return false, fmt.Errorf("its expression is wrong: %w", now.broken[c.Rule.ID])
		}
		key := sight{c.Fact, c.Row.ID}
		v := seen[key]
		if v == nil {
			v = s.view(d, c.Fact, c.Row)
			seen[key] = v
		}
		if p.Uses("contact") {
			s.addContact(ctx, v)
		}
		if p.Uses("hours") {
			s.addHours(v, now)
		}
		return p.Holds(ctx, v.scope)
	})
}

type sight struct {
	fact int
	row  events.ConversationID
}

// view is what expressions and texts see of a case; what takes a look elsewhere is
// added when it is asked for.
type view struct {
	seq            uint64
	scope          *config.Scope
	row            *events.Conversation
	contact, hours bool // there already
}

func (s *scene) view(d *events.Decision, fact int, row *events.Conversation) *view {
	scope := config.NewScope(d.At)
	scope.Conversation, scope.Fact = config.SeeConversation(row, d.At), config.SeeFact(&d.Facts[fact], d)
	if m := rules.MessageOf(d, fact, row.ID); m != nil {
		scope.Message = config.SeeMessage(m)
	}
	return &view{seq: d.Seq, scope: scope, row: row}
}

// knowFor bounds the wait for what is known of a customer: where it takes longer
// something else is wrong, and rules go on with what there is.
const knowFor = 2 * time.Second

// addContact adds the customer, known at least as of the decision; one who is not
// known has the name that the row shows.
func (s *scene) addContact(ctx context.Context, v *view) {
	if v.contact {
		return
	}
	v.contact = true
	ctx, cancel := context.WithTimeout(ctx, knowFor)
	defer cancel()
	if err := s.deps.Known(ctx, v.seq); err != nil {
		s.deps.Logger.Debug().Err(err).Uint64("seq", v.seq).Msg("customers are not known so far")
	}
	if c, ok := s.deps.Contact(v.row.Contact.ID); ok && c != nil {
		v.scope.Contact = c
		return
	}
	v.scope.Contact = config.SeeContact(v.row.Contact.ID, v.row.Contact.Name, nil, nil)
}

func (s *scene) addHours(v *view, now *standing) {
	if v.hours {
		return
	}
	v.hours = true
	out := &config.ScopeHours{Open: true}
	for id, c := range now.calendars {
		if c.Open(v.scope.Now) {
			out.OpenIDs = append(out.OpenIDs, string(id))
		}
	}
	slices.Sort(out.OpenIDs)
	if q, _, ok := s.deps.Queues.Get(string(v.row.Queue)); ok && q.Hours != "" {
		if c := now.calendars[q.Hours]; c != nil {
			out.Open = c.Open(v.scope.Now)
		}
	}
	v.scope.Hours = out
}

// text fills the variables of an action's text. The agent of a conversation is
// whoever has it.
func (s *scene) text(ctx context.Context, text string, v *view) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	s.addContact(ctx, v)
	letter := config.Letter{Scope: v.scope}
	if a, _, ok := s.deps.Agents.Get(string(v.row.Assignee)); ok {
		letter.Agent = a.Name
	}
	return letter.Fill(text)
}
