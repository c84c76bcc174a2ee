package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Skill is something that answering may take, by the name that people see.
type Skill struct {
	ID        events.SkillID `json:"id"`
	Name      string         `json:"name"`
	CreatedAt time.Time      `json:"created_at"`
}

// Route is a routing target: a conversation that opens, and for which When holds,
// goes where it says. Routes are asked by Position, the lowest first, then by id;
// the first that holds decides, and where none does the inbox's own queue and team
// do. An expression that fails at work holds for nothing, and is counted.
type Route struct {
	ID       events.RouteID `json:"id"`
	Name     string         `json:"name"`
	Position int            `json:"position"`
	When     string         `json:"when"` // CEL; see [Scope]
	Queue    events.QueueID `json:"queue,omitempty"`
	Team     events.TeamID  `json:"team,omitempty"`
	Needs    []events.Need  `json:"needs,omitempty"`
	Priority int            `json:"priority,omitempty"`
	Tags     []string       `json:"tags,omitempty"`
	Off      bool           `json:"off,omitempty"`
}

// Rule does something when a fact of one of the types in On was stored and When
// holds. Rules are asked by Position, then by id. Stopped is why the loop guard
// switched it off; who switches it on again clears it.
type Rule struct {
	ID       events.RuleID `json:"id"`
	Name     string        `json:"name"`
	Position int           `json:"position"`
	On       []string      `json:"on"`   // types of facts
	When     string        `json:"when"` // CEL; empty holds always
	Do       []Action      `json:"do"`
	Off      bool          `json:"off,omitempty"`
	Stopped  string        `json:"stopped,omitempty"`
}

// Action is one thing that a rule or a macro does; which fields matter depends on
// Do. Text may hold variables in braces, such as {{contact.name}}.
type Action struct {
	Do       string         `json:"do"`
	Tags     []string       `json:"tags,omitempty"`     // tag, untag
	Queue    events.QueueID `json:"queue,omitempty"`    // transfer
	Team     events.TeamID  `json:"team,omitempty"`     // transfer
	Agent    events.AgentID `json:"agent,omitempty"`    // assign; empty takes it from whoever has it
	Priority *int           `json:"priority,omitempty"` // prioritise
	Seconds  int            `json:"seconds,omitempty"`  // snooze
	Text     string         `json:"text,omitempty"`     // reply, note; the reason of resolve
}

// What an action does.
const (
	DoTag        = "tag"
	DoUntag      = "untag"
	DoAssign     = "assign"
	DoTransfer   = "transfer"
	DoPrioritise = "prioritise"
	DoSnooze     = "snooze"
	DoResolve    = "resolve"
	DoReopen     = "reopen"
	DoNote       = "note"
	DoReply      = "reply"
)

// Macro is a list of actions that an agent carries out with one press. Who is in
// one of Teams has it; without teams everybody.
type Macro struct {
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Teams []events.TeamID `json:"teams,omitempty"`
	Do    []Action        `json:"do"`
}

// Canned is an answer kept ready. Shortcut is what an agent types for it. Texts
// are by language (ko, en); the customer's language is taken where there is one,
// else the first in order of their codes.
type Canned struct {
	ID       string            `json:"id"`
	Shortcut string            `json:"shortcut"`
	Name     string            `json:"name"`
	Teams    []events.TeamID   `json:"teams,omitempty"`
	Texts    map[string]string `json:"texts"`
}

// Segment is a group of customers: those for whom When holds. It is looked at
// again whenever something about a customer changes, and once an hour because
// time passes.
type Segment struct {
	ID   events.SegmentID `json:"id"`
	Name string           `json:"name"`
	When string           `json:"when"` // CEL over contact, orders and now
	Off  bool             `json:"off,omitempty"`
}

