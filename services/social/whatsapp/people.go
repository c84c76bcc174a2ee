package whatsapp

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// userID is a business-scoped user id: a country and an opaque rest.
var userID = regexp.MustCompile(`^[A-Z]{2}\.[0-9A-Za-z.]{4,130}$`)

var digits = regexp.MustCompile(`^[0-9]{5,20}$`)

// who is a customer as one item names them. Either id may stand in a place that
// is meant for the other.
type who struct{ wa, user string }

func named(ids ...graph.ID) who {
	var w who
	for _, id := range ids {
		switch text := strings.TrimPrefix(string(id), "+"); {
		case userID.MatchString(text) && w.user == "":
			w.user = text
		case digits.MatchString(text) && w.wa == "":
			w.wa = text
		}
	}
	return w
}

func (w who) unknown() bool { return w.wa == "" && w.user == "" }

// key tells customers apart in ids that are derived.
func (w who) key() string {
	if w.user != "" {
		return w.user
	}
	return w.wa
}

// points are the customer's addresses, the one that answers go to first. The
// scope is the business number, since user ids differ between businesses.
func (w who) points(number string) []events.Point {
	var out []events.Point
	for _, value := range []string{w.user, w.wa} {
		if value != "" {
			out = append(out, events.Point{Kind: Kind, Value: value, Scope: number, Trust: events.Proved})
		}
	}
	if w.wa != "" {
		out = append(out, events.Point{Kind: "phone", Value: phone(w.wa), Trust: events.Proved})
	}
	return out
}

// phone is the E.164 number of a wa_id. WhatsApp keeps the mobile mark that
// Mexico dropped in 2019, and leaves out the ninth digit that Brazil added, so in
// these two countries the ids differ from the numbers that people dial.
func phone(wa string) string {
	switch {
	case len(wa) == 13 && strings.HasPrefix(wa, "521"):
		wa = "52" + wa[3:]
	case len(wa) == 12 && strings.HasPrefix(wa, "55") && wa[4] >= '6':
		wa = wa[:4] + "9" + wa[4:]
	}
	return "+" + wa
}

// people are the contacts of one change.
type people []person

func readPeople(list []json.RawMessage) people {
	var out people
	for _, raw := range list {
		var p person
		if json.Unmarshal(raw, &p) == nil {
			out = append(out, p)
		}
	}
	return out
}

// of completes a customer with what the change says of them beside.
func (ps people) of(w who) (who, *person) {
	for i := range ps {
		p := named(ps[i].WaID, ps[i].UserID)
		if p.user != "" && p.user == w.user || p.wa != "" && p.wa == w.wa {
			if w.user == "" {
				w.user = p.user
			}
			if w.wa == "" {
				w.wa = p.wa
			}
			return w, &ps[i]
		}
	}
	return w, nil
}

// sender is the customer with name and addresses.
func (r reader) sender(w who, ps people) events.Sender {
	w, p := ps.of(w)
	s := events.Sender{Points: w.points(r.number)}
	if p != nil {
		s.Name = graph.Cut(strings.TrimSpace(p.Profile.Name), 256)
		if name := strings.TrimPrefix(p.Profile.Username, "@"); name != "" {
			s.Attributes = map[string]string{"username": graph.Attribute(name)}
		}
	}
	return s
}
