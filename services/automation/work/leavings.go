package work

import (
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// leavings are how conversations would stand had the rule been there: the log does not
// show what was not done, so that a tag would be set anew by every message. They last
// until the log shows a change of the same thing, by the rule itself where it was at
// work, or by somebody else.
type leavings map[events.ConversationID]*leaving

// leaving is what differs, and what the log said when it came to differ.
type leaving struct{ was, is standpoint }

// standpoint is the part of a row on which actions leave something that lasts.
type standpoint struct {
	tags     map[string]bool // those that differ
	priority int
	place    place
}

type place struct {
	assignee events.AgentID
	queue    events.QueueID
	team     events.TeamID
}

func placeOf(c *events.Conversation) place { return place{c.Assignee, c.Queue, c.Team} }

// saw takes a row of the log in.
func (l leavings) saw(c *events.Conversation) {
	of := l[c.ID]
	if of == nil {
		return
	}
	for tag, was := range of.was.tags {
		if slices.Contains(c.Tags, tag) != was {
			delete(of.was.tags, tag)
			delete(of.is.tags, tag)
		}
	}
	if c.Priority != of.was.priority {
		of.was.priority, of.is.priority = c.Priority, c.Priority
	}
	if at := placeOf(c); at != of.was.place {
		of.was.place, of.is.place = at, at
	}
	if len(of.is.tags) == 0 && of.is.priority == of.was.priority && of.is.place == of.was.place {
		delete(l, c.ID)
	}
}

// row is a row of the log as it would stand. It shares nothing that is changed.
func (l leavings) row(c *events.Conversation) events.Conversation {
	row := *c
	of := l[c.ID]
	if of == nil {
		return row
	}
	row.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t string) bool { is, differs := of.is.tags[t]; return differs && !is })
	for tag, is := range of.is.tags {
		if is {
			row.Tags = append(row.Tags, tag)
		}
	}
	row.Priority = of.is.priority
	row.Assignee, row.Queue, row.Team = of.is.place.assignee, of.is.place.queue, of.is.place.team
	return row
}

// note keeps how a conversation would stand whose row in the log is as it is.
func (l leavings) note(c, would *events.Conversation) {
	was, is := standpoint{map[string]bool{}, c.Priority, placeOf(c)}, standpoint{map[string]bool{}, would.Priority, placeOf(would)}
	for _, t := range c.Tags {
		if !slices.Contains(would.Tags, t) {
			was.tags[t], is.tags[t] = true, false
		}
	}
	for _, t := range would.Tags {
		if !slices.Contains(c.Tags, t) {
			was.tags[t], is.tags[t] = false, true
		}
	}
	if len(is.tags) == 0 && is.priority == was.priority && is.place == was.place {
		delete(l, c.ID)
		return
	}
	l[c.ID] = &leaving{was, is}
}
