package navertalk

import (
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// erasable maps Naver's names of what a user withdraws to those of an Erasure.
var erasable = map[string]string{"nickname": "name", "cellphone": "phone", "address": "address"}

// profile is what the user agreed to tell us, or takes back. What is taken back
// must be deleted by Naver's terms; a name that is not known here deletes
// everything, because too much is the safe side.
func (r reading) profile() *events.Inbound {
	p := &r.e.Options.profile
	switch p.Result {
	case "WITHDRAW":
		in := r.begin(events.ContactWasErased)
		in.Erasure = &events.Erasure{Reason: "withdrawn in Naver TalkTalk"}
		for _, name := range p.Withdrawals {
			what, ok := erasable[name]
			if !ok {
				what = "*"
			}
			in.Erasure.What = append(in.Erasure.What, what)
		}
		if len(in.Erasure.What) == 0 {
			in.Erasure.What = []string{"*"}
		}
		return in
	case "DISAGREE", "CANCEL":
		return r.contact(wire.Attributes("naver_profile", strings.ToLower(p.Result)))
	case "SUCCESS":
	default:
		return r.unknown("profile")
	}
	in := r.begin(events.ContactWasStated)
	in.Sender.Name = p.Name
	if number := wire.Phone(p.Phone, "KR"); number != "" {
		in.Sender.Points = append(in.Sender.Points, events.Point{Kind: "phone", Value: number, Trust: events.Stated})
	}
	if a := p.Address; a != nil {
		in.Sender.Attributes = wire.Attributes("address", strings.Join(strings.Fields(a.Zip+" "+a.Road+" "+a.Detail), " "))
	}
	return in
}

// paid is the end of a payment that Naver Pay has settled one way or the other.
func (r reading) paid() *events.Inbound {
	c := r.e.Options.Confirm
	if c == nil || c.PaymentID == "" {
		return r.unknown("payment")
	}
	in := r.begin(events.OrderWasStated)
	in.ProviderID, in.Flags = "payment:"+c.PaymentID+":"+c.Code, nil
	in.Purchase = &events.Order{ID: c.PaymentID, Shop: "Naver Pay", Currency: "KRW", Total: c.Detail.Total.String(), PlacedAt: in.OccurredAt, UpdatedAt: in.OccurredAt, Payment: "failed"}
	if c.Code == "Success" {
		in.Purchase.Payment = "paid"
	}
	if c.Detail.Product != "" {
		in.Purchase.Lines = []events.OrderLine{{Title: c.Detail.Product, Quantity: 1}}
	}
	return in
}
