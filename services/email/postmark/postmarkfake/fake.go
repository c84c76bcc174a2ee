// Package postmarkfake is Postmark as one server sees it: inbound webhooks with
// the raw mail, basic authentication from the hook's URL, patient after every
// answer but 200 and 403; the relay; and webhooks of its message events.
package postmarkfake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
)

// Password stands in the hook's URL, after the user postmark.
const Password = "a hidden password"

// Fake is the provider.
type Fake struct{ mailfake.Relay }

// New makes a fake.
func New() *Fake { return &Fake{} }

// Name is "postmark".
func (f *Fake) Name() string { return "postmark" }

// Settings know the password.
func (f *Fake) Settings(address string) (json.RawMessage, map[string]string) {
	return mailfake.Settings(f, &f.Relay, address, nil), map[string]string{"postmark_password": Password, "relay_password": mailfake.Password}
}

// Tell posts a letter until it is answered 200, or refused for good with 403.
func (f *Fake) Tell(ctx context.Context, hook string, l mailfake.Letter) error {
	return mailfake.Post(ctx, hook, f.Hook(l, time.Now()), func(status int) bool { return status != http.StatusForbidden })
}

// Hook is the request that tells of a letter, the same at any moment.
func (f *Fake) Hook(l mailfake.Letter, _ time.Time) fake.Request {
	return f.Inbound(l.From, l.To, l.Bytes(), l.At)
}

// Inbound is the request for a mail of a server that includes the raw mail. Its
// id is Postmark's own and belongs to the mail.
func (f *Fake) Inbound(from, to string, raw []byte, at time.Time) fake.Request {
	sum := sha256.Sum256(raw)
	return f.Authorized(map[string]any{
		"From": from, "OriginalRecipient": to, "MessageID": fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]),
		"Date": at.Format(time.RFC1123Z), "MessageStream": "inbound", "RawEmail": string(raw),
		"Headers": []map[string]string{{"Name": "Return-Path", "Value": "<" + from + ">"}},
	})
}

// Report is a message event. It names the mail by Postmark's id.
func (f *Fake) Report(what mailfake.Event, about mailfake.Taken, at time.Time) fake.Request {
	body := map[string]any{"MessageID": about.ID, "Recipient": about.To, "MessageStream": "outbound", "Metadata": metadata(about.Raw)}
	stamp := at.UTC().Format(time.RFC3339)
	switch what {
	case mailfake.Delivered:
		body["RecordType"], body["DeliveredAt"], body["Details"] = "Delivery", stamp, "250 OK"
	case mailfake.Opened:
		body["RecordType"], body["ReceivedAt"], body["FirstOpen"] = "Open", stamp, true
	case mailfake.Bounced:
		body["RecordType"], body["BouncedAt"], body["Type"], body["TypeCode"], body["Email"] = "Bounce", stamp, "HardBounce", 1, about.To
		body["ID"], body["Details"] = 42, "smtp;550 5.1.1 no such user"
	}
	return f.Authorized(body)
}

// metadata are the fields of a mail that come back with its events.
func metadata(raw []byte) map[string]string {
	out := map[string]string{}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return out
	}
	for name, values := range m.Header {
		if key, ok := strings.CutPrefix(strings.ToLower(name), "x-pm-metadata-"); ok {
			out[key] = values[0]
		}
	}
	return out
}

// Authorized is a request with a body as JSON and the user and password of the
// hook's URL.
func (f *Fake) Authorized(body any) fake.Request {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // callers give plain values
	}
	return fake.Request{Body: data, Header: http.Header{
		"Content-Type": {"application/json"}, "Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("postmark:"+Password))},
	}}
}
