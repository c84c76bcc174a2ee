// Package identity decides which contact a sender is. It is pure: it gets the
// sender, the owners of the addresses the sender shows, and returns a verdict
// with its reasons.
//
// The rules: an address that is proved or stated names its owner. A claimed
// address joins nobody, it makes a suggestion. Two contacts become one without
// a person only where the sender proves an address that the other holds proved.
// An anonymous visitor who proves to be a customer is that customer from then
// on; what they said before stays where it is, with a suggestion. An address
// that tells nothing of who uses it names nobody; see [Nameless].
package identity

import (
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Withheld is the kind of the address of a caller who hides theirs.
const Withheld = "withheld"

// Nameless says whether an address tells nothing of who uses it: a withheld one,
// and a telephone number that is lent for a time (a scoped one, as the safe
// numbers 050x are), which is somebody else's next week.
func Nameless(p events.Point) bool {
	return p.Kind == Withheld || p.Kind == "phone" && p.Scope != ""
}

// Owner is the contact that holds an address, and how far the address is
// trusted there. Anonymous is set for a contact that holds nothing but visitor
// addresses.
type Owner struct {
	Contact   events.ContactID
	Trust     events.Trust
	Anonymous bool
}

// Suggestion is a doubtful match.
type Suggestion struct {
	Other  events.ContactID
	Point  events.Point
	Reason string
}

// Verdict says who the sender is. An empty Contact means somebody new, who then
// gets all of Add. Move lists addresses that now belong to Contact and must be
// taken from their former owner. Merge lists contacts that are the same person
// for certain.
type Verdict struct {
	Contact events.ContactID
	Reason  string
	Add     []events.Point
	Move    []Moved
	Merge   []Merge
	Suggest []Suggestion
}

// Moved is an address that changes its owner.
type Moved struct {
	Point events.Point
	From  events.ContactID
}

// Merge is a contact to fold in, with the address that proves it.
type Merge struct {
	From  events.ContactID
	Point events.Point
}

// Resolve gives the verdict. owners is keyed by [events.Point.Key] and holds
// only owners that trust the address as stated or proved, except under
// [ClaimKey], which holds who the inbox knows by a claimed address.
func Resolve(sender events.Sender, inbox events.InboxID, owners map[string]Owner) Verdict {
	chosen, reason := choose(sender, inbox, owners)
	v := Verdict{Contact: chosen.Contact, Reason: reason}
	for i, p := range sender.Points {
		owner, owned := owners[p.Key()]
		switch {
		case Nameless(p):
			if v.Contact == "" { // it is all that is known of somebody new
				v.Add = append(v.Add, p)
			}
		case p.Trust == events.Claimed:
			if owned && owner.Contact != v.Contact {
				v.suggest(owner.Contact, p, "claims an address of this contact")
			}
			if i > 0 || !knownClaim(p, inbox, owners, v.Contact) {
				v.Add = append(v.Add, p)
			}
		case !owned:
			v.Add = append(v.Add, p)
		case owner.Contact == v.Contact:
			if !owner.Trust.AtLeast(p.Trust) {
				v.Add = append(v.Add, p)
			}
		case p.Trust == events.Proved && owner.Trust == events.Proved && p.Kind != "visitor" && !owner.Anonymous:
			v.Merge = append(v.Merge, Merge{From: owner.Contact, Point: p})
		case p.Kind == "visitor" && owner.Anonymous:
			v.Move = append(v.Move, Moved{Point: p, From: owner.Contact})
			v.suggest(owner.Contact, p, "wrote as an anonymous visitor from the same browser")
		default:
			v.suggest(owner.Contact, p, "shows an address of this contact")
		}
	}
	return v
}

// ClaimKey is where the index keeps who an inbox knows by a claimed address: it
// says nothing outside that inbox.
func ClaimKey(p events.Point, inbox events.InboxID) string {
	if p.Scope == "" {
		p.Scope = string(inbox)
	}
	return "claimed\x00" + p.Key()
}

// choose picks the contact by the strongest evidence: a proved address that is
// no browser's, then the address the message came from, then any other.
func choose(sender events.Sender, inbox events.InboxID, owners map[string]Owner) (Owner, string) {
	for _, p := range sender.Points {
		if owner, ok := owners[p.Key()]; ok && p.Trust == events.Proved && p.Kind != "visitor" && !Nameless(p) {
			return owner, "proved " + p.Kind
		}
	}
	for i, p := range sender.Points {
		if Nameless(p) {
			continue
		}
		if i == 0 && p.Trust == events.Claimed {
			if owner, ok := owners[ClaimKey(p, inbox)]; ok {
				return owner, "same claimed " + p.Kind + " in this inbox"
			}
		}
		if p.Trust == events.Claimed {
			continue
		}
		owner, ok := owners[p.Key()]
		if ok && !(owner.Anonymous && strongerElsewhere(sender, i, owners)) {
			return owner, string(p.Trust) + " " + p.Kind
		}
	}
	return Owner{}, "nobody known by these addresses"
}

// strongerElsewhere reports whether a later stated address names a contact that
// is more than an anonymous browser.
func strongerElsewhere(sender events.Sender, after int, owners map[string]Owner) bool {
	for _, p := range sender.Points[after+1:] {
		if owner, ok := owners[p.Key()]; ok && p.Trust != events.Claimed && !Nameless(p) && !owner.Anonymous {
			return true
		}
	}
	return false
}

func knownClaim(p events.Point, inbox events.InboxID, owners map[string]Owner, contact events.ContactID) bool {
	owner, ok := owners[ClaimKey(p, inbox)]
	return ok && owner.Contact == contact
}

func (v *Verdict) suggest(other events.ContactID, p events.Point, reason string) {
	if other == "" {
		return
	}
	for _, s := range v.Suggest {
		if s.Other == other {
			return
		}
	}
	v.Suggest = append(v.Suggest, Suggestion{Other: other, Point: p, Reason: reason})
}
