// Package arrival is what every way in for mail hands over: raw MIME with the
// envelope it came in, a report about a mail of ours, or something kept as it
// is. The ways in (sendgrid, mailgun, postmark, ses, imap) fill it; package
// mailchannel reads it with the same eyes as what comes by SMTP, so that text,
// threading, bounces and trust do not depend on the way.
//
// It also builds MIME of what providers hand over in pieces ([Build]), for the
// same reason. It verifies nothing and stores nothing.
package arrival

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Arrival is one thing that came; exactly one of its fields is set.
type Arrival struct {
	Mail   *Mail
	Report *Report
	Kept   *Kept
}

// Mail is a mail as it came.
type Mail struct {
	// Raw is MIME. Whoever made the Mail does not change it afterwards.
	Raw []byte
	// From is the envelope sender, empty for bounces and where it is not known
	// (NullSender tells which); To the envelope recipients, in which alone a Bcc and a reply token show.
	From string
	To   []string
	// NullSender says that the envelope sender is known and empty.
	NullSender bool
	// Helo, Peer and TLS tell of the client that spoke SMTP, as far as known.
	Helo, Peer string
	TLS        bool
	// Via names the way in, ID is its own name for this delivery; it counts
	// where the mail has no Message-ID. Both may be empty.
	Via, ID string
	// At is when the way in took the mail; it stands in for a Date that is
	// missing or far off. Zero where it is not told.
	At time.Time
	// Vouched are the domains whose valid signature, or whose DMARC pass, a
	// provider found on this mail; only a provider whose own request was proved
	// fills it. The reader holds them against From.
	Vouched []string
	// Files are attachments whose bytes are elsewhere (a URL and no hash).
	Files []events.Attachment
	Flags []string
}

// Report says what became of a mail of ours.
type Report struct {
	ID         string   // the provider's id of the report
	MessageIDs []string // Message-IDs by which the mail is known, bare
	// Message is our own id, where the provider carried it back.
	Message events.MessageID
	Address string // whom it was for
	Status  events.Status
	Detail  string
	Attempt int
	At      time.Time
	Raw     []byte
	Type    string // media type of Raw
}

// Kept is what is no mail and no report: shown to an operator, with the reason.
type Kept struct {
	ID   string // stable between deliveries of the same thing
	Why  string // a short machine word, for the flags
	Raw  []byte
	Type string
	At   time.Time
}
