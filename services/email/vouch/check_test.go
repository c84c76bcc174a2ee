package vouch

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/vouch/dnstest"
)

const letter = "From: Jane Roe <jane@example.org>\r\nTo: help@example.com\r\nSubject: Hello\r\nMessage-ID: <a@example.org>\r\n\r\nHello there\r\n"

// sign puts a signature on a mail and gives the record of its key.
func sign(t testing.TB, mail, domain string) (raw, record string) {
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

func open(t testing.TB, s *dnstest.Server) *Names {
	t.Helper()
	names, err := Open(s.Addr, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	return names.(*Names)
}

var outsider = netip.MustParseAddr("8.8.4.4")

func TestWhoVouchesForAMail(t *testing.T) {
	const policy, strict = "v=DMARC1; p=reject", "v=DMARC1; p=reject; adkim=s; aspf=s"
	for name, c := range map[string]struct {
		signer           string // domain of the signature; empty for none
		policy           string // at _dmarc.example.org
		spf              string // at example.org
		peer             string
		sender, helo     string
		from             string
		change           func(string) string
		want             Finding
		asks             int // -1: not counted
		mailServers      []string
		mailServersAt    []netip.Addr
		policyOfASubname string
	}{
		"its own signature":              {signer: "example.org", policy: policy, want: Finding{DKIM: Pass, DMARC: Pass, By: "dkim"}, asks: 2},
		"its organisation's signature":   {signer: "mail.example.org", policy: policy, want: Finding{DKIM: Pass, DMARC: Pass, By: "dkim"}, asks: -1},
		"strict, another name":           {signer: "mail.example.org", policy: strict, want: Finding{DKIM: Pass, DMARC: Fail}, asks: -1},
		"strict, the same name":          {signer: "example.org", policy: strict, want: Finding{DKIM: Pass, DMARC: Pass, By: "dkim"}, asks: -1},
		"strict by its organisation":     {signer: "example.org", from: "news.example.org", policy: strict, want: Finding{DKIM: Pass, DMARC: Fail}, asks: -1},
		"a policy of its own":            {signer: "example.org", from: "news.example.org", policy: strict, policyOfASubname: policy, want: Finding{DKIM: Pass, DMARC: Pass, By: "dkim"}, asks: -1},
		"no policy, signed":              {signer: "example.org", want: Finding{DKIM: Pass, DMARC: None, By: "dkim"}, asks: -1},
		"a broken policy, signed":        {signer: "mail.example.org", policy: "v=DMARC1; p=perhaps", want: Finding{DKIM: Pass, DMARC: PermError}, asks: -1},
		"changed on the way":             {signer: "example.org", policy: policy, change: func(s string) string { return strings.Replace(s, "there", "thief", 1) }, want: Finding{DKIM: Fail, DMARC: Fail}, asks: -1},
		"another's signature":            {signer: "evil.example", policy: policy, want: Finding{DKIM: None, DMARC: Fail}, asks: 1},
		"a suffix's signature":           {signer: "org", policy: policy, want: Finding{DKIM: None, DMARC: Fail}, asks: -1},
		"nobody could":                   {policy: policy, want: Finding{}, asks: 0},
		"spf":                            {policy: policy, spf: "v=spf1 ip4:8.8.4.0/24 -all", want: Finding{SPF: Pass, DMARC: Pass, By: "spf"}, asks: -1},
		"spf by a mail server":           {policy: policy, spf: "v=spf1 mx -all", mailServers: []string{"mx1.example.org"}, mailServersAt: []netip.Addr{outsider}, want: Finding{SPF: Pass, DMARC: Pass, By: "spf"}, asks: -1},
		"spf, another's mail server":     {policy: policy, spf: "v=spf1 mx -all", mailServers: []string{"mx1.example.org"}, mailServersAt: []netip.Addr{netip.MustParseAddr("8.8.8.8")}, want: Finding{SPF: Fail, DMARC: Fail}, asks: -1},
		"spf without a policy":           {spf: "v=spf1 ip4:8.8.4.0/24 -all", want: Finding{SPF: Pass, DMARC: None}, asks: -1},
		"spf forbids":                    {policy: policy, spf: "v=spf1 ip4:1.1.1.1 -all", want: Finding{SPF: Fail, DMARC: Fail}, asks: -1},
		"spf dislikes":                   {policy: policy, spf: "v=spf1 ~all", want: Finding{SPF: SoftFail, DMARC: Fail}, asks: -1},
		"spf of nobody":                  {policy: policy, want: Finding{SPF: None, DMARC: Fail}, peer: outsider.String(), sender: "jane@example.org", asks: -1},
		"spf of the envelope's domain":   {policy: policy, spf: "v=spf1 +all", sender: "thief@evil.example", want: Finding{}, asks: 0},
		"spf of a bounce":                {policy: policy, spf: "v=spf1 ip4:8.8.4.4 -all", sender: "-", helo: "example.org", want: Finding{SPF: Pass, DMARC: Pass, By: "spf"}, asks: -1},
		"spf, strict":                    {policy: strict, spf: "v=spf1 ip4:8.8.4.4 -all", from: "news.example.org", want: Finding{SPF: Pass, DMARC: Fail}, asks: -1},
		"spf of our own network":         {policy: policy, spf: "v=spf1 +all", peer: "192.168.1.4", want: Finding{}, asks: 0},
		"spf of this machine":            {policy: policy, spf: "v=spf1 +all", peer: "127.0.0.1", want: Finding{}, asks: 0},
		"signed, handed in from here":    {signer: "example.org", policy: policy, spf: "v=spf1 -all", peer: "127.0.0.1", want: Finding{DKIM: Pass, DMARC: Pass, By: "dkim"}, asks: -1},
		"a signature mends a forwarding": {signer: "example.org", policy: policy, spf: "v=spf1 -all", want: Finding{DKIM: Pass, DMARC: Pass, By: "dkim"}, asks: -1},
		"spf mends a signature":          {signer: "example.org", policy: policy, spf: "v=spf1 ip4:8.8.4.4 -all", change: func(s string) string { return s + "-- \r\na list\r\n" }, want: Finding{SPF: Pass, DKIM: Fail, DMARC: Pass, By: "spf"}, asks: -1},
		"spf names itself for ever":      {policy: policy, spf: "v=spf1 include:example.org -all", want: Finding{SPF: PermError, DMARC: Fail}, asks: -1},
	} {
		t.Run(name, func(t *testing.T) {
			raw, z := letter, dnstest.Zone{TXT: map[string][]string{}, A: map[string][]netip.Addr{}, MX: map[string][]string{}}
			if c.signer != "" {
				var record string
				raw, record = sign(t, letter, c.signer)
				z.TXT["s1._domainkey."+c.signer] = []string{record}
			}
			if c.policy != "" {
				z.TXT["_dmarc.example.org"] = []string{"something else", c.policy}
			}
			if c.policyOfASubname != "" {
				z.TXT["_dmarc.news.example.org"] = []string{c.policyOfASubname}
			}
			if c.spf != "" {
				z.TXT["example.org"] = []string{"google-site-verification=1", c.spf}
			}
			if c.mailServers != nil {
				z.MX["example.org"] = c.mailServers
				z.A[c.mailServers[0]] = c.mailServersAt
			}
			if c.change != nil {
				raw = c.change(raw)
			}
			server := dnstest.New(t, z)
			m := Mail{Raw: []byte(raw), From: "example.org", Helo: "client.example"}
			if c.from != "" {
				m.From = c.from
			}
			if c.helo != "" {
				m.Helo = c.helo
			}
			if c.spf != "" {
				m.Peer, m.Sender = outsider, "jane@example.org"
			}
			if c.peer != "" {
				m.Peer = netip.MustParseAddr(c.peer)
			}
			if c.sender != "" {
				m.Sender = strings.TrimPrefix(c.sender, "-")
			}
			if got := New(open(t, server)).Check(t.Context(), m); got != c.want {
				t.Errorf("found %+v, want %+v", got, c.want)
			}
			if got := server.Asked(""); c.asks >= 0 && got != c.asks {
				t.Errorf("%d questions, want %d", got, c.asks)
			}
		})
	}
}

func TestNothingIsLookedUpWhenItIsOff(t *testing.T) {
	for _, where := range []string{"", "off"} {
		names, err := Open(where, zerolog.Nop())
		if names != nil || err != nil {
			t.Fatal(names, err)
		}
	}
	if f := New(nil).Check(t.Context(), Mail{Raw: []byte(letter), From: "example.org"}); f != (Finding{}) {
		t.Errorf("%+v", f)
	}
	for _, where := range []string{"nowhere", "127.0.0.1", ":53", "127.0.0.1:0", "a:b"} {
		if _, err := Open(where, zerolog.Nop()); err == nil {
			t.Errorf("%q is taken", where)
		}
	}
	if names, err := Open("system", zerolog.Nop()); names == nil || err != nil {
		t.Error(names, err)
	}
}

// A resolver that never answers costs a mail two seconds at most, and says
// temperror; once the root stays without an answer too, nobody waits.
func TestADeadResolverDelaysFewMails(t *testing.T) {
	raw, record := sign(t, letter, "example.org")
	server := dnstest.New(t, dnstest.Zone{TXT: map[string][]string{"s1._domainkey.example.org": {record}}})
	server.Set(dnstest.Silent)
	names := open(t, server)
	c, m := New(names), Mail{Raw: []byte(raw), From: "example.org", Peer: outsider, Sender: "jane@example.org"}
	waited := 0
	for i := range 8 {
		// Another domain each time, so that no memory of a name helps.
		m.From = fmt.Sprintf("d%d.example.org", i)
		began, asked := time.Now(), server.Asked("")
		bare := make(chan time.Duration, 1)
		two := time.AfterFunc(2*time.Second, func() { bare <- time.Since(began) })
		if got := c.Check(t.Context(), m); got.DMARC != TempError || got.By != "" {
			t.Errorf("found %+v", got)
		}
		took := time.Since(began)
		if server.Asked("") == asked {
			two.Stop()
			continue
		}
		waited++
		// What two seconds take on this machine, twice: without a limit of its own a
		// question takes five seconds at the least, and there are several.
		if most := 2 * <-bare; took > most {
			t.Errorf("a check took %v, want at most %v", took, most)
		}
	}
	if waited > strikes {
		t.Errorf("%d mails waited for a resolver that is down, want %d at most", waited, strikes)
	}
	server.Set(dnstest.Works)
	asked := server.Asked("")
	c.Check(t.Context(), m)
	if server.Asked("") != asked {
		t.Error("it is asked while it rests")
	}
	later := time.Now().Add(rest + time.Second)
	names.now = func() time.Time { return later }
	m.From = "example.org"
	if got := c.Check(t.Context(), m); got.DKIM != Pass || got.By != "dkim" {
		t.Errorf("after the rest: %+v", got)
	}
}

// One domain whose servers are dead does not keep the others from being asked.
func TestADeadDomainIsNotADeadResolver(t *testing.T) {
	raw, record := sign(t, letter, "example.org")
	server := dnstest.New(t, dnstest.Zone{TXT: map[string][]string{"s1._domainkey.example.org": {record}}})
	server.Slow("evil.example")
	c := New(open(t, server))
	for i := range 4 {
		from := fmt.Sprintf("d%d.evil.example", i)
		if got := c.Check(t.Context(), Mail{Raw: []byte(letter), From: from, Peer: outsider, Sender: "a@" + from}); got.DMARC != TempError {
			t.Errorf("found %+v", got)
		}
	}
	if got := c.Check(t.Context(), Mail{Raw: []byte(raw), From: "example.org"}); got.By != "dkim" {
		t.Errorf("another domain is not asked about: %+v", got)
	}
}

func TestAnswersAreKeptForAWhile(t *testing.T) {
	raw, record := sign(t, letter, "example.org")
	server := dnstest.New(t, dnstest.Zone{TXT: map[string][]string{"s1._domainkey.example.org": {record}, "_dmarc.example.org": {"v=DMARC1; p=none"}}})
	names := open(t, server)
	c, m := New(names), Mail{Raw: []byte(raw), From: "example.org"}
	for range 5 {
		c.Check(t.Context(), m)
	}
	if n := server.Asked(""); n != 2 {
		t.Errorf("%d questions for five mails of one sender, want 2", n)
	}
	later := time.Now().Add(keepFound + time.Second)
	names.now = func() time.Time { return later }
	if c.Check(t.Context(), m); server.Asked("") != 4 {
		t.Errorf("%d questions after the answers' time, want 4", server.Asked(""))
	}
	for i := range keptNames + 10 {
		names.keep(question{"TXT", fmt.Sprint(i)}, []string{strings.Repeat("x", 100)}, nil)
	}
	if len(names.kept) > keptNames || names.bytes > keptBytes {
		t.Errorf("%d names and %d bytes are kept", len(names.kept), names.bytes)
	}
}

func TestLookupsOfOneMailAreCounted(t *testing.T) {
	z := dnstest.Zone{TXT: map[string][]string{"_dmarc.example.org": {"v=DMARC1; p=reject"}, "example.org": {"v=spf1 mx:a.example.org mx:b.example.org mx:c.example.org mx:d.example.org mx:e.example.org mx:f.example.org -all"}}, MX: map[string][]string{}, A: map[string][]netip.Addr{}}
	for _, at := range []string{"a", "b", "c", "d", "e", "f"} {
		for i := range 10 {
			host := fmt.Sprintf("%s%d.example.org", at, i)
			z.MX[at+".example.org"] = append(z.MX[at+".example.org"], host)
			z.A[host] = []netip.Addr{netip.MustParseAddr("9.9.9.9")}
		}
	}
	server := dnstest.New(t, z)
	got := New(open(t, server)).Check(t.Context(), Mail{Raw: []byte(letter), From: "example.org", Peer: outsider, Sender: "a@example.org"})
	if n := server.Asked(""); n > 2*maxLookups { // a name is asked for by both families
		t.Errorf("%d questions for one mail", n)
	}
	if got.By != "" {
		t.Errorf("found %+v", got)
	}
}

func TestWords(t *testing.T) {
	if got := (Finding{SPF: SoftFail, DKIM: None, DMARC: Fail}).Words(); !slices.Equal(got, []string{"spf-softfail", "dmarc-fail"}) {
		t.Error(got)
	}
}

// FuzzCheck holds that nothing in a mail or in the DNS breaks a check.
func FuzzCheck(f *testing.F) {
	raw, record := sign(f, letter, "example.org")
	f.Add([]byte(raw), record, "v=spf1 a mx include:%{d} exists:%{i}._spf.%{d2} redirect=example.org", "v=DMARC1; p=none", "example.org", "jane@example.org", "client")
	f.Add([]byte("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=from; b=; bh=\r\nFrom: a@example.org\r\n\r\n"), "v=DKIM1; p=AAAA", "v=spf1 ptr ip4:1/33", "v=DMARC1;;=", "a..b", "a@b@c", "[::1]")
	f.Fuzz(func(t *testing.T, mail []byte, key, spf, policy, from, sender, helo string) {
		if len(mail) > 64<<10 || len(spf) > 4096 {
			return
		}
		dns := table{"key": key, "policy": policy, "spf": spf}
		got := New(dns).Check(t.Context(), Mail{Raw: mail, From: from, Peer: outsider, Sender: sender, Helo: helo})
		if got.By == "" && got.DMARC == Pass || got.By == "spf" && got.SPF != Pass || got.By == "dkim" && got.DKIM != Pass {
			t.Fatalf("found %+v", got)
		}
	})
}
