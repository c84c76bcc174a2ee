package kakao

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// outputs is the most parts of one answer.
const outputs = 3

// Send posts the answer on a callback of the customer's that is still open, all
// of its text in one request. Without one it is rejected as window-closed. An
// attempt that certainly did not arrive gives the callback back.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	parts := channel.LimitsOf(Kind).Split(req.Message.Text)
	switch {
	case req.Message.Template != nil:
		return wire.NoTemplates(), nil
	case len(req.Message.Attachments) > 0:
		return wire.NoFiles("a skill's answer carries text only"), nil
	case len(parts) > outputs:
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeTooLong, Detail: fmt.Sprintf("an answer has at most %d times 1 000 characters", outputs)}, nil
	}
	who := key(inbox, req.To.Value)
	address, until, ok := a.callbacks.Take(who, time.Now())
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeWindowClosed, Detail: "Kakao takes an answer within a minute of the customer's message only, and once"}, nil
	}
	call, err := provider.JSON(address, answer(parts...))
	if err != nil {
		return events.SendResult{}, err
	}
	call.Private = s.AllowPrivate
	got, result := wire.Do(ctx, a.client, call)
	if result == nil {
		read := outcome(got, req)
		result = &read
	}
	if result.Outcome == events.Retry {
		a.callbacks.Back(who, address, until)
	}
	return *result, nil
}

// outcome reads {"taskId", "status": SUCCESS|FAIL|ERROR, "message"}.
func outcome(answer provider.Answer, req events.SendRequest) events.SendResult {
	if !answer.OK() {
		r := provider.Refused(answer, false, time.Now())
		if answer.Status == http.StatusUnauthorized || answer.Status == http.StatusNotFound || answer.Status == http.StatusGone {
			// A callback has no credentials: it is used up or too old.
			return events.SendResult{Outcome: events.Rejected, Code: events.CodeWindowClosed, Detail: r.Detail}
		}
		return r
	}
	var said struct {
		Task   string `json:"taskId"`
		Status string `json:"status"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil {
		return wire.Unread()
	}
	switch said.Status {
	case "", "SUCCESS":
		ids := []string{string(req.Message.ID)}
		if said.Task != "" && len(said.Task) <= 256 {
			ids = append([]string{said.Task}, ids...)
		}
		return events.SendResult{Outcome: events.Sent, ProviderIDs: ids}
	case "FAIL", "ERROR":
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeWindowClosed, Detail: "Kakao did not take the answer on the callback"}
	}
	return wire.Unread()
}

// MediaHosts are where customers' pictures are kept.
func (*Adapter) MediaHosts(config.Inbox) []string { return []string{".kakaocdn.net"} }

// OpenMedia opens a picture; its address holds all that is needed, for some
// minutes.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return wire.OpenURL(ctx, client, file.URL)
}
