package vonage

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/graph/interactive"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

var numberForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Send sends the text, cut where it is too long, and then each file, which needs
// an address that Vonage can fetch it from. Text messages carry no files.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	if err != nil {
		return events.SendResult{}, err
	}
	network, to := s.target(req.To)
	if to == "" {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the address is none that Vonage reaches"}, nil
	}
	if req.Message.Template != nil {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadTemplate, Detail: "this channel has no templates"}, nil
	}
	messages, texts, ok := contents(network, &req.Message, s.AllowPrivate)
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: "Vonage takes files from a public https address only, and none by sms"}, nil
	}
	return parts.Send(ctx, len(messages), false, func(i int) (events.SendResult, error) {
		m := messages[i]
		m["channel"], m["to"], m["from"], m["client_ref"] = network, to, strings.TrimPrefix(s.From, "+"), string(req.Message.ID)
		if text, _ := m["text"].(string); i == texts-1 && network == "whatsapp" {
			if asked, ok := interactive.Of(text, channel.LimitsOf(Kind).Offer(&req.Message)); ok {
				return a.ask(ctx, &s, inbox, m, asked, req)
			}
		}
		return a.send(ctx, &s, inbox, m, req.At)
	})
}

// ask sends a text with replies to press: a custom message holds WhatsApp's own
// form. Source: Vonage, "Working with WhatsApp interactive messages".
func (a *Adapter) ask(ctx context.Context, s *Settings, inbox config.Inbox, text map[string]any, asked *interactive.Message, req events.SendRequest) (result events.SendResult, err error) {
	custom := maps.Clone(text)
	delete(custom, "text")
	custom["message_type"], custom["custom"] = "custom", map[string]any{"type": "interactive", "interactive": asked}
	result = parts.Plainly(req.Message.QuickReplies, func(buttons []events.QuickReply) events.SendResult {
		m := text
		if buttons != nil {
			m = custom
		}
		var result events.SendResult
		result, err = a.send(ctx, s, inbox, m, req.At)
		return result
	})
	return result, err
}

// target is the network and the id there; an empty id reaches nobody.
func (s *Settings) target(p events.Point) (network, to string) {
	if numberForm.MatchString(p.Value) {
		return s.Network, p.Value[1:]
	}
	if p.Kind == "phone" {
		return "", ""
	}
	network, to, named := strings.Cut(p.Value, ":")
	if !named || !slices.Contains(networks, network) {
		return s.Network, p.Value
	}
	return network, strings.TrimPrefix(to, "+")
}

// contents are the messages of an answer; so many of them, the first, are texts.
func contents(network string, m *events.Message, private bool) (out []map[string]any, texts int, ok bool) {
	if strings.TrimSpace(m.Text) != "" {
		for _, text := range channel.LimitsOf(Kind).Split(m.Text) {
			out = append(out, map[string]any{"message_type": "text", "text": text})
		}
	}
	texts = len(out)
	for _, f := range m.Attachments {
		if network == "sms" || !account.Fetchable(f.URL, private) || f.Size > channel.LimitsOf(Kind).FileBytes {
			return nil, 0, false
		}
		kind, _, _ := strings.Cut(f.Type, "/")
		if kind != "image" && kind != "video" && kind != "audio" {
			kind = "file"
		}
		out = append(out, map[string]any{"message_type": kind, kind: map[string]string{"url": f.URL}})
	}
	return out, texts, true
}

func (a *Adapter) post(ctx context.Context, s *Settings, inbox config.Inbox, message map[string]any) (provider.Answer, error) {
	call, err := provider.JSON(s.URL+"/v1/messages", message)
	if err != nil {
		return provider.Answer{}, err
	}
	call.Private = s.AllowPrivate
	if err := authorize(call.Header, s, inbox); err != nil {
		return provider.Answer{}, err
	}
	return a.client.Do(ctx, call)
}

func (a *Adapter) send(ctx context.Context, s *Settings, inbox config.Inbox, message map[string]any, now time.Time) (events.SendResult, error) {
	answer, err := a.post(ctx, s, inbox, message)
	var failure *provider.Failure
	switch {
	case errors.As(err, &failure):
		return failure.Result(), nil
	case err != nil:
		return events.SendResult{}, err
	case !answer.OK():
		return refused(answer, now), nil
	}
	var said struct {
		ID string `json:"message_uuid"`
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil || said.ID == "" {
		return events.SendResult{Outcome: events.Unclear, Detail: "Vonage's answer cannot be read; it may have the message"}, nil
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{said.ID}}, nil
}

// refused reads the number at the end of the error's type. Source: Vonage,
// "Messages API errors".
func refused(answer provider.Answer, now time.Time) events.SendResult {
	result := provider.Refused(answer, false, now)
	var p struct {
		Type    string `json:"type"`
		Invalid []struct {
			Name string `json:"name"`
		} `json:"invalid_parameters"`
	}
	_ = json.Unmarshal(answer.Body, &p) // without a type the status says it
	code := ""
	if u, err := url.Parse(p.Type); err == nil && len(u.Fragment) <= 8 && strings.Trim(u.Fragment, "0123456789") == "" && u.Fragment != "" {
		code = u.Fragment
		result.Detail += ", error " + code
	}
	switch {
	case answer.Status == http.StatusPaymentRequired, code == "1020" && answer.Status == http.StatusForbidden:
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: result.Detail + ": the account has no credit or is barred"}
	case result.Outcome != events.Rejected:
	case code == "1220" || code == "1240":
		result.Code = events.CodeBadAddress
	case code == "1330" || code == "1300":
		result.Code = events.CodeBadAddress
	case code == "1340":
		result.Code = events.CodeWindowClosed
	case code == "1230":
		result.Code = events.CodeBadTemplate
	}
	for _, bad := range p.Invalid {
		if bad.Name == "to" && result.Outcome == events.Rejected {
			result.Code = events.CodeBadAddress
		}
	}
	return result
}
