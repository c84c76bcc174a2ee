package bounce

import (
	"strings"
	"testing"
	"time"
)

func none(string) string { return "" }

func TestStatusOfDiagnostics(t *testing.T) {
	for in, want := range map[string]string{
		"550 5.1.1 no such user": "5.1.1", "smtp; 421 4.7.0 later": "4.7.0", "550 no": "5.0.0", "451 busy": "4.0.0", "250 2.0.0 ok": "", "host 192.0.2.5 said: 552 5.2.2 full": "5.2.2",
		"Postfix 3.5.2 on 5.4.6.1": "", "": "", "error 5.7.606 banned": "5.7.606", "550-5.1.1 a\n550 5.1.1 b": "5.1.1",
	} {
		if got := statusOf(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestPermanentFailures(t *testing.T) {
	for _, c := range []struct {
		r    Recipient
		want bool
	}{{Recipient{Action: "failed", Status: "5.1.1"}, true}, {Recipient{Action: "failed"}, true}, {Recipient{Action: "failed", Status: "4.4.7"}, false}, {Recipient{Action: "delayed", Status: "4.4.1"}, false}} {
		if c.r.Permanent() != c.want {
			t.Errorf("%+v", c.r)
		}
	}
}

func TestWordsGiveAStatus(t *testing.T) {
	for in, want := range map[string]string{"User unknown": "5.1.1", "mailbox is full": "5.2.2", "Host not found": "5.1.2", "blocked as spam": "5.7.1", "message too large": "5.3.4", "account disabled": "5.2.1", "hello": "", "존재하지 않는 주소": "5.1.1"} {
		if got := guessStatus(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestGroupsOfReports(t *testing.T) {
	g := groups([]byte("A: 1\r\nB: 2\r\n two\r\n\r\n\r\nA: 3\r\nno colon\r\nA: 4\r\n"))
	if len(g) != 2 || g[0]["b"] != "2 two" || g[1]["a"] != "3 no colon" {
		t.Errorf("%v", g)
	}
}

func TestBoundsOfReports(t *testing.T) {
	start := time.Now()
	r := Find(Input{Header: none, From: "mailer-daemon@x.example", Subject: "failure notice", Text: strings.Repeat("<a@b.example>:\n550 no\n\n", 50000),
		Parts: []Part{{Type: "message/delivery-status", Data: []byte(strings.Repeat("Final-Recipient: rfc822; a@b.example\n\n", 50000))}}})
	if len(r.Recipients) > maxRecipients || time.Since(start) > soon {
		t.Errorf("%d recipients in %v", len(r.Recipients), time.Since(start))
	}
}

func FuzzBounce(f *testing.F) {
	f.Add("mailer-daemon@x.example", "failure notice", "<a@b.example>:\n550 5.1.1 no\n--- Below this line is a copy", []byte("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"))
	f.Fuzz(func(t *testing.T, from, subject, text string, data []byte) {
		for _, kind := range []string{"message/delivery-status", "message/disposition-notification", "message/feedback-report", "message/rfc822"} {
			r := Find(Input{Header: none, From: from, Subject: subject, Text: text, Parts: []Part{{Type: kind, Data: data}}})
			if r == nil {
				continue
			}
			if len(r.Recipients) > maxRecipients {
				t.Fatalf("%d recipients", len(r.Recipients))
			}
			for _, rec := range r.Recipients {
				if len(rec.Diagnostic) > 500 || strings.ContainsAny(rec.Address, "\r\n") {
					t.Fatalf("%+v", rec)
				}
			}
		}
	})
}

// soon is generous to a busy machine under the race detector, where work that
// grows faster than its input would still take minutes.
const soon = 20 * time.Second
