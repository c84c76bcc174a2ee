// Package sendgridfake is SendGrid as one account sees it: Inbound Parse in raw
// mode, signed by a security policy, with patience after 5xx answers only; the
// relay; and the event webhook.
package sendgridfake

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid"
)

// Fake is the provider.
type Fake struct {
	mailfake.Relay
	key    *ecdsa.PrivateKey
	public string
}

// New makes a fake. All have one key, so that what one signs an inbox takes that
// was made for another.
func New() *Fake {
	secret := sha256.Sum256([]byte("the key of every fake of SendGrid"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret[:])
	if err != nil {
		panic(err) // it is always the same, and a key
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err) // the key was just made
	}
	return &Fake{key: key, public: base64.StdEncoding.EncodeToString(der)}
}

// Name is "sendgrid".
func (f *Fake) Name() string { return "sendgrid" }

// Settings verify what the fake signs.
func (f *Fake) Settings(address string) (json.RawMessage, map[string]string) {
	return mailfake.Settings(f, &f.Relay, address, map[string]any{"public_key": f.public}), map[string]string{"relay_password": mailfake.Password}
}

// Tell posts a letter; SendGrid comes again after 5xx only, and drops a mail
// after anything else.
func (f *Fake) Tell(ctx context.Context, hook string, l mailfake.Letter) error {
	return mailfake.Post(ctx, hook, f.Hook(l, time.Now()), func(status int) bool { return status >= 500 })
}

// Hook is the request that tells of a letter.
func (f *Fake) Hook(l mailfake.Letter, at time.Time) fake.Request {
	return f.Parsed(l.From, l.To, l.Bytes(), at)
}

// Parsed is the request of Inbound Parse for a mail. The From domain's signature
// was found to hold.
func (f *Fake) Parsed(from, to string, raw []byte, at time.Time) fake.Request {
	envelope, _ := json.Marshal(map[string]any{"to": []string{to}, "from": from}) // strings always encode
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, field := range [][2]string{
		{"email", string(raw)}, {"envelope", string(envelope)}, {"from", from}, {"to", to},
		{"dkim", "{@" + mailfake.Domain(from) + " : pass}"}, {"SPF", "pass"}, {"sender_ip", "192.0.2.1"},
	} {
		_ = w.WriteField(field[0], field[1]) // a buffer takes everything
	}
	_ = w.Close()
	return f.Sign(w.FormDataContentType(), body.Bytes(), at)
}

// Report is one event of the event webhook.
func (f *Fake) Report(what mailfake.Event, about mailfake.Taken, at time.Time) fake.Request {
	event := map[string]any{
		"email": about.To, "timestamp": at.Unix(), "smtp-id": "<" + about.MessageID + ">",
		"sg_message_id": about.ID + ".filter", "sg_event_id": fmt.Sprintf("%s-%s", about.ID, what),
	}
	switch what {
	case mailfake.Delivered:
		event["event"], event["response"] = "delivered", "250 OK"
	case mailfake.Opened:
		event["event"] = "open"
	case mailfake.Bounced:
		event["event"], event["type"], event["status"], event["reason"] = "bounce", "bounce", "5.1.1", "550 5.1.1 no such user"
	}
	body, _ := json.Marshal([]any{event}) // plain values always encode
	return f.Sign("application/json", body, at)
}

// Sign signs a body of a type at a moment, as the security policy does.
func (f *Fake) Sign(kind string, body []byte, at time.Time) fake.Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	sum := sha256.Sum256(append([]byte(stamp), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, f.key, sum[:])
	if err != nil {
		panic(err) // no source of randomness
	}
	return fake.Request{Body: body, Header: http.Header{
		"Content-Type": {kind}, sendgrid.TimestampHeader: {stamp}, sendgrid.SignatureHeader: {base64.StdEncoding.EncodeToString(signature)},
	}}
}
