package routing

import (
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// A segment is known only after the customer's first message has opened a conversation:
// what still waits then goes where the targets send it now, with its place, also from an
// offer that stands. What a person or a rule has placed, what an agent has, and what the
// targets before it hold, stays.
//
// To see it fail: leave Reroute out of the command, the look at Placed out of Reroute, or
// the target that placed it out of again.
func TestAFirstConversationIsRoutedByItsSegment(t *testing.T) {
	h, s := signposted(t)
	h.staff.(*crew).change(func(c *crew) { c.agents = []config.Agent{{ID: "anna"}} })
	vip := config.Route{ID: "vip", Name: "VIPs", Position: 2, When: "'vip' in contact.segments", Queue: "vip", Priority: 4, Tags: []string{"gold"}, Needs: []events.Need{{Skill: "korean", Level: 2}}}
	first := config.Route{ID: "first", Name: "First", Position: 1, When: "message.text == 'complaint'", Queue: "sales"}
	last := config.Route{ID: "last", Name: "Rest", Position: 3, When: "true", Queue: "sales"}
	s.set(first, vip, last)
	segment := func(c events.Conversation, segments ...events.SegmentID) {
		t.Helper()
		r := h.command(commands.SegmentContact, commands.Envelope{Contact: c.Contact.ID, Actor: events.Author{Kind: "system"}}, commands.SegmentContactBody{Segments: segments})
		if r.Problem != nil {
			t.Fatal(r.Problem)
		}
	}
	is := func(id events.ConversationID) events.Conversation {
		t.Helper()
		return h.row(id, func(events.Conversation) bool { return true })
	}
	opened, kim := h.opens("m1", "kim", "hello")
	if opened.Route != "last" {
		t.Fatalf("opened by %q", opened.Route)
	}
	segment(kim, "other")
	if row := is(kim.ID); row.Queue != "sales" {
		t.Fatalf("a segment that no target names moved it to %s", row.Queue)
	}
	segment(kim, "vip", "other")
	row := is(kim.ID)
	if row.Queue != "vip" || row.Wait == nil || row.Wait.Queue != "vip" || !row.Wait.Since.Equal(kim.Wait.Since) || row.Priority != 4 || !slices.Contains(row.Tags, "gold") || len(row.Wait.Needs) != 1 {
		t.Fatalf("a VIP waits as %+v, priority %d, tags %v", row.Wait, row.Priority, row.Tags)
	}
	version := row.Version
	segment(kim, "vip")
	if row = is(kim.ID); row.Version != version {
		t.Error("it was routed by the same target again")
	}
	segment(kim)
	if row = is(kim.ID); row.Queue != "vip" {
		t.Error("who leaves a segment is sent back")
	}
	_, complaint := h.opens("m2", "lee", "complaint")
	segment(complaint, "vip")
	if row = is(complaint.ID); row.Queue != "sales" {
		t.Error("a target before it holds, and it was moved")
	}
	_, placed := h.opens("m3", "park", "hello")
	h.by("anna", commands.Transfer, placed.ID, commands.TransferBody{Queue: "sales"})
	segment(placed, "vip")
	if row = is(placed.ID); row.Queue != "sales" {
		t.Error("what a person placed was moved")
	}
	_, mine := h.opens("m4", "choi", "hello")
	h.by("anna", commands.Assign, mine.ID, commands.AssignBody{Assignee: "anna"})
	segment(mine, "vip")
	if row = is(mine.ID); row.Queue != "sales" || row.Assignee != "anna" {
		t.Errorf("what an agent has was moved to %s", row.Queue)
	}
	h.by("anna", commands.Assign, mine.ID, commands.AssignBody{})
	segment(mine, "vip", "more")
	if row = is(mine.ID); row.Queue != "sales" {
		t.Error("what was in a person's hand was moved")
	}
	h.staff.(*crew).change(func(c *crew) {
		c.queues = slices.Clone(c.queues)
		c.queues[0].OfferFor = 600
	})
	h.present("anna", commands.SetPresenceBody{State: events.AgentAvailable})
	_, offered := h.opens("m5", "jung", "hello")
	h.row(offered.ID, offeredTo("anna"))
	h.stop()
	h.start()
	segment(offered, "vip")
	if row = is(offered.ID); row.Queue != "vip" || row.Offer != nil || row.Wait == nil {
		t.Errorf("from an offer it went to %s, offered %+v", row.Queue, row.Offer)
	}
}
