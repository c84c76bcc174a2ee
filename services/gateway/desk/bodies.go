package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// Limits on what a command may carry, in bytes unless they say otherwise.
const (
	MaxText        = 64 << 10
	MaxReason      = 1000
	MaxClientID    = 128
	MaxTags        = 20 // to add, and to remove
	MaxAttachments = 20 // of one reply
	MaxParams      = 50 // of one template
	MaxSnooze      = 400 * 24 * time.Hour
)

// Decode reads the body of a command that may come over the socket, strictly:
// an unknown name or field is refused with a reason.
func Decode(name string, raw json.RawMessage) (any, error) {
	var body any
	switch name {
	case commands.Reply:
		body = new(commands.ReplyBody)
	case commands.AddNote:
		body = new(commands.NoteBody)
	case commands.Assign:
		body = new(commands.AssignBody)
	case commands.Transfer:
		body = new(commands.TransferBody)
	case commands.Tag:
		body = new(commands.TagBody)
	case commands.Snooze:
		body = new(commands.SnoozeBody)
	case commands.Resolve, commands.Reopen:
		body = new(commands.ReasonBody)
	case commands.MarkRead:
		body = new(struct{})
	case commands.ResolveUnknown:
		body = new(commands.ResolveUnknownBody)
	case commands.RequestCallback:
		body = new(commands.RequestCallbackBody)
	case commands.CloseCallback:
		body = new(commands.CloseCallbackBody)
	case commands.AnswerOffer:
		body = new(commands.AnswerOfferBody)
	case commands.Prioritise:
		body = new(commands.PrioritiseBody)
	default:
		return nil, invalid("there is no command of this name")
	}
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return body, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(body); err != nil {
		return nil, invalid("%s", JSONDetail(err))
	}
	return body, nil
}

