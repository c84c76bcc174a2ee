package routing

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// explained wants every assignment of the log to say whom there was to choose from, and
// returns the last one.
func (h *house) explained(agent events.AgentID) *events.Choice {
	h.t.Helper()
	var last *events.Choice
	for _, d := range h.log() {
		for _, f := range d.Facts {
			to, why := events.AgentID(""), (*events.Choice)(nil)
			switch b := f.Body.(type) {
			case *events.ConversationAssigned:
				to, why = b.Assignee, b.Choice
			case *events.ConversationTransferred:
				to, why = b.Assignee, b.Choice
			}
			if to == "" {
				continue
			}
			if why == nil || len(why.Candidates)+len(why.Unfit) == 0 {
				h.t.Fatalf("%s to %s is explained by %+v", f.Type, to, why)
			}
			if to == agent {
				last = why
			}
		}
	}
	return last
}

// Every assignment tells whom there was to choose from: one that was offered and taken,
// one that was asked for, one given by hand, and one transferred to an agent. What was
// offered is told as of the offer. What a person gave is begun by their word: it goes not
// back when the agent goes offline.
//
// To see it fail: leave the choice of the offer out of AnswerOffer, the candidates out of
// Pull, or byHand out of Assign or Transfer.
func TestEveryAssignmentIsExplained(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, OfferFor: 600}, config.Agent{ID: "una"}, config.Agent{ID: "vic"}, config.Agent{ID: "wes"})
	h.present("una", commands.SetPresenceBody{State: events.AgentAvailable})
	c := h.who("m1", "kim")
	row := h.row(c, offeredTo("una"))
	h.present("vic", commands.SetPresenceBody{State: events.AgentAvailable})
	h.stop()
	h.start()
	if r := h.by("una", commands.AnswerOffer, c, commands.AnswerOfferBody{Offer: row.Offer.ID, Accept: true}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if why := h.explained("una"); len(why.Candidates) != 1 || why.Candidates[0].Agent != "una" || why.Unfit["away"] != 2 || why.ByHand || why.Queue != "sales" {
		t.Errorf("taken by una: %+v", why)
	}
	if row = h.row(c, assignedTo("una")); row.Unbegun == nil {
		t.Error("what was given out counts as begun")
	}
	if r := h.by("una", commands.Assign, c, commands.AssignBody{Assignee: "wes"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if why := h.explained("wes"); !why.ByHand || len(why.Candidates) != 2 || why.Unfit["away"] != 1 || why.Queue != "sales" {
		t.Errorf("given to wes by hand: %+v", why)
	}
	if row = h.row(c, assignedTo("wes")); row.Unbegun != nil {
		t.Error("what a person gave counts as not begun")
	}
	if r := h.by("wes", commands.Transfer, c, commands.TransferBody{Assignee: "vic"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if why := h.explained("vic"); !why.ByHand || len(why.Candidates) != 2 {
		t.Errorf("transferred to vic: %+v", why)
	}
	h.present("una", commands.SetPresenceBody{State: events.AgentAway})
	h.present("vic", commands.SetPresenceBody{State: events.AgentAway})
	second := h.who("m2", "lee")
	h.row(second, func(c events.Conversation) bool { return c.Wait != nil && c.Offer == nil })
	r := h.command(commands.TakeNext, commands.Envelope{Actor: by("una")}, struct{}{})
	if r.Problem != nil || r.Conversation.ID != second {
		t.Fatalf("asked for the next: %+v", r)
	}
	if why := h.explained("una"); why.ByHand || len(why.Candidates) != 1 || why.Candidates[0].Agent != "una" || why.Unfit["away"] != 2 {
		t.Errorf("asked for by una: %+v", why)
	}
	third := h.who("m3", "park")
	h.row(third, func(c events.Conversation) bool { return c.Wait != nil && c.Offer == nil })
	if r := h.by("una", commands.Assign, third, commands.AssignBody{Assignee: "una"}); r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if row = h.row(third, assignedTo("una")); row.Unbegun != nil {
		t.Error("what somebody took for themselves counts as not begun")
	}
}

// A conversation that is given to a team alone goes on waiting where that team takes from:
// in its own queue where it names the team, else in the team's first, that gives out work
// before one by hand. Where the team has no queue it stands in none.
//
// To see it fail: leave queueOf out of Transfer.
func TestATeamIsItsFirstQueue(t *testing.T) {
	h := newDesk(t, config.Queue{Mode: config.QueuePush, Teams: []events.TeamID{"own"}}, config.Agent{ID: "una", Teams: []events.TeamID{"ours"}}, config.Agent{ID: "vic"})
	at := h.clock.Now()
	h.staff.(*crew).change(func(c *crew) {
		c.queues = append(c.queues[:1:1],
			config.Queue{ID: "a-hands", Teams: []events.TeamID{"ours"}, CreatedAt: at},
			config.Queue{ID: "b-newer", Mode: config.QueuePull, Teams: []events.TeamID{"ours"}, CreatedAt: at.Add(2)},
			config.Queue{ID: "c-first", Mode: config.QueuePush, Teams: []events.TeamID{"other", "ours"}, CreatedAt: at.Add(1)},
			config.Queue{ID: "d-hands", Teams: []events.TeamID{"hands"}, CreatedAt: at},
		)
	})
	c := h.who("m1", "kim")
	since := h.row(c, func(c events.Conversation) bool { return c.Wait != nil }).Wait.Since
	for _, to := range []struct {
		team  events.TeamID
		queue events.QueueID
		waits bool
	}{{"own", "sales", true}, {"ours", "c-first", true}, {"other", "c-first", true}, {"hands", "d-hands", false}, {"nobody", "", false}, {"ours", "c-first", true}} {
		r := h.by("vic", commands.Transfer, c, commands.TransferBody{Team: to.team})
		if r.Problem != nil {
			t.Fatal(r.Problem)
		}
		row := r.Conversation
		if row.Queue != to.queue || row.Team != to.team || (row.Wait != nil) != to.waits || row.WaitingSince == nil || to.waits && !row.Wait.Since.Equal(since) {
			t.Errorf("given to %s it is in %q of %s and waits %+v", to.team, row.Queue, row.Team, row.Wait)
		}
	}
	h.present("una", commands.SetPresenceBody{State: events.AgentAvailable})
	h.row(c, assignedTo("una"))
}
