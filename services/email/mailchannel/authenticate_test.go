package mailchannel

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/vouch"
	"github.com/tributary-inbox/tributary/services/email/vouch/dnstest"
)

// resolver asks a DNS server of our own.
func resolver(t testing.TB, z dnstest.Zone) vouch.DNS {
	t.Helper()
	dns, err := vouch.Open(dnstest.New(t, z).Addr, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	return dns
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
		z := dnstest.Zone{TXT: map[string][]string{"s1._domainkey." + c.signer: {record}}}
		if c.policy != "" {
			z.TXT["_dmarc.example.org"] = []string{c.policy}
		}
		if c.change != nil {
			raw = c.change(raw)
		}
		w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.Resolver = resolver(t, z) })
		w.ready(t).deliver("jane@example.org", []string{"help@example.com"}, raw)
		in := w.only(t)
		if got := in.Sender.Points[0].Trust; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if unverified := strings.Contains(strings.Join(in.Flags, " "), flagUnverified); unverified != (c.want != events.Proved) {
			t.Errorf("%s: flags %v", name, in.Flags)
		}
		if why := strings.Join(in.Flags, " "); c.want == events.Proved && !strings.Contains(why, "dkim-pass") {
			t.Errorf("%s: flags %q do not say why", name, why)
		}
	}
}

// What the envelope says goes into the check: who sent it, from where.
func TestTheEnvelopeIsAskedAbout(t *testing.T) {
	z := dnstest.Zone{TXT: map[string][]string{"_dmarc.example.org": {"v=DMARC1; p=reject"}, "example.org": {"v=spf1 ip4:8.8.4.4 -all"}}}
	w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.Resolver = resolver(t, z) })
	mail := mailparse.Parse([]byte(letter(1)), mailparse.Options{Limits: limits})
	for _, c := range []struct {
		peer, from, helo string
		by, found        string
	}{
		{"8.8.4.4", "jane@example.org", "client", "spf", "spf-pass dmarc-pass"},
		{"8.8.4.4", "", "example.org", "spf", "spf-pass dmarc-pass"},
		{"8.8.4.5", "jane@example.org", "client", "", "spf-fail dmarc-fail"},
		{"127.0.0.1", "jane@example.org", "client", "", ""},
	} {
		ss := &session{server: w.server, peer: c.peer, from: c.from, helo: c.helo}
		v := ss.authenticate(t.Context(), []byte(letter(1)), mail)
		if found := strings.Join(v.Found, " "); v.By != c.by || v.Pass != (c.by != "") || found != c.found {
			t.Errorf("%+v: %+v", c, v)
		}
	}
}

// A resolver that never answers keeps no mail from being stored, and says that
// it was asked in vain.
func TestADeadResolverKeepsNoMail(t *testing.T) {
	raw, _ := signed(t, letter(1), "example.org")
	server := dnstest.New(t, dnstest.Zone{})
	server.Set(dnstest.Silent)
	dns, err := vouch.Open(server.Addr, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.Resolver = dns })
	c := w.ready(t)
	for range 6 {
		if got := c.deliver("jane@example.org", []string{"help@example.com"}, raw); !strings.HasPrefix(got, "250") {
			t.Fatal(got)
		}
	}
	if asked := server.Asked(""); asked == 0 || asked >= 6 {
		t.Errorf("for six mails of one sender it was asked %d times: each of them waits", asked)
	}
	for _, in := range w.tap.take() {
		if flags := strings.Join(in.Flags, " "); in.Sender.Points[0].Trust != events.Stated || !strings.Contains(flags, "dmarc-temperror") {
			t.Errorf("%s, flags %s", in.Sender.Points[0].Trust, flags)
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
		"of a mail with two faces":     {pass + ours + "X: y\r\n \r\nplease pay\r\n", events.Stated},
		"and a carriage return":        {pass + ours + "X: y\rZ: z\r\n", events.Stated},
		"none":                         {ours, events.Stated},
		"garbage":                      {"Authentication-Results: ;;;=\x00\r\n" + ours, events.Stated},
	} {
		w.ready(t).deliver("jane@example.org", []string{"help@example.com"}, c.top+letter(1))
		if got := w.only(t).Sender.Points[0].Trust; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The word of one inbox's mail server proves nothing to another inbox that the
// same mail goes to.
func TestAnInboxDoesNotBelieveForAnother(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	raw := "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org\r\n" + letter(1)
	mail := mailparse.Parse([]byte(raw), mailparse.Options{Limits: limits})
	believes, other, nobody := recipient{settings: Settings{AuthservID: "mx.example.com"}}, recipient{settings: Settings{AuthservID: "mx.example.net"}}, recipient{}
	for name, c := range map[string]struct {
		to   []recipient
		want bool
	}{
		"one": {[]recipient{believes}, true}, "two of one mind": {[]recipient{believes, believes}, true},
		"and one who believes nobody": {[]recipient{believes, nobody}, false}, "the other way round": {[]recipient{nobody, believes}, false}, "and one who believes another": {[]recipient{believes, other}, false},
	} {
		ss := &session{server: w.server, peer: "8.8.4.4", from: "jane@example.org", helo: "client", to: c.to}
		if got := ss.authenticate(t.Context(), []byte(raw), mail); got.Pass != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
