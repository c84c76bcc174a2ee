package identity

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

func mail(trust events.Trust) events.Point {
	return events.Point{Kind: "email", Value: "kim@example.com", Trust: trust}
}

func external(trust events.Trust) events.Point {
	return events.Point{Kind: "external", Value: "c-1", Trust: trust}
}

func visitor() events.Point {
	return events.Point{Kind: "visitor", Value: "v1", Scope: "chat", Trust: events.Proved}
}

func TestResolve(t *testing.T) {
	shop := Owner{Contact: "shop", Trust: events.Stated}
	shopProved := Owner{Contact: "shop", Trust: events.Proved}
	browser := Owner{Contact: "browser", Trust: events.Proved, Anonymous: true}
	person := Owner{Contact: "person", Trust: events.Proved}
	cases := []struct {
		name                      string
		points                    []events.Point
		owners                    map[string]Owner
		contact                   events.ContactID
		merge, move, suggest, add int
	}{
		{"somebody new", []events.Point{mail(events.Stated)}, nil, "", 0, 0, 0, 1},
		{"a stated address names its owner", []events.Point{mail(events.Stated)}, map[string]Owner{mail("").Key(): shop}, "shop", 0, 0, 0, 0},
		{"a stated address proved now is trusted more", []events.Point{mail(events.Proved)}, map[string]Owner{mail("").Key(): shop}, "shop", 0, 0, 0, 1},
		{"a claimed address joins nobody", []events.Point{visitor(), mail(events.Claimed)}, map[string]Owner{mail("").Key(): shop, visitor().Key(): browser}, "browser", 0, 0, 1, 1},
		{"a claimed sender is known inside its inbox", []events.Point{mail(events.Claimed)}, map[string]Owner{ClaimKey(mail(events.Claimed), "in"): shop}, "shop", 0, 0, 0, 0},
		{"a visitor who proves to be a customer is that customer", []events.Point{visitor(), external(events.Proved)}, map[string]Owner{visitor().Key(): browser, external("").Key(): shop}, "shop", 0, 1, 1, 1},
		{"both hold the same address proved: one person", []events.Point{mail(events.Proved), external(events.Proved)}, map[string]Owner{mail("").Key(): person, external("").Key(): shopProved}, "person", 1, 0, 0, 0},
		{"proved here, only stated there: a suggestion", []events.Point{mail(events.Proved), external(events.Proved)}, map[string]Owner{mail("").Key(): person, external("").Key(): shop}, "person", 0, 0, 1, 0},
		{"stated by a shop, proved by another: a suggestion", []events.Point{mail(events.Stated), external(events.Stated)}, map[string]Owner{mail("").Key(): person, external("").Key(): shopProved}, "person", 0, 0, 1, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := Resolve(events.Sender{Points: c.points}, "in", c.owners)
			if v.Contact != c.contact || len(v.Merge) != c.merge || len(v.Move) != c.move || len(v.Suggest) != c.suggest || len(v.Add) != c.add {
				t.Fatalf("got %+v", v)
			}
		})
	}
}
