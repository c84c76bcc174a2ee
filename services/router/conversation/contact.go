package conversation

import (
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Bounds of what agents write on a contact's page.
const (
	MaxName       = 256
	MaxAttributes = 64
	MaxAttribute  = 1024
)

// Rename sets name and attributes; an attribute set to "" is removed. The name is
// cleaned; the caller's stays as it is.
func (d *Draft) Rename(name *string, attributes map[string]string) *commands.Problem {
	if name != nil && (len(*name) > MaxName || !utf8.ValidString(*name)) {
		return refuse(commands.Invalid, "a name is at most 256 bytes of UTF-8")
	}
	if name != nil {
		clean := events.CleanName(*name)
		name = &clean
	}
	if len(attributes) > MaxAttributes {
		return refuse(commands.Invalid, "at most 64 attributes")
	}
	for k, v := range attributes {
		if k == "" || len(k) > 64 || len(v) > MaxAttribute || !utf8.ValidString(k+v) {
			return refuse(commands.Invalid, "an attribute has a name of 1 to 64 bytes and a value of at most 1024")
		}
	}
	if name != nil || len(attributes) > 0 {
		d.add(&events.ContactUpdated{Name: name, Attributes: attributes})
	}
	return nil
}

// RemovePoint takes an address away. A contact keeps at least one.
func (d *Draft) RemovePoint(p events.Point, reason string) *commands.Problem {
	c, ok := d.World().Contact(d.Subject())
	if !ok {
		return refuse(commands.NotFound, "no such contact")
	}
	held, has := c.Holds(p.Key())
	if !has {
		return nil
	}
	if len(c.Points) == 1 {
		return refuse(commands.Invalid, "a contact keeps at least one address")
	}
	d.add(&events.ContactPointRemoved{Point: held, Reason: reason})
	return nil
}

// Dismiss takes a suggestion off the screen for good.
func (d *Draft) Dismiss(other events.ContactID) *commands.Problem {
	d.add(&events.SuggestionDismissed{Other: other})
	return nil
}
