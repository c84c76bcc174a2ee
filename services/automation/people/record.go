package people

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Bounds of one record; of orders the newest are kept.
const (
	maxOrders = 1000
	maxMerged = 500
)

// Record is what is remembered of one contact, as the facts about it say.
type Record struct {
	ID         events.ContactID   `json:"id"`
	Name       string             `json:"name,omitempty"`
	Points     []events.Point     `json:"points,omitempty"`
	Attributes map[string]string  `json:"attributes,omitempty"`
	Merged     []events.ContactID `json:"merged,omitempty"`
	MergedInto events.ContactID   `json:"merged_into,omitempty"`
	Orders     []Order            `json:"orders,omitempty"`
	Segments   []events.SegmentID `json:"segments,omitempty"`
	// Segmented is the place in the log where the segments were last said.
	Segmented uint64                  `json:"segmented,omitempty"`
	Opened    int                     `json:"opened,omitempty"`
	Live      []events.ConversationID `json:"live,omitempty"`
	Messages  int                     `json:"messages,omitempty"`
	// Language is guessed from what they wrote last.
	Language  string    `json:"language,omitempty"`
	FirstSeen time.Time `json:"first_seen,omitzero"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
	LastWrote time.Time `json:"last_wrote,omitzero"`
	Score     *int      `json:"score,omitempty"`
	ScoredAt  time.Time `json:"scored_at,omitzero"`
}

// Order is what is kept of an order, and the inbox that stated it.
type Order struct {
	Inbox events.InboxID `json:"inbox"`
	events.Order
}

// news is how much there is new to see of a contact.
type news int

// Talk is that they wrote, or that a conversation began or ended; all else is
// plain news.
const (
	none news = iota
	talk
	plain
)

// apply changes the record by one fact of a decision about it.
func (r *Record) apply(d *events.Decision, body events.Body) news {
	switch f := body.(type) {
	case *events.ContactCreated:
		r.Name, r.Points = f.Name, slices.Clone(f.Points)
		r.set(f.Attributes)
	case *events.ContactPointAdded:
		r.addPoint(f.Point)
	case *events.ContactPointRemoved:
		r.dropPoint(f.Point)
	case *events.ContactUpdated:
		if f.Name != nil {
			r.Name = *f.Name
		}
		r.set(f.Attributes)
	case *events.ContactMerged:
		r.merge(f)
	case *events.ContactMergeReversed:
		r.unmerge(f)
	case *events.ContactSegmented:
		r.Segments, r.Segmented = f.Segments, d.Seq
	case *events.ContactErased:
		r.erase(f)
	case *events.OrderStated:
		r.putOrder(Order{f.Inbox, f.Order})
		r.heard(d.At)
	case *events.ConversationOpened:
		r.Opened++
		return talk
	case *events.SurveyAnswered:
		score := f.Score
		r.Score, r.ScoredAt = &score, d.At.UTC()
		r.heard(d.At)
	case *events.MessageAdded:
		return r.message(&f.Message, d.At)
	default:
		return none
	}
	if r.FirstSeen.IsZero() {
		r.FirstSeen = d.At.UTC()
	}
	return plain
}

// message counts what the customer wrote or called about; machines do not speak
// for them.
func (r *Record) message(m *events.Message, at time.Time) news {
	if m.Direction != events.In || m.HasFlag("automatic") || m.HasFlag("bulk") {
		return none
	}
	r.Messages++
	if at := m.OccurredAt.UTC(); at.After(r.LastWrote) {
		r.LastWrote = at
	}
	if lang := config.LanguageOf(m.Text); lang != "" {
		r.Language = lang
	}
	r.heard(at)
	return talk
}

func (r *Record) heard(at time.Time) {
	if at = at.UTC(); at.After(r.LastSeen) {
		r.LastSeen = at
	}
}

// row keeps the list of conversations under way.
func (r *Record) row(c *events.Conversation) news {
	live := (c.Status == events.Open || c.Status == events.Snoozed) && c.Contact.ID == r.ID
	at := slices.Index(r.Live, c.ID)
	switch {
	case live && at < 0:
		r.Live = append(r.Live, c.ID)
	case !live && at >= 0:
		r.Live = slices.Delete(r.Live, at, at+1)
	default:
		return none
	}
	return talk
}

func (r *Record) set(attributes map[string]string) {
	for k, v := range attributes {
		if v == "" {
			delete(r.Attributes, k)
			continue
		}
		if r.Attributes == nil {
			r.Attributes = map[string]string{}
		}
		r.Attributes[k] = v
	}
}

func (r *Record) addPoint(p events.Point) {
	for i := range r.Points {
		if r.Points[i].Key() == p.Key() {
			if !r.Points[i].Trust.AtLeast(p.Trust) {
				r.Points[i].Trust = p.Trust
			}
			return
		}
	}
	r.Points = append(r.Points, p)
}

func (r *Record) dropPoint(p events.Point) {
	r.Points = slices.DeleteFunc(r.Points, func(have events.Point) bool { return have.Key() == p.Key() })
}

// merge is told to both sides; what was said of the segments of the one that goes
// is gone with it.
func (r *Record) merge(f *events.ContactMerged) {
	if r.ID == f.From {
		r.MergedInto, r.Points, r.Live, r.Segments = f.Into, nil, nil, nil
		return
	}
	for _, p := range f.Points {
		r.addPoint(p)
	}
	if !slices.Contains(r.Merged, f.From) && len(r.Merged) < maxMerged {
		r.Merged = append(r.Merged, f.From)
	}
}

func (r *Record) unmerge(f *events.ContactMergeReversed) {
	for _, p := range f.Points {
		if r.ID == f.From {
			r.addPoint(p)
		} else {
			r.dropPoint(p)
		}
	}
	if r.ID == f.From {
		r.MergedInto = ""
		return
	}
	r.Merged = slices.DeleteFunc(r.Merged, func(id events.ContactID) bool { return id == f.From })
	r.Live = slices.DeleteFunc(r.Live, func(id events.ConversationID) bool { return slices.Contains(f.Conversations, id) })
}

func (r *Record) erase(f *events.ContactErased) {
	all := slices.Contains(f.What, "*")
	if all || slices.Contains(f.What, "name") {
		r.Name = ""
	}
	for k := range r.Attributes {
		if all || slices.ContainsFunc(f.What, func(what string) bool { return k == what || strings.HasPrefix(k, what+"_") }) {
			delete(r.Attributes, k)
		}
	}
	for _, p := range f.Points {
		r.dropPoint(p)
	}
	if all {
		r.Orders, r.Score, r.ScoredAt = nil, nil, time.Time{}
	}
}

// putOrder keeps an order as it is by now; see [events.Order.Restated].
func (r *Record) putOrder(o Order) {
	o.Order = slim(o.Order)
	at := slices.IndexFunc(r.Orders, func(have Order) bool { return have.Inbox == o.Inbox && have.ID == o.ID })
	if at < 0 {
		r.Orders = append(r.Orders, o)
		if len(r.Orders) > maxOrders {
			oldest := 0
			for i := range r.Orders {
				if r.Orders[i].PlacedAt.Before(r.Orders[oldest].PlacedAt) {
					oldest = i
				}
			}
			r.Orders = slices.Delete(r.Orders, oldest, oldest+1)
		}
		return
	}
	r.Orders[at].Order = r.Orders[at].Restated(o.Order)
}

// slim leaves out what no expression sees.
func slim(o events.Order) events.Order {
	o.URL, o.Tracking = "", nil
	lines := make([]events.OrderLine, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = events.OrderLine{SKU: l.SKU, Quantity: l.Quantity}
	}
	o.Lines = lines
	return o
}
