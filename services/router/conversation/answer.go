package conversation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxText bounds the text of an answer or a note, in bytes.
const MaxText = 64 << 10

// Answer sends text to the customer over a road: the message and the request to
// send it are one decision. The same id again is refused by the caller, who
// looks for the message first.
//
// What the program itself says (a rule, a survey) is flagged automatic: it begins
// nothing again, nobody counts it as the answer that the customer waits for, and
// it does not go where the customer's newest message was automatic as well.
func (d *Draft) Answer(s *State, id events.MessageID, road Road, body commands.ReplyBody) *commands.Problem {
	if problem := checkAnswer(body); problem != nil {
		return problem
	}
	machine := d.decision.Actor.Kind == "system"
	if machine && road.Machine {
		return refuse(commands.Conflict, "the customer's newest message there is automatic: a machine does not answer a machine")
	}
	text := body.Text
	if body.Template != nil {
		text = body.Template.Text // what the customer will read, for our own screens
	}
	if s.Status == events.Resolved && !machine {
		d.add(&events.ConversationReopened{Conversation: s.ID, Reason: "an agent answered"})
	}
	if s.Status == events.Snoozed && !machine {
		d.add(&events.ConversationWoken{Conversation: s.ID, Reason: "an agent answered"})
	}
	to := road.To
	message := events.Message{
		ID: id, ConversationID: s.ID, ContactID: d.Subject(), Direction: events.Out, Kind: events.KindMessage,
		Channel: road.Channel, InboxID: road.Inbox, Author: d.decision.Actor, Subject: road.Subject,
		Text: text, Template: body.Template, QuickReplies: body.QuickReplies, Attachments: attachments(body.Attachments), Status: events.StatusQueued, From: &to,
		ClientID: body.ClientID, OccurredAt: d.after(s), ReceivedAt: d.At(),
	}
	if machine {
		message.Flag("automatic")
	}
	if n := len(road.References); n > 0 {
		message.InReplyTo = []string{road.References[n-1]}
	}
	d.add(&events.MessageAdded{Message: message})
	d.add(&events.SendRequested{Request: events.SendRequest{
		Message: events.Message{ID: id, Attachments: []events.Attachment{}}, Conversation: s.ID, Inbox: road.Inbox, To: to,
		Thread:  events.Thread{Subject: road.Subject, References: road.References, Key: road.Key},
		Attempt: 1, At: d.At(),
	}})
	return nil
}

// Remark adds an internal note.
func (d *Draft) Remark(s *State, id events.MessageID, body commands.NoteBody) *commands.Problem {
	if problem := checkText(body.Text, false); problem != nil {
		return problem
	}
	d.add(&events.MessageAdded{Message: events.Message{
		ID: id, ConversationID: s.ID, ContactID: d.Subject(), Direction: events.Out, Kind: events.KindNote,
		Author: d.decision.Actor, Text: body.Text, Attachments: []events.Attachment{}, Status: events.StatusReceived,
		ClientID: body.ClientID, OccurredAt: d.after(s), ReceivedAt: d.At(),
	}})
	return nil
}

// MaxAhead is how far a sender's clock may be ahead of ours. Anybody may write any
// time into a mail, so a later one orders nothing.
const MaxAhead = 5 * time.Minute

// after is the time of something said now in a conversation: never before what
// was said last, so that an answer stands behind its question although the
// provider's clock runs ahead of ours, by up to [MaxAhead].
func (d *Draft) after(s *State) time.Time {
	at := d.At()
	if s.LastMessage != nil && !at.After(s.LastMessage.OccurredAt) && s.LastMessage.OccurredAt.Sub(at) <= MaxAhead {
		at = s.LastMessage.OccurredAt.Add(1)
	}
	return at
}

// SettleUnknown is a person's word on a message whose outcome is unknown. To
// send it again the caller gives the whole message as it was stored.
func (d *Draft) SettleUnknown(id events.MessageID, outcome string, again *events.SendRequest) *commands.Problem {
	ref, s, problem := d.locate(id)
	if problem != nil {
		return problem
	}
	if ref.Status != events.StatusUnknown && ref.Status != events.StatusFailed {
		return &commands.Problem{Code: commands.Conflict, Detail: "the message's outcome is known: " + string(ref.Status), Conversation: &s.Conversation}
	}
	change := &events.MessageStatusChanged{Conversation: s.ID, Message: id, Detail: "decided by a person"}
	switch outcome {
	case "sent":
		change.Status = events.StatusSent
	case "failed":
		change.Status = events.StatusFailed
	case "retry":
		change.Status = events.StatusQueued
	default:
		return refuse(commands.Invalid, "outcome must be sent, retry or failed")
	}
	d.add(change)
	if outcome == "retry" {
		if again == nil {
			return refuse(commands.Invalid, "the message cannot be sent again")
		}
		d.add(&events.SendRequested{Request: *again})
	}
	return nil
}

// Astray has a message fail that has not left and would go to an address which its
// conversation's contact does not hold any more: what it says may not be meant for
// whoever holds it now. An attempt that is under way, or in doubt, is left to its end.
func (d *Draft) Astray(body commands.BeginSendBody) bool {
	ref, s, problem := d.locate(body.Message)
	if problem != nil || ref.To == "" || ref.Status != events.StatusQueued || body.Attempt != 0 && body.Attempt != ref.Attempt {
		return false
	}
	if c, ok := FollowContact(d.World(), s.Contact.ID); !ok || Holds(c, ref.To) {
		return false
	}
	d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: body.Message, Status: events.StatusFailed, Detail: addressLeft})
	return true
}

