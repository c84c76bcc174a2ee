package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Bounds on what one contact's record holds; the newest are kept. Facts beyond
// them stay in the log.
const (
	MaxPoints      = 500
	MaxMerged      = 500
	MaxSuggestions = 100
	MaxOrders      = 50
)

// Contact is a contact as its page shows it, but for what belongs to others
// (their names, its conversations), which is looked up when asked.
type Contact struct {
	ID          events.ContactID  `json:"id"`
	Name        string            `json:"name,omitempty"`
	Points      []events.Point    `json:"points,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
	Note        string            `json:"note,omitempty"`
	Merged      []Merged          `json:"merged,omitempty"`
	MergedInto  events.ContactID  `json:"merged_into,omitempty"`
	Suggestions []Suggestion      `json:"suggestions,omitempty"`
	// Dismissed are contacts about whom a person has said no.
	Dismissed []events.ContactID `json:"dismissed,omitempty"`
	// Orders are what the contact bought, the newest first.
	Orders    []queries.ContactOrder `json:"orders,omitempty"`
	Segments  []events.SegmentID     `json:"segments,omitempty"`
	ErasedAt  *time.Time             `json:"erased_at,omitempty"`
	CreatedAt time.Time              `json:"created_at"`
	UpdatedAt time.Time              `json:"updated_at"`
}

// Merged is a contact that was folded in.
type Merged struct {
	ID        events.ContactID `json:"id"`
	Reason    string           `json:"reason,omitempty"`
	Automatic bool             `json:"automatic,omitempty"`
	At        time.Time        `json:"at"`
}

// Suggestion is a doubtful match.
type Suggestion struct {
	Other  events.ContactID `json:"other"`
	Point  events.Point     `json:"point"`
	Reason string           `json:"reason,omitempty"`
	At     time.Time        `json:"at"`
}

// ConcernsContact says whether a fact changes a contact's record.
func ConcernsContact(body events.Body) bool {
	switch body.(type) {
	case *events.ContactCreated, *events.ContactPointAdded, *events.ContactPointRemoved, *events.ContactUpdated,
		*events.ContactMerged, *events.ContactMergeReversed, *events.MergeSuggested, *events.SuggestionDismissed,
		*events.OrderStated, *events.ContactErased, *events.ContactSegmented:
		return true
	}
	return false
}

// Apply changes the contact by one fact of a decision about it, and reports
// whether the fact was one that does. The other side of a merge is a decision
// of its own, in the other contact's shard.
func (c *Contact) Apply(d *events.Decision, body events.Body) bool {
	switch f := body.(type) {
	case *events.ContactCreated:
		c.Name = f.Name
		for _, p := range f.Points {
			c.addPoint(p)
		}
		c.setAttributes(f.Attributes)
	case *events.ContactPointAdded:
		c.addPoint(f.Point)
	case *events.ContactPointRemoved:
		c.removePoint(f.Point)
	case *events.ContactUpdated:
		if f.Name != nil {
			c.Name = *f.Name
		}
		if f.Note != "" {
			c.Note = f.Note
		}
		c.setAttributes(f.Attributes)
	case *events.ContactMerged:
		c.merge(d, f)
	case *events.ContactMergeReversed:
		c.unmerge(f)
	case *events.MergeSuggested:
		c.suggest(d, f)
	case *events.SuggestionDismissed:
		c.dropSuggestion(f.Other)
		if !slices.Contains(c.Dismissed, f.Other) {
			c.Dismissed = newest(append(c.Dismissed, f.Other), MaxSuggestions)
		}
	case *events.OrderStated:
		c.Orders = PutOrder(c.Orders, queries.ContactOrder{Inbox: f.Inbox, Order: f.Order, Seq: d.Seq})
	case *events.ContactErased:
		c.Erase(d, f)
	case *events.ContactSegmented:
		c.Segments = f.Segments
	default:
		return false
	}
	if c.CreatedAt.IsZero() {
		c.CreatedAt = d.At.UTC()
	}
	c.UpdatedAt = d.At.UTC()
	return true
}

// PutOrder puts an order as it is now into a list of them, the newest first and
// [MaxOrders] at most. Of two statements of one order the newer stands, and a
// statement in part adds to the whole one that it is not older than, whichever
// of the two came first.
func PutOrder(list []queries.ContactOrder, o queries.ContactOrder) []queries.ContactOrder {
	list = slices.Clone(list)
	same := func(x queries.ContactOrder) bool { return x.Inbox == o.Inbox && x.Order.ID == o.Order.ID }
	if at := slices.IndexFunc(list, same); at >= 0 {
		joined, news := joinOrders(list[at], o)
		if !news {
			return list
		}
		list, o = slices.Delete(list, at, at+1), joined
	}
	list = append(list, o)
	slices.SortStableFunc(list, func(a, b queries.ContactOrder) int {
		return cmp.Or(b.Order.PlacedAt.Compare(a.Order.PlacedAt), cmp.Compare(a.Inbox, b.Inbox), cmp.Compare(a.Order.ID, b.Order.ID))
	})
	return list[:min(len(list), MaxOrders)]
}

// joinOrders makes one of what is known of an order and a further statement; news
// is false where the statement says nothing that is not known.
func joinOrders(known, later queries.ContactOrder) (joined queries.ContactOrder, news bool) {
	whole, part := known, later
	if known.Order.Part {
		whole, part = later, known
	}
	older := part.Order.UpdatedAt.Before(whole.Order.UpdatedAt)
	switch {
	case known.Order.Part == later.Order.Part && !known.Order.Part: // two whole ones
		return later, !known.Order.UpdatedAt.After(later.Order.UpdatedAt)
	case known.Order.Part != later.Order.Part && older:
		return whole, known.Order.Part
	}
	joined = whole
	joined.Order, joined.Seq = whole.Order.Amended(part.Order), max(whole.Seq, part.Seq)
	return joined, true
}

// ErasesAll says whether the demand was for everything, words of messages too.
func ErasesAll(f *events.ContactErased) bool { return slices.Contains(f.What, "*") }

// Erase deletes what was demanded. It serves the contact of the fact and those
// folded into it.
func (c *Contact) Erase(d *events.Decision, f *events.ContactErased) {
	all := ErasesAll(f)
	if all || slices.Contains(f.What, "name") {
		c.Name = ""
	}
	for k := range c.Attributes {
		if all || slices.ContainsFunc(f.What, func(what string) bool { return k == what || strings.HasPrefix(k, what+"_") }) {
			delete(c.Attributes, k)
		}
	}
	for _, p := range f.Points {
		c.removePoint(p)
		c.Suggestions = slices.DeleteFunc(c.Suggestions, func(s Suggestion) bool { return s.Point.Key() == p.Key() })
	}
	if all {
		c.Note, c.Orders, c.Suggestions = "", nil, nil
	}
	at := d.At.UTC()
	c.ErasedAt = &at
}

// Hidden says whether lists and search leave the contact out: it was folded into
// another, or everything that could name it was erased.
func (c *Contact) Hidden() bool {
	return c.MergedInto != "" || c.ErasedAt != nil && c.Name == "" && len(c.Points) == 0
}

func (c *Contact) addPoint(p events.Point) {
	key := p.Key()
	for i := range c.Points {
		if c.Points[i].Key() == key {
			if !c.Points[i].Trust.AtLeast(p.Trust) {
				c.Points[i].Trust = p.Trust
			}
			return
		}
	}
	c.Points = newest(append(c.Points, p), MaxPoints)
}

func (c *Contact) removePoint(p events.Point) {
	key := p.Key()
	c.Points = slices.DeleteFunc(c.Points, func(have events.Point) bool { return have.Key() == key })
}

func (c *Contact) setAttributes(set map[string]string) {
	for k, v := range set {
		if v == "" {
			delete(c.Attributes, k)
			continue
		}
		if c.Attributes == nil {
			c.Attributes = map[string]string{}
		}
		c.Attributes[k] = v
	}
}

// merge is told to both sides: Into gains what From loses.
func (c *Contact) merge(d *events.Decision, f *events.ContactMerged) {
	switch c.ID {
	case f.Into:
		for _, p := range f.Points {
			c.addPoint(p)
		}
		c.dropMerged(f.From)
		c.Merged = newest(append(c.Merged, Merged{f.From, f.Reason, f.Automatic, d.At.UTC()}), MaxMerged)
		c.dropSuggestion(f.From)
	case f.From:
		for _, p := range f.Points {
			c.removePoint(p)
		}
		c.MergedInto, c.Segments = f.Into, nil
		c.dropSuggestion(f.Into)
	}
}

func (c *Contact) unmerge(f *events.ContactMergeReversed) {
	switch c.ID {
	case f.Into:
		for _, p := range f.Points {
			c.removePoint(p)
		}
		c.dropMerged(f.From)
	case f.From:
		for _, p := range f.Points {
			c.addPoint(p)
		}
		c.MergedInto = ""
	}
}

func (c *Contact) dropMerged(id events.ContactID) {
	c.Merged = slices.DeleteFunc(c.Merged, func(m Merged) bool { return m.ID == id })
}

func (c *Contact) suggest(d *events.Decision, f *events.MergeSuggested) {
	if f.Other == c.ID || slices.Contains(c.Dismissed, f.Other) {
		return
	}
	c.dropSuggestion(f.Other)
	c.Suggestions = newest(append(c.Suggestions, Suggestion{f.Other, f.Point, f.Reason, d.At.UTC()}), MaxSuggestions)
}

func (c *Contact) dropSuggestion(other events.ContactID) {
	c.Suggestions = slices.DeleteFunc(c.Suggestions, func(s Suggestion) bool { return s.Other == other })
}

func newest[T any](s []T, most int) []T {
	if len(s) > most {
		return slices.Delete(s, 0, len(s)-most)
	}
	return s
}
