package channeltalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/parts"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// mark stands before our message's id in a requestId.
const mark = "tributary-"

// Send writes text into the user chat that the talk stands in, or opens one for
// the user where there is none. Channel Talk does not promise to take a requestId
// once, so an attempt whose end nobody saw is unclear; its echo settles it.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	switch {
	case req.Message.Template != nil:
		return wire.NoTemplates(), nil
	case len(req.Message.Attachments) > 0:
		return wire.NoFiles("files are not sent to Channel Talk"), nil
	}
	chat := req.Thread.Key
	if chat == "" {
		opened, failed := a.open(ctx, inbox, &s, req.To.Value)
		if failed != nil {
			return *failed, nil
		}
		chat = opened
	}
	var pieces []parts.Piece
	for _, text := range channel.LimitsOf(Kind).Split(req.Message.Text) {
		pieces = append(pieces, func(ctx context.Context) events.SendResult { return a.write(ctx, inbox, &s, req, chat, text) })
	}
	result := parts.InOrder(ctx, false, pieces...)
	if result.Outcome == events.Sent {
		result.ProviderIDs = append(result.ProviderIDs, string(req.Message.ID))
	}
	return result, nil
}

func (a *Adapter) write(ctx context.Context, inbox config.Inbox, s *Settings, req events.SendRequest, chat, text string) events.SendResult {
	address := s.URL + "/open/v5/user-chats/" + url.PathEscape(chat) + "/messages?botName=" + url.QueryEscape(s.BotName)
	answer, failed := a.post(ctx, inbox, s, address, map[string]any{
		"blocks": []any{map[string]string{"type": "text", "value": text}}, "requestId": mark + string(req.Message.ID),
	}, false)
	if failed != nil {
		return *failed
	}
	var said struct {
		Message struct {
			ID string `json:"id"`
		} `json:"message"`
	}
	if json.Unmarshal(answer.Body, &said) != nil || said.Message.ID == "" {
		return wire.Unread()
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{said.Message.ID}}
}

// open makes a user chat. Nothing reaches the user by it, so a failure may be
// tried again.
func (a *Adapter) open(ctx context.Context, inbox config.Inbox, s *Settings, user string) (string, *events.SendResult) {
	answer, failed := a.post(ctx, inbox, s, s.URL+"/open/v5/users/"+url.PathEscape(user)+"/user-chats", map[string]any{}, true)
	if failed != nil {
		return "", failed
	}
	var said struct {
		Chat struct {
			ID string `json:"id"`
		} `json:"userChat"`
	}
	if json.Unmarshal(answer.Body, &said) != nil || said.Chat.ID == "" {
		return "", &events.SendResult{Outcome: events.Retry, Detail: "no chat could be opened for the user"}
	}
	return said.Chat.ID, nil
}

func (a *Adapter) post(ctx context.Context, inbox config.Inbox, s *Settings, address string, body any, safe bool) (provider.Answer, *events.SendResult) {
	call, err := provider.JSON(address, body)
	if err != nil {
		return provider.Answer{}, &events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	call.Private, call.SafeToRepeat = s.AllowPrivate, safe
	identify(inbox, call.Header)
	answer, failed := wire.Do(ctx, a.client, call)
	if failed != nil {
		return answer, failed
	}
	switch {
	case answer.OK():
		return answer, nil
	case answer.Status == http.StatusForbidden:
		return answer, &events.SendResult{Outcome: events.Retry, Suspend: true, Detail: "the provider answered 403: the credentials do not hold"}
	case answer.Status == http.StatusNotFound:
		return answer, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the provider answered 404: the chat or the user is not there"}
	case answer.Status == http.StatusTooManyRequests:
		r := provider.Refused(answer, safe, time.Now())
		if r.RetryAfter == 0 {
			r.RetryAfter = reset(answer.Header, time.Now())
		}
		return answer, &r
	}
	r := provider.Refused(answer, safe, time.Now())
	return answer, &r
}

// reset reads the moment at which Channel Talk fills the bucket of calls again.
func reset(h http.Header, now time.Time) time.Duration {
	n, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	return max(0, min(time.Unix(n, 0).Sub(now), time.Hour))
}

func identify(inbox config.Inbox, h http.Header) {
	h.Set("X-Access-Key", inbox.Secrets["access_key"])
	h.Set("X-Access-Secret", inbox.Secrets["access_secret"])
}

// Test reads the channel that the credentials belong to.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return err
	}
	call := provider.Call{Method: http.MethodGet, URL: s.URL + "/open/v5/channel", Header: http.Header{}, Private: s.AllowPrivate, SafeToRepeat: true}
	identify(inbox, call.Header)
	answer, err := a.client.Do(ctx, call)
	switch {
	case err != nil:
		return fmt.Errorf("ask Channel Talk: %w", err)
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return errors.New("ask Channel Talk: the credentials do not hold")
	case !answer.OK():
		return fmt.Errorf("ask Channel Talk: status %d", answer.Status)
	}
	return nil
}

// MediaHosts are where customers' files are kept.
func (*Adapter) MediaHosts(config.Inbox) []string { return []string{".channel.io"} }

// OpenMedia opens a file by its signed address, which expires.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return wire.OpenURL(ctx, client, file.URL)
}
