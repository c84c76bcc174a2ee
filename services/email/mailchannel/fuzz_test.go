package mailchannel

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/email/ses/sesfake"
)

// FuzzSignedEvents gives what Amazon signs and what Mailgun's events hold any
// content: it is kept or understood, and SNS is never refused what is proved.
func FuzzSignedEvents(f *testing.F) {
	s := sesfake.New()
	if err := s.Open(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	amazon := played(f, s)
	mg := mailgunProvider(f)
	for _, seed := range []string{
		`{"notificationType":"Received","mail":{"source":"a@example.org","timestamp":"2026-01-01T00:00:00Z"},"receipt":{"action":{"encoding":"BASE64"}},"content":"RnJvbTogYUBleGFtcGxlLm9yZw0KDQpoaQ=="}`, `Successfully validated`, `{"notificationType":"Received","content":null}`, `{"eventType":"Bounce","mail":{"headers":[{"name":"Message-ID","value":"<tb.ms1@example.com>"}]}}`,
		`{"id":"e1","event":"failed","timestamp":1e400,"message":{"headers":{"message-id":"tb.ms1@example.com"}}}`, `[]`, `null`, `{"mail":{"timestamp":"x"}}`,
	} {
		f.Add(seed)
	}
	amazonInbox, mgInbox := amazon.inbox(f), mg.inbox(f)
	f.Fuzz(func(t *testing.T, inner string) {
		if len(inner) > 64<<10 {
			return
		}
		inner = strings.ToValidUTF8(inner, "?") // what stands in a JSON string is text
		notice := s.Notice(map[string]string{"Type": "Notification", "MessageId": "n1", "Timestamp": "2026-01-01T00:00:00Z", "Message": inner})
		list, _, err := amazon.receive(t, amazonInbox, notice)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d statements, %v", len(list), err)
		}
		sound(t, list)
		sum := sha256.Sum256([]byte(inner))
		proof := mailgunProof(hex.EncodeToString(sum[:]))
		body := `{"signature":{"timestamp":"` + proof["timestamp"] + `","token":"` + proof["token"] + `","signature":"` + proof["signature"] + `"},"event-data":` + inner + `}`
		list, _, err = mg.receive(t, mgInbox, conformance.Call{Body: []byte(body), Header: http.Header{"Content-Type": {"application/json"}}})
		var refusal *channel.Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Fatal(err)
		}
		sound(t, list)
	})
}

// sound holds statements to what the log can take.
func sound(t *testing.T, list []*events.Inbound) {
	t.Helper()
	for _, in := range list {
		if in.ProviderID == "" || in.OccurredAt.IsZero() || in.OccurredAt.After(time.Now().Add(2*time.Hour)) {
			t.Fatalf("statement %+v", in)
		}
		if _, err := in.Encode(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzRelayAnswer gives what a relay says at the end of a mail any words: the id
// that is read out of them is one that an answer could name, or none, and what is
// kept of them holds no address.
func FuzzRelayAnswer(f *testing.F) {
	for _, seed := range []string{
		"250 Ok 0100018e1f2a3b4c-5d6e7f80-1234-5678-9abc-def012345678-000000", "2.0.0 OK  abc", "ok " + strings.Repeat("a", 80), "OK \r\nok 0123456789012345678901234567890123456789",
		"550 5.1.1 <jane@example.org>: no such user", "", "Ok 가나다",
	} {
		f.Add("email-smtp.us-east-1.amazonaws.com", seed)
	}
	f.Add("email-smtp.eu-west-1.amazonaws.com.evil.example", "Ok 0100018e1f2a3b4c-5d6e7f80-1234-5678-9abc-def012345678-000000")
	f.Fuzz(func(t *testing.T, host, said string) {
		id := rewrittenID(Relay{Host: host}, said)
		if id != "" && (!fromSES(id) || !strings.HasPrefix(host, "email-smtp") || !strings.HasSuffix(host, ".amazonaws.com") || len(id) > 200+len(host) ||
			strings.Count(id, "@") != 1 || strings.ContainsAny(id, " <>\r\n\t") || !isASCII(id) || ourMessage(id) != "") {
			t.Errorf("%q at %q is read as %q", said, host, id)
		}
		if kept := redact(errors.New(said)); strings.ContainsAny(kept, "\r\n\x00") && !strings.Contains(said, "\x00") || someAddress.MatchString(kept) || len(kept) > 300 {
			t.Errorf("%q is kept as %q", said, kept)
		}
	})
}
