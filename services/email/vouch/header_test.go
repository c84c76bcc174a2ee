package vouch

import (
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/vouch/dnstest"
)

// Who has one letter that a domain signed cannot make another of it: neither by
// what stands above or within its header, nor by where that seems to end.
func TestASignedLetterIsNoMouldForOthers(t *testing.T) {
	const (
		forged = "From: Boss <boss@example.org>\r\nSubject: Pay\r\n"
		text   = "please pay this today\r\n"
	)
	raw, record := sign(t, letter, "example.org")
	zone := dnstest.Zone{TXT: map[string][]string{"s1._domainkey.example.org": {record}, "_dmarc.example.org": {"v=DMARC1; p=reject"}}}
	checker := New(open(t, dnstest.New(t, zone)))
	above := func(between string) string { return forged + between + raw }
	within := func(between string) string {
		return strings.Replace(raw, "Message-ID:", between+"Message-ID:", 1)
	}
	for name, c := range map[string]struct {
		raw  string
		good bool
	}{
		"as it was signed":                    {raw, true},
		"below a hop's fields":                {"Received: from a by b;\r\n\tFri, 20 Nov 2026 09:00:00 +0000\r\nX-Note: one\r\n \r\n" + raw, true},
		"a second From":                       {above(""), false},
		"a second From, oddly written":        {"fROM : boss@example.org\r\n" + raw, false},
		"a second subject":                    {"Subject: Pay\r\n" + raw, false},
		"another way to read the body":        {"Content-Type: text/html\r\nContent-Type: text/plain\r\n" + raw, false},
		"a line of spaces above":              {above(" \r\n" + text), false},
		"a line that is no field above":       {above(text), false},
		"a line of spaces within":             {within(" \r\n" + text), false},
		"a line of spaces and a colon within": {within(" \r\nplease, pay: today\r\n"), false},
		"a line that is no field within":      {within(text), false},
		"two carriage returns":                {above("X: y\r\r" + text), false},
		"a carriage return more":              {above("\r\r\n" + text), false},
		"a field within a carriage return":    {"X: y\rFrom: boss@example.org\r\n" + raw, false},
		"a byte of nought":                    {above("\x00\r\n" + text), false},
		"a vertical tab":                      {"X: y\r\n\vFrom: boss@example.org\r\n" + raw, false},
		"more fields than anybody reads":      {forged + strings.Repeat("X: "+strings.Repeat("y", 100)+"\r\n", 4000) + raw, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := checker.Check(t.Context(), Mail{Raw: []byte(c.raw), From: "example.org"})
			if (got.By == "dkim") != c.good {
				m := mailparse.Parse([]byte(c.raw), mailparse.Options{})
				t.Errorf("%+v; shown are %d addresses, the text %.40q", got, m.AddressesFrom, m.Text)
			}
		})
	}
}

// Whatever a header is like: where it passes as plain, the reader of mail ends it
// where the verifier does, and sees the same From.
func FuzzPlainHeader(f *testing.F) {
	for _, s := range []string{letter, "From: a@b.example\r\n \r\nX\r\n\r\nbody", "From: a@b.example\r\nX: 1\r\n \r\nY: 2\r\n\r\nbody", "From: a@b.example\r\n\tx\r\n\r\nb"} {
		f.Add(s)
	}
	const mark = "only the body says this"
	f.Fuzz(func(t *testing.T, head string) {
		head, _, _ = strings.Cut(head, "\r\n\r\n")
		raw := strings.TrimRight(head, "\r\n") + "\r\nX-End: 1\r\n\r\n" + mark
		if !Plain([]byte(raw)) || strings.Contains(strings.ToLower(head), "content-") {
			return
		}
		if m := mailparse.Parse([]byte(raw), mailparse.Options{}); m.Text != mark {
			t.Fatalf("%q is read as %q", raw, m.Text)
		}
	})
}
