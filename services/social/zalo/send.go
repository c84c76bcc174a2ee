package zalo

import (
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

// Send brings text and files to a user as customer care messages: pictures (JPG,
// PNG) from a public https address or from the store, GIF, PDF and Word from the
// store. Zalo has no idempotency key.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	if req.Message.Template != nil {
		return wire.NoTemplates(), nil
	}
	var pieces []parts.Piece
	if req.Message.Text != "" {
		for _, text := range channel.LimitsOf(Kind).Split(req.Message.Text) {
			pieces = append(pieces, func(ctx context.Context) events.SendResult {
				return a.send(ctx, inbox, &s, req.To.Value, map[string]any{"text": text})
			})
		}
	}
	for _, file := range req.Message.Attachments {
		if uploads[file.Type] == "" {
			return wire.NoFiles("Zalo takes JPG, PNG and GIF pictures, PDF and Word"), nil
		}
		pieces = append(pieces, func(ctx context.Context) events.SendResult { return a.file(ctx, inbox, &s, req.To.Value, file) })
	}
	result := parts.InOrder(ctx, false, pieces...)
	if result.Outcome == events.Sent {
		result.ProviderIDs = append(result.ProviderIDs, string(req.Message.ID))
	}
	return result, nil
}

// uploads are the kinds of file that Zalo takes, and where each is uploaded.
var uploads = map[string]string{
	"image/jpeg": "image", "image/png": "image", "image/gif": "gif", "application/pdf": "file", "application/msword": "file",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": "file",
}

// file sends one file: by its own address where Zalo fetches such, else uploaded
// before.
func (a *Adapter) file(ctx context.Context, inbox config.Inbox, s *Settings, to string, file events.Attachment) events.SendResult {
	kind := uploads[file.Type]
	if kind == "image" && account.Fetchable(file.URL, s.AllowPrivate) {
		return a.send(ctx, inbox, s, to, media(map[string]string{"media_type": "image", "url": file.URL}))
	}
	data, err := wire.Bytes(ctx, a.blobs, file, channel.LimitsOf(Kind).FileBytes)
	if err != nil {
		return wire.NotRead(err)
	}
	call, err := wire.Upload(s.URL+"/v2.0/oa/upload/"+kind, "file", file, data)
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	said, result := a.do(ctx, inbox, s, call)
	switch {
	case result.Outcome == events.Unclear: // nothing has reached the customer yet
		return events.SendResult{Outcome: events.Retry, Detail: "the file could not be uploaded: " + result.Detail}
	case result.Outcome != events.Sent:
		return result
	case said.Data.Token != "":
		return a.send(ctx, inbox, s, to, map[string]any{"attachment": map[string]any{"type": "file", "payload": map[string]string{"token": said.Data.Token}}})
	case said.Data.Attachment != "":
		return a.send(ctx, inbox, s, to, media(map[string]string{"media_type": kind, "attachment_id": said.Data.Attachment}))
	}
	return events.SendResult{Outcome: events.Retry, Detail: "the file could not be uploaded"}
}

func media(element map[string]string) map[string]any {
	return map[string]any{"attachment": map[string]any{"type": "template", "payload": map[string]any{"template_type": "media", "elements": []any{element}}}}
}

func (a *Adapter) send(ctx context.Context, inbox config.Inbox, s *Settings, to string, message map[string]any) events.SendResult {
	call, err := provider.JSON(s.URL+"/v3.0/oa/message/cs", map[string]any{"recipient": map[string]string{"user_id": to}, "message": message})
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	said, result := a.do(ctx, inbox, s, call)
	if result.Outcome != events.Sent {
		return result
	}
	if said.Data.ID == "" {
		return wire.Unread()
	}
	result.ProviderIDs = []string{said.Data.ID}
	return result
}

// said is Zalo's answer; its own code comes with HTTP 200.
type said struct {
	Error *int `json:"error"`
	Data  struct {
		ID         string `json:"message_id"`
		Token      string `json:"token"`
		Attachment string `json:"attachment_id"`
	} `json:"data"`
}

func (a *Adapter) do(ctx context.Context, inbox config.Inbox, s *Settings, call provider.Call) (said, events.SendResult) {
	call.Private = s.AllowPrivate
	call.Header.Set("access_token", inbox.Secrets["access_token"])
	var out said
	answer, failed := wire.Do(ctx, a.client, call)
	switch {
	case failed != nil:
		return out, *failed
	case answer.Status != http.StatusOK:
		return out, provider.Refused(answer, call.SafeToRepeat, time.Now())
	case json.Unmarshal(answer.Body, &out) != nil || out.Error == nil:
		return out, wire.Unread()
	case *out.Error == 0:
		return out, events.SendResult{Outcome: events.Sent}
	}
	return out, refused(*out.Error, answer)
}

// refused is what Zalo's code means.
func refused(code int, answer provider.Answer) events.SendResult {
	detail := "Zalo answered code " + strconv.Itoa(code)
	reject := func(word, why string) events.SendResult {
		return events.SendResult{Outcome: events.Rejected, Code: word, Detail: detail + why}
	}
	switch code {
	case -216, -220, -124, -155: // token wrong or expired
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the access token does not hold"}
	case -204, -205, -219, -221, -223, -224: // the account is gone, locked, not verified, or lacks the right
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the account cannot send"}
	case -32, -200: // too many requests, or try again
		return events.SendResult{Outcome: events.Retry, Detail: detail, RetryAfter: provider.RetryAfter(answer.Header, time.Now())}
	case -211:
		return reject(events.CodeQuota, ": the account's quota is used up")
	case -230, -232, -240:
		return reject(events.CodeWindowClosed, ": the user has not written for seven days")
	case -213, -217, -233:
		return reject(events.CodeOptedOut, ": the user does not follow the account or takes no messages")
	case -118, -227:
		return reject(events.CodeBadAddress, ": no such user")
	case -208, -209:
		return reject(events.CodeBadMedia, ": the file is not taken")
	}
	return reject("", "")
}

// MediaHosts are where users' files are kept.
func (*Adapter) MediaHosts(config.Inbox) []string {
	return []string{".zadn.vn", ".zdn.vn", ".zalo.me", ".zaloapp.com"}
}

// OpenMedia opens a file; its address needs no credentials.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return wire.OpenURL(ctx, client, file.URL)
}
