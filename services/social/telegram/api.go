package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// reply is the frame of every answer of the Bot API.
type reply[T any] struct {
	OK     bool `json:"ok"`
	Result T    `json:"result"`
	problem
}

type problem struct {
	Code        int    `json:"error_code"`
	Description string `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// call makes one call. Its error never names the address, which holds the token.
func (a *Adapter) call(ctx context.Context, s Settings, inbox config.Inbox, method string, header http.Header, body []byte) (provider.Answer, error) {
	return a.client.Do(ctx, provider.Call{
		URL: s.URL + "/bot" + inbox.Secrets[secretToken] + "/" + method, Header: header, Body: body, Private: s.AllowPrivate,
	})
}

func form(fields map[string]string) []byte {
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	return []byte(values.Encode())
}

// unanswered is what a call without an answer means for a message.
func unanswered(err error) events.SendResult {
	var failure *provider.Failure
	if errors.As(err, &failure) {
		return failure.Result()
	}
	return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
}

// refused sorts Telegram's errors. Its codes are those of HTTP and its
// descriptions are the only thing that tells one 400 from another; the words
// looked for are those that the Bot API server writes.
func refused(answer provider.Answer, p problem, now time.Time) events.SendResult {
	if p.Code != 0 {
		answer.Status = p.Code
	}
	result := provider.Refused(answer, false, now)
	if p.Description != "" {
		result.Detail = "Telegram: " + intake.Clip(p.Description, 200)
	}
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(strings.ToLower(p.Description), w) {
				return true
			}
		}
		return false
	}
	switch answer.Status {
	case http.StatusTooManyRequests:
		if p.Parameters.RetryAfter > 0 {
			result.RetryAfter = min(time.Duration(p.Parameters.RetryAfter), 86400) * time.Second
		}
	case http.StatusNotFound: // an address with a token that never was
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: "Telegram does not know the bot token"}
	case http.StatusForbidden:
		result.Code = events.CodeOptedOut // blocked, deactivated, thrown out of the group
	case http.StatusRequestEntityTooLarge:
		result.Code = events.CodeBadMedia
	case http.StatusBadRequest:
		switch {
		case has("chat not found", "user not found", "peer_id_invalid", "chat_id is empty"):
			result.Code = events.CodeBadAddress
		case has("too long"):
			result.Code = events.CodeTooLong
		case has("http url", "wrong file", "wrong type of the web page", "photo_", "image_", "file is too big", "webpage_"):
			result.Code = events.CodeBadMedia
		}
	}
	return result
}

// ask calls a method that sends nothing and reads its result.
func ask[T any](ctx context.Context, a *Adapter, inbox config.Inbox, method string, fields map[string]string) (T, error) {
	var said reply[T]
	s, err := settings(inbox)
	if err != nil {
		return said.Result, err
	}
	answer, err := a.call(ctx, s, inbox, method, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form(fields))
	if err != nil {
		return said.Result, err
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil {
		return said.Result, errors.New("telegram: the answer cannot be read")
	}
	if !said.OK {
		return said.Result, errors.New("telegram: " + intake.Clip(said.Description, 200))
	}
	return said.Result, nil
}
