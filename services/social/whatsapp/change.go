package whatsapp

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// change takes one change apart. What is of another number, or of no kind that is
// known, is kept raw.
func (r reader) change(item graph.Item) []*events.Inbound {
	keep := func(flag string) []*events.Inbound {
		return []*events.Inbound{graph.Keep(r.inbox, item, r.received, flag)}
	}
	if in, other := graph.Elsewhere(r.inbox, item, r.number, r.received); other {
		return []*events.Inbound{in}
	}
	if item.Odd != "" {
		return keep(item.Odd)
	}
	var v value
	if json.Unmarshal(item.Value, &v) != nil {
		return keep("malformed")
	}
	if v.Metadata.PhoneNumberID == "" || len(v.Messages)+len(v.Echoes)+len(v.Statuses)+len(v.Preferences)+len(v.IDUpdates)+len(v.Calls)+len(v.Errors) == 0 {
		return keep("change-" + graph.Cut(item.Field, 40)) // news of the account: templates, quality, bans
	}
	ps := readPeople(v.Contacts)
	var out []*events.Inbound
	each := func(list []json.RawMessage, read func(json.RawMessage, people) *events.Inbound) {
		for _, raw := range list {
			in := read(raw, ps)
			if in == nil {
				in = graph.Keep(r.inbox, graph.Item{Account: item.Account, Raw: raw, At: item.At}, r.received, "change-"+graph.Cut(item.Field, 40))
			}
			graph.Tidy(in)
			out = append(out, in)
		}
	}
	each(v.Messages, r.message)
	each(v.Echoes, r.echo)
	each(v.Statuses, r.status)
	each(v.Preferences, r.preference)
	each(v.IDUpdates, r.idUpdate)
	each(v.Calls, r.call)
	if len(v.Calls) == 0 { // a call that failed is stated, and says why by its status
		each(v.Errors, func(json.RawMessage, people) *events.Inbound { return nil })
	}
	return out
}

func (r reader) state(kind events.InboundType, id string, at graph.Stamp, sender events.Sender) *events.Inbound {
	in := graph.State(r.inbox, kind, id, r.received)
	in.OccurredAt, in.Sender = at.Time(r.received), sender
	return in
}

// status is a report on a message of ours. It comes out of order, and read may
// come without delivered.
func (r reader) status(raw json.RawMessage, ps people) *events.Inbound {
	var s status
	if json.Unmarshal(raw, &s) != nil || s.ID == "" {
		return nil
	}
	if s.Status == "deleted" {
		in := r.state(events.MessageWasRemoved, string(s.ID)+":deleted", s.Timestamp, r.sender(named(s.RecipientUserID, s.Recipient, s.Participant), ps))
		in.Target = string(s.ID)
		return in
	}
	known, ok := statuses[s.Status]
	if !ok {
		return nil
	}
	id := string(s.ID) + ":" + s.Status
	if s.Participant != "" {
		id += ":" + string(s.Participant)
	}
	sender := r.sender(named(s.RecipientUserID, s.Recipient, s.Participant), ps)
	in := r.state(events.DeliveryReported, id, s.Timestamp, sender)
	in.Delivery = &events.Delivery{ProviderIDs: []string{string(s.ID)}, Status: known}
	if known == events.StatusFailed && len(s.Errors) > 0 {
		why, _ := s.Errors[0].Meaning()
		in.Delivery.Detail = why.Detail
		if why.Code != "" {
			in.Delivery.Detail = why.Code + ": " + why.Detail
		}
	}
	if message, last, ok := graph.ReadMark(s.Ours); ok {
		in.Delivery.Message = message
		if !last && known != events.StatusFailed {
			in.Delivery.Status = events.StatusSending // one part has come so far, the rest may be missing
		}
	}
	return in
}

// statuses by the provider's word; played is read by ear.
var statuses = map[string]events.Status{
	"sent": events.StatusSent, "delivered": events.StatusDelivered, "read": events.StatusRead, "played": events.StatusRead, "failed": events.StatusFailed,
}

// preference is a customer who wants marketing no more, or again.
func (r reader) preference(raw json.RawMessage, ps people) *events.Inbound {
	var p preference
	if json.Unmarshal(raw, &p) != nil || p.Category != "marketing_messages" || p.Value == "" {
		return nil
	}
	w := named(p.UserID, p.WaID)
	if w.unknown() {
		return nil
	}
	in := r.state(events.ContactWasStated, "preference:"+w.key()+":"+p.Timestamp.String()+":"+graph.Cut(p.Value, 40), p.Timestamp, r.sender(w, ps))
	if in.Sender.Attributes == nil {
		in.Sender.Attributes = map[string]string{}
	}
	in.Sender.Attributes["marketing"] = graph.Attribute(p.Value)
	return in
}

// idUpdate is a customer whose user id changed: both stand in the statement, the
// new one first.
func (r reader) idUpdate(raw json.RawMessage, ps people) *events.Inbound {
	var u idUpdate
	if json.Unmarshal(raw, &u) != nil {
		return nil
	}
	now, before := named(u.UserID.Current, u.WaID), named(u.UserID.Previous)
	if now.user == "" || before.user == "" {
		return nil
	}
	return r.moved("user-id:"+now.user, u.Timestamp, now, before, ps)
}

func (r reader) moved(id string, at graph.Stamp, now, before who, ps people) *events.Inbound {
	sender := r.sender(now, ps)
	for _, p := range before.points(r.number) {
		if !has(sender.Points, p) {
			sender.Points = append(sender.Points, p)
		}
	}
	in := r.state(events.ContactWasStated, id, at, sender)
	in.Flags = []string{"address-changed"}
	return in
}

func has(points []events.Point, p events.Point) bool {
	for _, q := range points {
		if q.Key() == p.Key() {
			return true
		}
	}
	return false
}

// call is a voice call that has ended. One that is ringing is kept raw: there is
// nobody here to take it.
func (r reader) call(raw json.RawMessage, ps people) *events.Inbound {
	var c call
	if json.Unmarshal(raw, &c) != nil || c.ID == "" || c.Event != "terminate" {
		return nil
	}
	direction, w := events.In, named(c.FromUserID, c.From)
	if c.Direction == "BUSINESS_INITIATED" {
		direction, w = events.Out, named(c.ToUserID, c.To)
	}
	if w.unknown() {
		return nil
	}
	in := r.state(events.CallLogged, string(c.ID), c.Timestamp, r.sender(w, ps))
	in.Direction = direction
	ended := c.End.Time(in.OccurredAt)
	in.Call = &events.Call{Direction: direction, Outcome: "missed", TalkS: int(min(c.Duration, 7*24*3600)), EndedAt: ended}
	if w.wa != "" && direction == events.In {
		in.Call.From = phone(w.wa)
	} else if w.wa != "" {
		in.Call.To = phone(w.wa)
	}
	if start := c.Start.Time(time.Time{}); !start.IsZero() {
		in.Call.StartedAt, in.Call.AnsweredAt = &start, &start
	}
	switch status := bytes.ToUpper([]byte(c.Status)); {
	case string(status) == "COMPLETED" && c.Duration > 0:
		in.Call.Outcome = "answered"
	case string(status) == "REJECTED":
		in.Call.Outcome = "rejected"
	case direction == events.Out:
		in.Call.Outcome = "failed"
	}
	return in
}
