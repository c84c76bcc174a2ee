package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Command is what an action asks of the router: the name of a command and its
// body. text is the action's text with its variables filled in; a reply or a note
// of which nothing is left is none, and neither is an action that is not known:
// false then. now is when a snooze begins.
func Command(a *config.Action, text string, now time.Time) (name string, body any, ok bool) {
	switch a.Do {
	case config.DoTag:
		return commands.Tag, commands.TagBody{Add: a.Tags}, true
	case config.DoUntag:
		return commands.Tag, commands.TagBody{Remove: a.Tags}, true
	case config.DoAssign:
		return commands.Assign, commands.AssignBody{Assignee: a.Agent, Team: a.Team}, true
	case config.DoTransfer:
		return commands.Transfer, commands.TransferBody{Queue: a.Queue, Team: a.Team}, true
	case config.DoPrioritise:
		if a.Priority == nil {
			return "", nil, false
		}
		return commands.Prioritise, commands.PrioritiseBody{Priority: *a.Priority, Reason: "by a rule"}, true
	case config.DoSnooze:
		return commands.Snooze, commands.SnoozeBody{Until: now.Add(time.Duration(a.Seconds) * time.Second).UTC()}, true
	case config.DoResolve:
		return commands.Resolve, commands.ReasonBody{Reason: text}, true
	case config.DoReopen:
		return commands.Reopen, commands.ReasonBody{Reason: "by a rule"}, true
	case config.DoNote:
		return commands.AddNote, commands.NoteBody{Text: text}, text != ""
	case config.DoReply:
		return commands.Reply, commands.ReplyBody{Text: text}, text != ""
	}
	return "", nil, false
}

// Idle reports whether a transfer would leave the conversation where it stood
// after the decision: in that queue, of that team, with nobody. It is not asked
// for, because a transfer is a fact of its own even where nothing moves. One that
// comes after another move of the same list is asked for in any case.
func Idle(d *Deed, i int) bool {
	for n := range i {
		if do := d.Rule.Do[n].Do; do == config.DoTransfer || do == config.DoAssign {
			return false
		}
	}
	a, c := &d.Rule.Do[i], d.Conversation
	return a.Do == config.DoTransfer && c.Assignee == "" && (a.Queue == "" || a.Queue == c.Queue) && (a.Team == "" || a.Team == c.Team)
}

// Moot reports whether an action would change nothing in a conversation as it
// stands: tags that it has, or has not, an agent who has it, a priority it has, an
// end that it has come to. The router finds that out by itself; a dry run has to
// know it.
func Moot(a *config.Action, c *events.Conversation) bool {
	has := func(tag string) bool { return slices.Contains(c.Tags, strings.ToLower(strings.TrimSpace(tag))) }
	switch a.Do {
	case config.DoTag:
		return !slices.ContainsFunc(a.Tags, func(t string) bool { return !has(t) })
	case config.DoUntag:
		return !slices.ContainsFunc(a.Tags, has)
	case config.DoAssign:
		return a.Agent == c.Assignee && (a.Team == "" || a.Team == c.Team)
	case config.DoPrioritise:
		return a.Priority != nil && *a.Priority == c.Priority
	case config.DoResolve:
		return c.Status == events.Resolved
	case config.DoReopen:
		return c.Status == events.Open
	}
	return false
}

// Leave changes a row to what an action leaves it as, so that what comes behind it in
// a list is seen by a dry run as the router would see it. Who answers next, and when,
// is the router's to decide; only what the action itself says is changed.
func Leave(a *config.Action, c *events.Conversation) {
	switch a.Do {
	case config.DoTag, config.DoUntag:
		tags := slices.Clone(c.Tags)
		for _, t := range a.Tags {
			t = strings.ToLower(strings.TrimSpace(t))
			has := slices.Index(tags, t)
			switch {
			case a.Do == config.DoTag && has < 0:
				tags = append(tags, t)
			case a.Do == config.DoUntag && has >= 0:
				tags = slices.Delete(tags, has, has+1)
			}
		}
		c.Tags = tags
	case config.DoAssign:
		c.Assignee = a.Agent
		if a.Team != "" {
			c.Team = a.Team
		}
	case config.DoTransfer:
		c.Assignee = ""
		if a.Queue != "" {
			c.Queue = a.Queue
		}
		if a.Team != "" {
			c.Team = a.Team
		}
	case config.DoPrioritise:
		if a.Priority != nil {
			c.Priority = *a.Priority
		}
	case config.DoResolve:
		c.Status = events.Resolved
	case config.DoReopen:
		c.Status = events.Open
	}
}
