package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/parts"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Send brings text, pictures (JPG, PNG) and voice (AMR, MP3) to a user as
// customer service messages. Files are uploaded for it, and WeChat forgets them
// after three days; it takes no others in these messages.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	if req.Message.Template != nil {
		return wire.NoTemplates(), nil
	}
	out := outgoing{a, inbox, &s, req.To.Value}
	var pieces []parts.Piece
	if req.Message.Text != "" {
		texts := channel.LimitsOf(Kind).Split(req.Message.Text)
		for i, text := range texts {
			var offer []events.QuickReply
			if i == len(texts)-1 {
				offer = offered(&req.Message, text)
			}
			pieces = append(pieces, func(ctx context.Context) events.SendResult {
				return parts.Plainly(offer, func(buttons []events.QuickReply) events.SendResult { return out.send(ctx, saying(text, buttons)) })
			})
		}
	}
	for _, file := range req.Message.Attachments {
		kind := kindOf(file.Type)
		if kind == "" {
			return wire.NoFiles("WeChat takes pictures (JPG, PNG) and voice (AMR, MP3) only"), nil
		}
		pieces = append(pieces, func(ctx context.Context) events.SendResult { return out.file(ctx, kind, file) })
	}
	result := parts.InOrder(ctx, false, pieces...)
	if result.Outcome == events.Sent {
		result.ProviderIDs = append(result.ProviderIDs, string(req.Message.ID))
	}
	return result, nil
}

// outgoing is one message on its way to one user.
type outgoing struct {
	*Adapter
	inbox config.Inbox
	s     *Settings
	to    string
}

// send is one part. A token that died is replaced once, which is safe: WeChat
// says itself that it did not take the message.
func (o outgoing) send(ctx context.Context, body map[string]any) events.SendResult {
	body["touser"] = o.to
	_, result := o.withToken(ctx, func(token string) (provider.Call, error) {
		return plainJSON(o.s.URL+"/cgi-bin/message/custom/send?access_token="+url.QueryEscape(token), body)
	})
	return result
}

// plainJSON is provider.JSON with every sign written as it is: WeChat shows a
// user the six characters of an escape such as \u0026, and not the sign it means.
func plainJSON(address string, body any) (provider.Call, error) {
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return provider.Call{}, fmt.Errorf("encode request: %w", err)
	}
	return provider.Call{URL: address, Header: http.Header{"Content-Type": {"application/json"}}, Body: data.Bytes()}, nil
}

// withToken makes a call with the account's token, and again with a new one if
// that is dead.
func (o outgoing) withToken(ctx context.Context, build func(token string) (provider.Call, error)) (string, events.SendResult) {
	used := ""
	for {
		token, failed := o.access(ctx, o.inbox, o.s, used)
		if failed != nil {
			return "", *failed
		}
		call, err := build(token)
		if err != nil {
			return "", events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
		}
		call.Private = o.s.AllowPrivate
		code, media, result := o.attempt(ctx, call)
		if !dead(code) || used != "" {
			return media, result
		}
		used = token
	}
}

// attempt is one call; code is WeChat's, media the id of what was uploaded.
func (a *Adapter) attempt(ctx context.Context, call provider.Call) (code int, media string, result events.SendResult) {
	answer, failed := wire.Do(ctx, a.client, call)
	if failed != nil {
		return 0, "", *failed
	}
	if answer.Status != http.StatusOK {
		return 0, "", provider.Refused(answer, call.SafeToRepeat, time.Now())
	}
	var said struct {
		Code  *int   `json:"errcode"`
		Media string `json:"media_id"`
	}
	switch {
	case json.Unmarshal(answer.Body, &said) != nil, said.Code == nil && said.Media == "":
		return 0, "", wire.Unread()
	case said.Code == nil || *said.Code == 0:
		return 0, said.Media, events.SendResult{Outcome: events.Sent}
	}
	return *said.Code, "", refused(*said.Code)
}