// Questionnaire is a survey that asks by itself: After seconds after a
// conversation was resolved, unless it is open again by then, When does not hold,
// nobody of ours has answered it, the customer wrote nothing but automatic mail,
// or they were asked anything within the last Every seconds. Texts are the
// question by language; {{link}} in one is the address of the page. An answer
// counts for Days. Where the road the customer used last takes no question, it goes
// over another that is proved to be theirs, unless UsedRoadOnly.
type Questionnaire struct {
	ID    events.QuestionnaireID `json:"id"`
	Name  string                 `json:"name"`
	Kind  events.SurveyKind      `json:"kind"`
	When  string                 `json:"when,omitempty"` // CEL; empty holds always
	After int                    `json:"after,omitempty"`
	Every int                    `json:"every,omitempty"`
	Days  int                    `json:"days,omitempty"` // 14 when nought
	Texts map[string]string      `json:"texts,omitempty"`
	// UsedRoadOnly asks over the road used last and over no other.
	UsedRoadOnly bool `json:"used_road_only,omitempty"`
	Off          bool `json:"off,omitempty"`
}

// Bounds of automation.
const (
	MaxExpression = 4 << 10 // bytes
	MaxText       = 8 << 10 // bytes
	MaxActions    = 20
	maxTags       = 20
	maxTexts      = 30
	maxDays       = 90
	maxSeconds    = 366 * 24 * 3600
	// DefaultSurveyDays is how long an answer counts where nothing is set.
	DefaultSurveyDays = 14
)

// Check says what is wrong in words for whoever typed it. It does not look at the
// expression itself, nor whether what is named exists.
func (s *Skill) Check() error { return checkName("skills", string(s.ID), s.Name) }

// Check is told at [Skill.Check].
func (r *Route) Check() error {
	if err := named("routing targets", string(r.ID), r.Name, r.When, true); err != nil {
		return err
	}
	if r.Queue == "" && r.Team == "" && len(r.Needs) == 0 && r.Priority == 0 && len(r.Tags) == 0 {
		return errors.New("a routing target says where to, or what is needed")
	}
	if r.Priority < -10 || r.Priority > 10 {
		return errors.New("a priority is between -10 and 10")
	}
	if len(r.Needs) > 20 {
		return errors.New("there are more than 20 needs")
	}
	for _, n := range r.Needs {
		if n.Skill == "" || n.Level < 1 || n.Level > 10 {
			return errors.New("a need is a skill and a level from 1 to 10")
		}
	}
	return checkTags(r.Tags)
}

// Check is told at [Skill.Check].
func (r *Rule) Check() error {
	if err := named("rules", string(r.ID), r.Name, r.When, false); err != nil {
		return err
	}
	if len(r.On) == 0 || len(r.On) > 20 {
		return errors.New("a rule waits for 1 to 20 types of facts")
	}
	for _, on := range r.On {
		if _, known := events.Types()[on]; !known {
			return fmt.Errorf("there is no fact of type %q", on)
		}
	}
	return checkActions(r.Do)
}

// Check is told at [Skill.Check].
func (m *Macro) Check() error {
	if err := checkName("macros", m.ID, m.Name); err != nil {
		return err
	}
	return checkActions(m.Do)
}

// Check is told at [Skill.Check].
func (c *Canned) Check() error {
	if err := checkName("canned answers", c.ID, c.Name); err != nil {
		return err
	}
	if c.Shortcut == "" || len(c.Shortcut) > 64 || strings.ContainsAny(c.Shortcut, " \t\r\n/") {
		return errors.New("a shortcut is one word of at most 64 bytes")
	}
	return checkTexts(c.Texts, true)
}

// Check is told at [Skill.Check].
func (s *Segment) Check() error {
	return named("segments", string(s.ID), s.Name, s.When, true)
}

