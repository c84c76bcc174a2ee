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

// single is one rule alone, as a dry run has it.
func (s *scene) single(r config.Rule) (*standing, error) {
	one := &standing{programs: map[events.RuleID]*program{}}
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

// surroundings is what a case is seen in, beside what its decision says.
type surroundings interface {
	// customer is what is known of somebody at a place in the log; nil for who is not
	// known.
	customer(ctx context.Context, id events.ContactID, seq uint64) *config.ScopeContact
	// hours are the hours of business at a time, and of the queue a conversation
	// stands in.
	hours(queue events.QueueID, at time.Time) *config.ScopeHours
	// agent is the name of somebody, "" for nobody.
	agent(id events.AgentID, at time.Time) string
}

// plan asks the rules about a decision.
func (now *standing) plan(ctx context.Context, in surroundings, d *events.Decision) rules.Plan {
	seen := map[sight]*view{}
	return now.set.Plan(d, func(c rules.Case) (bool, error) {
		p := now.programs[c.Rule.ID]
		if p == nil {
			return false, fmt.Errorf("its expression is wrong: %w", now.broken[c.Rule.ID])
		}
		key := sight{c.Fact, c.Row.ID}
		v := seen[key]
		if v == nil {
			v = look(in, d, c.Fact, c.Row)
			seen[key] = v
		}
		if p.Uses("contact") {
			v.addContact(ctx)
		}
		if p.Uses("hours") {
			v.addHours()
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
	in             surroundings
	contact, hours bool // there already
}

func look(in surroundings, d *events.Decision, fact int, row *events.Conversation) *view {
	scope := config.NewScope(d.At)
	scope.Conversation, scope.Fact = config.SeeConversation(row, d.At), config.SeeFact(&d.Facts[fact], d)
	if m := rules.MessageOf(d, fact, row.ID); m != nil {
		scope.Message = config.SeeMessage(m)
	}
	return &view{seq: d.Seq, scope: scope, row: row, in: in}
}

// addContact adds the customer; one who is not known has the name that the row shows.
func (v *view) addContact(ctx context.Context) {
	if v.contact {
		return
	}
	v.contact = true
	if c := v.in.customer(ctx, v.row.Contact.ID, v.seq); c != nil {
		v.scope.Contact = c
		return
	}
	v.scope.Contact = config.SeeContact(v.row.Contact.ID, v.row.Contact.Name, nil, nil)
}

func (v *view) addHours() {
	if !v.hours {
		v.hours, v.scope.Hours = true, v.in.hours(v.row.Queue, v.scope.Now)
	}
}

// text fills the variables of an action's text. The agent of a conversation is
// whoever has it.
func (v *view) text(ctx context.Context, text string) string {
	if !hasVariables(text) {
		return text
	}
	v.addContact(ctx)
	letter := config.Letter{Scope: v.scope}
	if v.row.Assignee != "" {
		letter.Agent = v.in.agent(v.row.Assignee, v.scope.Now)
	}
	return letter.Fill(text)
}

func hasVariables(text string) bool { return strings.Contains(text, "{{") }

// present is what a case is seen in as things stand now.
type present struct {
	deps *Deps
	now  *standing // for hours alone
}

// knowFor bounds the wait for what is known of a customer: where it takes longer
// something else is wrong, and rules go on with what there is.
const knowFor = 2 * time.Second

// customer is known at least as of the place.
func (p present) customer(ctx context.Context, id events.ContactID, seq uint64) *config.ScopeContact {
	ctx, cancel := context.WithTimeout(ctx, knowFor)
	defer cancel()
	if err := p.deps.Known(ctx, seq); err != nil {
		p.deps.Logger.Debug().Err(err).Uint64("seq", seq).Msg("customers are not known so far")
	}
	c, _ := p.deps.Contact(id)
	return c
}

func (p present) hours(queue events.QueueID, at time.Time) *config.ScopeHours {
	out := &config.ScopeHours{Open: true}
	for id, c := range p.now.calendars {
		if c.Open(at) {
			out.OpenIDs = append(out.OpenIDs, string(id))
		}
	}
	slices.Sort(out.OpenIDs)
	if q, _, ok := p.deps.Queues.Get(string(queue)); ok && q.Hours != "" {
		if c := p.now.calendars[q.Hours]; c != nil {
			out.Open = c.Open(at)
		}
	}
	return out
}

func (p present) agent(id events.AgentID, _ time.Time) string {
	a, _, _ := p.deps.Agents.Get(string(id))
	return a.Name
}
