package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// page says what else there is to a contact than their conversations.
func (w *world) page(contact events.ContactID, more func(*queries.ContactPage)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[contact] = more
}

func (w *world) tell(contact events.ContactID, lines ...queries.TimelineItem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines[contact] = lines
}

// did reports whether a command of this name about a contact came to the router.
func (d *divided) did(name string, contact events.ContactID) bool {
	d.g.plant.world.mu.Lock()
	defer d.g.plant.world.mu.Unlock()
	for _, e := range d.g.plant.world.asked {
		if e.Name == name && e.Contact == contact {
			return true
		}
	}
	return false
}

// A contact who may be the same as one behind the wall is suggested to nobody on this
// side of it, nor is their suggestion theirs to dismiss. To see it fail, leave the
// suggestions on the page in Contact, or the other out of dismiss.
func TestASuggestionIsNoHoleInTheWall(t *testing.T) {
	d := newDivided(t)
	own, other := d.opened.Contact.ID, d.walled.Contact.ID
	third := d.g.plant.world.open("cv-third", nil).Contact.ID
	d.g.plant.world.page(own, func(p *queries.ContactPage) {
		p.Suggestions = []queries.Suggestion{{Other: other, Name: "secret name"}, {Other: third, Name: "somebody"}}
	})
	for who, want := range map[*client]int{d.outside: 1, d.boss: 1, d.inside: 2, d.admin: 2} {
		var got string
		var page queries.ContactPage
		who.call("GET", "/contacts/"+string(own), nil, http.StatusOK, &got)
		who.call("GET", "/contacts/"+string(own), nil, http.StatusOK, &page)
		if leaks := strings.Contains(got, "secret") || strings.Contains(got, string(other)); len(page.Suggestions) != want || leaks != (want == 2) {
			t.Errorf("%s is shown %s", who.id, got)
		}
	}
	dismiss := "/contacts/" + string(own) + "/suggestions/dismiss"
	d.outside.call("POST", dismiss, map[string]any{"other": other}, http.StatusNotFound, nil)
	if d.did(commands.DismissSuggestion, own) {
		t.Error("the router was asked to dismiss what is behind the wall")
	}
	d.outside.call("POST", dismiss, map[string]any{"other": third}, http.StatusOK, nil)
	d.inside.call("POST", dismiss, map[string]any{"other": other}, http.StatusOK, nil)
}

// Who was folded into a contact is known to those who see all of it, by their name, by
// their id, in the contact's line of time, and to be taken out again. To see it fail,
// leave Merged on the page, or mixed or the names of Detail out of the looker, or Unfold
// out of unmerge.
func TestWhoWasFoldedInIsKnownToThoseWhoSeeTheWhole(t *testing.T) {
	d := newDivided(t)
	w := d.g.plant.world
	into, from, apart := d.opened.Contact.ID, events.ContactID("ct-folded00"), d.walled.Contact.ID
	w.open("cv-theirs", func(c *events.Conversation) { c.Contact.ID, c.Queue = into, d.queue })
	w.page(into, func(p *queries.ContactPage) { p.Merged = []queries.MergedContact{{ID: from, Name: "secret name"}} })
	w.page(from, func(p *queries.ContactPage) { p.Name, p.MergedInto = "secret name", into })
	w.tell(into, queries.TimelineItem{Fact: "contact.updated", Detail: map[string]string{"name": "secret name"}},
		queries.TimelineItem{Fact: "contact.merged", Detail: map[string]string{"from": string(from), "into": string(into)}},
		queries.TimelineItem{Fact: "contact.order_stated", Order: &events.Order{ID: "o1"}})
	third := w.open("cv-third", nil).Contact.ID // once merged with somebody behind the wall, and taken apart again
	w.tell(third, queries.TimelineItem{Fact: "contact.merge_reversed", Detail: map[string]string{"from": string(apart), "into": string(third), "reason": "secret reason"}},
		queries.TimelineItem{Fact: "contact.updated", Detail: map[string]string{"name": "open name"}})
	for who, whole := range map[*client]bool{d.outside: false, d.boss: false, d.inside: true, d.admin: true} {
		for path, lines := range map[string]map[bool]int{
			"/contacts/" + string(into): nil, "/contacts/" + string(into) + "/timeline": {true: 5, false: 2}, "/contacts/" + string(third) + "/timeline": {true: 3, false: 2},
		} {
			var got string
			who.call("GET", path, nil, http.StatusOK, &got)
			if leaks := strings.Contains(got, "secret") || strings.Contains(got, string(from)) || strings.Contains(got, string(apart)); leaks == !whole {
				t.Errorf("%s asks for %s and is shown %s", who.id, path, got)
			}
			var line struct{ Items []queries.TimelineItem }
			if lines != nil {
				if who.call("GET", path, nil, http.StatusOK, &line); len(line.Items) != lines[whole] {
					t.Errorf("%s is shown %d lines of %s, want %d", who.id, len(line.Items), path, lines[whole])
				}
			}
		}
		want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[whole]
		who.call("GET", "/contacts/"+string(from), nil, want, nil)
	}
	for _, who := range []*client{d.outside, d.boss} {
		who.call("POST", "/contacts/"+string(into)+"/unmerge", map[string]any{"from": from}, http.StatusNotFound, nil)
	}
	if d.did(commands.ReverseMerge, into) {
		t.Error("the router was asked to take somebody out of a contact who is seen in part")
	}
	d.inside.call("POST", "/contacts/"+string(into)+"/unmerge", map[string]any{"from": from}, http.StatusOK, nil)
}

