package mailchannel

import (
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/email/bounce"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// idPrefix marks the Message-IDs that we make: <tb.<message id>@<domain>>.
const idPrefix = "tb."

// messageIDFor names an outbound mail. The same message has the same id at
// every attempt.
func messageIDFor(id events.MessageID, address string) string {
	return idPrefix + string(id) + "@" + domainOf(normal(address))
}

// ourMessage reads our message id out of a Message-ID that we made.
func ourMessage(messageID string) events.MessageID {
	local, _, ok := strings.Cut(messageID, "@")
	id, ours := strings.CutPrefix(local, idPrefix)
	if !ok || !ours {
		return ""
	}
	return events.MessageID(id)
}

// fromSES reports whether an id is one that Amazon SES puts in the place of a
// mail's own, be it our mail or another customer's of theirs.
func fromSES(messageID string) bool { return strings.HasSuffix(messageID, ".amazonses.com") }

// reported turns a report about a mail of ours into a delivery statement. It
// returns nil for mail that is no report, for complaints, which people read,
// and for reports that do not name a mail of ours: those are messages like any
// other, so that nothing that comes in goes unseen. Of a mail that Amazon SES
// named only the router knows whose it is: sure is false then, and the report goes
// as a message as well.
func reported(m *mailparse.Mail) (d *events.Delivery, sure bool) {
	b := m.Bounce
	if b == nil || b.Source == bounce.Complaint {
		return nil, false
	}
	sure = ourMessage(b.OriginalMessageID) != ""
	if !sure && !fromSES(b.OriginalMessageID) {
		return nil, false
	}
	d = &events.Delivery{Message: ourMessage(b.OriginalMessageID), ProviderIDs: []string{b.OriginalMessageID}}
	switch b.Action {
	case "failed":
		d.Status = events.StatusFailed
	case "delivered", "expanded":
		d.Status = events.StatusDelivered
	case "displayed":
		d.Status = events.StatusRead
	case "deleted":
		d.Status = events.StatusDelivered
	default: // delayed, relayed: still on its way
		d.Status = events.StatusSent
	}
	for _, r := range b.Recipients {
		if !r.Permanent() && r.Action == "failed" {
			d.Detail = "given up: "
		}
		if r.Status != "" || r.Diagnostic != "" {
			d.Detail += strings.TrimSpace(r.Action + " " + r.Status + " " + cut(r.Diagnostic, 300))
			break
		}
	}
	return d, sure
}
