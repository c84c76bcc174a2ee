package discord

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
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

// piece is one message to Discord: a text, a file, or both. The last text has the
// buttons.
type piece struct {
	text    string
	file    *events.Attachment
	buttons []events.QuickReply
}

// Send posts in the channel where the customer spoke, or in a direct message
// where none is known. Nobody is notified by what looks like a mention.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	if err != nil {
		return events.SendResult{}, err
	}
	c := caller{a, s, inbox.Secrets[secretToken]}
	pieces := split(&req.Message)
	if len(pieces) == 0 {
		return parts.Send(ctx, 0, false, nil)
	}
	where, with := req.Thread.Key, talk{inbox.ID, req.To.Value}
	if where == "" {
		opened, problem := c.open(ctx, with)
		if problem != nil {
			return *problem, nil
		}
		where = opened
	}
	if _, ok := moment(where); !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the channel is no id"}, nil
	}
	return parts.Send(ctx, len(pieces), false, func(i int) (events.SendResult, error) {
		body := map[string]any{
			"content": pieces[i].text, "nonce": nonce(req.Message.ID, i), "enforce_nonce": true,
			"allowed_mentions": map[string]any{"parse": []string{}},
		}
		if i == 0 {
			refer(body, where, req.Message.InReplyTo)
		}
		var err error
		result := parts.Plainly(pieces[i].buttons, func(buttons []events.QuickReply) (result events.SendResult) {
			offer(body, buttons)
			result, err = c.send(ctx, where, body, pieces[i].file)
			return result
		})
		if result.Code == events.CodeBadAddress {
			a.direct.forget(with) // another token may stand in the settings by now
		}
		return result, err
	})
}

func split(m *events.Message) []piece {
	var out []piece
	if strings.TrimSpace(m.Text) != "" {
		for _, text := range channel.LimitsOf(Kind).Split(m.Text) {
			out = append(out, piece{text: text})
		}
		out[len(out)-1].buttons = channel.LimitsOf(Kind).Offer(m)
	}
	for i := range m.Attachments {
		if i == 0 && len(out) > 0 {
			out[len(out)-1].file = &m.Attachments[i]
			continue
		}
		out = append(out, piece{file: &m.Attachments[i]})
	}
	return out
}

// nonce is the same for every attempt at one piece of one message; Discord takes
// 25 characters.
func nonce(id events.MessageID, part int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "discord nonce %d %s", part, id))
	return hex.EncodeToString(sum[:12])
}

// refer shows what an explicit reply answers.
func refer(body map[string]any, where string, replied []string) {
	if len(replied) == 0 {
		return
	}
	if channel, id, _ := strings.Cut(replied[0], ":"); channel == where {
		if _, ok := moment(id); ok {
			body["message_reference"] = map[string]any{"message_id": id, "fail_if_not_exists": false}
		}
	}
}

// caller makes calls for one inbox.
type caller struct {
	a     *Adapter
	s     Settings
	token string
}

func (c *caller) do(ctx context.Context, method, path, kind string, body []byte, safe bool) (provider.Answer, error) {
	header := http.Header{"Authorization": {"Bot " + c.token}}
	if kind != "" {
		header.Set("Content-Type", kind)
	}
	return c.a.client.Do(ctx, provider.Call{Method: method, URL: c.s.URL + path, Header: header, Body: body, Private: c.s.AllowPrivate, SafeToRepeat: safe})
}

// open makes the direct message channel with a user, or finds it.
func (c *caller) open(ctx context.Context, with talk) (string, *events.SendResult) {
	if _, ok := moment(with.user); !ok {
		return "", &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the address is no user id"}
	}
	if known, ok := c.a.direct.get(with); ok {
		return known, nil
	}
	got, err := c.do(ctx, http.MethodPost, "/users/@me/channels", "application/json", []byte(`{"recipient_id":"`+with.user+`"}`), true)
	if err != nil {
		result := unanswered(err)
		return "", &result
	}
	var opened said
	if readable := json.Unmarshal(got.Body, &opened) == nil; !got.OK() {
		result := refused(got, opened, true)
		return "", &result
	} else if _, ok := moment(opened.ID); !readable || !ok {
		return "", &events.SendResult{Outcome: events.Retry, Detail: "Discord's answer cannot be read"}
	}
	c.a.direct.put(with, opened.ID)
	return opened.ID, nil
}

