package postmark

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// MessageHeader is the field in which a mail carries our message id to Postmark,
// which gives it back as metadata. A value may have 80 characters.
const (
	MessageHeader = "X-PM-Metadata-tributary"
	metadataKey   = "tributary"
)

// event is what a webhook tells of a mail that left. Which of the times is there
// depends on the kind.
type event struct {
	RecordType, MessageID, Type string
	Recipient, Email            string
	Details, Description        string
	DeliveredAt, BouncedAt      time.Time
	ReceivedAt                  time.Time
	Metadata                    map[string]string
}

// temporary are the types of bounces that say nothing against the address:
// another mail may arrive.
var temporary = map[string]bool{"Transient": true, "DnsError": true, "SoftBounce": true}

// readEvent is nil for what says nothing of delivery, complaints among it, and
// for mails that are not ours.
func readEvent(req *channel.Request) *arrival.Report {
	var e event
	if json.Unmarshal(req.Body, &e) != nil || e.MessageID == "" || e.Metadata[metadataKey] == "" {
		return nil
	}
	r := &arrival.Report{
		Message: events.MessageID(e.Metadata[metadataKey]),
		Address: e.Recipient, Detail: strings.Join(strings.Fields(e.Type+" "+e.Details), " "), At: req.At, Raw: req.Body, Type: "application/json",
	}
	at := time.Time{}
	switch e.RecordType {
	case "Delivery":
		r.Status, at = events.StatusDelivered, e.DeliveredAt
	case "Open":
		r.Status, at = events.StatusRead, e.ReceivedAt
	case "Bounce":
		r.Status, at, r.Address = events.StatusFailed, e.BouncedAt, e.Email
		if temporary[e.Type] {
			r.Detail = "given up: " + r.Detail
		}
	default:
		return nil
	}
	// An event has no id of its own, and a mail may be opened twice.
	r.ID = "postmark:" + e.MessageID + ":" + strings.ToLower(e.RecordType) + ":" + strconv.FormatInt(at.UnixMilli(), 10)
	if !at.IsZero() {
		r.At = at.UTC()
	}
	return r
}
