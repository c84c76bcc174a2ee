package navertalk

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/parts"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Send brings text and pictures to a user. Naver gives no id for a message and
// has no idempotency key, so an attempt whose end nobody saw is unclear until
// its echo arrives. Pictures must have an https URL, from which Naver fetches
// them within ten seconds (JPG, PNG, GIF, at most 20 MB).
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	if req.Message.Template != nil {
		return wire.NoTemplates(), nil
	}
	var pieces []parts.Piece
	texts, offered := a.texts(inbox, &s, req)
	if !offered {
		pieces = texts
	}
	for _, file := range req.Message.Attachments {
		if !account.Fetchable(file.URL, s.AllowPrivate) || !pictures[file.Type] || file.Size > channel.LimitsOf(Kind).FileBytes {
			return wire.NoFiles("Naver TalkTalk takes pictures only (JPG, PNG, GIF up to 20 MB), from a public https address"), nil
		}
		pieces = append(pieces, a.piece(inbox, &s, req, "image "+file.URL, map[string]any{"imageContent": map[string]string{"imageUrl": file.URL}}))
	}
	if offered { // quick buttons stand below the newest message only
		pieces = append(pieces, texts...)
	}
	result := parts.InOrder(ctx, false, pieces...)
	if result.Outcome == events.Sent {
		result.ProviderIDs = append(result.ProviderIDs, string(req.Message.ID))
	}
	return result, nil
}

// pictures are the types that Naver fetches. Source: navertalk/chatbot-api.
var pictures = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true}

// texts are the parts of the text, and whether the last has quick buttons.
func (a *Adapter) texts(inbox config.Inbox, s *Settings, req events.SendRequest) (out []parts.Piece, offered bool) {
	if req.Message.Text == "" {
		return nil, false
	}
	limits := channel.LimitsOf(Kind)
	texts, buttons := limits.Split(req.Message.Text), limits.Offer(&req.Message)
	for i, text := range texts {
		said := "text " + text
		plain := a.piece(inbox, s, req, said, map[string]any{"textContent": map[string]any{"text": text}})
		if i < len(texts)-1 || len(buttons) == 0 {
			out = append(out, plain)
			continue
		}
		asking := a.piece(inbox, s, req, said, map[string]any{"textContent": map[string]any{"text": text, "quickReply": quickReply(buttons)}})
		out = append(out, func(ctx context.Context) events.SendResult {
			return parts.Plainly(buttons, func(buttons []events.QuickReply) events.SendResult {
				if buttons == nil {
					return plain(ctx)
				}
				return asking(ctx)
			})
		})
	}
	return out, len(buttons) > 0
}

// quickReply are quick buttons: a press sends the title as the user's text, and
// the code where nobody sees it.
func quickReply(buttons []events.QuickReply) map[string]any {
	var list []any
	for _, b := range buttons {
		list = append(list, map[string]any{"type": "TEXT", "data": map[string]string{"title": b.Label, "code": b.Value}})
	}
	return map[string]any{"buttonList": list}
}

func (a *Adapter) piece(inbox config.Inbox, s *Settings, req events.SendRequest, said string, content map[string]any) parts.Piece {
	return func(ctx context.Context) events.SendResult {
		content["event"], content["user"] = "send", req.To.Value
		content["options"] = map[string]bool{"notification": s.Notify}
		call, err := provider.JSON(s.URL+"/chatbot/v1/event", content)
		if err != nil {
			return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
		}
		call.Private = s.AllowPrivate
		call.Header.Set("Authorization", inbox.Secrets["authorization"])
		call.Header.Set("Content-Type", "application/json;charset=UTF-8")
		// Before the call: the echo may come before its answer.
		key, now := echoKey(string(inbox.ID), req.To.Value, said), time.Now()
		a.recent.Put(key, req.Message.ID, now, now.Add(2*time.Minute))
		answer, result := wire.Do(ctx, a.client, call)
		if result == nil {
			read := outcome(answer)
			result = &read
		}
		switch result.Outcome {
		case events.Sent:
			result.ProviderIDs = []string{key}
		case events.Retry, events.Rejected: // no echo will come
			a.recent.Take(key, now)
		}
		return *result
	}
}

// outcome reads an answer: the status is 200 whatever happened, the code says
// what did.
func outcome(answer provider.Answer) events.SendResult {
	if answer.Status != http.StatusOK {
		return provider.Refused(answer, false, time.Now())
	}
	var said struct {
		Success *bool  `json:"success"`
		Code    string `json:"resultCode"`
		Message string `json:"resultMessage"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil || said.Success == nil {
		return wire.Unread()
	}
	detail := "Naver answered " + short(said.Code)
	switch {
	case *said.Success:
		return events.SendResult{Outcome: events.Sent}
	case said.Code == "01":
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the authorization does not hold"}
	case said.Code == "99", said.Code == "IMG-02": // a fault or a slow picture: Naver says itself that nothing was sent
		return events.SendResult{Outcome: events.Retry, Detail: detail}
	case strings.HasPrefix(said.Code, "IMG-"):
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: detail}
	}
	return events.SendResult{Outcome: events.Rejected, Detail: detail}
}

// MediaHosts are where the pictures of users are kept.
func (*Adapter) MediaHosts(config.Inbox) []string {
	return []string{".naver.com", ".naver.net", ".pstatic.net"}
}

// OpenMedia opens a picture; its address needs no credentials.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return wire.OpenURL(ctx, client, file.URL)
}
