package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxSeenText is how much of a message's text an expression sees, in bytes.
const MaxSeenText = 16 << 10

// MaxSeenOrders is how many orders an expression sees.
const MaxSeenOrders = 500

// SeeContact begins what an expression sees of a contact with what every holder
// of one knows. Of several addresses of a kind the last is the newest.
func SeeContact(id events.ContactID, name string, points []events.Point, attributes map[string]string) *ScopeContact {
	c := &ScopeContact{
		ID: string(id), Name: name, FirstName: firstName(name), Attributes: attributes,
		Points: make([]string, len(points)), Score: -1, Language: language(attributes),
		FirstOrderAt: Never, LastOrderAt: Never, FirstSeen: Never, LastSeen: Never, LastMessageAt: Never, ScoredAt: Never,
	}
	for i, p := range points {
		c.Points[i] = p.Kind + ":" + p.Value
		switch p.Kind {
		case "email":
			c.Email = p.Value
		case "phone":
			c.Phone = p.Value
		}
	}
	return c
}

// firstName is the part of a name that a greeting takes. Where a family name
// comes first and nothing divides it from the rest, that is all of it.
func firstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

func language(attributes map[string]string) string {
	for _, name := range []string{"language", "locale"} {
		if v := attributes[name]; len(v) >= 2 {
			return strings.ToLower(v[:2])
		}
	}
	return ""
}

// LanguageOf guesses from the script of a text: ko, ja or zh, "" for what the
// script does not tell.
func LanguageOf(text string) string {
	han := false
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.Hangul, r):
			return "ko"
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return "ja"
		case unicode.Is(unicode.Han, r):
			han = true
		}
	}
	if han {
		return "zh"
	}
	return ""
}

// SeeOrder is what an expression sees of an order.
func SeeOrder(o *events.Order) ScopeOrder {
	s := ScopeOrder{
		ID: o.ID, Number: o.Number, Shop: o.Shop, At: seen(o.PlacedAt), Currency: o.Currency,
		Refunded: amount(o.Refunded), Payment: o.Payment, Fulfillment: o.Fulfillment, Cancelled: o.CancelledAt != nil,
	}
	if !s.Cancelled {
		s.Total = max(amount(o.Total)-s.Refunded, 0)
	}
	for i := range o.Lines {
		s.Items += o.Lines[i].Quantity
		if sku := o.Lines[i].SKU; sku != "" {
			s.SKUs = append(s.SKUs, sku)
		}
	}
	return s
}

func amount(s string) float64 {
	if len(s) > 40 || strings.Trim(s, "+-.0123456789") != "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return f
}

