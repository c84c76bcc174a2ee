package kakaotalk

import (
	"context"
	"encoding/json"
	"net/http"
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

// Send writes text into the customer's session; without an open one it is
// rejected as window-closed. Files are rejected: Kakao takes those only that
// were uploaded to it before.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	switch {
	case req.Message.Template != nil:
		return wire.NoTemplates(), nil
	case len(req.Message.Attachments) > 0:
		return wire.NoFiles("consultation talk takes only files that were uploaded to Kakao before"), nil
	}
	var pieces []parts.Piece
	for i, text := range channel.LimitsOf(Kind).Split(req.Message.Text) {
		pieces = append(pieces, func(ctx context.Context) events.SendResult { return a.write(ctx, inbox, &s, req, i, text) })
	}
	result := parts.InOrder(ctx, true, pieces...)
	if result.Outcome == events.Sent {
		result.ProviderIDs = append(result.ProviderIDs, string(req.Message.ID))
	}
	return result, nil
}

// Serial is the number under which the dealer takes part n of a message once;
// it has 30 characters.
func Serial(message events.MessageID, n int) string {
	return wire.Hash(string(message), strconv.Itoa(n))[:30]
}

func (a *Adapter) write(ctx context.Context, inbox config.Inbox, s *Settings, req events.SendRequest, n int, text string) events.SendResult {
	serial := Serial(req.Message.ID, n)
	call, err := provider.JSON(s.URL+"/v1/chat/write", map[string]string{
		"user_key": req.To.Value, "sender_key": s.SenderKey, "serial_number": serial, "message_type": "TX", "message": text,
	})
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	call.Private, call.SafeToRepeat = s.AllowPrivate, true
	call.Header.Set("HT-Client-Id", inbox.Secrets["client_id"])
	call.Header.Set("HT-Client-Secret", inbox.Secrets["client_secret"])
	answer, failed := wire.Do(ctx, a.client, call)
	if failed != nil {
		return *failed
	}
	result := outcome(answer)
	if result.Outcome == events.Sent {
		result.ProviderIDs = []string{serial}
	}
	return result
}

// outcome reads {"code": 0, …}. The codes of faults differ by dealer, so beside
// the number the words decide: a session that is not there is a closed window,
// a serial number that is known has arrived before.
func outcome(answer provider.Answer) events.SendResult {
	if !answer.OK() {
		return provider.Refused(answer, true, time.Now())
	}
	var said struct {
		Code    any    `json:"code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil || said.Code == nil {
		return events.SendResult{Outcome: events.Retry, Detail: "the dealer's answer is not readable; the serial number makes a second attempt safe"}
	}
	code := ""
	switch v := said.Code.(type) {
	case float64:
		code = strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		code = v
	}
	words := strings.ToLower(said.Message)
	detail := "the dealer answered code " + code[:min(len(code), 24)]
	switch {
	case code == "0" || strings.EqualFold(code, "success"), strings.Contains(words, "duplicat"):
		return events.SendResult{Outcome: events.Sent}
	case code == strconv.Itoa(http.StatusUnauthorized), strings.Contains(words, "client id"), strings.Contains(words, "client secret"):
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the credentials do not hold"}
	case strings.Contains(words, "session"):
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeWindowClosed, Detail: detail + ": there is no open session"}
	case strings.Contains(words, "block"):
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeOptedOut, Detail: detail + ": the customer has blocked the channel"}
	}
	return events.SendResult{Outcome: events.Rejected, Detail: detail}
}

// MediaHosts are where customers' files are kept: Kakao's and Happytalk's.
func (*Adapter) MediaHosts(config.Inbox) []string {
	return []string{".kakaocdn.net", ".kakao.com", ".happytalk.io"}
}

// OpenMedia opens a file; its address needs no credentials.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, file events.Attachment) (channel.Media, error) {
	return wire.OpenURL(ctx, client, file.URL)
}
