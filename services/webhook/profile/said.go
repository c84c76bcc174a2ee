package profile

import (
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Bounds of what one statement may say, in bytes.
const (
	// MaxText bounds text and html each.
	MaxText = 256 << 10
	// MaxID bounds every id.
	MaxID = 512
	// MaxAttachments bounds the files of a message.
	MaxAttachments = 50

	maxName          = 512
	maxSubject       = 2000
	maxEmail         = 320
	maxPhone         = 64
	maxURL           = 4096
	maxAttributes    = 32
	maxAttributeName = 64
	maxAttribute     = 512
)

// said is what an item says, as text, before it is made into a statement.
type said struct {
	id, thread, replyTo         string
	contact, name, email, phone string
	subject, text, html         string
	pressed                     string
	at                          time.Time
	outbound                    bool
	attachments                 []events.Attachment
	attributes                  map[string]string
	edits, removes              bool
	flags                       []string
	lenient                     bool
}

func refuse(reason, format string, args ...any) *channel.Refusal {
	return channel.Refuse(http.StatusUnprocessableEntity, reason, format, args...)
}

// statement makes the statement. A lenient item (mapped) loses what cannot be
// read and is flagged; any other is refused with the field's name.
func (s *Settings) statement(d *said, now time.Time, tr *trace) (*events.Inbound, error) {
	if err := s.checkIDs(d); err != nil {
		return nil, err
	}
	points, err := s.points(d, tr)
	if err != nil {
		return nil, err
	}
	if err := checkPressed(d, tr); err != nil {
		return nil, err
	}
	if err := checkBody(d, tr); err != nil {
		return nil, err
	}
	if err := checkTime(d, now); err != nil {
		return nil, err
	}
	in := &events.Inbound{
		Type: events.MessageReceived, ProviderID: d.id,
		OccurredAt: d.at, ReceivedAt: now,
		Sender: events.Sender{Points: points, Name: cut(line(d.name), maxName), Attributes: d.attributes},
		Flags:  d.flags,
	}
	if in.OccurredAt.IsZero() {
		in.OccurredAt = now
	}
	if d.outbound {
		in.Direction = events.Out
	}
	in.Message = &events.ReceivedMessage{
		Subject: cut(line(d.subject), maxSubject), Text: d.text, HTML: d.html,
		Attachments: d.attachments, Thread: d.thread, ThreadIDs: []string{d.id}, Pressed: d.pressed,
	}
	if d.replyTo != "" {
		in.Message.InReplyTo = []string{d.replyTo}
	}
	return in, nil
}

func (s *Settings) checkIDs(d *said) error {
	if d.id == "" {
		return refuse("missing-id", "id is missing or empty: without it a second delivery cannot be told from a second message")
	}
	for _, f := range []struct{ name, value string }{
		{"id", d.id}, {"reply_to", d.replyTo}, {"thread", d.thread}, {"contact.id", d.contact},
	} {
		if len(f.value) > MaxID {
			return refuse("id-too-long", "%s is over %d bytes", f.name, MaxID)
		}
		if strings.ContainsFunc(f.value, unicode.IsControl) {
			return refuse("bad-id", "%s contains control characters", f.name)
		}
	}
	return nil
}

// points are the addresses, the one to answer to first.
func (s *Settings) points(d *said, tr *trace) ([]events.Point, error) {
	trust := events.Trust(s.Trust)
	var out []events.Point
	if d.contact != "" {
		out = append(out, events.Point{Kind: "external", Value: d.contact, Scope: s.ExternalScope, Trust: trust})
		tr.stored("contact.id", d.contact)
	}
	if d.email != "" {
		email, ok := Email(d.email)
		if ok {
			out = append(out, events.Point{Kind: "email", Value: email, Trust: trust})
			tr.stored("contact.email", email)
		} else {
			d.unreadable("email", d.email, tr)
		}
	}
	if d.phone != "" {
		phone, ok := Phone(d.phone, s.DefaultRegion)
		if ok {
			out = append(out, events.Point{Kind: "phone", Value: phone, Trust: trust})
			tr.stored("contact.phone", phone)
		} else {
			d.unreadable("phone", d.phone, tr)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case d.email != "":
		return nil, refuse("bad-email", "contact.email is not an address, and the contact has no other")
	case d.phone != "":
		return nil, refuse("bad-phone", "contact.phone is not a number (one without a country code needs the setting default_region), and the contact has no other address")
	}
	return nil, refuse("missing-contact", "contact needs an id, an email or a phone: nobody could be answered otherwise")
}

// unreadable keeps an address that cannot be one where an agent sees it. The
// message itself is worth more than its second address.
func (d *said) unreadable(kind, given string, tr *trace) {
	d.flags = append(d.flags, kind+"-unreadable")
	if d.attributes == nil {
		d.attributes = map[string]string{}
	}
	if len(d.attributes) < maxAttributes {
		d.attributes[kind+"_as_given"] = cut(line(given), maxAttribute)
	}
	tr.note("contact."+kind, "not readable: kept as the attribute "+kind+"_as_given, joins nobody")
}

func checkBody(d *said, tr *trace) error {
	if len(d.text) > MaxText {
		return refuse("text-too-long", "text is over %d bytes", MaxText)
	}
	if len(d.html) > MaxText {
		return refuse("text-too-long", "html is over %d bytes", MaxText)
	}
	d.text = plainText(d.text)
	if d.html != "" {
		if strings.TrimSpace(d.text) == "" {
			d.text = htmlText(d.html)
			tr.note("text", "made from html")
		}
		d.html = sanitise(d.html)
		tr.stored("html", d.html)
	}
	tr.stored("text", d.text)
	if strings.TrimSpace(d.text) == "" && len(d.attachments) == 0 && !d.removes {
		return refuse("missing-text", "text is missing or empty, and there are no attachments")
	}
	return nil
}

// earliest is the first believable time: nobody had a customer on a webhook
// before it, but a field that is nought or in the wrong unit lands there.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

func checkTime(d *said, now time.Time) error {
	if d.at.IsZero() || (d.at.After(earliest) && d.at.Before(now.Add(24*time.Hour))) {
		d.at = d.at.UTC()
		return nil
	}
	if d.lenient {
		d.at = now
		d.flags = append(d.flags, "time-implausible")
		return nil
	}
	return refuse("absurd-time", "occurred_at lies before 1990 or more than a day ahead")
}

// Email normalises an e-mail address: lower case, no name. False for anything
// that is not exactly one address.
func Email(given string) (string, bool) {
	given = strings.TrimSpace(given)
	if len(given) > maxEmail || strings.ContainsAny(given, "<> \t\r\n\"(),;:") {
		return "", false
	}
	addr, err := mail.ParseAddress(given)
	if err != nil || addr.Name != "" {
		return "", false
	}
	return strings.ToLower(addr.Address), true
}

// Phone normalises a telephone number to E.164. Without a region it must carry
// its country code.
func Phone(given, region string) (string, bool) {
	if len(given) > maxPhone {
		return "", false
	}
	if region == "" {
		region = phonenumbers.UNKNOWN_REGION
	}
	n, err := phonenumbers.Parse(given, region)
	if err != nil || !phonenumbers.IsValidNumber(n) || n.GetExtension() != "" {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// plainText unifies line ends and drops control characters, which no screen
// shows and some obey.
func plainText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r != '\n' && r != '\t' && unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// line makes one line of text.
func line(s string) string { return strings.Join(strings.Fields(plainText(s)), " ") }

// attachment checks a file by its address. It is never fetched here.
func attachment(name, kind, address string) (events.Attachment, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return events.Attachment{}, refuse("bad-url", "attachments: url is not an absolute http(s) address of at most %d bytes", maxURL)
	}
	return events.Attachment{Name: fileName(name, u), Type: mimeType(kind), URL: address}, nil
}

// fileName keeps what cannot lead out of a folder or lie about its end: no
// directories, no control characters, no bidirectional overrides.
func fileName(name string, u *url.URL) string {
	if name == "" {
		name = u.Path
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.TrimSpace(name), ".")
	if name == "" {
		return "file"
	}
	return cut(name, 255)
}
