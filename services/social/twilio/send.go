package twilio

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
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// Send sends the text, cut where it is too long, with its files. A file needs an
// address that Twilio can fetch it from. A template is a Content SID; its
// parameters are the content's variables.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	if err != nil {
		return events.SendResult{}, err
	}
	to, ok := s.target(req.To)
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the address is no number that Twilio reaches"}, nil
	}
	messages, refused := forms(&req.Message, strings.HasPrefix(to, "whatsapp:"), s.AllowPrivate)
	if refused != nil {
		return *refused, nil
	}
	return parts.Send(ctx, len(messages), false, func(i int) (events.SendResult, error) {
		form := messages[i]
		form.Set("To", to)
		s.from(form, to)
		form.Set("StatusCallback", s.hook(inbox)+"?"+messageParam+"="+url.QueryEscape(string(req.Message.ID)))
		return a.send(ctx, &s, inbox, form, req.At), nil
	})
}

// target is who gets the message, as Twilio writes it.
func (s *Settings) target(p events.Point) (string, bool) {
	switch {
	case numberForm.MatchString(p.Value) && strings.HasPrefix(s.From, "whatsapp:"):
		return "whatsapp:" + p.Value, true
	case p.Kind == "phone":
		return p.Value, numberForm.MatchString(p.Value)
	}
	return p.Value, senderForm.MatchString(p.Value)
}

func (s *Settings) from(form url.Values, to string) {
	if s.Service != "" {
		form.Set("MessagingServiceSid", s.Service)
	}
	if s.From == "" {
		return
	}
	from := s.From
	if strings.HasPrefix(to, "whatsapp:") && !strings.Contains(from, ":") {
		from = "whatsapp:" + from
	}
	form.Set("From", from)
}

// forms are the messages of an answer. Files go with the last text; WhatsApp
// takes one file a message and drops the text beside some, so there they go alone.
func forms(m *events.Message, whatsapp, private bool) ([]url.Values, *events.SendResult) {
	if m.Template != nil {
		form := url.Values{"ContentSid": {m.Template.Name}}
		if !strings.HasPrefix(m.Template.Name, "HX") {
			return nil, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadTemplate, Detail: "a template is named by its Content SID, HX…"}
		}
		if len(m.Template.Params) > 0 {
			variables, err := json.Marshal(m.Template.Params)
			if err != nil {
				return nil, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadTemplate, Detail: "the parameters cannot be written"}
			}
			form.Set("ContentVariables", string(variables))
		}
		return []url.Values{form}, nil
	}
	var out []url.Values
	if strings.TrimSpace(m.Text) != "" {
		for _, text := range channel.LimitsOf(Kind).Split(m.Text) {
			out = append(out, url.Values{"Body": {text}})
		}
	}
	most, room := channel.LimitsOf(Kind).Attachments, 0
	if whatsapp {
		most = 1
	} else if len(out) > 0 {
		room = most
	}
	for _, file := range m.Attachments {
		if !account.Fetchable(file.URL, private) || file.Size > channel.LimitsOf(Kind).FileBytes {
			return nil, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: "Twilio takes files from a public https address only, up to 5 MB"}
		}
		if room == 0 {
			out, room = append(out, url.Values{}), most
		}
		room--
		out[len(out)-1].Add("MediaUrl", file.URL)
	}
	return out, nil
}

// problem is the body of an answer that is no success.
type problem struct {
	Code int `json:"code"`
}

func (a *Adapter) send(ctx context.Context, s *Settings, inbox config.Inbox, form url.Values, now time.Time) events.SendResult {
	answer, err := a.call(ctx, s, inbox, "/Messages.json", form)
	var failure *provider.Failure
	switch {
	case errors.As(err, &failure):
		return failure.Result()
	case err != nil:
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	case !answer.OK():
		return refused(answer, now)
	}
	var said struct {
		ID    string `json:"sid"`
		State string `json:"status"`
		Code  *int   `json:"error_code"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil || said.ID == "" {
		return events.SendResult{Outcome: events.Unclear, Detail: "Twilio's answer cannot be read; it may have the message"}
	}
	if said.Code != nil && statuses[said.State] == events.StatusFailed {
		return judge(*said.Code, events.SendResult{Outcome: events.Rejected})
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{said.ID}}
}

func refused(answer provider.Answer, now time.Time) events.SendResult {
	result := provider.Refused(answer, false, now)
	var p problem
	if json.Unmarshal(answer.Body, &p) != nil || p.Code == 0 {
		return result
	}
	if answer.Status >= http.StatusInternalServerError && result.Outcome == events.Unclear {
		return result
	}
	return judge(p.Code, result)
}

// judge says what a code of Twilio's means for a message; result stands where
// the code says no more than the status did. Source: Twilio, "Error and warning
// dictionary".
func judge(code int, result events.SendResult) events.SendResult {
	result.Detail = "Twilio " + strconv.Itoa(code)
	if words := reasons[strconv.Itoa(code)]; words != "" {
		result.Detail += ": " + words
	}
	reject := func(word string) events.SendResult {
		return events.SendResult{Outcome: events.Rejected, Code: word, Detail: result.Detail}
	}
	switch code {
	case 20003, 20005, 20404, 21606, 21603, 21659, 30002, 63007:
		// The credentials, the account or the sender are not what they were.
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: result.Detail + ": this inbox cannot send"}
	case 429, 14107, 20429, 21611, 30001, 63018:
		return events.SendResult{Outcome: events.Retry, RetryAfter: result.RetryAfter, Detail: result.Detail}
	case 21610, 63032:
		return reject(events.CodeOptedOut)
	case 21211, 21214, 21217, 21265, 21604, 21612, 21614, 63003, 63024:
		return reject(events.CodeBadAddress)
	case 21605, 21617:
		return reject(events.CodeTooLong)
	case 12300, 21620, 21623, 21635, 63019, 63021:
		return reject(events.CodeBadMedia)
	case 21655, 21656, 63027, 63028:
		return reject(events.CodeBadTemplate)
	case 63016:
		return reject(events.CodeWindowClosed)
	case 63038:
		return reject(events.CodeQuota)
	}
	return result
}
