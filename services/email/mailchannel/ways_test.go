package mailchannel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid"
	"github.com/tributary-inbox/tributary/services/email/ses"
	"github.com/tributary-inbox/tributary/services/email/ses/sesfake"
)

// TestEveryWayReadsAMailAlike holds all ways in to what the port makes of the
// same mail.
func TestEveryWayReadsAMailAlike(t *testing.T) {
	raw := "From: =?euc-kr?B?sKEgs6o=?= <jane@example.org>\r\nTo: help@example.com\r\nSubject: =?utf-8?q?Re:_Gr=C3=BC=C3=9Fe?=\r\nDate: " + stamp +
		"\r\nMessage-ID: <a@example.org>\r\nIn-Reply-To: <q@example.com>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=euc-kr\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte("\xb0\xa1\n\n> quoted\n")) + "\r\n--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--x--\r\n"
	w := newWorld(t, helpInbox(t))
	if got := w.ready(t).deliver("jane@example.org", []string{"help@example.com"}, raw); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	want := w.only(t)
	for name, p := range providers(t) {
		list, _, err := p.receive(t, p.inbox(t), p.post(t, raw))
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %d statements, %v", name, len(list), err)
			continue
		}
		in := list[0]
		a, b := *want.Message, *in.Message
		aj, _ := json.Marshal(a)
		bj, _ := json.Marshal(b)
		if !bytes.Equal(aj, bj) || in.ProviderID != want.ProviderID || in.Content != want.Content || !in.OccurredAt.Equal(want.OccurredAt) || in.Sender.Name != want.Sender.Name || in.SenderKey() != want.SenderKey() {
			t.Errorf("%s: another statement than by smtp:\n%s\n%s\n%+v\n%+v", name, bj, aj, in, want)
		}
		if env, ok := ParseEnvelope(in.Raw.Type); !ok || len(env.To) != 1 || env.To[0] != "help@example.com" {
			t.Errorf("%s: envelope %+v", name, env)
		}
	}
}