// Holds reports whether a contact may be written to at an address, named by its key:
// it is theirs, or one that nobody holds, as a number that is lent for a time.
func Holds(c *Contact, key string) bool {
	kind, rest, _ := strings.Cut(key, "\x00")
	if _, held := c.Holds(key); held {
		return true
	}
	return kind == "phone" && !strings.HasPrefix(rest, "\x00") // scoped: see identity.Nameless
}

// Words tell one answer or note from another: the kind and all that it says, as a
// hash. It is the same for a message and for the command that it came from.
func Words(kind events.Kind, body commands.ReplyBody) string {
	if body.Template != nil {
		body.Text = body.Template.Text
	}
	var files []string
	for _, a := range body.Attachments {
		files = append(files, a.Hash, a.URL, a.Name)
	}
	data, err := json.Marshal([]any{kind, body.Text, body.Template, append([]events.QuickReply{}, body.QuickReplies...), files})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// BeginSend marks that an attempt begins, so that a crash during it is seen.
// Only one who knows that the last attempt is in doubt may resume from it.
func (d *Draft) BeginSend(body commands.BeginSendBody) (events.Status, *commands.Problem) {
	ref, s, problem := d.locate(body.Message)
	if problem != nil {
		return "", problem
	}
	if body.Attempt != 0 && body.Attempt != ref.Attempt {
		return ref.Status, refuse(commands.Conflict, "that attempt is not the newest one asked for")
	}
	if ref.Status == events.StatusQueued || ref.Status == events.StatusSending && body.Resume {
		d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: body.Message, Status: events.StatusSending})
		return ref.Status, nil
	}
	return ref.Status, refuse(commands.Conflict, "the message is "+string(ref.Status))
}

// EndSend records how an attempt ended. A message that a receipt has moved
// further meanwhile only gains the provider's ids; of an attempt before the
// newest one only that it left is news.
func (d *Draft) EndSend(body commands.EndSendBody) *commands.Problem {
	ref, s, problem := d.locate(body.Message)
	if problem != nil {
		return problem
	}
	status, known := map[events.SendOutcome]events.Status{
		events.Sent: events.StatusSent, events.Retry: events.StatusQueued,
		events.Rejected: events.StatusFailed, events.Unclear: events.StatusUnknown,
	}[body.Result.Outcome]
	if !known {
		return refuse(commands.Invalid, "no such outcome")
	}
	old := body.Attempt != 0 && body.Attempt < ref.Attempt
	switch {
	case body.Attempt > ref.Attempt:
		return refuse(commands.Invalid, "no such attempt was asked for")
	case old && (status != events.StatusSent || !ref.Status.Before(status)):
		status = ref.Status
	case !old && ref.Status != events.StatusSending && !ref.Status.Before(status):
		status = ref.Status
	}
	held := d.named(ref, body.Result.ProviderIDs)
	d.add(&events.MessageStatusChanged{Conversation: s.ID, Message: body.Message, Status: status, Detail: body.Result.Detail, ThreadIDs: body.Result.ProviderIDs})
	d.catchUp(s, body.Message, held)
	return nil
}

// Bounds of a template: bytes of its name and of a value, and values.
const (
	maxTemplateName  = 512
	maxTemplateValue = 4 << 10
	maxTemplateSlots = 64
)

func checkAnswer(body commands.ReplyBody) *commands.Problem {
	t := body.Template
	if problem := checkQuickReplies(body.QuickReplies); problem != nil {
		return problem
	}
	if t == nil {
		return checkText(body.Text, len(body.Attachments) > 0 && len(body.QuickReplies) == 0)
	}
	if body.Text != "" || len(body.Attachments)+len(body.QuickReplies) > 0 {
		return refuse(commands.Invalid, "a template goes alone, without text, attachments or quick replies")
	}
	if t.Name == "" || len(t.Name) > maxTemplateName || len(t.Language) > 64 || len(t.Params) > maxTemplateSlots || !utf8.ValidString(t.Name+t.Language) {
		return refuse(commands.Invalid, "a template has a name of at most 512 bytes and at most 64 values")
	}
	for k, v := range t.Params {
		if len(k) > 64 || len(v) > maxTemplateValue || !utf8.ValidString(k+v) {
			return refuse(commands.Invalid, "a template's value is at most 4096 bytes of UTF-8")
		}
	}
	return checkText(t.Text, true)
}

func checkQuickReplies(list []events.QuickReply) *commands.Problem {
	if len(list) > events.MaxQuickReplies {
		return refuse(commands.Invalid, "there are at most 13 quick replies")
	}
	for i, q := range list {
		switch n := utf8.RuneCountInString(q.Label); {
		case !utf8.ValidString(q.Label + q.Value):
			return refuse(commands.Invalid, "a quick reply is UTF-8")
		case strings.TrimSpace(q.Label) == "" || n > events.MaxQuickLabel || strings.ContainsAny(q.Label, "\r\n"):
			return refuse(commands.Invalid, "the label of a quick reply is one line of at most 20 characters")
		case q.Value == "" || len(q.Value) > events.MaxQuickValue:
			return refuse(commands.Invalid, "the value of a quick reply has 1 to 64 bytes")
		}
		if slices.ContainsFunc(list[:i], func(o events.QuickReply) bool { return o.Value == q.Value || o.Label == q.Label }) {
			return refuse(commands.Invalid, "two quick replies are the same")
		}
	}
	return nil
}

func attachments(list []events.Attachment) []events.Attachment {
	if list == nil {
		return []events.Attachment{}
	}
	return list
}

func checkText(text string, mayBeEmpty bool) *commands.Problem {
	switch {
	case strings.TrimSpace(text) == "" && !mayBeEmpty:
		return refuse(commands.Invalid, "the text is empty")
	case len(text) > MaxText:
		return refuse(commands.Invalid, "the text is too long")
	case !utf8.ValidString(text):
		return refuse(commands.Invalid, "the text is not UTF-8")
	}
	return nil
}
