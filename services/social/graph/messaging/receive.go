package messaging

import (
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// Reader turns items into statements. Kind is the channel's name and that of its
// addresses, which mean something for Account only: the id of the page or the
// professional account.
type Reader struct {
	Kind    string
	Account string
	// Change reads an item of the list changes; nil, or what returns nil, keeps it
	// raw.
	Change func(config.Inbox, graph.Item, time.Time) *events.Inbound
}

// Read makes one statement of every item, in the order of the envelope.
func (r Reader) Read(inbox config.Inbox, items []graph.Item, received time.Time) []*events.Inbound {
	out := make([]*events.Inbound, 0, len(items))
	for _, it := range items {
		in := r.one(inbox, it, received)
		graph.Tidy(in)
		out = append(out, in)
	}
	return out
}

func (r Reader) one(inbox config.Inbox, it graph.Item, received time.Time) *events.Inbound {
	if in, other := graph.Elsewhere(inbox, it, r.Account, received); other {
		return in
	}
	switch {
	case it.Odd != "":
		return graph.Keep(inbox, it, received, it.Odd)
	case string(it.Account) != r.Account: // none is named
		return graph.Keep(inbox, it, received, channel.FlagForeign)
	case it.List == "changes":
		if r.Change != nil {
			if in := r.Change(inbox, it, received); in != nil {
				return in
			}
		}
		return graph.Keep(inbox, it, received, "change-"+graph.Cut(it.Field, 40))
	}
	var m item
	if json.Unmarshal(it.Value, &m) != nil {
		return graph.Keep(inbox, it, received, "malformed")
	}
	in := r.state(inbox, m, received)
	if in == nil {
		return graph.Keep(inbox, it, received)
	}
	if it.List == "standby" {
		in.Flags = append(in.Flags, "standby") // another app holds the talk
	}
	at := received
	if !it.At.IsZero() {
		at = it.At
	}
	in.OccurredAt = m.Timestamp.Time(at)
	return in
}

// state reads an item; nil means that it is to be kept raw.
func (r Reader) state(inbox config.Inbox, m item, received time.Time) *events.Inbound {
	customer := m.Sender.ID
	if string(customer) == r.Account {
		customer = m.Recipient.ID
	}
	if customer == "" || string(customer) == r.Account {
		return nil
	}
	b := builder{Reader: r, inbox: inbox, customer: customer, at: m.Timestamp, received: received}
	switch {
	case m.Message != nil:
		return b.message(m.Message)
	case m.Postback != nil:
		return b.postback(m.Postback)
	case m.Edit != nil:
		return b.edit(m.Edit)
	case m.Reaction != nil:
		return b.reaction(m.Reaction)
	case m.Read != nil:
		return b.read(m.Read)
	case m.Delivery != nil:
		return b.delivery(m.Delivery)
	case m.Referral != nil:
		return b.stated("referral", m.Referral.attributes())
	case m.Optin != nil:
		return b.stated("optin", attributes("optin", m.Optin.Ref, "optin_type", m.Optin.Type, "optin_payload", m.Optin.Payload))
	case m.Linking != nil:
		return b.stated("account_linking", attributes("account_linking", m.Linking.Status))
	case m.Passed != nil:
		return b.stated("thread", attributes("thread_control", "passed", "thread_app", string(m.Passed.New)))
	case m.Taken != nil:
		return b.stated("thread", attributes("thread_control", "taken", "thread_app", string(m.Taken.Previous)))
	case m.Asked != nil:
		return b.stated("thread", attributes("thread_control", "requested", "thread_app", string(m.Asked.Requested)))
	}
	return nil
}

// builder makes the statements of one item.
type builder struct {
	Reader
	inbox    config.Inbox
	customer graph.ID
	at       graph.Stamp
	received time.Time
}

func (b builder) make(kind events.InboundType, id string) *events.Inbound {
	in := graph.State(b.inbox, kind, id, b.received)
	in.Sender.Points = []events.Point{{Kind: b.Kind, Value: string(b.customer), Scope: b.Account, Trust: events.Proved}}
	return in
}

func (b builder) edit(e *edit) *events.Inbound {
	if e.MID == "" {
		return nil
	}
	in := b.make(events.MessageWasEdited, string(e.MID)+":"+e.Num.String())
	in.Target = string(e.MID)
	in.Message = &events.ReceivedMessage{Text: e.Text}
	return in
}

// emoji are the pictures of reactions that older versions name by a word only.
var emoji = map[string]string{
	"like": "👍", "dislike": "👎", "love": "❤️", "smile": "😆", "haha": "😆", "wow": "😮", "sad": "😢", "angry": "😠",
}

func (b builder) reaction(r *reaction) *events.Inbound {
	if r.MID == "" {
		return nil
	}
	in := b.make(events.MessageWasReacted, string(r.MID)+":"+string(b.customer)+":"+graph.Cut(r.Action, 20)+":"+b.at.String())
	in.Target = string(r.MID)
	in.Reaction = &events.Reaction{}
	if r.Action != "unreact" {
		in.Reaction.Emoji = graph.Cut(r.Emoji, 64)
		if in.Reaction.Emoji == "" {
			in.Reaction.Emoji = emoji[r.Reaction]
		}
		if in.Reaction.Emoji == "" {
			in.Reaction.Emoji = "👍" // reactions of the kind "other" come without a picture
		}
	}
	return in
}

func (b builder) read(r *read) *events.Inbound {
	if r.MID != "" {
		in := b.make(events.DeliveryReported, "read:"+string(r.MID))
		in.Delivery = &events.Delivery{ProviderIDs: []string{string(r.MID)}, Status: events.StatusRead}
		return in
	}
	until := r.Watermark.Time(time.Time{})
	if until.IsZero() {
		return nil
	}
	in := b.make(events.DeliveryReported, "read:"+string(b.customer)+":"+r.Watermark.String())
	in.Delivery = &events.Delivery{Status: events.StatusRead, Until: &until}
	return in
}

// delivery has no time of its own; the watermark stands in for it in the id. The
// ids are preferred: a watermark says the same less exactly.
func (b builder) delivery(d *delivery) *events.Inbound {
	ids := make([]string, 0, len(d.MIDs))
	for _, mid := range d.MIDs {
		if mid != "" {
			ids = append(ids, string(mid))
		}
	}
	until := d.Watermark.Time(time.Time{})
	if len(ids) > 0 {
		in := b.make(events.DeliveryReported, graph.Digest("delivered", append([]string{string(b.customer), d.Watermark.String()}, ids...)...))
		in.Delivery = &events.Delivery{ProviderIDs: ids, Status: events.StatusDelivered}
		return in
	}
	if until.IsZero() {
		return nil
	}
	in := b.make(events.DeliveryReported, "delivered:"+string(b.customer)+":"+d.Watermark.String())
	in.Delivery = &events.Delivery{Status: events.StatusDelivered, Until: &until}
	return in
}

// stated says something of the customer without a message. Nothing to say keeps
// the item raw.
func (b builder) stated(what string, said map[string]string) *events.Inbound {
	if len(said) == 0 {
		return nil
	}
	in := b.make(events.ContactWasStated, what+":"+string(b.customer)+":"+b.at.String())
	in.Sender.Attributes = said
	return in
}

func (r *referral) attributes() map[string]string {
	if r == nil {
		return nil
	}
	return attributes("referral", r.Ref, "referral_source", r.Source, "referral_type", r.Type, "referral_ad", string(r.AdID))
}

// attributes pairs names and values and leaves out what is empty.
func attributes(pairs ...string) map[string]string {
	var out map[string]string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[pairs[i]] = graph.Attribute(pairs[i+1])
		}
	}
	return out
}
