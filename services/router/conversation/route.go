package conversation

import (
	"cmp"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Target is where a routing target sends a conversation. What it leaves empty
// stays as the inbox says.
type Target struct {
	Route    events.RouteID
	Name     string
	Queue    events.QueueID
	Team     events.TeamID
	Needs    []events.Need
	Priority int
	Tags     []string
}

// open begins a conversation where the first fitting routing target says, else
// where the inbox does.
func (d *Draft) open(a *Arrival) {
	var to Target
	if a.Target != nil {
		to = a.Target(d.opening(a), &a.Message)
	}
	d.add(&events.ConversationOpened{Conversation: a.NewID, Inbox: a.Message.InboxID, Channel: a.Message.Channel, Reason: a.Reason, Route: to.Route})
	s := d.conversation(a.NewID)
	s.Thread = a.Thread
	s.Queue, s.Team = cmp.Or(to.Queue, a.Queue), cmp.Or(to.Team, a.Team)
	d.follow(s, to)
}

// opening is a conversation as it will be, for whoever says where it goes.
func (d *Draft) opening(a *Arrival) *events.Conversation {
	m := &a.Message
	row := &events.Conversation{
		ID: a.NewID, Status: events.Open, Contact: events.ContactRef{ID: d.Subject()}, Subject: m.Subject, Queue: a.Queue, Team: a.Team,
		Channels: []string{m.Channel}, Inboxes: []events.InboxID{m.InboxID}, CreatedAt: d.At(), UpdatedAt: d.At(),
	}
	if m.Direction == events.In && !silent(m) {
		at := m.OccurredAt
		if at.After(d.At()) {
			at = d.At()
		}
		row.WaitingSince, row.Unread = &at, 1
	}
	return row
}

// route sends on what stands nowhere: a conversation without queue, team and
// agent, as one that we began or a machine did, in which the customer now begins
// to wait. One that was placed stays where it is, whatever they write next.
func (d *Draft) route(s *State, a *Arrival) {
	m := &a.Message
	if a.Target == nil || s.Status != events.Open || s.Queue != "" || s.Team != "" || s.Assignee != "" || s.WaitingSince != nil ||
		m.Direction != events.In || silent(m) {
		return
	}
	row := s.Conversation
	at := d.At()
	row.WaitingSince = &at
	to := a.Target(&row, m)
	if to.Route == "" {
		return
	}
	if to.Queue != "" || to.Team != "" {
		d.add(&events.ConversationTransferred{Conversation: s.ID, Queue: to.Queue, Team: to.Team, Note: "routing target " + cut(to.Name, MaxName), Route: to.Route})
	}
	d.follow(d.conversation(s.ID), to)
}

// Reroute asks the routing targets again for what their contact has under way, because
// what they are has changed: what waits for us, and was placed by nobody's hand, goes
// where the target says that holds now. target is told of each with the target that
// placed it last, and says which takes its place; the zero one leaves it where it is.
func (d *Draft) Reroute(target func(*events.Conversation, events.RouteID) Target) {
	c, ok := d.World().Contact(d.Subject())
	if !ok || target == nil {
		return
	}
	for _, id := range slices.Clone(c.Live) {
		s, ok := d.World().Conversation(id)
		if !ok || s.Status != events.Open || s.Placed || s.Assignee != "" || s.Wait == nil && s.WaitingSince == nil && s.Callback == nil {
			continue
		}
		to := target(&s.Conversation, s.Route)
		if to.Route == "" || to.Route == s.Route {
			continue
		}
		queue, team := cmp.Or(to.Queue, s.Queue), cmp.Or(to.Team, s.Team)
		d.add(&events.ConversationTransferred{Conversation: id, Queue: queue, Team: team, Note: "routing target " + cut(to.Name, MaxName), Route: to.Route})
		d.follow(d.conversation(id), to)
		if len(to.Needs) == 0 {
			d.need(id, nil)
		}
	}
}

// applyPlaced remembers who had a conversation moved. What waits too long, or in a closed
// queue, is moved by nobody's hand.
func applyPlaced(s *State, d *events.Decision, f *events.ConversationTransferred) {
	switch {
	case f.Route != "":
		s.Route = f.Route
	case d.Cause.Kind != "assigner":
		s.Placed = true
	}
}

// follow does what else a target asks for. Its needs count as soon as the
// conversation stands in a queue that gives out work.
func (d *Draft) follow(s *State, to Target) {
	if to.Priority != 0 && to.Priority != s.Priority {
		d.add(&events.ConversationPrioritised{Conversation: s.ID, Priority: to.Priority, Reason: "routing target " + cut(to.Name, MaxName)})
	}
	tags := slices.DeleteFunc(slices.Clone(to.Tags), func(t string) bool { return slices.Contains(s.Tags, t) })
	if len(tags) > 0 {
		d.add(&events.ConversationTagged{Conversation: s.ID, Added: tags})
	}
	if len(to.Needs) > 0 {
		d.need(s.ID, to.Needs)
	}
}

func (d *Draft) need(id events.ConversationID, needs []events.Need) {
	if d.needs == nil {
		d.needs = map[events.ConversationID][]events.Need{}
	}
	d.needs[id] = needs
}

// asksElse reports whether a routing target has changed what one that waits asks for.
func (d *Draft) asksElse(s *State) bool {
	needs, given := d.needs[s.ID]
	return given && !slices.Equal(needs, s.Wait.Needs)
}

// needsOf are those that a routing target gave the conversation.
func (d *Draft) needsOf(s *State) []events.Need {
	if needs, ok := d.needs[s.ID]; ok {
		return needs
	}
	return s.Needs
}