// SetOrders gives a contact their orders, of which it keeps the newest
// [MaxSeenOrders], and counts and adds up all of them. It sorts the list and owns
// it from then on.
func SetOrders(c *ScopeContact, orders []ScopeOrder) {
	slices.SortFunc(orders, func(a, b ScopeOrder) int {
		if n := b.At.Compare(a.At); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	c.Orders, c.OrdersCount, c.Spent, c.Currency = orders, 0, 0, ""
	by := map[string]int{}
	for i := range orders { // newest first: of equals the first one seen stays
		o := &orders[i]
		if o.Cancelled {
			continue
		}
		if c.OrdersCount == 0 {
			c.LastOrderAt = o.At
		}
		c.FirstOrderAt = o.At
		c.OrdersCount++
		by[o.Currency]++
	}
	most := 0
	for i := range orders {
		if n := by[orders[i].Currency]; n > most {
			most, c.Currency = n, orders[i].Currency
		}
	}
	c.Spent = c.SpentSince(time.Time{})
	if len(c.Orders) > MaxSeenOrders {
		c.Orders = c.Orders[:MaxSeenOrders]
	}
}

// SeeConversation is what an expression sees of a conversation at a moment.
func SeeConversation(c *events.Conversation, now time.Time) *ScopeConversation {
	s := &ScopeConversation{
		ID: string(c.ID), Status: string(c.Status), Subject: c.Subject,
		Channels: c.Channels, Inboxes: texts(c.Inboxes), Queue: string(c.Queue), Team: string(c.Team),
		Assignee: string(c.Assignee), Tags: c.Tags, Priority: c.Priority, Unread: c.Unread,
		CreatedAt: seen(c.CreatedAt), UpdatedAt: seen(c.UpdatedAt), AgeSeconds: since(now, c.CreatedAt),
		WaitingSince: Never, SnoozedUntil: Never, Callback: c.Callback != nil, SurveyScore: -1,
	}
	if n := len(c.Channels); n > 0 {
		s.Channel = c.Channels[n-1]
	}
	if n := len(c.Inboxes); n > 0 {
		s.Inbox = string(c.Inboxes[n-1])
	}
	if c.LastMessage != nil && c.LastMessage.Channel != "" {
		s.Channel = c.LastMessage.Channel
	}
	if c.WaitingSince != nil {
		s.Waiting, s.WaitingSince, s.WaitingSeconds = true, *c.WaitingSince, since(now, *c.WaitingSince)
	}
	if c.Wait != nil {
		s.QueuedSeconds = since(now, c.Wait.Entered)
	}
	if c.SnoozedUntil != nil {
		s.SnoozedUntil = *c.SnoozedUntil
	}
	if c.Survey != nil && c.Survey.Score != nil {
		s.SurveyScore = *c.Survey.Score
	}
	for i := range c.Clocks {
		if c.Clocks[i].Warned {
			s.Warned = append(s.Warned, string(c.Clocks[i].Kind))
		}
		if c.Clocks[i].Breached {
			s.Breached = append(s.Breached, string(c.Clocks[i].Kind))
		}
	}
	return s
}

// SeeMessage is what an expression sees of a message.
func SeeMessage(m *events.Message) *ScopeMessage {
	s := &ScopeMessage{
		ID: string(m.ID), Text: cut(m.Text), Subject: m.Subject, Kind: string(m.Kind), Direction: string(m.Direction),
		Channel: m.Channel, Inbox: string(m.InboxID), Author: m.Author.Kind, AuthorID: m.Author.ID,
		Automatic: m.HasFlag("automatic") || m.HasFlag("bulk"), Flags: m.Flags,
		Attachments: len(m.Attachments), At: seen(m.OccurredAt),
	}
	for i := range m.Attachments {
		s.AttachmentTypes = append(s.AttachmentTypes, m.Attachments[i].Type)
	}
	if m.From != nil {
		s.From, s.Verified = m.From.Value, m.From.Trust == events.Proved
	}
	if m.Call != nil {
		s.CallOutcome = m.Call.Outcome
	}
	return s
}

// SeeFact is what an expression sees of one fact of a decision.
func SeeFact(f *events.Fact, d *events.Decision) *ScopeFact {
	s := &ScopeFact{Type: f.Type, Actor: d.Actor.Kind, ActorID: d.Actor.ID, At: seen(d.At), Score: -1}
	switch b := f.Body.(type) {
	case *events.ConversationOpened:
		s.Reason = b.Reason
	case *events.ConversationReopened:
		s.Reason = b.Reason
	case *events.ConversationResolved:
		s.Reason = b.Reason
	case *events.ConversationWoken:
		s.Reason = b.Reason
	case *events.ConversationAssigned:
		s.Reason = b.Reason
	case *events.ConversationQueued:
		s.Reason = b.Reason
	case *events.ConversationUnqueued:
		s.Reason = b.Reason
	case *events.ConversationPrioritised:
		s.Reason = b.Reason
	case *events.ConversationTagged:
		s.Added, s.Removed = b.Added, b.Removed
	case *events.ContactSegmented:
		s.Added, s.Removed = texts(b.Added), texts(b.Removed)
	case *events.OfferClosed:
		s.Reason, s.Outcome = b.Reason, b.Outcome
	case *events.CallbackClosed:
		s.Reason, s.Outcome = b.Reason, b.Outcome
	case *events.MessageAdded:
		s.Reason = b.Reason
	case *events.MessageStatusChanged:
		s.Status = string(b.Status)
	case *events.ClockStarted:
		s.clock(&b.Clock)
	case *events.ClockPaused:
		s.clock(&b.Clock)
		s.Reason = b.Reason
	case *events.ClockResumed:
		s.clock(&b.Clock)
	case *events.ClockWarned:
		s.clock(&b.Clock)
	case *events.ClockBreached:
		s.clock(&b.Clock)
	case *events.ClockStopped:
		s.clock(&b.Clock)
		s.Outcome = b.Outcome
	case *events.SurveyAsked:
		s.Survey = string(b.Survey.Kind)
	case *events.SurveyAnswered:
		s.Survey, s.Score = string(b.Kind), b.Score
	}
	return s
}

func (s *ScopeFact) clock(c *events.Clock) { s.Clock, s.Policy = string(c.Kind), string(c.Policy) }

// seen is a time as expressions have it.
func seen(t time.Time) time.Time {
	if t.IsZero() {
		return Never
	}
	return t
}

func since(now, then time.Time) int {
	if then.IsZero() || now.Before(then) {
		return 0
	}
	return int(now.Sub(then) / time.Second)
}

func cut(s string) string {
	if len(s) <= MaxSeenText {
		return s
	}
	return strings.ToValidUTF8(s[:MaxSeenText], "")
}

func texts[T ~string](list []T) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = string(list[i])
	}
	return out
}

// NewScope is what there is to see at a moment when nothing else is known: no
// contact, no conversation, no message, no fact, and everything open. Who knows
// more puts it in place of that.
func NewScope(now time.Time) *Scope {
	return &Scope{
		Now:          now.UTC(),
		Contact:      SeeContact("", "", nil, nil),
		Conversation: SeeConversation(new(events.Conversation), now),
		Message:      &ScopeMessage{At: Never},
		Fact:         &ScopeFact{At: Never, Score: -1},
		Hours:        &ScopeHours{Open: true},
	}
}
