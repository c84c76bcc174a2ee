package alimtalk

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// nhnHeader is where NHN Cloud puts the secret, whatever the inbox says.
const nhnHeader = "X-Toast-Webhook-Signature"

// field is the name under which our message's id travels to Solapi and back.
const field = "message"

// Receive verifies the secret header and reads results, each on its own.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	secret := inbox.Secrets["hook_secret"]
	if !wire.Same(secret, req.Header.Get(s.Header)) && !wire.Same(secret, req.Header.Get(nhnHeader)) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-secret", "the header with the secret does not hold")
	}
	items, ok := split(req.Body)
	if !ok {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not JSON")
	}
	src := wire.From(inbox, req)
	var out []*events.Inbound
	for _, raw := range items {
		out = append(out, state(src, raw))
	}
	return out, channel.Reply{Status: http.StatusOK, Body: []byte{}}, nil
}

// most is how many results one request may hold; a larger one is kept whole, as
// one statement.
const most = 10_000

// split takes a request apart: an array of reports, an object with hooks, or one
// report alone.
func split(body []byte) ([]json.RawMessage, bool) {
	if !json.Valid(body) {
		return nil, false
	}
	var items []json.RawMessage
	if json.Unmarshal(body, &items) == nil && items != nil && len(items) <= most {
		return items, true
	}
	var nhn struct {
		Hooks []json.RawMessage `json:"hooks"`
	}
	if json.Unmarshal(body, &nhn) == nil && len(nhn.Hooks) > 0 && len(nhn.Hooks) <= most {
		return nhn.Hooks, true
	}
	return []json.RawMessage{body}, true
}

// report is one result, in the words of either dealer.
type report struct {
	MessageID string            `json:"messageId"`
	Code      string            `json:"statusCode"`
	Reported  string            `json:"dateReported"`
	Updated   string            `json:"dateUpdated"`
	Custom    map[string]string `json:"customFields"`
	To        string            `json:"to"`

	HookID    string `json:"hookId"`
	RequestID string `json:"requestId"`
	Status    string `json:"messageStatus"`
	Recipient string `json:"recipientNo"`
	Result    string `json:"resultCode"`
	Received  string `json:"receiveDate"`
}

func state(src wire.Source, raw []byte) *events.Inbound {
	var r report
	if json.Unmarshal(bytes.TrimSpace(raw), &r) != nil {
		return src.Keep(raw, "unreadable")
	}
	status, detail := r.status()
	id := r.MessageID
	if id == "" {
		id = r.RequestID
	}
	if status == "" || id == "" {
		return src.Keep(raw, "result")
	}
	in := src.State(events.DeliveryReported, strings.Join([]string{id, string(status), r.Code + r.Result}, ":"), r.time(), raw)
	in.Delivery = &events.Delivery{ProviderIDs: []string{id}, Status: status, Detail: detail, Message: events.MessageID(r.Custom[field])}
	to := r.To
	if to == "" {
		to = r.Recipient
	}
	if number := wire.Phone(to, "KR"); number != "" {
		in.Sender.Points = []events.Point{{Kind: "phone", Value: number, Trust: events.Stated}}
	}
	return in
}

// status reads Solapi's codes (2000 taken, 3000 handed on, 4000 arrived, all
// others a failure) and NHN's words.
func (r *report) status() (events.Status, string) {
	switch {
	case r.Code == "2000" || r.Code == "3000":
		return events.StatusSent, ""
	case r.Code == "4000":
		return events.StatusDelivered, ""
	case len(r.Code) == 4 && strings.Trim(r.Code, "0123456789") == "":
		return events.StatusFailed, "Solapi reports " + r.Code
	}
	switch r.Status {
	case "COMPLETED":
		if r.Result != "" && r.Result != "1000" && r.Result != "0" {
			return events.StatusFailed, "the dealer reports " + r.Result[:min(len(r.Result), 24)]
		}
		return events.StatusDelivered, ""
	case "FAILED", "CANCEL":
		return events.StatusFailed, "the dealer reports " + strings.ToLower(r.Status)
	}
	return "", ""
}

// time of the result. NHN writes Korean time without saying so.
func (r *report) time() time.Time {
	for _, text := range []string{r.Reported, r.Updated, r.Received} {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at
		}
		if at, err := time.ParseInLocation("2006-01-02 15:04:05.0", text, time.FixedZone("KST", 9*3600)); err == nil {
			return at
		}
	}
	return time.Time{}
}
