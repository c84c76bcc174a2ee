package mailchannel

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // signature version 1 of SNS
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid/sendgridfake"
)

// shelf keeps blobs in memory for tests of doors, which need no log.
type shelf struct {
	mu   sync.Mutex // guards what follows
	kept map[string][]byte
	fail error
}

func (s *shelf) Put(_ context.Context, r io.Reader, limit int64) (blob.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return blob.Ref{}, s.fail
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil || int64(len(data)) > limit {
		return blob.Ref{}, errors.Join(err, blob.ErrTooLarge)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	if s.kept == nil {
		s.kept = map[string][]byte{}
	}
	s.kept[hash] = data
	return blob.Ref{Hash: hash, Size: int64(len(data))}, nil
}

func (s *shelf) Open(_ context.Context, hash string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.kept[hash]
	if !ok {
		return nil, blob.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (s *shelf) Delete(context.Context, string) error { return nil }

// mailer plays one mail service: its inbox, and how it posts.
type mailer struct {
	settings Settings
	secrets  map[string]string
	// post makes the request for a raw mail; event one that the adapter does not
	// know.
	post  func(t testing.TB, raw string) conformance.Call
	event func(t testing.TB) conformance.Call
	// signsBody says that a header signs every byte of the body.
	signsBody bool
	adapter   *Adapter
}

func newAdapter(t testing.TB, client *http.Client) (*Adapter, *shelf) {
	t.Helper()
	s := &shelf{}
	a, err := NewAdapter(AdapterOptions{Blobs: s, Relay: Relay{Host: "relay.example"}, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

func (p *mailer) inbox(t testing.TB) config.Inbox {
	t.Helper()
	raw, err := json.Marshal(p.settings)
	if err != nil {
		t.Fatal(err)
	}
	i := config.Inbox{ID: "in1", Channel: Kind, Name: "Help", Settings: raw, Secrets: map[string]string{}}
	for k, v := range p.secrets {
		i.Secrets[k] = v
	}
	if err := p.adapter.Check(&i); err != nil {
		t.Fatal(err)
	}
	return i
}

func form(t testing.TB, fields map[string]string) (string, []byte) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), body.Bytes()
}

// played is a mailer whose requests a fake makes.
func played(t testing.TB, f mailfake.Provider) *mailer {
	t.Helper()
	a, _ := newAdapter(t, nil)
	p := &mailer{adapter: a}
	plain, secrets := f.Settings("help@example.com")
	if err := json.Unmarshal(plain, &p.settings); err != nil {
		t.Fatal(err)
	}
	p.settings.Relay, p.secrets = Relay{}, secrets
	delete(p.secrets, SecretRelayPassword)
	return p
}

func sendgridProvider(t testing.TB) *mailer {
	t.Helper()
	f := sendgridfake.New()
	p := played(t, f)
	p.signsBody = true
	p.post = func(_ testing.TB, raw string) conformance.Call {
		return f.Parsed("jane@example.org", "help@example.com", []byte(raw), time.Now())
	}
	p.event = func(testing.TB) conformance.Call {
		return f.Sign("application/json", []byte(`[{"event":"click","sg_event_id":"e1","email":"a@example.org","url":"https://example.com"}]`), time.Now())
	}
	return p
}

func mailgunProof(token string) map[string]string { return mailgunfake.Proof(token, time.Now()) }

func mailgunProvider(t testing.TB) *mailer {
	t.Helper()
	f := mailgunfake.New()
	p := played(t, f)
	p.post = func(_ testing.TB, raw string) conformance.Call {
		return f.Forwarded("jane@example.org", "help@example.com", []byte(raw), time.Now())
	}
	p.event = func(t testing.TB) conformance.Call {
		body, err := json.Marshal(map[string]any{"signature": mailgunProof("event-token"), "event-data": map[string]any{"id": "ev1", "event": "clicked"}})
		if err != nil {
			t.Fatal(err)
		}
		return conformance.Call{Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
	}
	return p
}

func postmarkProvider(t testing.TB) *mailer {
	t.Helper()
	f := postmarkfake.New()
	p := played(t, f)
	p.post = func(_ testing.TB, raw string) conformance.Call {
		return f.Inbound("jane@example.org", "help@example.com", []byte(raw), time.Now())
	}
	p.event = func(testing.TB) conformance.Call {
		return f.Authorized(map[string]string{"RecordType": "SpamComplaint", "MessageID": "x"})
	}
	return p
}

// amazon answers for the hosts of SNS.
type amazon struct {
	pem []byte

	mu   sync.Mutex // guards what follows
	got  []string
	fail bool
}

func (a *amazon) RoundTrip(req *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got = append(a.got, req.URL.String())
	if a.fail {
		return nil, errors.New("no route")
	}
	body := []byte("<ok/>")
	if strings.HasSuffix(req.URL.Path, ".pem") {
		body = a.pem
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body)), Header: http.Header{}, Request: req}, nil
}

const topic = "arn:aws:sns:eu-west-1:123456789012:mail"

// sns signs notices with a certificate of its own.
type sns struct {
	amazon *amazon
	key    *rsa.PrivateKey
	t      testing.TB
}

func newSNS(t testing.TB) *sns {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(1.6e9, 0), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &sns{amazon: &amazon{pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, key: key, t: t}
}

// notice signs by the rule of the developer guide, written out on its own here.
func (s *sns) notice(n map[string]string) conformance.Call {
	s.t.Helper()
	if n["SigningCertURL"] == "" {
		n["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
	}
	if n["SignatureVersion"] == "" {
		n["SignatureVersion"] = "2"
	}
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
	hash, sum := crypto.SHA256, sha256.Sum256([]byte(text))
	digest := sum[:]
	if n["SignatureVersion"] == "1" {
		old := sha1.Sum([]byte(text)) //nolint:gosec // see the import
		hash, digest = crypto.SHA1, old[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, digest)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, given := n["Signature"]; !given {
		n["Signature"] = base64.StdEncoding.EncodeToString(signature)
	}
	body, err := json.Marshal(n)
	if err != nil {
		s.t.Fatal(err)
	}
	return conformance.Call{Body: body, Header: http.Header{"Content-Type": {"text/plain; charset=UTF-8"}, "X-Amz-Sns-Message-Type": {n["Type"]}}}
}

func (s *sns) received(raw string, change func(map[string]any)) map[string]string {
	s.t.Helper()
	sum := sha256.Sum256([]byte(raw))
	id := hex.EncodeToString(sum[:12])
	inner := map[string]any{
		"notificationType": "Received",
		"mail":             map[string]any{"messageId": id, "timestamp": time.Now().UTC().Format(time.RFC3339), "source": "jane@example.org", "destination": []string{"help@example.com"}, "commonHeaders": map[string]any{"from": []string{"Jane Roe <jane@example.org>"}}},
		"receipt":          map[string]any{"recipients": []string{"help@example.com"}, "dmarcVerdict": map[string]string{"status": "PASS"}, "spamVerdict": map[string]string{"status": "FAIL"}, "virusVerdict": map[string]string{"status": "PASS"}, "action": map[string]string{"type": "SNS", "encoding": "BASE64"}},
		"content":          base64.StdEncoding.EncodeToString([]byte(raw)),
	}
	if change != nil {
		change(inner)
	}
	message, err := json.Marshal(inner)
	if err != nil {
		s.t.Fatal(err)
	}
	return map[string]string{"Type": "Notification", "MessageId": "n-" + id, "TopicArn": topic, "Timestamp": time.Now().UTC().Format(time.RFC3339), "Message": string(message), "Subject": "Amazon SES Email Receipt Notification"}
}

func sesProvider(t testing.TB) (*mailer, *sns) {
	t.Helper()
	s := newSNS(t)
	a, _ := newAdapter(t, &http.Client{Transport: s.amazon})
	p := &mailer{settings: Settings{Address: "help@example.com", Source: SourceSES}, adapter: a}
	p.settings.SES.Topics = []string{topic}
	p.post = func(_ testing.TB, raw string) conformance.Call { return s.notice(s.received(raw, nil)) }
	p.event = func(testing.TB) conformance.Call {
		return s.notice(map[string]string{"Type": "Notification", "MessageId": "n-x", "TopicArn": topic, "Timestamp": time.Now().UTC().Format(time.RFC3339), "Message": "Successfully validated SNS topic for Amazon SES event publishing."})
	}
	return p, s
}

func providers(t testing.TB) map[string]*mailer {
	t.Helper()
	amazon, _ := sesProvider(t)
	return map[string]*mailer{"sendgrid": sendgridProvider(t), "mailgun": mailgunProvider(t), "postmark": postmarkProvider(t), "ses": amazon}
}

// numbered is a mail of one sender with a text of its own; the time stands
// still, so that the same number is the same mail.
func numbered(n int) string {
	return "From: Jane Roe <jane@example.org>\r\nTo: help@example.com\r\nSubject: Question " + strconv.Itoa(n) + "\r\nDate: " + stamp +
		"\r\nMessage-ID: <hook-" + strconv.Itoa(n) + "@example.org>\r\n\r\nHello number " + strconv.Itoa(n) + "\r\n"
}

var stamp = time.Now().UTC().Add(-time.Minute).Format(time.RFC1123Z)

func TestEveryMailServicePassesTheSuite(t *testing.T) {
	for name, p := range providers(t) {
		t.Run(name, func(t *testing.T) {
			inbox := p.inbox(t)
			subject := conformance.Subject{Adapter: p.adapter, Inbox: inbox, Receiving: &conformance.Receiving{
				Message: func(n int) conformance.Call { return p.post(t, numbered(n)) },
				Unknown: func() conformance.Call { return p.event(t) },
				Signed:  p.signsBody, HasTimes: true,
			}}
			bare := inbox
			bare.Secrets = map[string]string{SecretReplyKey: inbox.Secrets[SecretReplyKey]}
			if len(p.secrets) > 0 {
				subject.NoSecret = &bare
			}
			conformance.Run(t, subject)
		})
	}
}

func (p *mailer) receive(t testing.TB, inbox config.Inbox, c conformance.Call) ([]*events.Inbound, channel.Reply, error) {
	t.Helper()
	u, err := url.Parse("https://inbox.example/hooks/email/x")
	if err != nil {
		t.Fatal(err)
	}
	return p.adapter.Receive(inbox, &channel.Request{Method: http.MethodPost, URL: u, Header: c.Header, Body: c.Body, At: time.Now()})
}

func status(err error) int {
	var refusal *channel.Refusal
	if errors.As(err, &refusal) {
		return refusal.Status
	}
	return 0
}
