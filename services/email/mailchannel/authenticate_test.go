package mailchannel

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// zone is a DNS of our own.
type zone map[string]string

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if txt, ok := z[strings.TrimSuffix(name, ".")]; ok {
		return []string{txt}, nil
	}
	return nil, errors.New("no such record")
}

func signed(t *testing.T, mail, domain string) (raw string, record string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(mail), &dkim.SignOptions{Domain: domain, Selector: "s1", Signer: private}); err != nil {
		t.Fatal(err)
	}
	return out.String(), "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
}

func TestSendersAreProvedByTheirDomain(t *testing.T) {
	for name, c := range map[string]struct {
		signer, policy string
		change         func(string) string
		want           events.Trust
	}{
		"own signature":       {"example.org", "v=DMARC1; p=reject", nil, events.Proved},
		"same organisation":   {"mail.example.org", "v=DMARC1; p=reject", nil, events.Proved},
		"strict alignment":    {"mail.example.org", "v=DMARC1; p=reject; adkim=s", nil, events.Stated},
		"foreign signature":   {"evil.example.net", "v=DMARC1; p=reject", nil, events.Stated},
		"public suffix":       {"org", "v=DMARC1; p=reject", nil, events.Stated},
		"no policy published": {"example.org", "", nil, events.Proved},
		"body changed":        {"example.org", "v=DMARC1; p=reject", func(s string) string { return strings.Replace(s, "Hello", "Goodbye", 1) }, events.Stated},
		"second From added":   {"example.org", "v=DMARC1; p=reject", func(s string) string { return "From: boss@example.org\r\n" + s }, events.Stated},
		"signature dropped":   {"example.org", "v=DMARC1; p=reject", func(string) string { return letter(1) }, events.Stated},
	} {
		raw, record := signed(t, letter(1), c.signer)
		dns := zone{"s1._domainkey." + c.signer: record}
		if c.policy != "" {
			dns["_dmarc.example.org"] = c.policy
		}
		if c.change != nil {
			raw = c.change(raw)
		}
		w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.Resolver = dns })
		w.ready(t).deliver("jane@example.org", []string{"help@example.com"}, raw)
		in := w.only(t)
		if got := in.Sender.Points[0].Trust; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if unverified := strings.Contains(strings.Join(in.Flags, " "), flagUnverified); unverified != (c.want != events.Proved) {
			t.Errorf("%s: flags %v", name, in.Flags)
		}
	}
}

func TestResultsOfTheServerBeforeUs(t *testing.T) {
	inboxes := directory{inbox(t, "in1", Settings{Address: "help@example.com", AuthservID: "mx.example.com"})}
	w := newWorld(t, inboxes)
	const pass = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org\r\n"
	const ours, theirs = "Received: from a by mx.example.com; now\r\n", "Received: from b by c.example.net; now\r\n"
	for name, c := range map[string]struct {
		top  string
		want events.Trust
	}{
		"at the top":                   {pass + ours + theirs, events.Proved},
		"below our own hop":            {ours + pass + theirs, events.Proved},
		"below a foreign hop":          {ours + theirs + pass, events.Stated},
		"of another server":            {"Authentication-Results: mx.evil.example; dmarc=pass header.from=example.org\r\n" + ours, events.Stated},
		"failed":                       {"Authentication-Results: mx.example.com; dmarc=fail header.from=example.org\r\n" + ours, events.Stated},
		"of another domain":            {"Authentication-Results: mx.example.com; dmarc=pass header.from=evil.example\r\n" + ours, events.Stated},
		"failed, and a forged one too": {"Authentication-Results: mx.example.com; dmarc=fail header.from=example.org\r\n" + pass + ours, events.Stated},
		"none":                         {ours, events.Stated},
		"garbage":                      {"Authentication-Results: ;;;=\x00\r\n" + ours, events.Stated},
	} {
		w.ready(t).deliver("jane@example.org", []string{"help@example.com"}, c.top+letter(1))
		if got := w.only(t).Sender.Points[0].Trust; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
