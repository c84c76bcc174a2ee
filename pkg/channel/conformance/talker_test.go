package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
)

// talker is a little channel with buttons, whose faults are chosen by name. It goes
// by the name of one in the table of limits.
type talker struct{ fault string }

func (talker) Kind() string                      { return "line" }
func (talker) SecretNames(config.Inbox) []string { return nil }
func (talker) Check(*config.Inbox) error         { return nil }
func (talker) SafeToRepeat(config.Inbox) bool    { return false }

// shape is what it says to its provider.
func (s talker) shape(m *events.Message) (map[string]any, bool) {
	limits := channel.LimitsOf("line")
	offered := limits.Offer(m)
	switch many := len(m.QuickReplies) > limits.QuickReplies; {
	case s.fault == "sends no buttons":
		offered = nil
	case s.fault == "some of the buttons" && many:
		offered = m.QuickReplies[:limits.QuickReplies]
	case s.fault == "cuts what stands on a button" && !many && offered == nil:
		offered = m.QuickReplies
	case s.fault == "fails for too many buttons" && many:
		return nil, false
	}
	out := map[string]any{"text": m.Text}
	if s.fault == "buttons in the place of the text" && len(offered) > 0 {
		delete(out, "text")
	}
	var buttons []map[string]string
	for _, q := range offered {
		button := map[string]string{"title": q.Label, "data": q.Value}
		if s.fault == "buttons without a value" {
			delete(button, "data")
		}
		buttons = append(buttons, button)
	}
	if buttons != nil {
		out["buttons"] = buttons
	}
	return out, true
}

func (s talker) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	shape, ok := s.shape(&req.Message)
	if !ok {
		return events.SendResult{Outcome: events.Rejected}, nil
	}
	var at string
	if err := json.Unmarshal(inbox.Settings, &at); err != nil {
		return events.SendResult{}, err
	}
	body, err := json.Marshal(shape)
	if err != nil {
		return events.SendResult{}, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return events.SendResult{}, err
	}
	resp, err := http.DefaultClient.Do(post)
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return events.SendResult{Outcome: events.Retry}, nil
	}
	if err != nil {
		return events.SendResult{Outcome: events.Unclear}, nil
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return events.SendResult{Outcome: events.Unclear}, nil
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"p1"}}, nil
	case http.StatusTooManyRequests:
		wait, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
		return events.SendResult{Outcome: events.Retry, RetryAfter: wait}, err
	}
	return events.SendResult{Outcome: events.Rejected}, nil
}

func talking(fault string) conformance.Subject {
	return conformance.Subject{
		Adapter: talker{fault}, Inbox: config.Inbox{ID: "in", Channel: "line"},
		Sending: &conformance.Sending{
			Inbox: func(provider string) config.Inbox {
				return config.Inbox{ID: "in", Channel: "line", Settings: json.RawMessage(fmt.Sprintf("%q", provider))}
			},
			To: events.Point{Kind: "line", Value: "u"}, Accept: "{}",
		},
	}
}

func TestSuitePassesAGoodSender(t *testing.T) { conformance.Run(t, talking("")) }
