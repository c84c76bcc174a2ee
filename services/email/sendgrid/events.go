package sendgrid

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// maxEvents bounds one request; SendGrid batches far fewer.
const maxEvents = 10_000

// event is one entry of the event webhook. The smtp-id is the Message-ID of the
// mail as we wrote it.
type event struct {
	ID        string          `json:"sg_event_id"`
	MessageID string          `json:"sg_message_id"`
	SMTPID    string          `json:"smtp-id"`
	Email     string          `json:"email"`
	Event     string          `json:"event"`
	Type      string          `json:"type"`
	Reason    string          `json:"reason"`
	Status    string          `json:"status"`
	Response  string          `json:"response"`
	Timestamp json.Number     `json:"timestamp"`
	Attempt   json.RawMessage `json:"attempt"`
}

// statuses of events; what is missing here (click, unsubscribe, groups) is kept.
var statuses = map[string]events.Status{
	"processed": events.StatusSent, "deferred": events.StatusSent, "delivered": events.StatusDelivered,
	"open": events.StatusRead, "bounce": events.StatusFailed, "dropped": events.StatusFailed,
}

func readEvents(req *channel.Request) []arrival.Arrival {
	var items []json.RawMessage
	if json.Unmarshal(req.Body, &items) != nil || len(items) == 0 || len(items) > maxEvents {
		return []arrival.Arrival{keep(req, "unreadable")}
	}
	out := make([]arrival.Arrival, 0, len(items))
	for _, item := range items {
		out = append(out, readEvent(req, item))
	}
	return out
}

func readEvent(req *channel.Request, item json.RawMessage) arrival.Arrival {
	one := *req
	one.Body = item
	kept := func(why string) arrival.Arrival {
		a := keep(&one, why)
		a.Kept.Type = "application/json"
		return a
	}
	var e event
	if json.Unmarshal(item, &e) != nil {
		return kept("unreadable")
	}
	status, known := statuses[e.Event]
	id := strings.Trim(e.SMTPID, "<> ")
	if !known || id == "" || e.ID == "" {
		return kept("event")
	}
	r := &arrival.Report{
		ID: "sendgrid:" + e.ID, MessageIDs: []string{id}, Address: e.Email, Status: status,
		Detail: describe(e.Event, e.Type, e.Status, first(e.Reason, e.Response)), At: req.At, Raw: item, Type: "application/json",
	}
	if n, err := e.Timestamp.Int64(); err == nil && n > 0 {
		r.At = time.Unix(n, 0).UTC()
	}
	return arrival.Arrival{Report: r}
}
