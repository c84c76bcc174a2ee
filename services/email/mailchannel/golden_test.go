package mailchannel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/arrival"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid/sendgridfake"
)

// came is when every sample came.
var came = time.Date(2026, 5, 1, 9, 0, 5, 0, time.UTC)

// samples are the files of a folder below testdata.
func samples(t *testing.T, provider string) map[string][]byte {
	t.Helper()
	list, err := filepath.Glob(filepath.Join("testdata", provider, "*"))
	if err != nil || len(list) == 0 {
		t.Fatalf("no samples of %s: %v", provider, err)
	}
	out := map[string][]byte{}
	for _, path := range list {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = data
	}
	return out
}

// facts compares what a sample became with its golden file. The raw bytes are the
// sample and its proof, so only their type and size are written down.
func facts(t *testing.T, provider, sample string, list []*events.Inbound) {
	t.Helper()
	for _, in := range list {
		if _, err := in.Encode(); err != nil {
			t.Errorf("%s: %v", sample, err)
		}
		if in.Raw != nil && len(in.Raw.Bytes) == 0 && in.Raw.Hash == "" {
			t.Errorf("%s: what came is not kept", sample)
		}
		if in.Raw != nil {
			in.Raw = &events.Raw{Type: in.Raw.Type}
		}
	}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(sample, filepath.Ext(sample))
	testkit.Golden(t, filepath.Join("testdata", "golden", provider+"-"+name+".json"), append(data, '\n'))
}

const samplesForm = "multipart/form-data; boundary=xYzZY"

// receiveThen is receive at the moment when the samples came.
func (p *mailer) receiveThen(inbox config.Inbox, c conformance.Call) ([]*events.Inbound, error) {
	list, _, err := p.adapter.Receive(inbox, &channel.Request{Method: http.MethodPost, Header: c.Header, Body: c.Body, At: came})
	return list, err
}

func kindOf(sample string) string {
	if filepath.Ext(sample) == ".form" {
		return samplesForm
	}
	return "application/json"
}

// addProof puts Mailgun's three fields into a form.
func addProof(body []byte, token string) []byte {
	end := bytes.LastIndex(body, []byte("--xYzZY--"))
	var out bytes.Buffer
	out.Write(body[:end])
	for _, name := range []string{"timestamp", "token", "signature"} {
		fmt.Fprintf(&out, "--xYzZY\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, mailgunfake.Proof(token, came)[name])
	}
	out.Write(body[end:])
	return out.Bytes()
}

func mailgunCall(t *testing.T, sample string, body []byte) conformance.Call {
	t.Helper()
	token := "token-of-" + sample
	if filepath.Ext(sample) == ".form" {
		return conformance.Call{Body: addProof(body, token), Header: http.Header{"Content-Type": {samplesForm}}}
	}
	var event map[string]any
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	event["signature"] = mailgunfake.Proof(token, came)
	signed, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return conformance.Call{Body: signed, Header: http.Header{"Content-Type": {"application/json"}}}
}

// TestGoldenFacts holds every kind of event of every mail provider to the facts
// it becomes.
func TestGoldenFacts(t *testing.T) {
	sg, pm := sendgridfake.New(), postmarkfake.New()
	amazon, s := sesProvider(t)
	for provider, c := range map[string]struct {
		p    *mailer
		call func(sample string, body []byte) conformance.Call
	}{
		"sendgrid": {played(t, sg), func(sample string, body []byte) conformance.Call { return sg.Sign(kindOf(sample), body, came) }},
		"mailgun":  {mailgunProvider(t), func(sample string, body []byte) conformance.Call { return mailgunCall(t, sample, body) }},
		"postmark": {played(t, pm), func(_ string, body []byte) conformance.Call { return pm.Authorized(json.RawMessage(body)) }},
		"ses": {amazon, func(sample string, body []byte) conformance.Call {
			return s.notice(map[string]string{"Type": "Notification", "MessageId": "n-" + sample, "TopicArn": topic, "Timestamp": came.Format(time.RFC3339), "Message": string(body)})
		}},
		"sns": {amazon, func(_ string, body []byte) conformance.Call {
			n := map[string]string{}
			if err := json.Unmarshal(body, &n); err != nil {
				t.Fatal(err)
			}
			n["TopicArn"] = topic
			return s.notice(n)
		}},
	} {
		inbox := c.p.inbox(t)
		for sample, body := range samples(t, provider) {
			list, err := c.p.receiveThen(inbox, c.call(sample, body))
			if err != nil {
				t.Errorf("%s/%s: %v", provider, sample, err)
				continue
			}
			facts(t, provider, sample, list)
		}
	}
	if got := strings.Join(s.amazon.got, " "); strings.Count(got, "Action=ConfirmSubscription") != 1 {
		t.Errorf("the subscription was not confirmed once: %s", got)
	}
}

// TestGoldenFactsOfAMailbox does the same for mails that lay in one, and for what
// could not be fetched whole.
func TestGoldenFactsOfAMailbox(t *testing.T) {
	a, blobs := newAdapter(t, nil)
	inbox := mailboxInbox(t, a, Settings{Address: "help@example.com", AuthservID: "mx.example.net"}, nil)
	settings, err := ParseSettings(inbox)
	if err != nil {
		t.Fatal(err)
	}
	arrivals := map[string]arrival.Arrival{}
	for sample, raw := range samples(t, "imap") {
		arrivals[sample] = arrival.Arrival{Mail: &arrival.Mail{Raw: raw, Via: "imap", ID: "imap:7:42", At: came.Add(-time.Second)}}
	}
	header, _, _ := bytes.Cut(arrivals["mail.eml"].Mail.Raw, []byte("\r\n\r\n"))
	for _, why := range []string{"oversized", "unfetchable"} {
		arrivals[why] = arrival.Arrival{Kept: &arrival.Kept{ID: "imap:7:43", Why: why, Raw: header, Type: "text/rfc822-headers", At: came}}
	}
	for name, one := range arrivals {
		in := &intake{blobs: blobs, now: came}
		list, err := in.statements(t.Context(), inbox, settings, []arrival.Arrival{one})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		facts(t, "imap", name, list)
	}
}
