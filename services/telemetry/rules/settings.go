package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// Bounds of the settings of one inbox.
const (
	MaxRules      = 100
	MaxConditions = 20
	MaxTemplate   = 4 << 10
	MaxAttributes = 32
)

// Set are the rules of an inbox and what they share. ID and Customer count for
// every rule that has none of its own. ID names what makes an event the same
// event when it comes again; Time its moment, RFC 3339 or Unix seconds or
// milliseconds. ExternalScope narrows customer ids to whoever shares the scope;
// empty means the ids by which a visitor signs in to the chat.
type Set struct {
	ID            Pointer  `json:"id,omitempty"`
	Time          Pointer  `json:"time,omitempty"`
	Customer      Customer `json:"customer,omitzero"`
	DefaultRegion string   `json:"default_region,omitempty"`
	ExternalScope string   `json:"external_scope,omitempty"`
	Rules         []Rule   `json:"rules"`
}

// Customer says where an event names whom it is about. Kind is external, email
// or phone.
type Customer struct {
	Pointer Pointer `json:"pointer"`
	Kind    string  `json:"kind"`
	Name    Pointer `json:"name,omitempty"`
}

// Rule makes a statement of an event for which When holds. With Text it is a
// message, without it a fact about the customer; Attributes are texts, too, and
// go with either. OncePer is how long the same rule is silent about the same
// customer after it has spoken. Each rule needs an id or OncePer, or an event
// that is delivered twice would speak twice.
type Rule struct {
	Name       string            `json:"name"`
	When       When              `json:"when,omitzero"`
	ID         Pointer           `json:"id,omitempty"`
	Customer   Customer          `json:"customer,omitzero"`
	Text       string            `json:"text,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	OncePer    Duration          `json:"once_per,omitzero"`
}

// When holds where every condition of All and, if there are any, one of Any does.
type When struct {
	All []Condition `json:"all,omitempty"`
	Any []Condition `json:"any,omitempty"`
}

// Condition compares the value at Pointer. Op is eq, ne, lt, lte, gt, gte,
// contains, prefix, exists or missing. The four that order compare numbers only.
type Condition struct {
	Pointer Pointer         `json:"pointer"`
	Op      string          `json:"op"`
	Value   json.RawMessage `json:"value,omitempty"`
}

// Duration is written as in 90s, 15m or 24h.
type Duration struct{ time.Duration }

// UnmarshalJSON reads the text.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return errors.New("a duration is a text such as 24h")
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("a duration is a text such as 24h")
	}
	d.Duration = v
	return nil
}

// MarshalJSON writes the text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// Check refuses rules that could not work.
func (s *Set) Check() error {
	switch {
	case len(s.Rules) == 0 || len(s.Rules) > MaxRules:
		return fmt.Errorf("between 1 and %d rules are needed", MaxRules)
	case s.DefaultRegion != "" && !phonenumbers.GetSupportedRegions()[s.DefaultRegion]:
		return errors.New("default_region is an ISO country such as KR")
	case len(s.ExternalScope) > 128:
		return errors.New("external_scope is over 128 bytes")
	}
	if err := errors.Join(s.ID.check(), s.Time.check(), s.Customer.check()); err != nil {
		return err
	}
	names := map[string]bool{}
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Name == "" || len(r.Name) > 64 || names[r.Name] {
			return fmt.Errorf("rule %d needs a name of its own of at most 64 bytes", i+1)
		}
		names[r.Name] = true
		if err := s.checkRule(r); err != nil {
			return fmt.Errorf("rule %q: %w", r.Name, err)
		}
	}
	return nil
}

func (s *Set) checkRule(r *Rule) error {
	if err := errors.Join(r.ID.check(), r.Customer.check()); err != nil {
		return err
	}
	switch {
	case s.customer(r).Pointer == "":
		return errors.New("nothing says which customer it is about")
	case s.id(r) == "" && r.OncePer.Duration == 0:
		return errors.New("it needs an id or once_per, or a repeated event would speak twice")
	case r.OncePer.Duration < 0 || r.OncePer.Duration > 366*24*time.Hour:
		return errors.New("once_per is between nought and a year")
	case r.Text == "" && len(r.Attributes) == 0:
		return errors.New("it needs a text or attributes")
	case len(r.Attributes) > MaxAttributes:
		return fmt.Errorf("it has over %d attributes", MaxAttributes)
	case len(r.When.All)+len(r.When.Any) > MaxConditions:
		return fmt.Errorf("it has over %d conditions", MaxConditions)
	}
	for name, text := range r.Attributes {
		if name == "" || len(name) > 64 {
			return errors.New("an attribute's name has between 1 and 64 bytes")
		}
		if _, err := parseTemplate(text); err != nil {
			return err
		}
	}
	if _, err := parseTemplate(r.Text); err != nil {
		return err
	}
	for _, c := range append(append([]Condition(nil), r.When.All...), r.When.Any...) {
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Customer) check() error {
	if c.Pointer != "" && c.Kind != "external" && c.Kind != "email" && c.Kind != "phone" {
		return errors.New("a customer's kind is external, email or phone")
	}
	return errors.Join(c.Pointer.check(), c.Name.check())
}

func (s *Set) customer(r *Rule) Customer {
	if r.Customer.Pointer != "" {
		return r.Customer
	}
	return s.Customer
}

func (s *Set) id(r *Rule) Pointer {
	if r.ID != "" {
		return r.ID
	}
	return s.ID
}
