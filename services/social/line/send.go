package line

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// perCall is how many messages LINE takes in one call, all or none.
const perCall = 5

// Send replies where the chat has a fresh token and this is the first attempt,
// and pushes otherwise, or when LINE says that the token is void. A reply whose
// end nobody saw is unclear. A push carries a retry key made of the message's
// id, so it can be repeated for a day; LINE answers a repeat with 409 and the
// ids it gave the first time.
//
// LINE takes no bytes. It fetches pictures and films, each with a small picture
// beside it; for sound it wants to know the length, and other files it has no
// message for. Those are rejected.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	if err != nil {
		return events.SendResult{}, err
	}
	messages, problem := outgoing(&req.Message, s.AllowPrivate)
	if problem != nil {
		return *problem, nil
	}
	token, fresh := "", false
	if !s.PushOnly && req.Attempt <= 1 && !req.InDoubt && len(messages) <= perCall {
		token, _, fresh = a.tokens.Take(chat(inbox.ID, req.To.Value), a.now())
	}
	buttons := offered(&req.Message)
	if fresh {
		void := false
		result := parts.Plainly(buttons, func(buttons []events.QuickReply) (result events.SendResult) {
			result, void = a.reply(ctx, s, inbox, token, quick(messages, buttons))
			return result
		})
		if !void {
			return result, nil
		}
	}
	calls := (len(messages) + perCall - 1) / perCall
	return parts.Send(ctx, calls, true, func(i int) (events.SendResult, error) {
		some, offer := messages[i*perCall:min((i+1)*perCall, len(messages))], buttons
		if i < calls-1 {
			offer = nil
		}
		return parts.Plainly(offer, func(buttons []events.QuickReply) events.SendResult {
			return a.push(ctx, s, inbox, req.To.Value, retryKey(req.Message.ID, i), quick(some, buttons))
		}), nil
	})
}

type outMessage struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	Original string `json:"originalContentUrl,omitempty"`
	Preview  string `json:"previewImageUrl,omitempty"`
	Quick    any    `json:"quickReply,omitempty"`
}

// Bounds of files. Source: LINE Messaging API reference, image and video messages.
const (
	maxPreview = 1_000_000
	maxImage   = 10_000_000
	maxVideo   = 200_000_000
)

// file is the message for a file; nil where LINE takes none of the kind.
func file(f *events.Attachment, private bool) *outMessage {
	if !account.Fetchable(f.URL, private) {
		return nil
	}
	out := &outMessage{Type: "image", Original: f.URL, Preview: f.URL}
	switch {
	case (f.Type == "image/jpeg" || f.Type == "image/png") && f.Size <= maxImage:
		if f.Size > maxPreview && f.Hash != "" {
			out.Preview = account.Preview(f.URL)
		}
	case f.Type == "video/mp4" && f.Size <= maxVideo && f.Hash != "":
		out.Type, out.Preview = "video", account.Preview(f.URL)
	default:
		return nil
	}
	return out
}

func outgoing(m *events.Message, private bool) ([]outMessage, *events.SendResult) {
	var out []outMessage
	if strings.TrimSpace(m.Text) != "" {
		for _, text := range channel.LimitsOf(Kind).Split(m.Text) {
			out = append(out, outMessage{Type: "text", Text: text})
		}
	}
	for i := range m.Attachments {
		message := file(&m.Attachments[i], private)
		if message == nil {
			return nil, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: "LINE takes JPEG and PNG images up to 10 MB and MP4 films, at a public https address only"}
		}
		out = append(out, *message)
	}
	if len(out) == 0 {
		return nil, &events.SendResult{Outcome: events.Rejected, Detail: "there is nothing to send"}
	}
	return out, nil
}

// retryKey is a UUID for one call of one message, the same in every attempt.
func retryKey(id events.MessageID, call int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "line push %d %s", call, id))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // RFC 9562, version 8
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// reply answers an event. void says that the token could not be used, and that
// nothing was sent.
func (a *Adapter) reply(ctx context.Context, s Settings, inbox config.Inbox, token string, messages []outMessage) (result events.SendResult, void bool) {
	answer, err := a.post(ctx, s, inbox, "/v2/bot/message/reply", "", map[string]any{"replyToken": token, "messages": messages})
	if err != nil {
		return unanswered(err), false
	}
	said := read(answer)
	if answer.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(said.Message), "reply token") {
		return events.SendResult{}, true
	}
	return a.outcome(answer, said, false), false
}

func (a *Adapter) push(ctx context.Context, s Settings, inbox config.Inbox, to, key string, messages []outMessage) events.SendResult {
	answer, err := a.post(ctx, s, inbox, "/v2/bot/message/push", key, map[string]any{"to": to, "messages": messages})
	if err != nil {
		return unanswered(err)
	}
	return a.outcome(answer, read(answer), true)
}

func (a *Adapter) post(ctx context.Context, s Settings, inbox config.Inbox, path, key string, body any) (provider.Answer, error) {
	call, err := provider.JSON(s.URL+path, body)
	if err != nil {
		return provider.Answer{}, err
	}
	call.Header.Set("Authorization", "Bearer "+inbox.Secrets[secretToken])
	if key != "" {
		call.Header.Set("X-Line-Retry-Key", key)
		call.SafeToRepeat = true
	}
	call.Private = s.AllowPrivate
	return a.client.Do(ctx, call)
}

func unanswered(err error) events.SendResult {
	var failure *provider.Failure
	if errors.As(err, &failure) {
		return failure.Result()
	}
	return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
}

// said is LINE's answer, good or bad.
type said struct {
	Sent []struct {
		ID string `json:"id"`
	} `json:"sentMessages"`
	Message string `json:"message"`
	Details []struct {
		Property string `json:"property"`
		Message  string `json:"message"`
	} `json:"details"`
}

func read(answer provider.Answer) said {
	var s said
	if json.Unmarshal(answer.Body, &s) != nil {
		return said{}
	}
	return s
}

// outcome sorts an answer. 409 is the answer to a push that was taken before.
func (a *Adapter) outcome(answer provider.Answer, s said, repeatable bool) events.SendResult {
	if answer.OK() || answer.Status == http.StatusConflict && repeatable {
		var ids []string
		for _, m := range s.Sent {
			if intake.ID(m.ID) {
				ids = append(ids, m.ID)
			}
		}
		switch {
		case len(ids) > 0 || answer.Status == http.StatusConflict:
			return events.SendResult{Outcome: events.Sent, ProviderIDs: ids}
		case repeatable: // asked again, LINE says the ids
			return events.SendResult{Outcome: events.Retry, Detail: "the provider's answer cannot be read"}
		}
		return events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer cannot be read; it may have the message"}
	}
	result := provider.Refused(answer, repeatable, a.now())
	if s.Message != "" {
		result.Detail = "LINE: " + intake.Clip(s.Message, 200)
	}
	text := strings.ToLower(s.Message)
	switch {
	case answer.Status == http.StatusTooManyRequests && strings.Contains(text, "monthly limit"):
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeQuota, Detail: result.Detail}
	case answer.Status == http.StatusBadRequest && (strings.Contains(text, "'to'") || strings.Contains(text, "failed to send")):
		result.Code = events.CodeBadAddress
	}
	return result
}
