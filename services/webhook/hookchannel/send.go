package hookchannel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/webhook/profile"
)

// Answer is the body that a reply_url receives, in the form that Standard
// Webhooks recommends.
type Answer struct {
	Type      string     `json:"type"` // message.created
	Timestamp time.Time  `json:"timestamp"`
	Data      AnswerData `json:"data"`
}

// AnswerData is one answer of ours. ID is also the webhook-id: whoever has seen
// it has the message already. ReplyTo is the sender's own id of the message
// that is answered, the newest one we know.
type AnswerData struct {
	ID           events.MessageID      `json:"id"`
	Conversation events.ConversationID `json:"conversation_id"`
	Contact      AnswerContact         `json:"contact"`
	Author       string                `json:"author,omitempty"`
	Text         string                `json:"text"`
	HTML         string                `json:"html,omitempty"`
	Subject      string                `json:"subject,omitempty"`
	Thread       string                `json:"thread,omitempty"`
	ReplyTo      string                `json:"reply_to,omitempty"`
	Attachments  []events.Attachment   `json:"attachments,omitempty"`
	// QuickReplies may be shown as buttons beside Text, which says everything
	// without them. The value of the one that is pressed is "pressed" of the plain
	// message that tells of it, whose text is the label.
	QuickReplies []events.QuickReply `json:"quick_replies,omitempty"`
	OccurredAt   time.Time           `json:"occurred_at"`
}

// AnswerContact names the customer in the words of the source: exactly one of
// the three is set.
type AnswerContact struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Send posts one answer. 2xx is sent. 429, 503, 408 and 425 come again after
// Retry-After; other 5xx and an answer that never came come again as well where
// the receiver ignores a webhook-id it has seen, and are unclear where it does
// not. Everything else, a redirect included, is rejected.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := a.settings(inbox)
	if err != nil {
		return events.SendResult{}, fmt.Errorf("read settings: %w", err)
	}
	if s.ReplyURL == "" {
		return events.SendResult{Outcome: events.Rejected, Detail: "this inbox has no way out: it has no reply_url"}, nil
	}
	call, err := newCall(s, req)
	if err != nil {
		return events.SendResult{}, err
	}
	answer, err := a.client.Do(ctx, call)
	var failure *provider.Failure
	switch {
	case errors.As(err, &failure):
		return failure.Result(), nil
	case err != nil:
		return events.SendResult{}, err
	case answer.OK():
		return events.SendResult{Outcome: events.Sent, ProviderIDs: idsOf(answer.Body, req)}, nil
	case answer.Status == http.StatusUnauthorized:
		// Nothing of ours can have died: what a receiver checks is a signature.
		return events.SendResult{Outcome: events.Rejected, Detail: "the receiver answered 401: it does not take the signature"}, nil
	}
	return provider.Refused(answer, s.Dedupes(), time.Now()), nil
}

// newCall signs and addresses one attempt.
func newCall(s *profile.Settings, req events.SendRequest) (provider.Call, error) {
	now := req.At
	if now.IsZero() {
		now = time.Now()
	}
	call, err := provider.JSON(s.ReplyURL, answerOf(req, now))
	if err != nil {
		return call, err
	}
	// The time is that of the attempt: a retry an hour later must not look like
	// a replay to the receiver.
	at := time.Now()
	secrets := append(strings.Fields(s.Secrets["reply_secret"]), strings.Fields(s.Secrets["previous_reply_secret"])...)
	signature, err := profile.SignStandard(string(req.Message.ID), at, call.Body, secrets...)
	if err != nil {
		return call, fmt.Errorf("sign answer: %w", err)
	}
	call.Private, call.SafeToRepeat = s.AllowPrivate, s.Dedupes()
	call.Header.Set("Webhook-Id", string(req.Message.ID))
	call.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	call.Header.Set("Webhook-Signature", signature)
	return call, nil
}

func answerOf(req events.SendRequest, now time.Time) Answer {
	m := &req.Message
	d := AnswerData{
		ID: m.ID, Conversation: req.Conversation, Author: m.Author.Name, Text: m.Text, HTML: m.HTML,
		Subject: req.Thread.Subject, Thread: req.Thread.Key, Attachments: m.Attachments, QuickReplies: channel.LimitsOf(Kind).Offer(m), OccurredAt: m.OccurredAt,
	}
	switch req.To.Kind {
	case "email":
		d.Contact.Email = req.To.Value
	case "phone":
		d.Contact.Phone = req.To.Value
	default:
		d.Contact.ID = req.To.Value
	}
	if n := len(req.Thread.References); n > 0 {
		d.ReplyTo = req.Thread.References[n-1]
	}
	return Answer{Type: "message.created", Timestamp: now.UTC(), Data: d}
}

// maxAnswer bounds the answer of a receiver that is looked into for its id.
const maxAnswer = 64 << 10

// idsOf lists the names of a message that was taken: the receiver's own id
// where its answer has one ({"id": …}), and ours.
func idsOf(body []byte, req events.SendRequest) []string {
	ids := []string{string(req.Message.ID)}
	if len(body) > maxAnswer {
		return ids
	}
	doc, err := profile.Decode(body)
	if err != nil {
		return ids
	}
	if o, ok := doc.(map[string]any); ok {
		if id, ok := o["id"].(string); ok && id != "" && len(id) <= profile.MaxID && id != ids[0] {
			return append([]string{id}, ids...)
		}
	}
	return ids
}
