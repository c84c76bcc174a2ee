package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/parts"
	"github.com/tributary-inbox/tributary/services/social/upload"
)

// Send posts the text where the customer wrote, in parts where it is too long,
// and then shares the files there. The message's id travels as metadata, which
// only apps see. A file is known by Slack's file id: sharing it answers with no
// ts.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	if err != nil {
		return events.SendResult{}, err
	}
	where, thread, _ := strings.Cut(req.Thread.Key, ":")
	if where == "" {
		where = req.To.Value
	}
	if !intake.ID(where) {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "there is no channel and no user"}, nil
	}
	var texts []string
	if strings.TrimSpace(req.Message.Text) != "" {
		texts = channel.LimitsOf(Kind).Split(req.Message.Text)
	}
	c := caller{a, s, inbox, where, thread}
	files := req.Message.Attachments
	return parts.Send(ctx, len(texts)+len(files), false, func(i int) (events.SendResult, error) {
		if i < len(texts) {
			var offer []events.QuickReply
			if i == len(texts)-1 {
				offer = channel.LimitsOf(Kind).Offer(&req.Message)
			}
			return parts.Plainly(offer, func(buttons []events.QuickReply) events.SendResult {
				return c.post(ctx, req.Message.ID, texts[i], buttons)
			}), nil
		}
		return c.share(ctx, files[i-len(texts)])
	})
}

// caller makes calls for one answer.
type caller struct {
	a      *Adapter
	s      Settings
	inbox  config.Inbox
	where  string
	thread string
}

// answer is what every method answers with, at status 200.
type answer struct {
	OK      bool            `json:"ok"`
	Error   string          `json:"error"`
	TS      string          `json:"ts"`
	Channel json.RawMessage `json:"channel"`
	Upload  string          `json:"upload_url"`
	FileID  string          `json:"file_id"`
	File    file            `json:"file"`
	UserID  string          `json:"user_id"`
	TeamID  string          `json:"team_id"`
}

// call makes one call. readable is false for an answer that is none.
func (c *caller) call(ctx context.Context, method string, call provider.Call) (got answer, http provider.Answer, err error) {
	call.URL, call.Private = c.s.URL+"/"+method, c.s.AllowPrivate
	call.Header.Set("Authorization", "Bearer "+c.inbox.Secrets[secretToken])
	http, err = c.a.client.Do(ctx, call)
	if err != nil {
		return answer{}, http, err
	}
	if json.Unmarshal(http.Body, &got) != nil || http.OK() && !got.OK && got.Error == "" {
		return answer{}, http, errUnreadable
	}
	return got, http, nil
}

var errUnreadable = errors.New("slack: the answer cannot be read")

// callForm is a call of the methods that take forms only.
func (c *caller) callForm(ctx context.Context, method string, fields url.Values) (answer, provider.Answer, error) {
	return c.call(ctx, method, provider.Call{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(fields.Encode())})
}

func (c *caller) callJSON(ctx context.Context, method string, body any) (answer, provider.Answer, error) {
	call, err := provider.JSON("", body)
	if err != nil {
		return answer{}, provider.Answer{}, err
	}
	call.Header.Set("Content-Type", "application/json; charset=utf-8")
	return c.call(ctx, method, call)
}

func (c *caller) post(ctx context.Context, id events.MessageID, text string, buttons []events.QuickReply) events.SendResult {
	body := map[string]any{
		"channel": c.where, "text": encode.Replace(text),
		"metadata": map[string]any{"event_type": "tributary_message", "event_payload": map[string]any{"message": id}},
	}
	if len(buttons) > 0 {
		body["blocks"] = blocks(text, buttons)
	}
	if c.thread != "" {
		body["thread_ts"] = c.thread
	}
	got, http, err := c.callJSON(ctx, "chat.postMessage", body)
	if problem := failed(got, http, err, true); problem != nil {
		return *problem
	}
	var where string
	if json.Unmarshal(got.Channel, &where) != nil || !intake.ID(where, got.TS) {
		return events.SendResult{Outcome: events.Unclear, Detail: errUnreadable.Error() + "; Slack may have the message"}
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{messageID(where, got.TS)}}
}

// share uploads a file and shows it. Nobody sees it before the last of the
// steps, so only that one can leave doubt.
func (c *caller) share(ctx context.Context, f events.Attachment) (result events.SendResult, err error) {
	err = c.a.files.With(ctx, f, channel.LimitsOf(Kind).FileBytes, func(data []byte) error {
		result = c.upload(ctx, intake.FileName(f.Name, f.ID), data)
		return nil
	})
	if errors.Is(err, upload.ErrNever) {
		return upload.Rejected(err), nil
	}
	return result, err
}

