package conversation

import (
	"slices"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

func sends(to Target, seen *[]events.Conversation) func(*Arrival) {
	return func(a *Arrival) {
		a.Target = func(row *events.Conversation, _ *events.Message) Target {
			*seen = append(*seen, *row)
			return to
		}
	}
}

// sameFromTheLog wants the log to give the state that stands.
func (b *book) sameFromTheLog(t *testing.T) {
	t.Helper()
	if got, want := b.replayed(t).state(t), b.state(t); got != want {
		t.Fatalf("the log gives\n%s\nand the state is\n%s", got, want)
	}
}

func TestARoutingTargetPlacesWhatOpens(t *testing.T) {
	b := newBook()
	b.queues["vip"] = config.Queue{ID: "vip", Mode: config.QueuePush}
	kim := b.meets("kim")
	needs := []events.Need{{Skill: "korean", Level: 4}}
	var seen []events.Conversation
	id, d := b.writes(kim, "", sends(Target{Route: "rt1", Name: "VIPs", Queue: "vip", Priority: 4, Tags: []string{"vip"}, Needs: needs}, &seen))
	wantFacts(t, d, "conversation.opened conversation.prioritised conversation.tagged message.added conversation.queued")
	s := b.conversations[id]
	if d.Facts[0].Body.(*events.ConversationOpened).Route != "rt1" || s.Queue != "vip" || s.Priority != 4 || !slices.Equal(s.Tags, []string{"vip"}) || s.Wait == nil || !slices.Equal(s.Wait.Needs, needs) {
		t.Fatalf("placed as %+v", s)
	}
	if len(seen) != 1 || seen[0].Queue != "front" || seen[0].WaitingSince == nil || !slices.Equal(seen[0].Channels, []string{"email"}) {
		t.Fatalf("the target saw %+v", seen)
	}
	b.writes(kim, id, sends(Target{Route: "rt2", Queue: "front"}, &seen))
	if len(seen) != 1 || b.conversations[id].Queue != "vip" {
		t.Fatal("what was placed is placed again by the next message")
	}
	b.does(t, id, func(d *Draft, s *State) *commands.Problem {
		return d.Assign(s, 0, commands.AssignBody{Assignee: "anna"})
	})
	b.does(t, id, func(d *Draft, s *State) *commands.Problem { return d.Assign(s, 0, commands.AssignBody{}) })
	if w := b.conversations[id].Wait; w == nil || !slices.Equal(w.Needs, needs) {
		t.Fatalf("handed back it waits as %+v", w)
	}
	b.sameFromTheLog(t)
}

func TestATargetThatNamesNoPlaceLeavesTheInboxs(t *testing.T) {
	b := newBook()
	var seen []events.Conversation
	id, _ := b.writes(b.meets("kim"), "", sends(Target{Route: "rt1", Tags: []string{"x"}}, &seen))
	if s := b.conversations[id]; s.Queue != "front" || !slices.Equal(s.Tags, []string{"x"}) {
		t.Fatalf("placed as %+v", s)
	}
}

func TestWhatStandsNowhereIsRoutedWhenTheCustomerWaits(t *testing.T) {
	b := newBook()
	kim := b.meets("kim")
	none := func(a *Arrival) { a.Queue = "" }
	id, _ := b.writes(kim, "", none, func(a *Arrival) { a.Message.Flag("automatic") })
	var seen []events.Conversation
	to := Target{Route: "rt1", Name: "all", Queue: "front", Priority: 2}
	b.writes(kim, id, sends(to, &seen), func(a *Arrival) { a.Message.Flag("automatic") })
	if len(seen) != 0 {
		t.Fatal("a machine is routed")
	}
	_, d := b.writes(kim, id, sends(to, &seen))
	wantFacts(t, d, "conversation.transferred conversation.prioritised message.added")
	if s := b.conversations[id]; s.Queue != "front" || s.Priority != 2 || len(seen) != 1 || seen[0].WaitingSince == nil {
		t.Fatalf("placed as %+v, seen %+v", s, seen)
	}
	if note := d.Facts[0].Body.(*events.ConversationTransferred).Note; !strings.Contains(note, "all") {
		t.Errorf("the transfer says %q", note)
	}
	b.sameFromTheLog(t)
}

func TestSegmentsStandOnWhatIsUnderWay(t *testing.T) {
	b := newBook()
	kim, lee := b.meets("kim"), b.meets("lee")
	done, _ := b.writes(kim, "", func(a *Arrival) { a.Thread = "old" })
	b.does(t, done, resolve)
	open, _ := b.writes(kim, "")
	say := func(who events.ContactID, list ...events.SegmentID) *events.Decision {
		t.Helper()
		d := b.draft(who)
		if problem := d.Segment(list); problem != nil {
			t.Fatal(problem)
		}
		return b.keep(d)
	}
	before := b.conversations[open].Version
	d := say(kim, "vip", "big", "vip")
	f := d.Facts[0].Body.(*events.ContactSegmented)
	if !slices.Equal(f.Segments, []events.SegmentID{"big", "vip"}) || !slices.Equal(f.Added, f.Segments) || len(f.Removed) != 0 || len(d.Conversations) != 1 {
		t.Fatalf("%+v over %d rows", f, len(d.Conversations))
	}
	if s := b.conversations[open]; !slices.Equal(s.Segments, f.Segments) || s.Version != before || len(b.conversations[done].Segments) != 0 {
		t.Fatalf("the open one says %v at version %d", s.Segments, s.Version)
	}
	if d := say(kim, "vip", "big"); len(d.Facts) != 0 {
		t.Fatal("what is so already is said again")
	}
	f = say(kim, "new", "vip").Facts[0].Body.(*events.ContactSegmented)
	if !slices.Equal(f.Added, []events.SegmentID{"new"}) || !slices.Equal(f.Removed, []events.SegmentID{"big"}) {
		t.Fatalf("%+v", f)
	}
	next, _ := b.writes(kim, "", func(a *Arrival) { a.Thread = "other" })
	b.does(t, done, func(d *Draft, s *State) *commands.Problem { return d.Reopen(s, "") })
	for _, id := range []events.ConversationID{next, done} {
		if got := b.conversations[id].Segments; !slices.Equal(got, []events.SegmentID{"new", "vip"}) {
			t.Errorf("%s says %v", id, got)
		}
	}
	theirs, _ := b.writes(lee, "")
	say(lee, "poor")
	merge := b.draft(kim)
	if problem := merge.Merge(lee, "one person", false); problem != nil {
		t.Fatal(problem)
	}
	b.keep(merge, merge.Marker(lee))
	if got := b.conversations[theirs]; !slices.Equal(got.Segments, []events.SegmentID{"new", "vip"}) || len(b.contacts[lee].Segments) != 0 {
		t.Errorf("after the merge theirs says %v", got.Segments)
	}
	b.sameFromTheLog(t)
	d2 := b.draft(kim)
	if problem := d2.Segment(make([]events.SegmentID, 300)); problem == nil {
		t.Error("an empty id is a segment")
	}
}
