package conformance_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
)

// small is a little adapter whose faults are chosen by name.
type small struct{ fault string }

func (small) Kind() string                      { return "small" }
func (small) SecretNames(config.Inbox) []string { return []string{"key"} }

func (s small) Check(in *config.Inbox) error {
	if in.Secrets["key"] == "" && s.fault != "takes an empty secret" {
		return errors.New("no key")
	}
	return nil
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte("k"))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (s small) Receive(in config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if s.fault == "panics on garbage" && string(req.Body) == "null" {
		panic("null")
	}
	if !hmac.Equal([]byte(sign(req.Body)), []byte(req.Header.Get("Sign"))) && s.fault != "checks no signature" {
		return nil, channel.Reply{}, channel.Refuse(401, "bad-signature", "no")
	}
	var items []map[string]any
	if err := json.Unmarshal(req.Body, &items); err != nil {
		return nil, channel.Reply{}, channel.Refuse(400, "bad-json", "no")
	}
	var out []*events.Inbound
	for i, item := range items {
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, channel.Reply{}, err
		}
		st := &events.Inbound{Channel: "small", Inbox: in.ID, ReceivedAt: req.At, OccurredAt: req.At.Add(-time.Minute), Raw: &events.Raw{Bytes: raw}}
		id, ok := item["id"].(string)
		switch {
		case ok && item["text"] != nil:
			st.Type, st.ProviderID = events.MessageReceived, id
			st.Sender.Points = []events.Point{{Kind: "small", Value: "u", Trust: events.Proved}}
			st.Message = &events.ReceivedMessage{Text: fmt.Sprint(item["text"])}
		case s.fault == "drops what is unknown":
			continue
		case s.fault == "fails the batch":
			return nil, channel.Reply{}, channel.Refuse(400, "bad-item", "no")
		default:
			st.Type, st.ProviderID = events.Unknown, fmt.Sprintf("u%d", len(raw))
		}
		switch s.fault {
		case "new ids each time":
			st.ProviderID = fmt.Sprintf("%s-%d", st.ProviderID, time.Now().UnixNano())
		case "ids by place":
			st.ProviderID = fmt.Sprint("place", i)
		case "forgets the sender":
			st.Sender.Points = nil
		case "forgets the time":
			st.OccurredAt = req.At
		}
		out = append(out, st)
	}
	return out, channel.Reply{}, nil
}

func subject(fault string) conformance.Subject {
	call := func(items ...map[string]any) conformance.Call {
		body, err := json.Marshal(items)
		if err != nil {
			panic(err)
		}
		return conformance.Call{Body: body, Header: http.Header{"Sign": {sign(body)}}}
	}
	message := func(n int) map[string]any {
		return map[string]any{"id": fmt.Sprint("m", n), "text": fmt.Sprint("text ", n)}
	}
	return conformance.Subject{
		Adapter:  small{fault},
		Inbox:    config.Inbox{ID: "in", Channel: "small", Secrets: map[string]string{"key": "k"}},
		NoSecret: &config.Inbox{ID: "in", Channel: "small", Secrets: map[string]string{"key": ""}},
		Receiving: &conformance.Receiving{
			Signed: true, HasTimes: true,
			Message: func(n int) conformance.Call { return call(message(n)) },
			Unknown: func() conformance.Call { return call(map[string]any{"what": "else"}) },
			Batch: func(n int) conformance.Call {
				items := []map[string]any{message(0), {"bad": true}}
				for i := 1; i < n; i++ {
					items = append(items, message(i))
				}
				return call(items...)
			},
		},
	}
}

func TestSuitePassesAGoodAdapter(t *testing.T) { conformance.Run(t, subject("")) }

// TestFaulty is run by TestSuiteFindsFaults in a process of its own, where it
// is meant to fail.
func TestFaulty(t *testing.T) {
	fault := os.Getenv("CONFORMANCE_FAULT")
	if fault == "" {
		t.Log("no fault is asked for: the adapter is the good one")
	}
	if strings.Contains(fault, "button") {
		conformance.Run(t, talking(fault))
		return
	}
	conformance.Run(t, subject(fault))
}

func TestSuiteFindsFaults(t *testing.T) {
	for fault, found := range map[string]string{
		"takes an empty secret": "settings", "checks no signature": "a_changed_body_is_refused", "panics on garbage": "garbage_harms_nobody",
		"drops what is unknown": "an_unknown_event_is_kept_raw", "fails the batch": "one_bad_item_does_not_fail_the_batch", "new ids each time": "the_same_request_again_is_the_same_statement",
		"ids by place": "the_same_request_again_is_the_same_statement", "forgets the sender": "a_message_has_an_id", "forgets the time": "a_message_has_an_id",
		"sends no buttons": "two_that_fit", "buttons without a value": "two_that_fit", "buttons in the place of the text": "two_that_fit",
		"some of the buttons": "as_many_as_fit_and_one_more", "cuts what stands on a button": "one_that_is_too_long", "fails for too many buttons": "as_many_as_fit_and_one_more",
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaulty$")
		cmd.Env = append(os.Environ(), "CONFORMANCE_FAULT="+fault)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--- FAIL") || !strings.Contains(string(out), found) {
			t.Errorf("%s is not found: %v\n%s", fault, err, out)
		}
	}
}