func (c *caller) upload(ctx context.Context, name string, data []byte) events.SendResult {
	got, http, err := c.callForm(ctx, "files.getUploadURLExternal", url.Values{"filename": {name}, "length": {strconv.Itoa(len(data))}})
	if problem := failed(got, http, err, false); problem != nil {
		return *problem
	}
	if !c.trusted(got.Upload) || !intake.ID(got.FileID) {
		return events.SendResult{Outcome: events.Retry, Detail: "Slack gave no place for the file"}
	}
	if problem := c.put(ctx, got.Upload, data); problem != nil {
		return *problem
	}
	where, problem := c.conversation(ctx)
	if problem != nil {
		return *problem
	}
	body := map[string]any{"files": []map[string]string{{"id": got.FileID, "title": name}}, "channel_id": where}
	if c.thread != "" {
		body["thread_ts"] = c.thread
	}
	done, http, err := c.callJSON(ctx, "files.completeUploadExternal", body)
	if problem := failed(done, http, err, true); problem != nil {
		return *problem
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{got.FileID}}
}

// put brings the bytes to the place that Slack named, without our token.
func (c *caller) put(ctx context.Context, address string, data []byte) *events.SendResult {
	got, err := c.a.client.Do(ctx, provider.Call{URL: address, Header: http.Header{"Content-Type": {"application/octet-stream"}}, Body: data, Private: c.s.AllowPrivate, SafeToRepeat: true})
	return failed(answer{OK: true}, got, err, false)
}

// conversation is the channel to share in: a user has to be opened first.
func (c *caller) conversation(ctx context.Context) (string, *events.SendResult) {
	if !strings.HasPrefix(c.where, "U") && !strings.HasPrefix(c.where, "W") {
		return c.where, nil
	}
	got, http, err := c.callJSON(ctx, "conversations.open", map[string]string{"users": c.where})
	if problem := failed(got, http, err, false); problem != nil {
		return "", problem
	}
	var opened struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(got.Channel, &opened) != nil || !intake.ID(opened.ID) {
		return "", &events.SendResult{Outcome: events.Retry, Detail: errUnreadable.Error()}
	}
	return opened.ID, nil
}

// trusted says whether an address that Slack named is one of Slack's.
func (c *caller) trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" && (host == "slack.com" || strings.HasSuffix(host, ".slack.com")) || c.s.AllowPrivate && host == c.s.Host()
}

// failed is what a call that did not succeed means for the answer; nil when it
// did. visible says that the call shows something to the customer.
func failed(got answer, http provider.Answer, err error, visible bool) *events.SendResult {
	var failure *provider.Failure
	var result events.SendResult
	switch {
	case errors.As(err, &failure):
		failure.SafeToRepeat = failure.SafeToRepeat || !visible
		result = failure.Result()
	case err != nil && http.OK() && visible:
		result = events.SendResult{Outcome: events.Unclear, Detail: err.Error() + "; Slack may have the message"}
	case err != nil && http.OK():
		result = events.SendResult{Outcome: events.Retry, Detail: err.Error()}
	case !http.OK():
		result = provider.Refused(http, !visible, time.Now())
	case got.OK:
		return nil
	default:
		result = meaning(got.Error, visible)
	}
	return &result
}

// meaning sorts Slack's error words.
func meaning(word string, visible bool) events.SendResult {
	r := events.SendResult{Outcome: events.Rejected, Detail: "Slack: " + intake.Clip(word, 100)}
	switch word {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "org_login_required", "team_access_not_granted":
		r.Outcome, r.Suspend = events.Retry, true
	case "ratelimited", "rate_limited", "service_unavailable", "team_added_to_org":
		r.Outcome = events.Retry
	case "internal_error", "fatal_error", "request_timeout":
		r.Outcome = events.Retry
		if visible { // "some aspect of the operation may have succeeded"
			r.Outcome = events.Unclear
		}
	case "channel_not_found", "user_not_found", "not_in_channel", "is_archived", "cannot_dm_bot", "user_disabled", "messages_tab_disabled", "thread_not_found":
		r.Code = events.CodeBadAddress
	case "msg_too_long":
		r.Code = events.CodeTooLong
	case "message_limit_exceeded", "storage_limit_reached":
		r.Code = events.CodeQuota
	case "file_type_blocked", "file_upload_size_restricted", "malware_detected":
		r.Code = events.CodeBadMedia
	}
	return r
}
