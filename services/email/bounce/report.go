package bounce

import (
	"regexp"
	"strings"
)

// MaxText bounds the free text that is searched, in bytes.
const MaxText = 64 << 10

// maxRecipients bounds one report.
const maxRecipients = 200

// Source says how a report was recognised.
type Source string

// The sources, most reliable first.
const (
	DSN       Source = "dsn"
	MDN       Source = "mdn"       // a read receipt
	Complaint Source = "complaint" // somebody pressed "this is spam"
	FreeText  Source = "text"
)

// Report is what a mail says about another one.
type Report struct {
	Source     Source
	Action     string // the gravest of the recipients: failed, delayed, delivered, relayed, expanded; displayed, deleted; complaint
	Recipients []Recipient
	// OriginalMessageID names the mail reported on, without brackets; empty
	// when the report does not show it.
	OriginalMessageID string
	FeedbackType      string // of a complaint: abuse, fraud, …
}

// Recipient is one address of a report. Status is an RFC 3463 code; where the
// report has none it is derived from the SMTP reply code as 5.0.0 or 4.0.0.
type Recipient struct {
	Address    string
	Action     string
	Status     string
	Diagnostic string // shortened to 500 bytes; may quote the remote server
	RemoteMTA  string
}

// Permanent reports whether the address failed for good: failed, and not with
// a 4.x.x status.
func (r Recipient) Permanent() bool {
	return r.Action == "failed" && !strings.HasPrefix(r.Status, "4.")
}

// Input is what Find needs to know about a mail.
type Input struct {
	Header  func(name string) string // first raw value of a lower-case name
	From    string                   // bare address
	Subject string
	Text    string
	Report  string // report-type of a multipart/report
	Parts   []Part // the message/* and text/rfc822-headers leaves, in order
	// NullSender says that it came from the empty envelope sender.
	NullSender bool
}

// Part is one decoded leaf.
type Part struct {
	Type string
	Data []byte
}

// Find returns the report that a mail carries, nil for ordinary mail.
func Find(in Input) *Report {
	var r *Report
	for _, p := range in.Parts {
		switch {
		case strings.HasSuffix(p.Type, "delivery-status"):
			r = merge(r, parseStatus(p.Data))
		case strings.HasSuffix(p.Type, "disposition-notification"):
			r = merge(r, parseDisposition(p.Data))
		case p.Type == "message/feedback-report":
			r = merge(r, parseFeedback(p.Data))
		}
	}
	if r != nil && r.Source == DSN && len(r.Recipients) == 0 {
		if t := fromText(in, true); t != nil {
			r.Recipients, r.Action = t.Recipients, t.Action
		}
	}
	if r != nil && r.Source == Complaint && len(r.Recipients) == 0 {
		r.fromReturned(in)
	}
	if r == nil {
		if r = fromText(in, false); r == nil {
			return nil
		}
	}
	if r.OriginalMessageID == "" {
		r.OriginalMessageID = originalID(in)
	}
	if r.Source == DSN {
		enrich(r, in.Text)
	}
	return r
}

func merge(a, b *Report) *Report {
	if a == nil {
		return b
	}
	a.Recipients = append(a.Recipients, b.Recipients...)
	if len(a.Recipients) > maxRecipients {
		a.Recipients = a.Recipients[:maxRecipients]
	}
	a.Action = gravest(a.Recipients, a.Action)
	if a.OriginalMessageID == "" {
		a.OriginalMessageID = b.OriginalMessageID
	}
	return a
}

var gravity = map[string]int{"failed": 5, "delayed": 4, "expanded": 3, "relayed": 2, "delivered": 1}

func gravest(list []Recipient, fallback string) string {
	best := ""
	for _, r := range list {
		if gravity[r.Action] > gravity[best] {
			best = r.Action
		}
	}
	if best == "" {
		return fallback
	}
	return best
}

var (
	statusCode = regexp.MustCompile(`\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b`)
	replyCode  = regexp.MustCompile(`(?:^|[^\d.])([245][0-5][0-9])(?:[ \-](?:[^\d]|\d\.)|$)`)
	addressRE  = regexp.MustCompile(`[A-Za-z0-9!#$%&'*+/=?^_{|}~.\x{80}-\x{10ffff}-]+@[A-Za-z0-9\x{80}-\x{10ffff}.-]*[A-Za-z0-9\x{80}-\x{10ffff}]`)
	messageRE  = regexp.MustCompile(`(?im)^[ >\t]*message-id:\s*<([^<>\r\n]{3,900})>`)
)

// statusOf reads a status out of a diagnostic.
func statusOf(diagnostic string) string {
	// The enhanced code usually follows the reply code; version numbers and
	// addresses of servers look alike, so 2.x.x is never taken.
	for _, m := range statusCode.FindAllStringSubmatchIndex(diagnostic, 8) {
		code := diagnostic[m[2]:m[3]]
		if code[0] == '2' || m[3] < len(diagnostic) && diagnostic[m[3]] == '.' || m[2] > 0 && diagnostic[m[2]-1] == '.' {
			continue
		}
		return code
	}
	if m := replyCode.FindStringSubmatch(diagnostic); m != nil && m[1][0] != '2' {
		return m[1][:1] + ".0.0"
	}
	return ""
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "")
	}
	return s
}

// originalID finds the id of the mail reported on in what the report returns
// of it.
func originalID(in Input) string {
	for _, p := range in.Parts {
		if p.Type == "message/rfc822" || strings.HasPrefix(p.Type, "text/rfc822") || p.Type == "message/global" || p.Type == "message/global-headers" || p.Type == "message/rfc822-headers" {
			if m := messageRE.FindSubmatch(p.Data[:min(len(p.Data), MaxText)]); m != nil {
				return strings.TrimSpace(strings.ToValidUTF8(string(m[1]), "\uFFFD"))
			}
		}
	}
	if m := messageRE.FindStringSubmatch(in.Text[:min(len(in.Text), MaxText)]); m != nil {
		return strings.TrimSpace(m[1])
	}
	return ""
}