// file uploads a file and sends it.
func (o outgoing) file(ctx context.Context, kind string, file events.Attachment) events.SendResult {
	limit := channel.LimitsOf(Kind).FileBytes
	if kind == "voice" {
		limit = 2 << 20
	}
	data, err := wire.Bytes(ctx, o.blobs, file, limit)
	if err != nil {
		return wire.NotRead(err)
	}
	media, result := o.withToken(ctx, func(token string) (provider.Call, error) {
		return wire.Upload(o.s.URL+"/cgi-bin/media/upload?type="+kind+"&access_token="+url.QueryEscape(token), "media", file, data)
	})
	switch {
	case result.Outcome == events.Unclear: // nothing has reached the customer yet
		return events.SendResult{Outcome: events.Retry, Detail: "the file could not be uploaded: " + result.Detail}
	case result.Outcome != events.Sent:
		return result
	case media == "":
		return events.SendResult{Outcome: events.Retry, Detail: "the file could not be uploaded"}
	}
	return o.send(ctx, map[string]any{"msgtype": kind, kind: map[string]string{"media_id": media}})
}

func kindOf(media string) string {
	switch media {
	case "image/jpeg", "image/png":
		return "image"
	case "audio/amr", "audio/mpeg":
		return "voice"
	}
	return ""
}

// refused is what WeChat's code means.
func refused(code int) events.SendResult {
	detail := "WeChat answered code " + strconv.Itoa(code)
	reject := func(word, why string) events.SendResult {
		return events.SendResult{Outcome: events.Rejected, Code: word, Detail: detail + why}
	}
	switch {
	case dead(code), code == 40013, code == 40125, code == 40164, code == 41001, code == 48001, code == 50002:
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the account's credentials or rights do not hold"}
	case code == -1, code == 45011:
		return events.SendResult{Outcome: events.Retry, Detail: detail + ": WeChat is busy"}
	case code == 45015:
		return reject(events.CodeWindowClosed, ": the user has not written for 48 hours")
	case code == 45047, code == 45009:
		return reject(events.CodeQuota, ": too many messages since the user wrote last, or today")
	case code == 40003:
		return reject(events.CodeBadAddress, ": no such user")
	case code == 43004:
		return reject(events.CodeOptedOut, ": the user does not follow the account")
	case code == 40004, code == 40005, code == 40006, code == 40007, code == 40009, code == 40010:
		return reject(events.CodeBadMedia, ": the file is not taken")
	case code == 45002:
		return reject(events.CodeTooLong, ": the text is too long")
	}
	return reject("", "")
}

// Test asks for an access token.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return err
	}
	if _, failed := a.access(ctx, inbox, &s, ""); failed != nil {
		return errors.New(failed.Detail)
	}
	return nil
}

// MediaHosts are WeChat's own interface and the hosts of its pictures.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	hosts := []string{".qpic.cn", ".qlogo.cn"}
	var s Settings
	if channel.ReadSettings(inbox, &s) == nil {
		if u, err := url.Parse(s.URL); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}

// OpenMedia opens a picture by its address and any other file by its media id,
// which holds for three days.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	id, ok := strings.CutPrefix(file.URL, "media:")
	if !ok {
		return wire.OpenURL(ctx, client, file.URL)
	}
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return channel.Media{}, err
	}
	token, failed := a.access(ctx, inbox, &s, "")
	if failed != nil {
		return channel.Media{}, errors.New(failed.Detail)
	}
	media, err := wire.OpenURL(ctx, client, s.URL+"/cgi-bin/media/get?access_token="+url.QueryEscape(token)+"&media_id="+url.QueryEscape(id))
	if err != nil {
		return media, err
	}
	if kind, _, _ := mime.ParseMediaType(media.Type); kind != "application/json" && kind != "text/plain" {
		return media, nil
	}
	return channel.Media{}, a.faulty(ctx, inbox, &s, token, media)
}

// faulty reads the code that came in a file's place.
func (a *Adapter) faulty(ctx context.Context, inbox config.Inbox, s *Settings, token string, media channel.Media) error {
	defer func() { _ = media.Body.Close() }()
	var said struct {
		Code int `json:"errcode"`
	}
	if err := json.NewDecoder(io.LimitReader(media.Body, 64<<10)).Decode(&said); err != nil {
		return errors.New("WeChat's answer in a file's place is not readable")
	}
	switch {
	case dead(said.Code):
		if _, failed := a.access(ctx, inbox, s, token); failed != nil {
			return errors.New(failed.Detail)
		}
	case said.Code == 40007:
		return fmt.Errorf("code 40007: %w", channel.ErrMediaGone)
	}
	return fmt.Errorf("WeChat answered code %d in a file's place", said.Code)
}