func (c *caller) send(ctx context.Context, where string, body map[string]any, f *events.Attachment) (result events.SendResult, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return events.SendResult{}, fmt.Errorf("encode message: %w", err)
	}
	if f == nil {
		return c.post(ctx, where, "application/json", text), nil
	}
	err = c.a.files.With(ctx, *f, channel.LimitsOf(Kind).FileBytes, func(data []byte) error {
		kind, form, err := envelope(text, intake.FileName(f.Name, f.ID), data)
		if err != nil {
			return err
		}
		result = c.post(ctx, where, kind, form)
		return nil
	})
	if errors.Is(err, upload.ErrNever) {
		return upload.Rejected(err), nil
	}
	return result, err
}

// envelope writes the message and its file as a form.
func envelope(message []byte, name string, data []byte) (kind string, body []byte, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	write := func(disposition, kind string, data []byte) {
		if err != nil {
			return
		}
		part, failed := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}})
		if failed == nil {
			_, failed = part.Write(data)
		}
		err = failed
	}
	write(`form-data; name="payload_json"`, "application/json", message)
	write(`form-data; name="files[0]"; filename="`+strings.NewReplacer(`\`, "_", `"`, "_").Replace(name)+`"`, "application/octet-stream", data)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", nil, fmt.Errorf("write form: %w", err)
	}
	return w.FormDataContentType(), buf.Bytes(), nil
}

// post posts, and once more at once where the end of the first try was not
// seen: within minutes the nonce makes both one message.
func (c *caller) post(ctx context.Context, where, kind string, body []byte) (result events.SendResult) {
	for range 2 {
		got, err := c.do(ctx, http.MethodPost, "/channels/"+where+"/messages", kind, body, false)
		result = outcome(got, err, where)
		if result.Outcome != events.Unclear || ctx.Err() != nil {
			break
		}
	}
	return result
}

// said is a message, a channel, or an error.
type said struct {
	ID         string  `json:"id"`
	Channel    string  `json:"channel_id"`
	Code       int     `json:"code"`
	Message    string  `json:"message"`
	RetryAfter float64 `json:"retry_after"`
}

func outcome(got provider.Answer, err error, where string) events.SendResult {
	if err != nil {
		return unanswered(err)
	}
	var s said
	readable := json.Unmarshal(got.Body, &s) == nil
	if !got.OK() {
		return refused(got, s, false)
	}
	if _, ok := moment(s.ID); !readable || !ok {
		return events.SendResult{Outcome: events.Unclear, Detail: "Discord's answer cannot be read; it may have the message"}
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{messageID(where, s.ID)}}
}

func unanswered(err error) events.SendResult {
	var failure *provider.Failure
	if errors.As(err, &failure) {
		return failure.Result()
	}
	return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
}

// refused sorts Discord's error codes (discord-api-docs: Opcodes and Status
// Codes).
func refused(got provider.Answer, s said, safe bool) events.SendResult {
	result := provider.Refused(got, safe, time.Now())
	if s.Message != "" {
		result.Detail = "Discord: " + intake.Clip(s.Message, 200)
	}
	if got.Status == http.StatusTooManyRequests && s.RetryAfter > 0 {
		result.RetryAfter = time.Duration(min(s.RetryAfter, 86400) * float64(time.Second))
	}
	switch s.Code {
	case 50007: // the user takes no direct messages
		result.Code = events.CodeOptedOut
	case 10003, 10013, 50001, 50013: // unknown channel or user, no access, no permission
		result.Code = events.CodeBadAddress
	case 40005:
		result.Code = events.CodeBadMedia
	}
	return result
}