// Check is told at [Skill.Check].
func (q *Questionnaire) Check() error {
	if err := named("surveys", string(q.ID), q.Name, q.When, false); err != nil {
		return err
	}
	if _, _, ok := q.Kind.Scale(); !ok {
		return fmt.Errorf("a survey is csat, nps or ces, not %q", q.Kind)
	}
	if q.After < 0 || q.After > maxSeconds || q.Every < 0 || q.Every > maxSeconds {
		return errors.New("times are between nought and a year")
	}
	if q.Days < 0 || q.Days > maxDays {
		return fmt.Errorf("an answer counts for 1 to %d days", maxDays)
	}
	return checkTexts(q.Texts, false)
}

func named(what, id, name, when string, must bool) error {
	switch err := checkName(what, id, name); {
	case err != nil:
		return err
	case must && strings.TrimSpace(when) == "":
		return errors.New("the expression is missing")
	case len(when) > MaxExpression:
		return fmt.Errorf("the expression is longer than %d bytes", MaxExpression)
	}
	return nil
}

func checkActions(list []Action) error {
	if len(list) == 0 || len(list) > MaxActions {
		return fmt.Errorf("there are 1 to %d actions", MaxActions)
	}
	for i := range list {
		if err := list[i].check(); err != nil {
			return fmt.Errorf("action %d: %w", i+1, err)
		}
	}
	return nil
}

func (a *Action) check() error {
	switch a.Do {
	case DoTag, DoUntag:
		if len(a.Tags) == 0 {
			return errors.New("the tags are missing")
		}
		return checkTags(a.Tags)
	case DoAssign, DoReopen:
		return nil
	case DoTransfer:
		if a.Queue == "" && a.Team == "" {
			return errors.New("where to is missing: a queue or a team")
		}
		return nil
	case DoPrioritise:
		if a.Priority == nil || *a.Priority < -10 || *a.Priority > 10 {
			return errors.New("a priority is between -10 and 10")
		}
		return nil
	case DoSnooze:
		if a.Seconds < 1 || a.Seconds > maxSeconds {
			return errors.New("how many seconds is missing, or is more than a year")
		}
		return nil
	case DoResolve:
		return checkText(a.Text, false)
	case DoNote, DoReply:
		return checkText(a.Text, true)
	}
	return fmt.Errorf("there is no action %q", a.Do)
}

var errTag = errors.New("a tag is 1 to 64 bytes of letters, digits, space and _ : . -")

func checkTags(tags []string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("there are more than %d tags", maxTags)
	}
	for _, t := range tags {
		if _, ok := events.Tag(t); !ok {
			return errTag
		}
	}
	return nil
}

func checkText(s string, must bool) error {
	switch {
	case must && strings.TrimSpace(s) == "":
		return errors.New("the text is missing")
	case len(s) > MaxText:
		return fmt.Errorf("the text is longer than %d bytes", MaxText)
	case !utf8.ValidString(s):
		return errors.New("the text is not UTF-8")
	}
	return nil
}

func checkTexts(texts map[string]string, must bool) error {
	if must && len(texts) == 0 || len(texts) > maxTexts {
		return fmt.Errorf("there are texts in 1 to %d languages", maxTexts)
	}
	for lang, s := range texts {
		if len(lang) < 2 || len(lang) > 8 {
			return fmt.Errorf("%q is no code of a language", lang)
		}
		if err := checkText(s, true); err != nil {
			return fmt.Errorf("%s: %w", lang, err)
		}
	}
	return nil
}

// Text is the one for a language, or another where there is none; false where
// there are no texts at all.
func Text(texts map[string]string, lang string) (string, bool) {
	if s, ok := texts[lang]; ok {
		return s, true
	}
	best := ""
	for code := range texts {
		if best == "" || code < best {
			best = code
		}
	}
	s, ok := texts[best]
	return s, ok
}

// Check says what is wrong with weights in words for whoever typed them.
func (w *Workload) Check() error {
	if len(w.Weights) > 100 {
		return errors.New("there are more than 100 channels")
	}
	for name, weight := range w.Weights {
		if name == "" || len(name) > 64 || weight.Units < 0 || weight.Units > 1000 {
			return fmt.Errorf("channel %q: units are between 0 and 1000", name)
		}
	}
	return nil
}
