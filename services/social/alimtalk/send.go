package alimtalk

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Authorization is the header that Solapi asks for: an HMAC over the time of the
// call and a salt that is new for each.
func Authorization(key, secret, date, salt string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(date + salt))
	return fmt.Sprintf("HMAC-SHA256 apiKey=%s, date=%s, salt=%s, signature=%s", key, date, salt, hex.EncodeToString(mac.Sum(nil)))
}

func authorize(inbox config.Inbox, h http.Header, now time.Time) {
	h.Set("Authorization", Authorization(inbox.Secrets["api_key"], inbox.Secrets["api_secret"], now.UTC().Format("2006-01-02T15:04:05.000Z"), rand.Text()))
}

// Send sends one template to a Korean number. A message without one is rejected
// as window-closed, which has the console offer templates. The names of params
// may have Solapi's #{…} around them or not.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return events.SendResult{}, err
	}
	t := req.Message.Template
	switch {
	case t == nil:
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeWindowClosed, Detail: "an Alimtalk is an approved template"}, nil
	case len(req.Message.Attachments) > 0:
		return wire.NoFiles("an Alimtalk carries no files"), nil
	}
	to, ok := domestic(req.To.Value)
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "an Alimtalk goes to Korean numbers only"}, nil
	}
	from, ok := domestic(s.From)
	if !ok {
		from = strings.ReplaceAll(s.From, "-", "")
	}
	variables := map[string]string{}
	for name, value := range t.Params {
		if !strings.HasPrefix(name, "#{") {
			name = "#{" + name + "}"
		}
		variables[name] = value
	}
	message := map[string]any{
		"to": to, "from": from, "type": "ATA", "customFields": map[string]string{field: string(req.Message.ID)},
		"kakaoOptions": map[string]any{"pfId": s.Profile, "templateId": t.Name, "variables": variables, "disableSms": !s.SMS},
	}
	call, err := provider.JSON(s.URL+"/messages/v4/send-many/detail", map[string]any{"messages": []any{message}, "showMessageList": true})
	if err != nil {
		return events.SendResult{}, err
	}
	call.Private = s.AllowPrivate
	authorize(inbox, call.Header, time.Now())
	answer, failed := wire.Do(ctx, a.client, call)
	if failed != nil {
		return *failed, nil
	}
	return outcome(answer, req), nil
}

// domestic writes a number as Korean networks do.
func domestic(number string) (string, bool) {
	e164 := wire.Phone(number, "KR")
	rest, ok := strings.CutPrefix(e164, "+82")
	return "0" + rest, ok && rest != ""
}

// sent is Solapi's answer, of success or of a fault.
type sent struct {
	ErrorCode string `json:"errorCode"`
	Failed    []struct {
		Code string `json:"statusCode"`
	} `json:"failedMessageList"`
	Messages []struct {
		ID   string `json:"messageId"`
		Code string `json:"statusCode"`
	} `json:"messageList"`
	Group struct {
		ID string `json:"groupId"`
	} `json:"groupInfo"`
}

func outcome(answer provider.Answer, req events.SendRequest) events.SendResult {
	var said sent
	readable := json.Unmarshal(answer.Body, &said) == nil
	detail := "Solapi answered " + said.ErrorCode[:min(len(said.ErrorCode), 40)]
	switch {
	case said.ErrorCode == "NotEnoughBalance":
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the account has no credit"}
	case answer.Status == http.StatusForbidden, said.ErrorCode == "InvalidAPIKey", said.ErrorCode == "SignatureDoesNotMatch", said.ErrorCode == "Unauthorized":
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the credentials do not hold"}
	case said.ErrorCode == "TooManyRequests":
		return events.SendResult{Outcome: events.Retry, Detail: detail, RetryAfter: provider.RetryAfter(answer.Header, time.Now())}
	case !answer.OK() && len(said.Failed) == 0:
		return provider.Refused(answer, false, time.Now())
	case !readable:
		return wire.Unread()
	}
	if len(said.Failed) > 0 {
		return refused(said.Failed[0].Code)
	}
	ids := []string{string(req.Message.ID)}
	if len(said.Messages) > 0 && said.Messages[0].ID != "" {
		ids = append([]string{said.Messages[0].ID}, ids...)
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: ids}
}

// refused reads the statusCode of a message that Solapi did not take. 1xxx are
// faults of the request, 3xxx of Kakao and the networks.
func refused(code string) events.SendResult {
	r := events.SendResult{Outcome: events.Rejected, Detail: "Solapi did not take the message: " + code[:min(len(code), 8)]}
	switch code {
	case "1011", "1022", "1028": // number missing, of the wrong form, or refused
		r.Code = events.CodeBadAddress
	case "1030": // no credit
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: r.Detail + ": the account has no credit"}
	case "1033", "1034", "1042", "3107", "3109", "3110": // template unknown, not approved, or another text
		r.Code = events.CodeBadTemplate
	case "3104", "3108": // not a user of KakaoTalk, or takes no Alimtalk
		r.Code = events.CodeOptedOut
	}
	return r
}

// Templates lists the approved templates, with their places as Params.
func (a *Adapter) Templates(ctx context.Context, inbox config.Inbox) ([]events.Template, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, err
	}
	answer, err := a.get(ctx, inbox, &s, "/kakao/v2/templates?status=APPROVED&limit=200&channelId="+url.QueryEscape(s.Profile))
	if err != nil {
		return nil, err
	}
	var said struct {
		List []struct {
			ID        string `json:"templateId"`
			Content   string `json:"content"`
			Status    string `json:"status"`
			Variables []struct {
				Name string `json:"name"`
			} `json:"variables"`
		} `json:"templateList"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil {
		return nil, errors.New("the list of templates is not readable")
	}
	var out []events.Template
	for _, item := range said.List {
		if item.ID == "" || item.Status != "" && item.Status != "APPROVED" {
			continue
		}
		t := events.Template{Name: item.ID, Language: "ko", Text: item.Content}
		for _, v := range item.Variables {
			if t.Params == nil {
				t.Params = map[string]string{}
			}
			t.Params[strings.TrimSuffix(strings.TrimPrefix(v.Name, "#{"), "}")] = ""
		}
		out = append(out, t)
	}
	return out, nil
}

// Test asks for the account's balance.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return err
	}
	_, err := a.get(ctx, inbox, &s, "/cash/v1/balance")
	return err
}

func (a *Adapter) get(ctx context.Context, inbox config.Inbox, s *Settings, path string) (provider.Answer, error) {
	call := provider.Call{Method: http.MethodGet, URL: s.URL + path, Header: http.Header{}, Private: s.AllowPrivate, SafeToRepeat: true}
	authorize(inbox, call.Header, time.Now())
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return answer, fmt.Errorf("ask Solapi: %w", err)
	}
	if !answer.OK() {
		return answer, fmt.Errorf("ask Solapi: status %d", answer.Status)
	}
	return answer, nil
}