// Only a provider that signs and says which domain vouched makes a sender proved.
func TestTrustByWay(t *testing.T) {
	for name, want := range map[string]events.Trust{"sendgrid": events.Proved, "ses": events.Proved, "mailgun": events.Stated, "postmark": events.Stated} {
		p := providers(t)[name]
		list, _, err := p.receive(t, p.inbox(t), p.post(t, numbered(1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].Sender.Points[0].Trust; got != want {
			t.Errorf("%s: trust %s, want %s", name, got, want)
		}
		other := strings.Replace(numbered(2), "jane@example.org", "jane@example.net", 1)
		if list, _, err = p.receive(t, p.inbox(t), p.post(t, other)); err != nil || list[0].Sender.Points[0].Trust == events.Proved && name == "sendgrid" {
			t.Errorf("%s: another domain's signature proved a sender (%v)", name, err)
		}
	}
}

func TestAReplyTokenIsFoundByEveryWay(t *testing.T) {
	p := postmarkProvider(t)
	inbox := p.inbox(t)
	token := makeToken(inbox, "cv42")
	body, err := json.Marshal(map[string]any{"From": "jane@example.org", "OriginalRecipient": "abc+" + token + "@inbound.postmarkapp.com", "TextBody": "hi", "Headers": []map[string]string{{"Name": "Message-ID", "Value": "<t@example.org>"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := p.post(t, "x")
	c.Body = body
	list, _, err := p.receive(t, inbox, c)
	if err != nil || list[0].Message.Token != "cv42" || list[0].ProviderID != "t@example.org" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestBlobsThatCannotBeStoredAskTheServiceToComeAgain(t *testing.T) {
	p := sendgridProvider(t)
	p.adapter.opt.Blobs.(*shelf).fail = errors.New("disk full")
	raw := "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Disposition: attachment; filename=a\r\n\r\nfile\r\n--x--\r\n"
	if _, _, err := p.receive(t, p.inbox(t), p.post(t, raw)); status(err) != http.StatusServiceUnavailable {
		t.Errorf("%v, want 503: sendgrid drops a mail after a 4xx", err)
	}
}

func TestInboxesOfOtherWaysTakeNothing(t *testing.T) {
	a, _ := newAdapter(t, nil)
	p := &mailer{settings: Settings{Address: "help@example.com"}, adapter: a}
	if _, _, err := p.receive(t, p.inbox(t), conformance.Call{Body: []byte("{}")}); status(err) != http.StatusNotFound {
		t.Errorf("a hook of an smtp inbox: %v", err)
	}
	w := newWorld(t, directory{mailgunProvider(t).inbox(t)})
	w.ready(t).say("MAIL FROM:<jane@example.org>", "250")
	c := w.ready(t)
	c.say("MAIL FROM:<jane@example.org>", "250")
	c.say("RCPT TO:<help@example.com>", "550 5.1.1")
}

func TestSendGridInPiecesEachInItsCharset(t *testing.T) {
	p := sendgridProvider(t)
	p.settings.SendGrid = sendgrid.Settings{Unsigned: true}
	var fields = map[string]string{
		"headers": "Received: by mx\nMessage-ID: <p@example.org>\nContent-Type: multipart/mixed; boundary=gone\nDate: " + stamp + "\n", "from": "Jane <jane@example.org>", "to": "help@example.com",
		"subject": "\xb0\xa1", "text": "\xb0\xa1\xb3\xaa", "charsets": `{"subject":"euc-kr","text":"euc-kr","from":"UTF-8"}`, "envelope": `{"to":["help@example.com"],"from":"jane@example.org"}`, "attachments": "0",
	}
	kind, body := form(t, fields)
	list, _, err := p.receive(t, p.inbox(t), conformance.Call{Body: body, Header: http.Header{"Content-Type": {kind}}})
	if err != nil || len(list) != 1 || list[0].Message == nil {
		t.Fatal(list, err)
	}
	in := list[0]
	if in.Message.Subject != "가" || in.Message.Text != "가나" || in.ProviderID != "p@example.org" || in.Sender.Points[0].Value != "jane@example.org" || in.Sender.Points[0].Trust != events.Stated {
		t.Errorf("%+v %+v", in, in.Message)
	}
}

// The vector of the SDK's own tests (sendgrid-go, helpers/eventwebhook): its
// time is long past, so the check of age is what it ends at.
func TestSendGridVector(t *testing.T) {
	s := sendgrid.Settings{PublicKey: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="}
	body := `[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]` + "\r\n"
	req := &channel.Request{Method: http.MethodPost, Body: []byte(body), At: time.Unix(1600112600, 0), Header: http.Header{
		sendgrid.TimestampHeader: {"1600112502"}, sendgrid.SignatureHeader: {"MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="}}}
	if err := s.Verify(req); err != nil {
		t.Fatal(err)
	}
	r := s.Read(req)[0].Report
	if r == nil || r.Status != events.StatusFailed || r.MessageIDs[0] != "LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net" || r.At.Unix() != 1600112492 {
		t.Errorf("report %+v", r)
	}
	req.At = req.At.Add(5 * 24 * time.Hour)
	if err := s.Verify(req); status(err) != http.StatusUnauthorized {
		t.Errorf("five days later: %v", err)
	}
	req.At, req.Body = time.Unix(1600112600, 0), append(req.Body, ' ')
	if err := s.Verify(req); status(err) != http.StatusUnauthorized {
		t.Errorf("another body: %v", err)
	}
}

func TestMailgunVectorAndReplays(t *testing.T) {
	p := mailgunProvider(t)
	at := time.Unix(1461261330, 0)
	post := func(signature, text string, at time.Time) error {
		values := url.Values{"timestamp": {"1461261330"}, "token": {"06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0"}, "signature": {signature}, "recipient": {"help@example.com"}, "from": {"jane@example.org"}, "body-plain": {text}, "message-headers": {`[["Message-Id","<g@example.org>"],["Subject","Grüße"]]`}}
		_, err := p.adapter.mailgun.Read("TEST_WEBHOOK_SIGNING_KEY", &channel.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(values.Encode()), At: at})
		return err
	}
	good := "3e24f71c7e802be94c5abca2fd6ca6957cca2e1e2396d26716b87e1ca8c56634"
	for name, bad := range map[string]string{"none": "", "cut": good[:32], "other": strings.Repeat("0", 64), "no hex": "zz"} {
		if err := post(bad, "hi", at); status(err) != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 { // Mailgun comes again with the same
		if err := post(good, "hi", at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := post(good, "send money", at.Add(time.Hour)); status(err) != http.StatusNotAcceptable {
		t.Errorf("a token used for another text: %v", err)
	}
	if err := post(good, "hi", at.Add(13*time.Hour)); status(err) != http.StatusNotAcceptable {
		t.Errorf("thirteen hours later: %v", err)
	}
}

func TestPostmarkWantsItsPassword(t *testing.T) {
	p := postmarkProvider(t)
	inbox := p.inbox(t)
	for name, header := range map[string]string{"none": "", "empty": "Basic ", "wrong": "Basic " + base64.StdEncoding.EncodeToString([]byte("postmark:wrong")), "cut": "Basic " + base64.StdEncoding.EncodeToString([]byte("postmark:"+postmarkfake.Password[:5]))} {
		c := p.post(t, numbered(1))
		c.Header.Set("Authorization", header)
		if _, _, err := p.receive(t, inbox, c); status(err) != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSNSForgeries(t *testing.T) {
	p, s := sesProvider(t)
	inbox := p.inbox(t)
	change := func(f func(map[string]string)) conformance.Call {
		n := s.received(numbered(1), nil)
		f(n)
		return s.notice(n)
	}
	changed := s.notice(s.received(numbered(1), nil))
	changed.Body = bytes.Replace(changed.Body, []byte("n-"), []byte("m-"), 1)
	for name, c := range map[string]conformance.Call{
		"changed":       changed,
		"unknown topic": change(func(n map[string]string) { n["TopicArn"] = "arn:aws:sns:eu-west-1:999999999999:mail" }),
		"foreign host": change(func(n map[string]string) {
			n["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem"
		}),
		"user in host": change(func(n map[string]string) {
			n["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem"
		}),
		"plain http":     change(func(n map[string]string) { n["SigningCertURL"] = "http://sns.eu-west-1.amazonaws.com/a.pem" }),
		"no pem":         change(func(n map[string]string) { n["SigningCertURL"] = "https://sns.eu-west-1.amazonaws.com/a" }),
		"no signature":   change(func(n map[string]string) { n["Signature"] = "" }),
		"short":          change(func(n map[string]string) { n["Signature"] = "AAAA" }),
		"version":        change(func(n map[string]string) { n["SignatureVersion"] = "3" }),
		"version swap":   change(func(n map[string]string) { n["Signature"] = "AAAA"; n["SignatureVersion"] = "1" }),
		"subscribe away": s.notice(map[string]string{"Type": "SubscriptionConfirmation", "MessageId": "c", "TopicArn": topic, "Timestamp": "2026-01-01T00:00:00Z", "Token": "t", "Message": "m", "SubscribeURL": "https://evil.example/"}),
	} {
		if _, _, err := p.receive(t, inbox, c); status(err) != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, address := range s.amazon.got {
		if !strings.HasPrefix(address, "https://sns.eu-west-1.amazonaws.com/") {
			t.Errorf("asked %s", address)
		}
	}
	v1 := s.received(numbered(2), nil)
	v1["SignatureVersion"] = "1"
	if _, _, err := p.receive(t, inbox, s.notice(v1)); err != nil {
		t.Errorf("version 1: %v", err)
	}
	if n := strings.Count(strings.Join(s.amazon.got, " "), "SimpleNotificationService-1.pem"); n != 1 {
		t.Errorf("the certificate was fetched %d times", n)
	}
}

// An inbox that names another host than Amazon's believes that one, and no other:
// not even Amazon's.
func TestSNSOfAnotherHost(t *testing.T) {
	f := sesfake.New()
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	p := played(t, f)
	inbox := p.inbox(t)
	good := f.Received("jane@example.org", "help@example.com", []byte(numbered(1)), time.Now())
	for range 2 {
		if list, _, err := p.receive(t, inbox, good); err != nil || len(list) != 1 || list[0].Message == nil {
			t.Fatal(list, err)
		}
	}
	if f.Fetched() != 1 {
		t.Errorf("the certificate was fetched %d times", f.Fetched())
	}
	_, amazon := sesProvider(t)
	if _, _, err := p.receive(t, inbox, amazon.notice(amazon.received(numbered(2), nil))); status(err) != http.StatusForbidden {
		t.Errorf("a certificate of Amazon's: %v", err)
	}
	host, _ := strings.CutPrefix(f.URL(), "http://")
	for name, url := range map[string]string{"another port": "http://127.0.0.1:1", "another scheme": "https://" + host, "a user": "http://a@" + host, "a longer host": f.URL() + ".evil.example"} {
		changed := bytes.ReplaceAll(good.Body, []byte(f.URL()+"/Simple"), []byte(url+"/Simple"))
		if _, _, err := p.receive(t, inbox, conformance.Call{Body: changed, Header: good.Header}); status(err) != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.settings.SES.AllowPrivate, p.settings.SES.APIURL = false, "https://"+host
	if _, _, err := p.receive(t, p.inbox(t), conformance.Call{Body: bytes.ReplaceAll(good.Body, []byte("http://"), []byte("https://")), Header: good.Header}); status(err) != http.StatusServiceUnavailable || f.Fetched() != 1 {
		t.Errorf("a host inside our network was asked without leave: %v", err)
	}
	for _, bad := range []string{"http://sns.example", "ftp://sns.example", "https://", "https://u@sns.example", "https://sns.example/path", "https://sns.example?x"} {
		s := ses.Settings{Topics: []string{topic}, APIURL: bad}
		if s.Check() == nil {
			t.Errorf("api_url %q is taken", bad)
		}
	}
}

func TestSNSWithoutItsCertificateComesAgain(t *testing.T) {
	p, s := sesProvider(t)
	s.amazon.fail = true
	if _, _, err := p.receive(t, p.inbox(t), p.post(t, numbered(1))); status(err) != http.StatusServiceUnavailable {
		t.Errorf("%v", err)
	}
}

func TestSNSIsConfirmedForOurTopics(t *testing.T) {
	p, s := sesProvider(t)
	where := "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
	list, reply, err := p.receive(t, p.inbox(t), s.notice(map[string]string{"Type": "SubscriptionConfirmation", "MessageId": "c", "TopicArn": topic, "Timestamp": "2026-01-01T00:00:00Z", "Token": "t", "Message": "m", "SubscribeURL": where}))
	if err != nil || len(list) != 0 || reply.Status != http.StatusOK {
		t.Fatal(list, reply, err)
	}
	if got := s.amazon.got[len(s.amazon.got)-1]; got != where {
		t.Errorf("asked %s", got)
	}
}

func TestSESKeepsWhatIsElsewhere(t *testing.T) {
	p, s := sesProvider(t)
	c := s.notice(s.received(numbered(1), func(m map[string]any) {
		delete(m, "content")
		m["receipt"].(map[string]any)["action"] = map[string]string{"type": "S3", "bucketName": "b", "objectKey": "k"}
	}))
	list, _, err := p.receive(t, p.inbox(t), c)
	if err != nil || list[0].Type != events.Unknown || strings.Join(list[0].Flags, " ") != "kept content-in-s3" || !bytes.Equal(list[0].Raw.Bytes, c.Body) {
		t.Errorf("%+v %v", list, err)
	}
}

// Bounces that a service tells by web hook find the message that bounced.
func TestReportsNameTheMessageThatBounced(t *testing.T) {
	ours := messageIDFor("ms7", "help@example.com")
	sg, mg := sendgridProvider(t), mailgunProvider(t)
	amazon, s := sesProvider(t)
	mgBody, err := json.Marshal(map[string]any{"signature": mailgunProof("t1"), "event-data": map[string]any{"id": "e9", "event": "failed", "severity": "permanent", "timestamp": 1.7e9, "recipient": "jane@example.org", "delivery-status": map[string]any{"code": 550, "message": "no such user"}, "message": map[string]any{"headers": map[string]string{"message-id": ours}}}})
	if err != nil {
		t.Fatal(err)
	}
	sesBody, err := json.Marshal(map[string]any{"eventType": "Bounce", "mail": map[string]any{"messageId": "0100", "headers": []map[string]string{{"name": "Message-ID", "value": "<" + ours + ">"}}}, "bounce": map[string]any{"bounceType": "Permanent", "bouncedRecipients": []map[string]string{{"emailAddress": "jane@example.org", "status": "5.1.1", "diagnosticCode": "smtp; 550"}}}})
	if err != nil {
		t.Fatal(err)
	}
	kind, sgBody := "application/json", []byte(`[{"event":"bounce","sg_event_id":"b1","smtp-id":"<`+ours+`>","email":"jane@example.org","reason":"550 no such user","status":"5.1.1","timestamp":1700000000},null]`)
	sg.settings.SendGrid = sendgrid.Settings{Unsigned: true}
	for name, c := range map[string]struct {
		p    *mailer
		call conformance.Call
		n    int
	}{
		"sendgrid": {sg, conformance.Call{Body: sgBody, Header: http.Header{"Content-Type": {kind}}}, 2},
		"mailgun":  {mg, conformance.Call{Body: mgBody, Header: http.Header{"Content-Type": {kind}}}, 1},
		"ses":      {amazon, s.notice(map[string]string{"Type": "Notification", "MessageId": "n1", "TopicArn": topic, "Timestamp": "2026-01-01T00:00:00Z", "Message": string(sesBody)}), 1},
	} {
		list, _, err := c.p.receive(t, c.p.inbox(t), c.call)
		if err != nil || len(list) != c.n {
			t.Errorf("%s: %d statements, %v", name, len(list), err)
			continue
		}
		d := list[0].Delivery
		if list[0].Type != events.DeliveryReported || d == nil || d.Message != "ms7" || d.Status != events.StatusFailed || d.ProviderIDs[0] != ours || !strings.Contains(d.Detail, "5") || list[0].SenderKey() != (events.Point{Kind: "email", Value: "jane@example.org"}).Key() {
			t.Errorf("%s: %+v %+v", name, list[0], d)
		}
	}
}

func TestAutomaticMailToOneAddressIsBounded(t *testing.T) {
	r, now := newRobots(), time.Now()
	for n := range maxAutomatic {
		if !r.allow("in1", "a@example.org", events.MessageID(itoa(n)), now) {
			t.Fatalf("the %d. is refused", n+1)
		}
	}
	if r.allow("in1", "a@example.org", "next", now) {
		t.Error("one too many within an hour")
	}
	if !r.allow("in1", "a@example.org", "0", now) {
		t.Error("a second attempt counts as another mail")
	}
	if !r.allow("in1", "b@example.org", "x", now) || !r.allow("in2", "a@example.org", "x", now) {
		t.Error("others are held up")
	}
	if !r.allow("in1", "a@example.org", "later", now.Add(time.Hour)) {
		t.Error("an hour later it is over")
	}
}

func TestCorpusOfMailServices(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own requests were read")
		return
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	pm := postmarkProvider(t)
	sg := sendgridProvider(t)
	sg.settings.SendGrid = sendgrid.Settings{Unsigned: true}
	amazon, s := sesProvider(t)
	basic := pm.post(t, "x").Header
	wrap := func(name string) conformance.Call { // the inner part of a Lambda event is what SNS carries
		var lambda struct {
			Records []struct {
				SES map[string]any `json:"ses"`
			}
		}
		if err := json.Unmarshal(read(name), &lambda); err != nil {
			t.Fatal(err)
		}
		inner := lambda.Records[0].SES
		inner["notificationType"] = "Received"
		message, err := json.Marshal(inner)
		if err != nil {
			t.Fatal(err)
		}
		return s.notice(map[string]string{"Type": "Notification", "MessageId": name, "TopicArn": topic, "Timestamp": "2026-01-01T00:00:00Z", "Message": string(message)})
	}
	boundary := http.Header{"Content-Type": {"multipart/form-data; boundary=xYzZY"}}
	for _, c := range []struct {
		name string
		p    *mailer
		call conformance.Call
		want events.InboundType
		text string
	}{
		{"django-anymail, postmark with raw", pm, conformance.Call{Body: read("anymail__django-anymail/tests/test_files/postmark-inbound-test-payload-with-raw.json"), Header: basic}, events.MessageReceived, "This is a test text body."},
		{"postmark-inbound-php", pm, conformance.Call{Body: read("jjaffeux__postmark-inbound-php/fixtures/inbound.json"), Header: basic}, events.MessageReceived, "[ASCII]"},
		{"sendgrid-go, raw", sg, conformance.Call{Body: read("sendgrid__sendgrid-go/helpers/inbound/sample_data/raw_data.txt"), Header: boundary}, events.MessageReceived, "Hello Twilio SendGrid!"},
		{"sendgrid-go, bad data", sg, conformance.Call{Body: read("sendgrid__sendgrid-go/helpers/inbound/sample_data/bad_data.txt"), Header: boundary}, events.Unknown, ""},
		{"aws-lambda-go, lambda action", amazon, wrap("aws__aws-lambda-go/events/testdata/ses-lambda-event.json"), events.Unknown, ""},
		{"aws-lambda-go, sns action", amazon, wrap("aws__aws-lambda-go/events/testdata/ses-sns-event.json"), events.Unknown, ""},
	} {
		list, _, err := c.p.receive(t, c.p.inbox(t), c.call)
		if err != nil || len(list) != 1 || list[0].Type != c.want || c.text != "" && list[0].Message.Text != c.text {
			t.Errorf("%s: %+v %v", c.name, list, err)
			continue
		}
		if m := list[0].Message; m != nil {
			t.Logf("%s: recognised; %d attachments, flags %v", c.name, len(m.Attachments), list[0].Flags)
		} else {
			t.Logf("%s: kept raw: %v", c.name, list[0].Flags)
		}
	}
}

func FuzzReceive(f *testing.F) {
	for _, p := range providers(f) {
		c := p.post(f, numbered(1))
		f.Add(c.Header.Get("Content-Type"), c.Body)
		c = p.event(f)
		f.Add(c.Header.Get("Content-Type"), c.Body)
	}
	for _, body := range conformance.Garbage()[:30] {
		f.Add("multipart/form-data; boundary=x", body)
	}
	sg, pm := sendgridProvider(f), postmarkProvider(f)
	sg.settings.SendGrid = sendgrid.Settings{Unsigned: true}
	sgInbox, pmInbox := sg.inbox(f), pm.inbox(f)
	authorization := pm.post(f, "x").Header.Get("Authorization")
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		header := http.Header{"Content-Type": {kind}, "Authorization": {authorization}}
		for _, c := range []struct {
			p     *mailer
			inbox int
		}{{sg, 0}, {pm, 1}} {
			inbox := sgInbox
			if c.inbox == 1 {
				inbox = pmInbox
			}
			first, _, err := c.p.receive(t, inbox, conformance.Call{Header: header, Body: body})
			if err != nil {
				t.Fatalf("a proved request is refused: %v", err)
			}
			again, _, _ := c.p.receive(t, inbox, conformance.Call{Header: header, Body: body})
			for i, in := range first {
				if in.ProviderID == "" || in.ProviderID != again[i].ProviderID {
					t.Fatalf("ids %q and %q", in.ProviderID, again[i].ProviderID)
				}
				if _, err := in.Encode(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
