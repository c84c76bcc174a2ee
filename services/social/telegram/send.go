package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/parts"
	"github.com/tributary-inbox/tributary/services/social/upload"
)

// captionLimit is the longest text under a file, in UTF-16 units; photoLimit the
// largest photo, in bytes. A larger one goes as a document.
const (
	captionLimit = 1024
	photoLimit   = 10 << 20
)

// piece is one message to Telegram: a text, or a file with perhaps a text. The
// last text has the buttons.
type piece struct {
	text    string
	file    *events.Attachment
	buttons []events.QuickReply
}

// Send sends the text, cut where it is too long, and then each file. A short
// text goes under a single file. An explicit reply (Message.InReplyTo) quotes
// what it answers; other answers stand for themselves, as in any chat.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	if err != nil {
		return events.SendResult{}, err
	}
	to, err := strconv.ParseInt(req.To.Value, 10, 64)
	if err != nil || to == 0 {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the address is no chat id"}, nil
	}
	place := places(to, req)
	pieces := split(&req.Message)
	return parts.Send(ctx, len(pieces), false, func(i int) (result events.SendResult, err error) {
		p := pieces[i]
		result = parts.Plainly(p.buttons, func(buttons []events.QuickReply) events.SendResult {
			p.buttons = buttons
			result, err = a.bring(ctx, s, inbox, place, p)
			return result
		})
		if i == 0 {
			delete(place, "reply_parameters")
		}
		return result, err
	})
}

// bring sends one piece, where the group now is if it has become a supergroup.
func (a *Adapter) bring(ctx context.Context, s Settings, inbox config.Inbox, place map[string]string, p piece) (events.SendResult, error) {
	result, moved, err := a.attempt(ctx, s, inbox, place, p)
	if moved != 0 { // nothing was sent
		place["chat_id"] = strconv.FormatInt(moved, 10)
		result, _, err = a.attempt(ctx, s, inbox, place, p)
	}
	return result, err
}

// places says where in which chat a message goes.
func places(to int64, req events.SendRequest) map[string]string {
	place := map[string]string{"chat_id": strconv.FormatInt(to, 10)}
	switch kind, id, _ := strings.Cut(req.Thread.Key, ":"); kind {
	case "topic":
		place["message_thread_id"] = id
	case "business":
		place["business_connection_id"] = id
	}
	if len(req.Message.InReplyTo) > 0 {
		where, id, ok := strings.Cut(req.Message.InReplyTo[0], ":")
		if _, err := strconv.ParseInt(id, 10, 64); ok && err == nil && where == place["chat_id"] {
			place["reply_parameters"] = `{"message_id":` + id + `,"allow_sending_without_reply":true}`
		}
	}
	return place
}

func split(m *events.Message) []piece {
	limits := channel.LimitsOf(Kind)
	if len(m.Attachments) == 1 && channel.UTF16.Length(m.Text) <= captionLimit {
		p := piece{text: m.Text, file: &m.Attachments[0]}
		if strings.TrimSpace(m.Text) != "" {
			p.buttons = limits.Offer(m)
		}
		return []piece{p}
	}
	var out []piece
	if strings.TrimSpace(m.Text) != "" {
		for _, text := range limits.Split(m.Text) {
			out = append(out, piece{text: text})
		}
		out[len(out)-1].buttons = limits.Offer(m)
	}
	for i := range m.Attachments {
		out = append(out, piece{file: &m.Attachments[i]})
	}
	return out
}

// attempt sends one piece. moved is the chat's new id where it has one.
func (a *Adapter) attempt(ctx context.Context, s Settings, inbox config.Inbox, place map[string]string, p piece) (result events.SendResult, moved int64, err error) {
	if keyboard := inline(p.buttons); keyboard != "" {
		place = with(place, "reply_markup", keyboard)
	}
	if p.file == nil {
		fields := with(place, "text", p.text)
		result, moved = a.post(ctx, s, inbox, "sendMessage", "application/x-www-form-urlencoded", form(fields))
		return result, moved, nil
	}
	method, field := methodFor(p.file)
	fields := place
	if p.text != "" {
		fields = with(place, "caption", p.text)
	}
	if !a.files.Has(*p.file) {
		if !strings.HasPrefix(p.file.URL, "https://") {
			return upload.Rejected(fmt.Errorf("%w: Telegram needs its bytes or an https address", upload.ErrNever)), 0, nil
		}
		result, moved = a.post(ctx, s, inbox, method, "application/x-www-form-urlencoded", form(with(fields, field, p.file.URL)))
		return result, moved, nil
	}
	err = a.files.With(ctx, *p.file, channel.LimitsOf(Kind).FileBytes, func(data []byte) error {
		kind, body, err := envelope(fields, field, p.file, data)
		if err != nil {
			return err
		}
		result, moved = a.post(ctx, s, inbox, method, kind, body)
		return nil
	})
	if errors.Is(err, upload.ErrNever) {
		return upload.Rejected(err), 0, nil
	}
	return result, moved, err
}

func methodFor(f *events.Attachment) (method, field string) {
	switch f.Type {
	case "image/jpeg", "image/png":
		if f.Size <= photoLimit {
			return "sendPhoto", "photo"
		}
	case "video/mp4":
		return "sendVideo", "video"
	case "audio/mpeg", "audio/mp4":
		return "sendAudio", "audio"
	}
	return "sendDocument", "document"
}

func with(fields map[string]string, name, value string) map[string]string {
	out := map[string]string{name: value}
	for k, v := range fields {
		out[k] = v
	}
	return out
}

// envelope writes a file and the fields beside it as a form.
func envelope(fields map[string]string, field string, f *events.Attachment, data []byte) (kind string, body []byte, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			return "", nil, fmt.Errorf("write form: %w", err)
		}
	}
	disposition := fmt.Sprintf(`form-data; name="%s"; filename="%s"`, field, strings.NewReplacer(`\`, "_", `"`, "_").Replace(intake.FileName(f.Name, f.ID)))
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {"application/octet-stream"}})
	if err != nil {
		return "", nil, fmt.Errorf("write form: %w", err)
	}
	if _, err := part.Write(data); err != nil {
		return "", nil, fmt.Errorf("write form: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", nil, fmt.Errorf("write form: %w", err)
	}
	return w.FormDataContentType(), buf.Bytes(), nil
}

// post calls a method that sends, and says what its answer means.
func (a *Adapter) post(ctx context.Context, s Settings, inbox config.Inbox, method, kind string, body []byte) (events.SendResult, int64) {
	answer, err := a.call(ctx, s, inbox, method, http.Header{"Content-Type": {kind}}, body)
	if err != nil {
		return unanswered(err), 0
	}
	var said reply[message]
	readable := json.Unmarshal(answer.Body, &said) == nil
	switch {
	case answer.OK() && readable && said.OK && said.Result.ID != 0 && said.Result.Chat.ID != 0:
		return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{messageID(said.Result.Chat.ID, said.Result.ID)}}, 0
	case answer.OK() && (!readable || said.OK || said.Code == 0):
		return events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer cannot be read; it may have the message"}, 0
	case readable && said.Parameters.MigrateTo != 0:
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the group has another id now"}, said.Parameters.MigrateTo
	}
	return refused(answer, said.problem, time.Now()), 0
}
