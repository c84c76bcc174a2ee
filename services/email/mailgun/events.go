package mailgun

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

func isJSON(req *channel.Request) bool {
	return strings.HasPrefix(strings.ToLower(req.Header.Get("Content-Type")), "application/json")
}

// event is what an event webhook says, as far as it is read.
type event struct {
	Signature struct {
		Timestamp string `json:"timestamp"`
		Token     string `json:"token"`
		Signature string `json:"signature"`
	} `json:"signature"`
	Data struct {
		ID        string      `json:"id"`
		Event     string      `json:"event"`
		Severity  string      `json:"severity"`
		Reason    string      `json:"reason"`
		Recipient string      `json:"recipient"`
		Timestamp json.Number `json:"timestamp"`
		Status    struct {
			Code        int    `json:"code"`
			Message     string `json:"message"`
			Description string `json:"description"`
			Attempt     int    `json:"attempt-no"`
		} `json:"delivery-status"`
		Message struct {
			Headers struct {
				MessageID string `json:"message-id"`
			} `json:"headers"`
		} `json:"message"`
	} `json:"event-data"`
}

func (d *Door) event(key string, req *channel.Request) ([]arrival.Arrival, error) {
	var e event
	if err := json.Unmarshal(req.Body, &e); err != nil {
		return nil, channel.Refuse(http.StatusBadRequest, "unreadable", "the event cannot be read")
	}
	p := proof{e.Signature.Timestamp, e.Signature.Token, e.Signature.Signature}
	if err := p.verify(key, req.At); err != nil {
		return nil, err
	}
	var parts struct {
		Data json.RawMessage `json:"event-data"`
	}
	_ = json.Unmarshal(req.Body, &parts) // it was read above
	var plain bytes.Buffer
	if json.Compact(&plain, parts.Data) != nil {
		plain.Reset()
	}
	if err := d.tokens.use(p.token, sha256.Sum256(plain.Bytes()), req.At); err != nil {
		return nil, err
	}
	r := e.report(req)
	if r == nil {
		id := e.Data.ID
		if id == "" {
			id = p.token
		}
		return []arrival.Arrival{keep(id, "event", req)}, nil
	}
	return []arrival.Arrival{{Report: r}}, nil
}

// report is nil for an event that says nothing of delivery.
func (e *event) report(req *channel.Request) *arrival.Report {
	id := strings.Trim(e.Data.Message.Headers.MessageID, "<> ")
	var status events.Status
	switch e.Data.Event {
	case "accepted":
		status = events.StatusSent
	case "delivered":
		status = events.StatusDelivered
	case "opened":
		status = events.StatusRead
	case "failed", "rejected":
		if status = events.StatusFailed; e.Data.Severity == "temporary" {
			status = events.StatusSent // Mailgun goes on trying
		}
	}
	if status == "" || id == "" || e.Data.ID == "" {
		return nil
	}
	r := &arrival.Report{
		ID: "mailgun:" + e.Data.ID, MessageIDs: []string{id}, Address: e.Data.Recipient, Status: status, Attempt: e.Data.Status.Attempt,
		At: req.At, Raw: req.Body, Type: "application/json",
	}
	why := e.Data.Status.Message
	if why == "" {
		why = e.Data.Status.Description
	}
	code := ""
	if e.Data.Status.Code != 0 {
		code = strconv.Itoa(e.Data.Status.Code)
	}
	r.Detail = strings.Join(strings.Fields(strings.Join([]string{e.Data.Event, e.Data.Severity, e.Data.Reason, code, why}, " ")), " ")
	if at, err := e.Data.Timestamp.Float64(); err == nil && at > 0 && at < 1e11 {
		r.At = time.UnixMilli(int64(at * 1000)).UTC()
	}
	return r
}
