// Package sendgrid reads what SendGrid's Inbound Parse posts: a form with the
// whole mail in the field email ("send raw"), or with the mail in pieces, each
// text in a charset of its own; and its event webhook, which tells what became
// of mails that left through SendGrid.
//
// SendGrid gives a mail no id and no time, repeats only after 5xx answers, for
// three days, and drops a mail after any 4xx: so whatever is signed and cannot
// be read is kept, and answered with success.
//
// Sources: SendGrid's pages Inbound Parse Webhook and Event Webhook Security
// Features, and the constants of sendgrid-go.
package sendgrid

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
	"github.com/tributary-inbox/tributary/services/email/charset"
)

// Header fields of a signed request.
const (
	SignatureHeader = "X-Twilio-Email-Event-Webhook-Signature"
	TimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// maxAge is a little more than SendGrid goes on trying.
const maxAge = 4 * 24 * time.Hour

// Settings are an inbox's part of them.
type Settings struct {
	// PublicKey is the verification key of the security policy, base64 of DER.
	PublicKey string `json:"public_key,omitempty"`
	// Unsigned takes requests without a signature: then the hook's path alone
	// is the secret, and nobody's address counts as proved.
	Unsigned bool `json:"unsigned,omitempty"`
}

// Check refuses settings under which anybody could post unnoticed.
func (s Settings) Check() error {
	switch {
	case s.PublicKey == "" && !s.Unsigned:
		return errors.New("settings.sendgrid.public_key is missing; set sendgrid.unsigned to take unsigned mail")
	case s.PublicKey == "":
		return nil
	case s.Unsigned:
		return errors.New("settings.sendgrid has a public_key and unsigned: choose one")
	}
	_, err := s.key()
	return err
}

func (s Settings) key() (*ecdsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.PublicKey))
	if err != nil {
		return nil, errors.New("settings.sendgrid.public_key is not base64")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errors.New("settings.sendgrid.public_key is no public key")
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("settings.sendgrid.public_key is no ECDSA key")
	}
	return key, nil
}

// Verify checks the signature over the raw bytes. Its error is a refusal.
func (s Settings) Verify(req *channel.Request) error {
	if s.PublicKey == "" && s.Unsigned {
		return nil
	}
	refuse := func(why string) error { return channel.Refuse(http.StatusUnauthorized, "bad-signature", "%s", why) }
	key, err := s.key()
	if err != nil {
		return channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	stamp := req.Header.Get(TimestampHeader)
	signature, err := base64.StdEncoding.DecodeString(req.Header.Get(SignatureHeader))
	if err != nil || len(signature) == 0 || stamp == "" {
		return refuse("the request is not signed")
	}
	sum := sha256.New()
	sum.Write([]byte(stamp))
	sum.Write(req.Body)
	if !ecdsa.VerifyASN1(key, sum.Sum(nil), signature) {
		return refuse("the signature does not fit")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refuse("the timestamp is no number")
	}
	if age := req.At.Sub(time.Unix(seconds, 0)); age > maxAge || age < -time.Hour {
		return channel.Refuse(http.StatusUnauthorized, "stale", "the request is too old or from the future")
	}
	return nil
}

// Read reads a verified request. A body that is neither mail nor events is
// kept; Read never fails.
func (s Settings) Read(req *channel.Request) []arrival.Arrival {
	if trimmed := strings.TrimLeft(string(req.Body[:min(len(req.Body), 64)]), " \t\r\n\xef\xbb\xbf"); strings.HasPrefix(trimmed, "[") {
		return readEvents(req)
	}
	form, err := arrival.ReadForm(req.Header.Get("Content-Type"), req.Body)
	if err != nil {
		return []arrival.Arrival{keep(req, "unreadable")}
	}
	m := &arrival.Mail{Via: "sendgrid", At: req.At, Peer: form.Text("sender_ip")}
	m.From, m.NullSender, m.To = envelope(form.Text("envelope"))
	switch raw, ok := form.Values["email"]; {
	case ok && len(raw) > 0:
		m.Raw = raw
	case len(form.Values["headers"])+len(form.Values["from"])+len(form.Values["text"])+len(form.Values["html"]) == 0:
		return []arrival.Arrival{keep(req, "no-mail")}
	default:
		m.Raw = arrival.Build(pieces(form))
	}
	if s.PublicKey != "" {
		m.Vouched = vouched(form.Text("dkim"))
	}
	return []arrival.Arrival{{Mail: m}}
}

func keep(req *channel.Request, why string) arrival.Arrival {
	sum := sha256.Sum256(req.Body)
	return arrival.Arrival{Kept: &arrival.Kept{ID: "sendgrid:" + hex.EncodeToString(sum[:]), Why: why, Raw: req.Body, Type: req.Header.Get("Content-Type"), At: req.At}}
}

func envelope(text string) (from string, null bool, to []string) {
	var e struct {
		From *string  `json:"from"`
		To   []string `json:"to"`
	}
	if json.Unmarshal([]byte(text), &e) != nil {
		return "", false, nil
	}
	if e.From == nil {
		return "", false, e.To
	}
	from = strings.Trim(*e.From, "<> ")
	return from, from == "", e.To
}

// vouched reads which domains signed: the field is not JSON but
// {@example.org : pass, @other.example : fail}.
func vouched(dkim string) []string {
	var out []string
	for pair := range strings.SplitSeq(strings.Trim(strings.TrimSpace(dkim), "{}"), ",") {
		domain, result, ok := strings.Cut(pair, ":")
		domain = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(domain), "@"))
		if ok && strings.EqualFold(strings.TrimSpace(result), "pass") && domain != "" && len(out) < 20 {
			out = append(out, domain)
		}
	}
	return out
}

// pieces are the fields of a mail that was taken apart.
func pieces(form *arrival.Form) arrival.Pieces {
	sets := map[string]string{}
	_ = json.Unmarshal(form.Values["charsets"], &sets) // without it everything counts as UTF-8
	text := func(name string) string {
		return charset.Decode(form.Values[name], sets[name], charset.Anywhere).Text
	}
	p := arrival.Pieces{
		Header: arrival.Fields(string(form.Values["headers"])),
		Text:   arrival.Body{Data: form.Values["text"], Charset: sets["text"]},
		HTML:   arrival.Body{Data: form.Values["html"], Charset: sets["html"]},
	}
	for _, name := range []string{"From", "To", "Cc", "Subject"} {
		p.Header = arrival.Missing(p.Header, name, text(strings.ToLower(name)))
	}
	type described struct {
		Name      string `json:"filename"`
		PartName  string `json:"name"`
		Type      string `json:"type"`
		ContentID string `json:"content-id"`
	}
	info := map[string]described{}
	_ = json.Unmarshal(form.Values["attachment-info"], &info) // the parts tell most of it again
	ids := map[string]string{}
	_ = json.Unmarshal(form.Values["content-ids"], &ids) // Content-ID to field name
	for _, f := range form.Files {
		d := info[f.Field]
		file := arrival.File{Name: first(d.Name, f.Name, d.PartName), Type: first(d.Type, f.Type), ContentID: d.ContentID, Data: f.Data}
		if file.ContentID == "" {
			file.ContentID = byField(ids, f.Field)
		}
		p.Files = append(p.Files, file)
	}
	return p
}

func byField(ids map[string]string, field string) string {
	var found []string
	for id, name := range ids {
		if name == field {
			found = append(found, id)
		}
	}
	sort.Strings(found) // a map has no order, and the same mail must stay the same
	return first(found...)
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func describe(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
