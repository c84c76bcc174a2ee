package routing

import (
	"encoding/json"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/router/assignment"
	"github.com/tributary-inbox/tributary/services/router/conversation"
	"github.com/tributary-inbox/tributary/services/router/hours"
	"github.com/tributary-inbox/tributary/services/router/level"
)

// Levels is what the router knows of service levels, hours and the weight of work,
// always current. What it returns is read-only. Its methods are called by the
// deciding goroutine.
type Levels interface {
	Policies() []config.Policy
	Hours() []config.Hours
	Workload() config.Workload
	// Changed is closed at the next change of each.
	Changed() (policies, hours, workload <-chan struct{})
}

// noLevels promises nothing.
type noLevels struct{}

func (noLevels) Policies() []config.Policy { return nil }
func (noLevels) Hours() []config.Hours     { return nil }
func (noLevels) Workload() config.Workload { return config.DefaultWorkload() }
func (noLevels) Changed() (policies, hours, workload <-chan struct{}) {
	return nil, nil, nil
}

// promises are the settings of service levels made ready for counting, as of the
// last time they changed. They keep the clocks of conversations; see
// [conversation.Clocks].
type promises struct {
	staff     Staff
	hours     map[config.HoursID]config.Hours
	calendars map[config.HoursID]*hours.Calendar
	rules     map[events.PolicyID]*level.Rules
	// untold holds what the clocks of a conversation ran under, until it has been
	// told of what holds now; nil where that is not known any more.
	untold map[events.ConversationID]*level.Rules
}

func newPromises(staff Staff) *promises {
	return &promises{staff: staff, untold: map[events.ConversationID]*level.Rules{}}
}

// read takes over the settings as they are now. Hours that cannot be read, or that
// are there no more, are round the clock: somebody is told of a breach too early
// rather than never.
func (p *promises) read(l Levels, log zerolog.Logger) {
	p.hours, p.calendars, p.rules = map[config.HoursID]config.Hours{}, map[config.HoursID]*hours.Calendar{}, map[events.PolicyID]*level.Rules{}
	for _, h := range l.Hours() {
		c, err := compile(h)
		if err != nil {
			log.Error().Err(err).Str("hours", string(h.ID)).Msg("hours cannot be read and count as always open")
			continue
		}
		p.hours[h.ID], p.calendars[h.ID] = h, c
	}
	for _, policy := range l.Policies() {
		r := &level.Rules{Policy: policy}
		if c, ok := p.calendars[policy.Hours]; ok {
			r.Hours = c
		}
		p.rules[policy.ID] = r
	}
}

func compile(h config.Hours) (*hours.Calendar, error) {
	zone, err := h.Location()
	if err != nil {
		return nil, err
	}
	return hours.Compile(h, zone)
}

// terms are what holds in a queue for the desk.
func (p *promises) terms(q config.Queue) assignment.Terms {
	var t assignment.Terms
	if c, ok := p.calendars[q.Hours]; ok {
		t.Hours = c
	}
	if r, ok := p.rules[q.Policy]; ok {
		t.Raise = r.Policy.Raise
	}
	return t
}

// botsCount says that what a bot writes is no answer that was promised.
const botsCount = false

// Heard makes promises [conversation.Clocks].
func (p *promises) Heard(body events.Body, at time.Time) (events.ConversationID, func(conversation.Memory) conversation.Memory, bool) {
	c, ok := level.Read(body, botsCount)
	if !ok {
		return "", nil, false
	}
	return c.Conversation, func(m conversation.Memory) conversation.Memory {
		return conversation.Memory(level.Memory(m).After(c, at))
	}, true
}

// Joined makes promises [conversation.Clocks].
func (p *promises) Joined(into, from conversation.Memory) conversation.Memory {
	return conversation.Memory(level.Memory(into).Joined(level.Memory(from)))
}

// Settle makes promises [conversation.Clocks].
func (p *promises) Settle(s *conversation.State, now time.Time) []events.Body {
	var rules *level.Rules
	if q, ok := p.staff.Queue(s.Queue); ok {
		rules = p.rules[q.Policy]
	}
	if rules == nil && len(s.Clocks) == 0 {
		return nil
	}
	return level.Settle(&s.Conversation, level.Memory(s.Memory), rules, p.was(s, rules), now)
}

// was is what the clocks of a conversation have run under where that is not what
// holds now.
func (p *promises) was(s *conversation.State, rules *level.Rules) *level.Rules {
	if len(s.Clocks) == 0 {
		return nil
	}
	if was, ok := p.untold[s.ID]; ok {
		return was
	}
	under := s.Clocks[0].Policy
	if rules != nil && rules.Policy.ID == under {
		return nil
	}
	return p.rules[under]
}

// promise is what a queue promises, in the form in which it is remembered: whoever
// waits there is told when it changes.
type promised struct {
	Gives  bool           `json:"gives,omitempty"`
	Policy *config.Policy `json:"policy,omitempty"`
	Hours  *config.Hours  `json:"hours,omitempty"` // of the policy
}

func (p *promises) of(q config.Queue) ([]byte, error) {
	is := promised{Gives: q.Gives()}
	if r, ok := p.rules[q.Policy]; ok {
		is.Policy = &r.Policy
		if h, ok := p.hours[r.Policy.Hours]; ok {
			is.Hours = &h
		}
	}
	return json.Marshal(is)
}

// former are the rules that were remembered, nil where none were.
func former(raw []byte) *level.Rules {
	var was promised
	if len(raw) == 0 || json.Unmarshal(raw, &was) != nil || was.Policy == nil {
		return nil
	}
	r := &level.Rules{Policy: *was.Policy}
	if was.Hours != nil {
		if c, err := compile(*was.Hours); err == nil {
			r.Hours = c
		}
	}
	return r
}