// JSONDetail says what was wrong with JSON without repeating any of it.
func JSONDetail(err error) string {
	var typeErr *json.UnmarshalTypeError
	var syntaxErr *json.SyntaxError
	switch {
	case errors.As(err, &typeErr):
		return "field " + typeErr.Field + " must be of another type than " + typeErr.Value
	case errors.As(err, &syntaxErr), errors.Is(err, io.ErrUnexpectedEOF):
		return "not valid JSON"
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return "unknown field " + shorten(strings.TrimPrefix(err.Error(), "json: unknown field "), 80)
	}
	return "a value has the wrong form"
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func invalid(format string, args ...any) error {
	return ask.Refuse(http.StatusUnprocessableEntity, "invalid", format, args...)
}

// check holds a command to the limits, fills in what it leaves to us, and makes
// sure that whomever it names exists.
func (d *Desk) check(v *access.Viewer, cmd *Command) error {
	if len(cmd.ID) > MaxClientID || cmd.Version < 0 {
		return invalid("the idempotency key is over %d bytes or the version is below 0", MaxClientID)
	}
	switch b := cmd.Body.(type) {
	case *commands.ReplyBody:
		return d.reply(cmd, b)
	case *commands.NoteBody:
		return words(cmd, b.Text, b.ClientID, false)
	case *commands.AssignBody:
		if b.Assignee == "me" {
			b.Assignee = v.ID
		}
		return d.known(b.Assignee, b.Team, "")
	case *commands.TransferBody:
		if b.Assignee == "me" {
			b.Assignee = v.ID
		}
		if b.Assignee == "" && b.Team == "" && b.Queue == "" {
			return invalid("say to whom: a queue, a team or an assignee")
		}
		if len(b.Note) > MaxText {
			return invalid("the note is over %d bytes", MaxText)
		}
		return d.known(b.Assignee, b.Team, b.Queue)
	case *commands.TagBody:
		return tags(b)
	case *commands.SnoozeBody:
		now := d.Clock.Now()
		if !b.Until.After(now) || b.Until.After(now.Add(MaxSnooze)) {
			return invalid("until must be in the future and within %d days", int(MaxSnooze.Hours()/24))
		}
		b.Until = b.Until.UTC()
	case *commands.ReasonBody:
		if len(b.Reason) > MaxReason {
			return invalid("the reason is over %d bytes", MaxReason)
		}
	case *commands.ResolveUnknownBody:
		if b.Message == "" || (b.Outcome != "sent" && b.Outcome != "retry" && b.Outcome != "failed") {
			return invalid("outcome must be sent, retry or failed")
		}
	case *commands.AnswerOfferBody:
		if b.Offer == "" || len(b.Reason) > MaxReason {
			return invalid("name the offer; the reason is at most %d bytes", MaxReason)
		}
	case *commands.PrioritiseBody:
		if len(b.Reason) > MaxReason {
			return invalid("the reason is over %d bytes", MaxReason)
		}
	case *commands.RequestCallbackBody:
		return d.callback(b)
	case *commands.CloseCallbackBody:
		if b.Callback == "" || !slices.Contains(closings, b.Outcome) {
			return invalid("outcome must be reached, cancelled, in-vain or attempted")
		}
		if len(b.Reason) > MaxReason {
			return invalid("the reason is over %d bytes", MaxReason)
		}
	}
	return nil
}

// closings are what a person can say of a callback.
var closings = []string{"reached", "cancelled", "in-vain", "attempted"}

// e164 is a number as the contact points hold it.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{5,14}$`)

func (d *Desk) callback(b *commands.RequestCallbackBody) error {
	now := d.Clock.Now()
	switch {
	case b.Number != "" && !e164.MatchString(b.Number):
		return invalid("number must begin with + and the country code")
	case len(b.Note) > MaxReason:
		return invalid("the note is over %d bytes", MaxReason)
	case b.WantedAt != nil && (b.WantedAt.Before(now.Add(-time.Hour)) || b.WantedAt.After(now.Add(MaxSnooze))):
		return invalid("wanted_at must be in the future and within %d days", int(MaxSnooze.Hours()/24))
	}
	if b.WantedAt != nil {
		at := b.WantedAt.UTC()
		b.WantedAt = &at
	}
	return nil
}

// template holds an approved text to the limits. Which names and places there
// are only the provider knows.
func template(b *commands.ReplyBody) error {
	t := b.Template
	if strings.TrimSpace(b.Text) != "" || len(b.Attachments) > 0 {
		return invalid("a template is sent by itself, without text and attachments")
	}
	size := len(t.Name) + len(t.Language) + len(t.Text)
	for name, value := range t.Params {
		size += len(name) + len(value)
	}
	if t.Name == "" || len(t.Name) > 512 || len(t.Language) > 32 || len(t.Params) > MaxParams || size > MaxText {
		return invalid("a template has a name, at most %d places and at most %d bytes in all", MaxParams, MaxText)
	}
	return nil
}

func words(cmd *Command, text, clientID string, empty bool) error {
	switch {
	case len(text) > MaxText:
		return ask.Refuse(http.StatusRequestEntityTooLarge, "too_large", "the text is over %d bytes", MaxText)
	case !empty && strings.TrimSpace(text) == "":
		return invalid("the text is empty")
	case len(clientID) > MaxClientID:
		return invalid("client_id is over %d bytes", MaxClientID)
	}
	if cmd.ID == "" {
		cmd.ID = clientID
	}
	return nil
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (d *Desk) reply(cmd *Command, b *commands.ReplyBody) error {
	if len(b.Attachments) > MaxAttachments {
		return invalid("more than %d attachments", MaxAttachments)
	}
	for i := range b.Attachments {
		a := &b.Attachments[i]
		if !hash.MatchString(a.Hash) || a.URL != "" || len(a.Name) > 255 || len(a.Type) > 127 || a.Size < 0 {
			return invalid("attachment %d is not one that was uploaded here", i)
		}
	}
	if b.Inbox != "" {
		inbox, _, ok := d.Directory.Inboxes.Get(string(b.Inbox))
		if !ok || (b.Channel != "" && b.Channel != inbox.Channel) {
			return invalid("there is no such inbox on this channel")
		}
	}
	if b.Template != nil {
		if err := template(b); err != nil {
			return err
		}
	}
	return words(cmd, b.Text, b.ClientID, len(b.Attachments) > 0 || b.Template != nil)
}

func (d *Desk) known(agent events.AgentID, team events.TeamID, queue events.QueueID) error {
	if agent != "" {
		if a, _, ok := d.Directory.Agents.Get(string(agent)); !ok || a.Disabled {
			return invalid("there is no such agent")
		}
	}
	if team != "" {
		if _, _, ok := d.Directory.Teams.Get(string(team)); !ok {
			return invalid("there is no such team")
		}
	}
	if queue != "" {
		if _, _, ok := d.Directory.Queues.Get(string(queue)); !ok {
			return invalid("there is no such queue")
		}
	}
	return nil
}

// maxOldTag bounds a tag that is to be removed, in bytes: settings gave longer ones once.
const maxOldTag = 256

// tags brings tags into the one form in which they are compared.
func tags(b *commands.TagBody) error {
	if len(b.Add) == 0 && len(b.Remove) == 0 || len(b.Add) > MaxTags || len(b.Remove) > MaxTags {
		return invalid("between 1 and %d tags to add or to remove", MaxTags)
	}
	for i, said := range b.Add {
		tag, ok := events.Tag(said)
		if !ok {
			return invalid("a tag is 1 to 64 bytes of letters, digits, space and _ : . -")
		}
		b.Add[i] = tag
	}
	for i, said := range b.Remove { // also one from before there was a rule
		tag, _ := events.Tag(said)
		if tag == "" || len(tag) > maxOldTag {
			return invalid("a tag to remove has 1 to %d bytes", maxOldTag)
		}
		b.Remove[i] = tag
	}
	return nil
}
