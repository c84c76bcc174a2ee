package work

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/automation/opening"
	"github.com/tributary-inbox/tributary/services/automation/people"
)

// Setting is a value in the bucket of settings, reduced to what rules see of it. It
// keeps no address, password or secret.
type Setting struct {
	hours    config.HoursID    // of a queue
	calendar *opening.Calendar // of hours of business
	name     string            // of an agent
	disabled bool              // an agent
}

// DecodeSetting reads an entry of the bucket of settings; it is for feed.Open over
// the bucket's log. What rules do not see is left out.
var DecodeSetting = kv.Changes(events.ConfigBucket, readSetting, config.KindQueue, config.KindHours, config.KindAgent)

func readSetting(kind string, data []byte) (s Setting, err error) {
	switch kind {
	case config.KindQueue:
		var q config.Queue
		err = json.Unmarshal(data, &q)
		s.hours = q.Hours
	case config.KindHours:
		var h config.Hours
		if err = json.Unmarshal(data, &h); err == nil {
			s.calendar, _ = opening.Read(h) // hours that cannot be read are none, as they are now
		}
	case config.KindAgent:
		var a config.Agent
		err = json.Unmarshal(data, &a)
		s.name, s.disabled = a.Name, a.Disabled
	}
	return s, err
}

// Customers is what is known of customers as of a place in the log that moves on. It
// is for one goroutine.
type Customers interface {
	// Begins is the place after which everything must be told, in order.
	Begins() uint64
	// Tell moves the place on; an error means that nothing more can be known.
	Tell(*events.Decision) error
	// Contact is what expressions see of somebody, or of the one they were folded
	// into; nil for who is not known. It is good until Tell is called. The doubt says
	// where they are not told as they stood.
	Contact(events.ContactID) (*config.ScopeContact, people.Doubt, error)
}

// onlyNow are customers of whom nothing is known but how they are now.
type onlyNow struct {
	place uint64
	now   func(events.ContactID) (*config.ScopeContact, bool)
	at    time.Time
}

func (o onlyNow) Begins() uint64              { return o.place }
func (o onlyNow) Tell(*events.Decision) error { return nil }

func (o onlyNow) Contact(id events.ContactID) (*config.ScopeContact, people.Doubt, error) {
	c, _ := o.now(id)
	return c, people.Doubt{What: queries.UnknownCustomers, Until: o.at}, nil
}

// maxUnknown bounds what one answer names; the rest is in doubt all the same.
const maxUnknown = 50

// bygone is what cases of the past are seen in: the settings and the customers as
// they stood at each. It notes where it had to take something else. It is for one
// goroutine.
type bygone struct {
	settings *kv.Past[Setting]
	people   Customers // nil where the rule does not look at them
	allHours bool      // the rule looks at hours that are not the queue's

	doubts  map[doubt]*queries.DryRunUnknown
	doubted map[doubt]bool // at the decision that is looked at
	err     error          // what is known of customers broke off
}

// doubt names what is not known any more.
type doubt struct{ what, id string }

// next begins with another decision.
func (b *bygone) next(d *events.Decision) error {
	clear(b.doubted)
	if b.people == nil {
		return b.err
	}
	if err := b.people.Tell(d); err != nil {
		b.err = err
	}
	return b.err
}

// unsure notes that something is not known as it stood, but only as it stood later.
func (b *bygone) unsure(what, id string, later time.Time) {
	key := doubt{what, id}
	if b.doubted[key] {
		return
	}
	b.doubted[key] = true
	u := b.doubts[key]
	if u == nil {
		u = &queries.DryRunUnknown{What: what, ID: id, Until: later.UTC()}
		b.doubts[key] = u
	}
	u.Facts++
	if later.After(u.Until) {
		u.Until = later.UTC()
	}
}

// unknown is all that was in doubt, what most facts depend on first.
func (b *bygone) unknown() []queries.DryRunUnknown {
	var out []queries.DryRunUnknown
	for _, u := range b.doubts {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(x, y queries.DryRunUnknown) int {
		return cmp.Or(cmp.Compare(y.Facts, x.Facts), cmp.Compare(x.What, y.What), cmp.Compare(x.ID, y.ID))
	})
	return out[:min(len(out), maxUnknown)]
}

func (b *bygone) customer(_ context.Context, id events.ContactID, _ uint64) *config.ScopeContact {
	if b.people == nil || b.err != nil {
		return nil
	}
	c, doubt, err := b.people.Contact(id)
	if err != nil {
		b.err = err
		return nil
	}
	if doubt.What != "" {
		b.unsure(doubt.What, "", doubt.Until)
	}
	return c
}

func (b *bygone) hours(queue events.QueueID, at time.Time) *config.ScopeHours {
	out := &config.ScopeHours{Open: true}
	for _, id := range b.settings.IDs(config.KindHours) {
		if c := b.calendar(id, at, b.allHours); c != nil && c.Open(at) {
			out.OpenIDs = append(out.OpenIDs, id)
		}
	}
	// A conversation stood in the queue, so there was one.
	is, how := b.settings.Then(config.KindQueue, string(queue), at)
	if how == kv.Forgotten {
		b.unsure(config.KindQueue, string(queue), is.At)
	}
	if is == nil || is.Removed || is.Value.hours == "" {
		return out
	}
	if c := b.calendar(string(is.Value.hours), at, true); c != nil {
		out.Open = c.Open(at)
	}
	return out
}

// calendar are hours as they were at a time, nil where there were none.
func (b *bygone) calendar(id string, at time.Time, matters bool) *opening.Calendar {
	is, how := b.settings.Then(config.KindHours, id, at)
	if how == kv.Unmade {
		return nil
	}
	if how == kv.Forgotten && matters {
		b.unsure(config.KindHours, id, is.At)
	}
	return is.Value.calendar // nil where they were removed
}

func (b *bygone) agent(id events.AgentID, at time.Time) string {
	is, how := b.settings.Then(config.KindAgent, string(id), at)
	if how == kv.Forgotten {
		b.unsure(config.KindAgent, string(id), is.At)
	}
	if is == nil || is.Removed {
		return ""
	}
	return is.Value.name
}

// gone is the kind of what an action names where that had been taken away by a time;
// empty where it was there. What was made later is taken as there: whoever tries a
// rule over a new queue asks what it would have done, had there been that queue.
func (b *bygone) gone(do *config.Action, at time.Time) string {
	switch {
	case do.Do == config.DoTransfer && do.Queue != "":
		if is := b.named(config.KindQueue, string(do.Queue), at); is == nil {
			return config.KindQueue
		}
	case do.Do == config.DoAssign && do.Agent != "":
		if is := b.named(config.KindAgent, string(do.Agent), at); is == nil || is.disabled {
			return config.KindAgent
		}
	}
	return ""
}

func (b *bygone) named(kind, id string, at time.Time) *Setting {
	is, how := b.settings.Then(kind, id, at)
	if how == kv.Forgotten {
		b.unsure(kind, id, is.At)
	}
	if is == nil || is.Removed {
		return nil
	}
	return &is.Value
}
