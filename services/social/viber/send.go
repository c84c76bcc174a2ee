package viber

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/parts"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Send brings text and files to a subscriber. Viber fetches a file from its
// address, which must be https and public; pictures are JPEG of at most 1 MB,
// videos and other files need their size.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	if req.Message.Template != nil {
		return wire.NoTemplates(), nil
	}
	var contents []map[string]any
	if req.Message.Text != "" {
		for _, text := range channel.LimitsOf(Kind).Split(req.Message.Text) {
			contents = append(contents, map[string]any{"type": "text", "text": text})
		}
	}
	for _, file := range req.Message.Attachments {
		content := fileOf(file, s.AllowPrivate)
		if content == nil {
			return wire.NoFiles("Viber takes files from a public https address only, and needs their size"), nil
		}
		contents = append(contents, content)
	}
	var pieces []parts.Piece
	for i, content := range contents {
		var buttons []events.QuickReply
		if i == len(contents)-1 {
			buttons = offered(&req.Message)
		}
		pieces = append(pieces, func(ctx context.Context) events.SendResult {
			return parts.Plainly(buttons, func(buttons []events.QuickReply) events.SendResult {
				return a.send(ctx, inbox, &s, req, offering(content, buttons))
			})
		})
	}
	result := parts.InOrder(ctx, false, pieces...)
	if result.Outcome == events.Sent {
		result.ProviderIDs = append(result.ProviderIDs, string(req.Message.ID))
	}
	return result, nil
}

func fileOf(file events.Attachment, private bool) map[string]any {
	switch {
	case !account.Fetchable(file.URL, private), file.Size > channel.LimitsOf(Kind).FileBytes:
		return nil
	case file.Type == "image/jpeg" && file.Size <= 1<<20:
		return map[string]any{"type": "picture", "text": "", "media": file.URL}
	case file.Size <= 0:
		return nil
	case file.Type == "video/mp4" && file.Size <= 26<<20:
		return map[string]any{"type": "video", "media": file.URL, "size": file.Size}
	}
	return map[string]any{"type": "file", "media": file.URL, "size": file.Size, "file_name": cmp.Or(file.Name, "file")}
}

func (a *Adapter) send(ctx context.Context, inbox config.Inbox, s *Settings, req events.SendRequest, content map[string]any) events.SendResult {
	sender := map[string]string{"name": s.Name}
	if s.Avatar != "" {
		sender["avatar"] = s.Avatar
	}
	content["receiver"], content["sender"], content["min_api_version"] = req.To.Value, sender, 1
	call, err := a.call(inbox, s, "send_message", content)
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	answer, failed := wire.Do(ctx, a.client, call)
	if failed != nil {
		return *failed
	}
	return outcome(answer)
}

// outcome reads the status of Viber's own, which comes with HTTP 200.
func outcome(answer provider.Answer) events.SendResult {
	if answer.Status != http.StatusOK {
		return provider.Refused(answer, false, time.Now())
	}
	var said struct {
		Status *int        `json:"status"`
		Token  json.Number `json:"message_token"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil || said.Status == nil {
		return wire.Unread()
	}
	detail := "Viber answered code " + strconv.Itoa(*said.Status)
	reject := func(code, why string) events.SendResult {
		return events.SendResult{Outcome: events.Rejected, Code: code, Detail: detail + why}
	}
	switch *said.Status {
	case 0:
		if said.Token == "" {
			return wire.Unread()
		}
		return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{said.Token.String()}}
	case 2, 7, 8, 9, 10, 15, 19: // token, account blocked, gone or suspended, no webhook, not authorised
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the bot cannot send"}
	case 5:
		return reject(events.CodeBadAddress, ": no such user")
	case 6:
		return reject(events.CodeOptedOut, ": the user is not subscribed")
	case 12:
		return events.SendResult{Outcome: events.Retry, Detail: detail + ": too many requests", RetryAfter: provider.RetryAfter(answer.Header, time.Now())}
	case 18:
		return reject(events.CodeQuota, ": the bot's quota is used up")
	}
	return reject("", "")
}

// MediaHosts are where customers' files are kept.
func (*Adapter) MediaHosts(config.Inbox) []string {
	return []string{".viber.com"}
}

// OpenMedia opens a file; its address needs no credentials and holds an hour.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return wire.OpenURL(ctx, client, file.URL)
}