// What a page does not show of a contact with many conversations counts all the same: an
// old one lets the contact be seen, and an old one behind the wall makes that a part. To
// see it fail, leave out olderParts.
func TestAContactOfManyConversationsIsJudgedByAll(t *testing.T) {
	d := newDivided(t)
	w := d.g.plant.world
	contact, from := events.ContactRef{ID: "ct-many0000", Name: "Many"}, events.ContactID("ct-folded00")
	for i := range 70 {
		w.open(fmt.Sprintf("cv-many%02d", i), func(c *events.Conversation) { c.Contact = contact })
	}
	w.page(contact.ID, func(p *queries.ContactPage) {
		p.Merged = []queries.MergedContact{{ID: from, Name: "secret name"}}
		seen := p.Conversations[:0] // the newest are those that are seen
		for _, c := range p.Conversations {
			if c.Queue == "" {
				seen = append(seen, c)
			}
		}
		p.Conversations = seen
	})
	var page queries.ContactPage
	if d.outside.call("GET", "/contacts/"+string(contact.ID), nil, http.StatusOK, &page); len(page.Merged) != 1 {
		t.Fatalf("who sees all is shown %+v", page.Merged)
	}
	w.move("cv-many00", func(c *events.Conversation) { c.Queue = d.queue })
	if d.outside.call("GET", "/contacts/"+string(contact.ID), nil, http.StatusOK, &page); len(page.Merged) != 0 {
		t.Fatalf("who sees a part is shown %+v", page.Merged)
	}
	w.page(contact.ID, func(p *queries.ContactPage) { // and now those that are not
		for i := range p.Conversations {
			p.Conversations[i].Queue = d.queue
		}
	})
	d.outside.call("GET", "/contacts/"+string(contact.ID), nil, http.StatusOK, nil)
	for i := range 70 {
		w.move(events.ConversationID(fmt.Sprintf("cv-many%02d", i)), func(c *events.Conversation) { c.Queue = d.queue })
	}
	d.outside.call("GET", "/contacts/"+string(contact.ID), nil, http.StatusNotFound, nil)
}

// Over the socket a merge or a suggestion is told of without the names of whom it is
// about, but to administrators; two conversations that were joined are named to who sees
// both. To see it fail, have kept say no.
func TestEventsOfContactsNameNobodyBehindTheWall(t *testing.T) {
	d := newDivided(t)
	w := d.g.plant.world
	w.open("cv-second", nil)
	agent, admin := dial(t, d.g, d.outside.token), dial(t, d.g, d.admin.token)
	for _, s := range []*socket{agent, admin} {
		s.subscribe(`{"type":"subscribe","id":"1","view":"all"}`)
	}
	own, other := d.opened.Contact.ID, d.walled.Contact.ID
	for i, c := range []struct {
		facts []events.Body
		rows  []events.ConversationID
		told  bool // to the agent
	}{
		{[]events.Body{&events.MergeSuggested{Other: other, Reason: "told"}}, []events.ConversationID{"cv-open"}, false},
		{[]events.Body{&events.SuggestionDismissed{Other: other}}, []events.ConversationID{"cv-open"}, false},
		{[]events.Body{&events.ContactMerged{From: other, Into: own, Conversations: []events.ConversationID{d.walled.ID}, Reason: "told"}}, []events.ConversationID{"cv-open", d.walled.ID}, false},
		{[]events.Body{&events.ContactMergeReversed{From: other, Into: own, Conversations: []events.ConversationID{d.walled.ID}}}, []events.ConversationID{"cv-open"}, false},
		{[]events.Body{&events.ConversationMerged{From: d.walled.ID, Into: "cv-open"}}, []events.ConversationID{"cv-open", d.walled.ID}, false},
		{[]events.Body{&events.ConversationMerged{From: "cv-second", Into: "cv-open"}}, []events.ConversationID{"cv-open", "cv-second"}, true},
		{[]events.Body{&events.ContactPointAdded{Point: events.Point{Kind: "phone", Value: "+4930"}}}, []events.ConversationID{"cv-open"}, true},
	} {
		w.mu.Lock()
		rows := []events.Conversation{}
		for _, id := range c.rows {
			rows = append(rows, *w.conversations[id])
		}
		w.append(own, c.facts, rows...)
		w.mu.Unlock()
		fact := c.facts[0].FactType()
		for s, whole := range map[*socket]bool{agent: c.told, admin: true} {
			e := s.read("event")
			for e.Fact != fact || e.conversation().ID != "cv-open" {
				e = s.read("event") // of the other conversation
			}
			if has := strings.Contains(e.raw, `"data":`); has != whole {
				t.Errorf("%d: %s is told %s", i, fact, e.raw)
			}
			if leaks := strings.Contains(e.raw, string(other)) || strings.Contains(e.raw, string(d.walled.ID)); leaks && s == agent {
				t.Errorf("%d: behind the wall is %s", i, e.raw)
			}
		}
	}
}
