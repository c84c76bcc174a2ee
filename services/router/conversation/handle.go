package conversation

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Assign gives the conversation to an agent. Whoever claims for themselves what
// another has meanwhile is refused; see [Draft.CheckVersion].
func (d *Draft) Assign(s *State, version int64, body commands.AssignBody) *commands.Problem {
	if s.Assignee == body.Assignee && (body.Team == "" || s.Team == body.Team) {
		return nil
	}
	if problem := d.works(body.Assignee); problem != nil {
		return problem
	}
	claimed := s.Assignee != "" && d.decision.Actor.ID == string(body.Assignee)
	if claimed && version != s.Version {
		return &commands.Problem{Code: commands.Conflict, Detail: "another agent has it", Conversation: &s.Conversation}
	}
	if problem := d.CheckVersion(s, version); problem != nil {
		return problem
	}
	team := body.Team
	if team == "" {
		team = s.Team
	}
	d.withdraw(s, "given to somebody by hand")
	fact := &events.ConversationAssigned{Conversation: s.ID, Assignee: body.Assignee, Team: team, Reason: d.byWhom()}
	if body.Assignee != "" {
		fact.Choice = d.byHand(s)
	}
	d.add(fact)
	return nil
}

// works refuses to give anything to an agent who would have it taken back at once.
func (d *Draft) works(agent events.AgentID) *commands.Problem {
	if agent == "" || d.World().Works(agent) {
		return nil
	}
	return refuse(commands.Invalid, "there is no such agent")
}

// byWhom tells what a person did from what a rule did.
func (d *Draft) byWhom() string {
	if d.decision.Actor.Kind == "system" {
		return "by a rule"
	}
	return "by hand"
}

// CheckVersion refuses a command made on a stale view. Version nought was
// checked by nobody and passes.
func (d *Draft) CheckVersion(s *State, version int64) *commands.Problem {
	if version == 0 || version == s.Version {
		return nil
	}
	return &commands.Problem{Code: commands.Stale, Detail: "the conversation has changed since it was read", Conversation: &s.Conversation}
}

// Transfer moves the conversation to a queue, a team or an agent. A team alone means
// its work: the conversation stays where it is where that team takes from there by name,
// and else goes to the team's first queue. Where the team has none it stands in no queue,
// and is the team's to pick.
func (d *Draft) Transfer(s *State, noteID events.MessageID, body commands.TransferBody) *commands.Problem {
	if body.Queue == "" && body.Team == "" && body.Assignee == "" {
		return refuse(commands.Invalid, "a transfer needs a queue, a team or an agent")
	}
	queue := body.Queue
	if queue == "" && body.Team == "" {
		queue = s.Queue
	}
	team := body.Team
	if team == "" && body.Queue == "" {
		team = s.Team
	}
	if problem := d.works(body.Assignee); problem != nil {
		return problem
	}
	if body.Queue == "" && body.Team != "" {
		queue = d.queueOf(s, body.Team)
	}
	fact := &events.ConversationTransferred{Conversation: s.ID, Queue: queue, Team: team, Assignee: body.Assignee, Note: body.Note}
	if body.Assignee != "" && body.Assignee != s.Assignee {
		fact.Choice = d.byHand(s)
	}
	d.add(fact)
	if body.Note == "" {
		return nil
	}
	return d.Remark(d.conversation(s.ID), noteID, commands.NoteBody{Text: body.Note})
}

// queueOf is where a conversation stands that is given to a team; empty where the team
// has no queue.
func (d *Draft) queueOf(s *State, team events.TeamID) events.QueueID {
	if q, ok := d.World().Queue(s.Queue); ok && slices.Contains(q.Teams, team) {
		return s.Queue
	}
	queue, _ := d.World().QueueOf(team)
	return queue
}

// MaxTags bounds the tags of one conversation.
const MaxTags = 64

// Tag adds and removes tags; tags are lower-cased and trimmed.
func (d *Draft) Tag(s *State, body commands.TagBody) *commands.Problem {
	fact := &events.ConversationTagged{Conversation: s.ID}
	for _, raw := range body.Add {
		tag, ok := events.Tag(raw)
		if !ok {
			return refuse(commands.Invalid, "a tag is 1 to 64 bytes of letters, digits, space and _ : . -")
		}
		if !slices.Contains(s.Tags, tag) && !slices.Contains(fact.Added, tag) {
			fact.Added = append(fact.Added, tag)
		}
	}
	for _, raw := range body.Remove {
		tag := strings.ToLower(strings.TrimSpace(raw))
		if slices.Contains(s.Tags, tag) {
			fact.Removed = append(fact.Removed, tag)
		}
	}
	if len(s.Tags)+len(fact.Added)-len(fact.Removed) > MaxTags {
		return refuse(commands.Invalid, "too many tags")
	}
	if len(fact.Added)+len(fact.Removed) > 0 {
		d.add(fact)
	}
	return nil
}

// MaxSnooze is how far ahead a conversation can be put aside.
const MaxSnooze = 2 * 365 * 24 * time.Hour

// Snooze puts the conversation aside until a time in the future.
func (d *Draft) Snooze(s *State, until time.Time) *commands.Problem {
	switch {
	case !until.After(d.At()):
		return refuse(commands.Invalid, "the time to come back must be in the future")
	case until.After(d.At().Add(MaxSnooze)):
		return refuse(commands.Invalid, "the time to come back is too far away")
	case s.Status == events.Resolved:
		return refuse(commands.Invalid, "a resolved conversation cannot be snoozed")
	}
	d.add(&events.ConversationSnoozed{Conversation: s.ID, Until: until.UTC()})
	return nil
}

// Wake ends a snooze whose time has come; one that was changed meanwhile stays.
func (d *Draft) Wake(s *State, due time.Time) {
	if s.Status == events.Snoozed && s.SnoozedUntil != nil && !s.SnoozedUntil.After(due) {
		d.add(&events.ConversationWoken{Conversation: s.ID, Reason: "its time has come"})
	}
}

// Resolve ends the work on the conversation.
func (d *Draft) Resolve(s *State, reason string) *commands.Problem {
	if s.Status == events.Resolved {
		return nil
	}
	holder := s.Assignee
	d.add(&events.ConversationResolved{Conversation: s.ID, Reason: reason})
	d.wrapUp(s.Queue, holder)
	return nil
}

// Reopen begins it again. Where the contact has another open conversation by
// now there would be two, so it is refused with that reason.
func (d *Draft) Reopen(s *State, reason string) *commands.Problem {
	switch s.Status {
	case events.Snoozed:
		d.add(&events.ConversationWoken{Conversation: s.ID, Reason: "reopened by hand"})
	case events.Resolved:
		if c, ok := FollowContact(d.World(), s.Contact.ID); ok && s.Thread == "" && d.unified(c.Live) != "" {
			return refuse(commands.Conflict, "the contact has another open conversation")
		}
		if reason == "" {
			reason = "reopened by hand"
		}
		d.add(&events.ConversationReopened{Conversation: s.ID, Reason: reason})
	}
	return nil
}

// MarkRead sets the unread count to nought.
func (d *Draft) MarkRead(s *State) *commands.Problem {
	if s.Unread > 0 {
		d.add(&events.ConversationRead{Conversation: s.ID})
	}
	return nil
}
