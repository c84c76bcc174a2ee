// Package sesfake is Amazon SES behind SNS as one account sees it: a topic whose
// notices are signed, the certificate that they are signed with, a subscription
// that has to be confirmed before anything comes, patience after 5xx and 429
// answers only; the relay; and notices of what became of mails.
package sesfake

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
)

// Topic is the one that posts.
const Topic = "arn:aws:sns:eu-west-1:123456789012:mail"

const token = "2336412f37fb687f5d51e6e2425dacbba6b1"

// Fake is the provider. It serves what Amazon does on the hosts of SNS.
type Fake struct {
	mailfake.Relay
	key *rsa.PrivateKey
	pem []byte

	mu        sync.Mutex // guards all below
	server    *http.Server
	url       string
	confirmed map[string]bool // hooks that SNS posts to
	pending   string          // the hook that was asked to confirm
	fetched   int
}

// New makes a fake with a key and a certificate of its own.
func New() *Fake {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // no source of randomness
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err) // the key was just made
	}
	return &Fake{key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), confirmed: map[string]bool{}}
}

// Name is "ses".
func (f *Fake) Name() string { return "ses" }

// Open serves the relay and the hosts of SNS.
func (f *Fake) Open() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open the fake of sns: %w", err)
	}
	f.mu.Lock()
	f.url = "http://" + listener.Addr().String()
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second}
	server := f.server
	f.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // ends with Close
	return f.Relay.Open()
}

// Close ends both.
func (f *Fake) Close() error {
	f.mu.Lock()
	server := f.server
	f.server = nil
	f.mu.Unlock()
	err := f.Relay.Close()
	if server != nil {
		err = errors.Join(err, server.Close())
	}
	return err
}

// URL is where the fake serves what Amazon serves on the hosts of SNS.
func (f *Fake) URL() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.url
}

// Fetched is how often the certificate was asked for.
func (f *Fake) Fetched() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fetched
}

// Settings name the topic, and the fake in place of Amazon's hosts.
func (f *Fake) Settings(address string) (json.RawMessage, map[string]string) {
	own := map[string]any{"topics": []string{Topic}, "api_url": f.URL(), "allow_private": true}
	return mailfake.Settings(f, &f.Relay, address, own), map[string]string{"relay_password": mailfake.Password}
}

