package whatsapp

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// message reads what a customer sent; nil keeps it raw.
func (r reader) message(raw json.RawMessage, ps people) *events.Inbound {
	var m message
	if json.Unmarshal(raw, &m) != nil || m.ID == "" {
		return nil
	}
	w := named(m.FromUserID, m.From)
	if m.Type == "system" && m.System != nil {
		return r.system(m, w, ps)
	}
	if w.unknown() {
		return nil
	}
	return r.said(raw, m, w, ps, events.In)
}

// echo reads what was sent from the phone's own app: the customer is its
// receiver.
func (r reader) echo(raw json.RawMessage, ps people) *events.Inbound {
	var m message
	if json.Unmarshal(raw, &m) != nil || m.ID == "" {
		return nil
	}
	w := named(m.ToUserID, m.To)
	if w.unknown() {
		return nil
	}
	return r.said(raw, m, w, ps, events.Out)
}

func (r reader) said(raw json.RawMessage, m message, w who, ps people, direction events.Direction) *events.Inbound {
	sender := r.sender(w, ps)
	about := func(kind events.InboundType, target graph.ID) *events.Inbound {
		if target == "" {
			return nil
		}
		in := r.state(kind, string(m.ID), m.Timestamp, sender)
		in.Target, in.Direction = string(target), direction
		return in
	}
	switch m.Type {
	case "reaction":
		if m.Reaction == nil {
			return nil
		}
		in := about(events.MessageWasReacted, m.Reaction.MessageID)
		if in != nil {
			in.Reaction = &events.Reaction{Emoji: graph.Cut(m.Reaction.Emoji, 64)}
		}
		return in
	case "edit":
		if m.Edit == nil {
			return nil
		}
		in := about(events.MessageWasEdited, m.Edit.Original)
		if in == nil {
			return nil
		}
		if in.Message = m.Edit.Message.read(); in.Message == nil {
			return nil
		}
		return in
	case "revoke":
		if m.Revoke == nil {
			return nil
		}
		return about(events.MessageWasRemoved, m.Revoke.Original)
	}
	in := r.state(events.MessageReceived, string(m.ID), m.Timestamp, sender)
	in.Direction = direction
	if in.Message = m.read(); in.Message != nil && direction == events.In {
		intake.Press(in, m.pressed(), intake.FlagButton)
	}
	if in.Message == nil {
		if !withheld[m.Type] && len(m.Errors) == 0 {
			return nil
		}
		in.Message = &events.ReceivedMessage{Text: graph.Placeholder}
		in.Flags = append(in.Flags, "unsupported")
		in.Raw = &events.Raw{Type: "application/json", Bytes: bytes.Clone(raw), Size: int64(len(raw))}
	}
	r.surroundings(m, in)
	return in
}

// withheld are the types of messages that come without their content: because
// the provider knows none, or because it failed to pass it on.
var withheld = map[string]bool{"unsupported": true, "unknown": true, "interactive": true, "text": true, "image": true, "video": true, "audio": true, "document": true, "sticker": true}

// surroundings are what a message answers and where it came from.
func (r reader) surroundings(m message, in *events.Inbound) {
	in.Message.Thread = string(m.GroupID)
	if m.GroupID != "" {
		in.Flags = append(in.Flags, "group")
	}
	note := func(name, value string) {
		if value == "" {
			return
		}
		if in.Sender.Attributes == nil {
			in.Sender.Attributes = map[string]string{}
		}
		in.Sender.Attributes[name] = graph.Attribute(value)
	}
	if c := m.Context; c != nil {
		if c.ID != "" {
			in.Message.InReplyTo = []string{string(c.ID)}
		}
		if c.Forwarded || c.Often {
			in.Flags = append(in.Flags, "forwarded-message")
		}
		if c.Product != nil {
			note("product", string(c.Product.ProductID))
		}
	}
	if f := m.Referral; f != nil {
		note("referral", f.Headline)
		note("referral_source", f.Source)
		note("referral_url", graph.Link(f.SourceURL))
		note("referral_ad", string(f.SourceID))
		note("referral_click", f.ClickID)
	}
}

// system is a customer who changed their number or user id. The older addresses
// stand in from, or only in the sentence.
func (r reader) system(m message, w who, ps people) *events.Inbound {
	s := m.System
	now := named(s.UserID, s.NewWaID, s.WaID)
	if now.unknown() {
		return nil
	}
	before := w
	for _, word := range strings.Fields(s.Body) {
		found := named(graph.ID(strings.Trim(word, ".,;:\"'()")))
		if found.user != now.user && before.user == "" {
			before.user = found.user
		}
		if len(found.wa) >= 8 && found.wa != now.wa && before.wa == "" {
			before.wa = found.wa
		}
	}
	return r.moved(string(m.ID), m.Timestamp, now, before, ps)
}
