// Package postmark reads what Postmark posts to an inbound webhook: JSON with
// the raw mail where the server includes it, and always with the mail in pieces.
//
// Postmark signs nothing: the hook's URL carries a user name and a password,
// which arrive as basic authentication. It repeats for half a day after any
// answer but 200, except 403, which ends it; so a wrong password is 401, for the
// operator to mend meanwhile. It renames outgoing mails unless told not to (see
// mailchannel), and its own reports name a mail only by the new name, but give
// back what stood in the fields X-PM-Metadata-… of the mail: there we find ours.
//
// Sources: Postmark's developer pages Inbound webhook, Parse an email, Webhooks
// overview and Custom metadata.
package postmark

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// Settings are an inbox's part of them.
type Settings struct {
	// Username stands before the password in the hook's URL; default "postmark".
	Username string `json:"username,omitempty"`
}

// User is the name that is asked for.
func (s Settings) User() string {
	if s.Username == "" {
		return "postmark"
	}
	return s.Username
}

// Check refuses a name that basic authentication cannot carry, and an empty
// password.
func (s Settings) Check(password string) error {
	switch {
	case strings.ContainsAny(s.Username, ":\r\n"):
		return errors.New("settings.postmark.username holds a colon or a line end")
	case password == "":
		return errors.New("settings.postmark_password is missing")
	}
	return nil
}

// Verify checks user and password. Its error is a refusal.
func (s Settings) Verify(password string, req *channel.Request) error {
	if password == "" {
		return channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "this inbox has no password")
	}
	plain := http.Request{Header: req.Header}
	user, given, ok := plain.BasicAuth()
	a, b := sha256.Sum256([]byte(s.User()+":"+password)), sha256.Sum256([]byte(user+":"+given))
	if !ok || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return channel.Refuse(http.StatusUnauthorized, "bad-credentials", "user name and password do not fit")
	}
	return nil
}

// inbound is what Postmark posts. Content and Data are one thing: real mails
// have the first, Postmark's samples the second.
type inbound struct {
	RecordType        string
	From              string
	To, Cc, Bcc       string
	ToFull, BccFull   []struct{ Email string }
	OriginalRecipient string
	Subject           string
	MessageID         string
	ReplyTo           string
	Date              string
	TextBody          string
	HTMLBody          string `json:"HtmlBody"`
	RawEmail          string
	Headers           []struct{ Name, Value string }
	Attachments       []struct {
		Name, ContentType, Content, Data, ContentID string
	}
}

// Read reads a verified request. What is no mail is kept; Read never fails.
func Read(req *channel.Request) []arrival.Arrival {
	var in inbound
	if err := json.Unmarshal(req.Body, &in); err != nil {
		return []arrival.Arrival{keep(req, "unreadable")}
	}
	if in.RecordType != "" && in.RecordType != "Inbound" {
		if r := readEvent(req); r != nil {
			return []arrival.Arrival{{Report: r}}
		}
		return []arrival.Arrival{keep(req, "event")}
	}
	if in.RawEmail == "" && in.From == "" && len(in.Headers) == 0 && in.TextBody == "" && in.HTMLBody == "" {
		return []arrival.Arrival{keep(req, "no-mail")}
	}
	from, told := in.returnPath()
	m := &arrival.Mail{Via: "postmark", From: from, NullSender: told && from == "", To: in.recipients(), At: req.At}
	if in.MessageID != "" {
		m.ID = "postmark:" + in.MessageID
	}
	if in.RawEmail != "" {
		m.Raw = []byte(in.RawEmail)
		return []arrival.Arrival{{Mail: m}}
	}
	p, broken := in.pieces()
	m.Raw = arrival.Build(p)
	m.Files = broken
	return []arrival.Arrival{{Mail: m}}
}

func keep(req *channel.Request, why string) arrival.Arrival {
	sum := sha256.Sum256(req.Body)
	return arrival.Arrival{Kept: &arrival.Kept{ID: "postmark:" + hex.EncodeToString(sum[:]), Why: why, Raw: req.Body, Type: "application/json", At: req.At}}
}

// recipients begins with the one the mail came to, which may carry a token.
func (in *inbound) recipients() []string {
	var out []string
	add := func(a string) {
		if a != "" && len(out) < 100 {
			out = append(out, a)
		}
	}
	add(in.OriginalRecipient)
	for _, a := range in.ToFull {
		add(a.Email)
	}
	for _, a := range in.BccFull {
		add(a.Email)
	}
	return out
}

// returnPath is the envelope sender, in a field that Postmark puts on top.
func (in *inbound) returnPath() (from string, told bool) {
	for i, h := range in.Headers {
		if i < 3 && strings.EqualFold(h.Name, "Return-Path") {
			return strings.Trim(h.Value, "<> "), true
		}
	}
	return "", false
}

// pieces puts the fields in order. An attachment whose content does not decode
// is listed as one that never will be had.
func (in *inbound) pieces() (arrival.Pieces, []events.Attachment) {
	p := arrival.Pieces{Text: arrival.Body{Data: []byte(in.TextBody)}, HTML: arrival.Body{Data: []byte(in.HTMLBody)}}
	for _, h := range in.Headers {
		p.Header = append(p.Header, arrival.Field{Name: h.Name, Value: h.Value})
	}
	for _, f := range []arrival.Field{{Name: "From", Value: in.From}, {Name: "To", Value: in.To}, {Name: "Cc", Value: in.Cc}, {Name: "Reply-To", Value: in.ReplyTo}, {Name: "Subject", Value: in.Subject}, {Name: "Date", Value: in.Date}} {
		p.Header = arrival.Missing(p.Header, f.Name, f.Value)
	}
	var broken []events.Attachment
	for i, a := range in.Attachments {
		content := a.Content
		if content == "" {
			content = a.Data
		}
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(content), ""))
		if err != nil {
			if i < 100 {
				broken = append(broken, events.Attachment{ID: "b" + strconv.Itoa(i+1), Name: a.Name, Type: a.ContentType, Failed: "the provider's base64 is broken"})
			}
			continue
		}
		p.Files = append(p.Files, arrival.File{Name: a.Name, Type: a.ContentType, ContentID: a.ContentID, Data: data})
	}
	return p, broken
}
