// Package mailgunfake is Mailgun as one domain sees it: a route that forwards
// mails whole, with the signature over timestamp and token, patient after every
// answer but 200 and 406; stored files behind the API key; the relay; and event
// webhooks.
package mailgunfake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
)

// Key is the fake's HTTP webhook signing key.
const Key = "mailgun-signing-key"

// Fake is the provider.
type Fake struct{ mailfake.Relay }

// New makes a fake.
func New() *Fake { return &Fake{} }

// Name is "mailgun".
func (f *Fake) Name() string { return "mailgun" }

// Settings verify what the fake signs.
func (f *Fake) Settings(address string) (json.RawMessage, map[string]string) {
	return mailfake.Settings(f, &f.Relay, address, nil), map[string]string{"signing_key": Key, "relay_password": mailfake.Password}
}

// Tell posts a letter until it is answered 200, or refused for good with 406.
func (f *Fake) Tell(ctx context.Context, hook string, l mailfake.Letter) error {
	return mailfake.Post(ctx, hook, f.Hook(l, time.Now()), func(status int) bool { return status != http.StatusNotAcceptable })
}

// Hook is the request that tells of a letter.
func (f *Fake) Hook(l mailfake.Letter, at time.Time) fake.Request {
	return f.Forwarded(l.From, l.To, l.Bytes(), at)
}

// Forwarded is the request of a route to a destination that ends in mime. The
// token belongs to the mail, as that of a repetition does.
func (f *Fake) Forwarded(from, to string, raw []byte, at time.Time) fake.Request {
	sum := sha256.Sum256(raw)
	values := url.Values{"recipient": {to}, "sender": {from}, "body-mime": {string(raw)}}
	for name, value := range Proof(hex.EncodeToString(sum[:25]), at) {
		values.Set(name, value)
	}
	return fake.Request{Body: []byte(values.Encode()), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
}

// Proof are timestamp, token and signature of a request.
func Proof(token string, at time.Time) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(Key))
	mac.Write([]byte(stamp + token))
	return map[string]string{"timestamp": stamp, "token": token, "signature": hex.EncodeToString(mac.Sum(nil))}
}

// Report is an event webhook.
func (f *Fake) Report(what mailfake.Event, about mailfake.Taken, at time.Time) fake.Request {
	id := about.ID + "-" + string(what)
	data := map[string]any{
		"id": id, "timestamp": float64(at.UnixMilli()) / 1000, "recipient": about.To,
		"message": map[string]any{"headers": map[string]string{"message-id": about.MessageID, "to": about.To}},
	}
	switch what {
	case mailfake.Delivered:
		data["event"], data["delivery-status"] = "delivered", map[string]any{"code": 250, "message": "OK", "attempt-no": 1}
	case mailfake.Opened:
		data["event"] = "opened"
	case mailfake.Bounced:
		data["event"], data["severity"], data["reason"] = "failed", "permanent", "bounce"
		data["delivery-status"] = map[string]any{"code": 550, "message": "5.1.1 no such user", "attempt-no": 1}
	}
	body, _ := json.Marshal(map[string]any{"signature": Proof(id, at), "event-data": data}) // plain values always encode
	return fake.Request{Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
}
