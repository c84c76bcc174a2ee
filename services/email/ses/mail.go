package ses

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// inner is what SES says inside a notification: of received mail under
// notificationType, of sent mail under either name.
type inner struct {
	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`
	Mail             struct {
		MessageID   string                         `json:"messageId"`
		Timestamp   time.Time                      `json:"timestamp"`
		Source      *string                        `json:"source"` // nil where it is not told
		Destination []string                       `json:"destination"`
		Headers     []struct{ Name, Value string } `json:"headers"`
		Common      struct {
			From      []string `json:"from"`
			MessageID string   `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
	Receipt struct {
		Recipients []string `json:"recipients"`
		Spam       verdict  `json:"spamVerdict"`
		Virus      verdict  `json:"virusVerdict"`
		DMARC      verdict  `json:"dmarcVerdict"`
		Action     struct {
			Type     string `json:"type"`
			Encoding string `json:"encoding"`
		} `json:"action"`
	} `json:"receipt"`
	Content *string `json:"content"`
	outgoing
}

type verdict struct {
	Status string `json:"status"`
}

// read reads a notification that was verified. What it does not know is kept.
func (n *notice) read(req *channel.Request) arrival.Arrival {
	var in inner
	if json.Unmarshal([]byte(n.Message), &in) != nil {
		// After a topic was chosen in its console SES posts a line of text.
		return n.keep("text", req)
	}
	switch {
	case in.NotificationType == "Received":
		return n.received(&in, req)
	case in.NotificationType != "" || in.EventType != "":
		if r := in.report(n, req); r != nil {
			return arrival.Arrival{Report: r}
		}
	}
	return n.keep("event", req)
}

func (n *notice) received(in *inner, req *channel.Request) arrival.Arrival {
	if in.Content == nil {
		if strings.EqualFold(in.Receipt.Action.Type, "S3") {
			return n.keep("content-in-s3", req)
		}
		return n.keep("no-content", req)
	}
	raw := []byte(*in.Content)
	if strings.EqualFold(in.Receipt.Action.Encoding, "BASE64") {
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(*in.Content), ""))
		if err != nil {
			return n.keep("broken-base64", req)
		}
		raw = decoded
	}
	m := &arrival.Mail{Raw: raw, To: in.Receipt.Recipients, Via: "ses", ID: "ses:" + in.Mail.MessageID, At: in.Mail.Timestamp.UTC()}
	if from := in.Mail.Source; from != nil {
		m.From = strings.Trim(*from, "<> ")
		m.NullSender = m.From == ""
	}
	if len(m.To) == 0 {
		m.To = in.Mail.Destination
	}
	if in.Mail.Timestamp.IsZero() {
		m.At = n.at(req.At)
	}
	if in.Receipt.DMARC.Status == "PASS" && len(in.Mail.Common.From) == 1 {
		m.Vouched = []string{domain(in.Mail.Common.From[0])}
	}
	if in.Receipt.Spam.Status == "FAIL" {
		m.Flags = append(m.Flags, "spam-suspected")
	}
	if in.Receipt.Virus.Status == "FAIL" {
		m.Flags = append(m.Flags, "virus-suspected")
	}
	return arrival.Arrival{Mail: m}
}

// domain reads the domain out of "Name <local@domain>".
func domain(from string) string {
	_, d, _ := strings.Cut(from[strings.LastIndexByte(from, '<')+1:], "@")
	return strings.ToLower(strings.TrimRight(strings.TrimSpace(d), "> "))
}

// outgoing is what SES says of a mail that it sent for us.
type outgoing struct {
	Bounce struct {
		Type       string      `json:"bounceType"`
		SubType    string      `json:"bounceSubType"`
		FeedbackID string      `json:"feedbackId"`
		Timestamp  time.Time   `json:"timestamp"`
		Recipients []recipient `json:"bouncedRecipients"`
	} `json:"bounce"`
	Delivery struct {
		Timestamp  time.Time `json:"timestamp"`
		Recipients []string  `json:"recipients"`
		Response   string    `json:"smtpResponse"`
	} `json:"delivery"`
	Delay struct {
		Type       string      `json:"delayType"`
		Timestamp  time.Time   `json:"timestamp"`
		Recipients []recipient `json:"delayedRecipients"`
	} `json:"deliveryDelay"`
	Open struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"open"`
	Reject struct {
		Reason string `json:"reason"`
	} `json:"reject"`
}

type recipient struct {
	Address    string `json:"emailAddress"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnosticCode"`
}

// report reads a notice of sent mail; nil where it tells nothing of delivery. A
// complaint is for people and is kept.
func (in *inner) report(n *notice, req *channel.Request) *arrival.Report {
	r := &arrival.Report{ID: "sns:" + n.MessageID, MessageIDs: in.ids(), At: n.at(req.At), Raw: req.Body, Type: "application/json"}
	when := func(at time.Time) {
		if !at.IsZero() {
			r.At = at.UTC()
		}
	}
	about := func(list []recipient) string {
		if len(list) == 0 {
			return ""
		}
		r.Address = list[0].Address
		return list[0].Status + " " + list[0].Diagnostic
	}
	switch kind := in.NotificationType + in.EventType; kind {
	case "Bounce":
		r.Status = events.StatusFailed
		if in.Bounce.Type == "Transient" {
			r.Detail = "given up: "
		}
		when(in.Bounce.Timestamp)
		r.Detail += "bounce " + in.Bounce.Type + " " + in.Bounce.SubType + " " + about(in.Bounce.Recipients)
	case "Delivery":
		r.Status, r.Detail = events.StatusDelivered, in.Delivery.Response
		when(in.Delivery.Timestamp)
		if len(in.Delivery.Recipients) > 0 {
			r.Address = in.Delivery.Recipients[0]
		}
	case "DeliveryDelay":
		r.Status = events.StatusSent
		when(in.Delay.Timestamp)
		r.Detail = "delayed " + in.Delay.Type + " " + about(in.Delay.Recipients)
	case "Send":
		r.Status = events.StatusSent
	case "Open":
		r.Status = events.StatusRead
		when(in.Open.Timestamp)
	case "Reject":
		r.Status, r.Detail = events.StatusFailed, "rejected "+in.Reject.Reason
	default:
		return nil
	}
	if len(r.MessageIDs) == 0 || n.MessageID == "" {
		return nil
	}
	if r.Address == "" && len(in.Mail.Destination) == 1 {
		r.Address = in.Mail.Destination[0]
	}
	r.Detail = strings.Join(strings.Fields(r.Detail), " ")
	return r
}

// ids are the names of the mail: ours from its header, and the one that SES put
// in its place.
func (in *inner) ids() []string {
	var out []string
	add := func(id string) {
		if id = strings.Trim(id, "<> "); id != "" {
			out = append(out, id)
		}
	}
	for _, h := range in.Mail.Headers {
		if strings.EqualFold(h.Name, "Message-ID") {
			add(h.Value)
		}
	}
	if len(out) == 0 {
		add(in.Mail.Common.MessageID)
	}
	return out
}
