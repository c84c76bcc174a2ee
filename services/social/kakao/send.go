package kakao

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// outputs is the most parts of one answer. Source: Kakao's skill guide.
const outputs = 3

// Send posts the answer on a callback of the customer's that is still open, its
// text and pictures in one request. Without one it is rejected as window-closed.
// An attempt that certainly did not arrive gives the callback back. Kakao fetches
// pictures from a public https address, JPEG and PNG; it has no message for other
// files.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	var parts []string
	if strings.TrimSpace(req.Message.Text) != "" {
		parts = channel.LimitsOf(Kind).Split(req.Message.Text)
	}
	switch {
	case req.Message.Template != nil:
		return wire.NoTemplates(), nil
	case slices.ContainsFunc(req.Message.Attachments, func(f events.Attachment) bool { return !picture(&f, s.AllowPrivate) }):
		return wire.NoFiles("a skill's answer carries JPEG and PNG pictures only, from a public https address"), nil
	case len(parts)+len(req.Message.Attachments) == 0:
		return events.SendResult{Outcome: events.Rejected, Detail: "there is nothing to send"}, nil
	case len(parts)+len(req.Message.Attachments) > outputs:
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeTooLong, Detail: fmt.Sprintf("an answer has at most %d parts: texts of 1 000 characters, and pictures", outputs)}, nil
	}
	who := key(inbox, req.To.Value)
	address, until, ok := a.callbacks.Take(who, time.Now())
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeWindowClosed, Detail: "Kakao takes an answer within a minute of the customer's message only, and once"}, nil
	}
	var offered []events.QuickReply
	if len(parts) > 0 {
		offered = channel.LimitsOf(Kind).Offer(&req.Message)
	}
	call, err := provider.JSON(address, whole(parts, req.Message.Attachments, offered))
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

func picture(f *events.Attachment, private bool) bool {
	return (f.Type == "image/jpeg" || f.Type == "image/png") && f.Size <= channel.LimitsOf(Kind).FileBytes && account.Fetchable(f.URL, private)
}

// whole is an answer of texts and then pictures, and of quick replies, which stand
// under all of it. A file's name stands for it where
// it is not shown; it has far fewer than the 1 000 characters allowed.
func whole(texts []string, pictures []events.Attachment, offered []events.QuickReply) map[string]any {
	outputs := textOutputs(texts...)
	for _, f := range pictures {
		outputs = append(outputs, map[string]any{"simpleImage": map[string]string{"imageUrl": f.URL, "altText": f.Name}})
	}
	return template(outputs, offered)
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