// ServeHTTP gives the certificate and confirms subscriptions.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.URL.Path == "/SimpleNotificationService-fake.pem":
		f.fetched++
		_, _ = w.Write(f.pem)
	case r.URL.Query().Get("Action") == "ConfirmSubscription" && r.URL.Query().Get("Token") == token && f.pending != "":
		f.confirmed[f.pending] = true
		_, _ = w.Write([]byte("<ConfirmSubscriptionResponse/>"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// Tell asks a hook to confirm the subscription, once, and then posts a letter.
// SNS comes again after 5xx and 429.
func (f *Fake) Tell(ctx context.Context, hook string, l mailfake.Letter) error {
	if err := f.subscribe(ctx, hook); err != nil {
		return err
	}
	return mailfake.Post(ctx, hook, f.Hook(l, time.Now()), again)
}

// Hook is the request that tells of a letter.
func (f *Fake) Hook(l mailfake.Letter, at time.Time) fake.Request {
	return f.Received(l.From, l.To, l.Bytes(), at)
}

func again(status int) bool { return status >= 500 || status == http.StatusTooManyRequests }

func (f *Fake) subscribe(ctx context.Context, hook string) error {
	f.mu.Lock()
	done := f.confirmed[hook]
	f.pending = hook
	f.mu.Unlock()
	if done {
		return nil
	}
	if err := mailfake.Post(ctx, hook, f.Subscription(time.Now()), again); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.confirmed[hook] {
		return fmt.Errorf("%w: the subscription was not confirmed", mailfake.ErrGivenUp)
	}
	return nil
}

// Subscription asks to confirm.
func (f *Fake) Subscription(at time.Time) fake.Request {
	return f.Notice(map[string]string{
		"Type": "SubscriptionConfirmation", "MessageId": "confirm-1", "Token": token, "Timestamp": at.UTC().Format(time.RFC3339),
		"Message": "You have chosen to subscribe to the topic.", "SubscribeURL": f.URL() + "/?Action=ConfirmSubscription&Token=" + token,
	})
}

// SubscribeURL reads where a notice asks to confirm, as a subscriber does.
func SubscribeURL(body io.Reader) (string, error) {
	var n struct{ SubscribeURL string }
	if err := json.NewDecoder(body).Decode(&n); err != nil {
		return "", fmt.Errorf("read a notice of sns: %w", err)
	}
	return n.SubscribeURL, nil
}

// Received is the notice of a mail, with its bytes, from a From domain that
// passes DMARC.
func (f *Fake) Received(from, to string, raw []byte, at time.Time) fake.Request {
	sum := sha256.Sum256(raw)
	id, stamp, pass := hex.EncodeToString(sum[:12]), at.UTC().Format(time.RFC3339), map[string]string{"status": "PASS"}
	return f.Notification(id, at, map[string]any{
		"notificationType": "Received",
		"mail":             map[string]any{"messageId": id, "timestamp": stamp, "source": from, "destination": []string{to}, "commonHeaders": map[string]any{"from": []string{from}}},
		"receipt": map[string]any{"recipients": []string{to}, "spamVerdict": pass, "virusVerdict": pass, "spfVerdict": pass, "dkimVerdict": pass, "dmarcVerdict": pass,
			"action": map[string]string{"type": "SNS", "encoding": "BASE64", "topicArn": Topic}},
		"content": base64.StdEncoding.EncodeToString(raw),
	})
}

// Report is the notice of what became of a mail.
func (f *Fake) Report(what mailfake.Event, about mailfake.Taken, at time.Time) fake.Request {
	stamp := at.UTC().Format(time.RFC3339)
	inner := map[string]any{"mail": map[string]any{
		"messageId": about.ID, "timestamp": stamp, "source": about.From, "destination": []string{about.To},
		"headers": []map[string]string{{"name": "Message-ID", "value": "<" + about.MessageID + ">"}},
	}}
	switch what {
	case mailfake.Delivered:
		inner["eventType"], inner["delivery"] = "Delivery", map[string]any{"timestamp": stamp, "recipients": []string{about.To}, "smtpResponse": "250 OK"}
	case mailfake.Opened:
		inner["eventType"], inner["open"] = "Open", map[string]any{"timestamp": stamp}
	case mailfake.Bounced:
		inner["eventType"] = "Bounce"
		inner["bounce"] = map[string]any{"bounceType": "Permanent", "bounceSubType": "General", "timestamp": stamp,
			"bouncedRecipients": []map[string]string{{"emailAddress": about.To, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 no such user"}}}
	}
	return f.Notification(about.ID+"-"+string(what), at, inner)
}

// Notification wraps what SES says into a notice of SNS.
func (f *Fake) Notification(id string, at time.Time, inner any) fake.Request {
	message, err := json.Marshal(inner)
	if err != nil {
		panic(err) // callers give plain values
	}
	return f.Notice(map[string]string{
		"Type": "Notification", "MessageId": "n-" + id, "Timestamp": at.UTC().Format(time.RFC3339),
		"Subject": "Amazon SES Email Receipt Notification", "Message": string(message),
	})
}

// Notice signs a notice of the topic; see the SNS Developer Guide for what is
// signed.
func (f *Fake) Notice(n map[string]string) fake.Request {
	n["TopicArn"], n["SignatureVersion"] = Topic, "2"
	n["SigningCertURL"] = f.URL() + "/SimpleNotificationService-fake.pem"
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if n["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	text := ""
	for _, name := range names {
		if value, ok := n[name]; ok {
			text += name + "\n" + value + "\n"
		}
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // no source of randomness
	}
	n["Signature"] = base64.StdEncoding.EncodeToString(signature)
	body, err := json.Marshal(n)
	if err != nil {
		panic(err) // strings always encode
	}
	return fake.Request{Body: body, Header: http.Header{
		"Content-Type": {"text/plain; charset=UTF-8"}, "X-Amz-Sns-Message-Type": {n["Type"]}, "X-Amz-Sns-Topic-Arn": {Topic},
	}}
}
