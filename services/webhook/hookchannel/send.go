package hookchannel

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
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
	OccurredAt   time.Time             `json:"occurred_at"`
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
	post, written, err := newPost(ctx, s, req)
	if err != nil {
		return events.SendResult{}, err
	}
	client := a.public
	if s.AllowPrivate {
		client = a.private
	}
	resp, err := client.Do(post)
	if err != nil {
		return failed(err, written.Load(), s.Dedupes()), nil
	}
	defer func() { _ = resp.Body.Close() }()
	return answered(resp, s.Dedupes(), req), nil
}

// newPost signs and addresses one attempt. written turns true with the first
// byte that may have reached the receiver.
func newPost(ctx context.Context, s *profile.Settings, req events.SendRequest) (*http.Request, *atomic.Bool, error) {
	now := req.At
	if now.IsZero() {
		now = time.Now()
	}
	body, err := json.Marshal(answerOf(req, now))
	if err != nil {
		return nil, nil, fmt.Errorf("encode answer: %w", err)
	}
	// The time is that of the attempt: a retry an hour later must not look like
	// a replay to the receiver.
	at := time.Now()
	secrets := append(strings.Fields(s.Secrets["reply_secret"]), strings.Fields(s.Secrets["previous_reply_secret"])...)
	signature, err := profile.SignStandard(string(req.Message.ID), at, body, secrets...)
	if err != nil {
		return nil, nil, fmt.Errorf("sign answer: %w", err)
	}
	written := new(atomic.Bool)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { written.Store(true) },
	})
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.ReplyURL, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("address answer: %w", err)
	}
	// net/http itself repeats a request whose connection was found closed, but
	// only with GetBody; here a repeat is dispatch's decision.
	post.GetBody = nil
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("User-Agent", "Tributary")
	post.Header.Set("Webhook-Id", string(req.Message.ID))
	post.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	post.Header.Set("Webhook-Signature", signature)
	return post, written, nil
}

func answerOf(req events.SendRequest, now time.Time) Answer {
	m := &req.Message
	d := AnswerData{
		ID: m.ID, Conversation: req.Conversation, Author: m.Author.Name, Text: m.Text, HTML: m.HTML,
		Subject: req.Thread.Subject, Thread: req.Thread.Key, Attachments: m.Attachments, OccurredAt: m.OccurredAt,
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

// failed sorts an attempt that got no answer.
func failed(err error, written, dedupes bool) events.SendResult {
	var badCertificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, provider.ErrPrivate):
		return events.SendResult{Outcome: events.Rejected, Detail: "reply_url leads to an address that is not public"}
	case errors.As(err, &badCertificate):
		return events.SendResult{Outcome: events.Retry, Detail: "the receiver's certificate does not hold"}
	case !written:
		return events.SendResult{Outcome: events.Retry, Detail: "the receiver could not be reached"}
	case dedupes:
		return events.SendResult{Outcome: events.Retry, Detail: "the receiver did not answer; it ignores a webhook-id it has seen"}
	}
	return events.SendResult{Outcome: events.Unclear, Detail: "the receiver did not answer and may have the message"}
}

func answered(resp *http.Response, dedupes bool, req events.SendRequest) events.SendResult {
	detail := "the receiver answered " + strconv.Itoa(resp.StatusCode)
	switch code := resp.StatusCode; {
	case code >= 200 && code <= 299:
		return events.SendResult{Outcome: events.Sent, ProviderIDs: idsOf(resp.Body, req)}
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return events.SendResult{Outcome: events.Retry, Detail: detail, RetryAfter: provider.RetryAfter(resp.Header, time.Now())}
	case code >= 500 && dedupes:
		return events.SendResult{Outcome: events.Retry, Detail: detail, RetryAfter: provider.RetryAfter(resp.Header, time.Now())}
	case code >= 500:
		return events.SendResult{Outcome: events.Unclear, Detail: detail + " and may have the message"}
	case code >= 300 && code <= 399:
		return events.SendResult{Outcome: events.Rejected, Detail: detail + ": redirects are not followed"}
	}
	return events.SendResult{Outcome: events.Rejected, Detail: detail}
}

// idsOf lists the names of a message that was taken: the receiver's own id
// where its answer has one ({"id": …}), and ours.
func idsOf(body io.Reader, req events.SendRequest) []string {
	ids := []string{string(req.Message.ID)}
	data, err := io.ReadAll(io.LimitReader(body, 64<<10))
	if err != nil {
		return ids
	}
	doc, err := profile.Decode(data)
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
