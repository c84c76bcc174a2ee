package mailchannel

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"

	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// Resolver looks up TXT records; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

const (
	lookupWithin  = 5 * time.Second
	maxSignatures = 5
)

// verdict says whether the From domain vouched for a mail.
type verdict struct {
	Pass   bool
	Domain string // the From domain that vouched
	By     string // "dkim", "authentication-results" or "provider"
}

// authenticate computes the verdict on a mail that came by SMTP.
func (s *Server) authenticate(ctx context.Context, raw []byte, m *mailparse.Mail, to []recipient) verdict {
	authserv := ""
	for _, r := range to {
		if r.settings.AuthservID != "" {
			authserv = r.settings.AuthservID
			break
		}
	}
	return judge(ctx, raw, m, witness{authserv: authserv, hops: 1, resolver: s.opt.Resolver})
}

// witness is by what a mail is judged.
type witness struct {
	authserv string // whose Authentication-Results are believed; empty: nobody's
	hops     int    // how many Received may stand above them
	vouched  []string
	resolver Resolver // nil looks nothing up
}

// judge computes the verdict: by what the mail server before us found, where the
// inbox names it, else by what the provider vouches for, else by the DKIM
// signatures. SPF says nothing here, since mail usually comes through that
// server, whose address it would check.
func judge(ctx context.Context, raw []byte, m *mailparse.Mail, w witness) verdict {
	if m.AddressesFrom != 1 {
		return verdict{}
	}
	from := ""
	for _, a := range m.From {
		if a.Address != "" {
			from = domainOf(normal(a.Address))
		}
	}
	if from == "" {
		return verdict{}
	}
	if w.authserv != "" {
		return verdictOf(m, w.authserv, from, w.hops)
	}
	for _, domain := range w.vouched {
		if aligned(domain, from, false) {
			return verdict{Pass: true, Domain: from, By: "provider"}
		}
	}
	if w.resolver == nil {
		return verdict{}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	lookup := func(name string) ([]string, error) { return w.resolver.LookupTXT(ctx, name) }
	return verifySignatures(raw, from, lookup)
}

// verdictOf believes the results of the named server only below so many
// Received, usually one: its own stands at the top, and what is below came with
// the mail (RFC 8601 §5).
func verdictOf(m *mailparse.Mail, authserv, from string, most int) verdict {
	hops := 0
	for _, f := range m.Trace {
		if f.Name == "received" {
			if hops++; hops > most {
				break
			}
			continue
		}
		id, results, err := authres.Parse(f.Value)
		if err != nil || !strings.EqualFold(id, authserv) {
			continue
		}
		for _, r := range results {
			d, ok := r.(*authres.DMARCResult)
			if ok && d.Value == authres.ResultPass && (d.From == "" || strings.EqualFold(domainPart(d.From), from)) {
				return verdict{Pass: true, Domain: from, By: "authentication-results"}
			}
		}
		return verdict{} // the topmost of that server counts
	}
	return verdict{}
}

func domainPart(s string) string {
	if _, domain, ok := strings.Cut(s, "@"); ok {
		return domain
	}
	return s
}

// verifySignatures passes a mail with a valid DKIM signature of a domain that
// is aligned with From (RFC 7489 §3.1.1): the same organisation, or the same
// domain where the owner asks for that.
func verifySignatures(raw []byte, from string, lookup func(string) ([]string, error)) verdict {
	if !bytes.Contains(bytes.ToLower(raw[:min(len(raw), 256<<10)]), []byte("dkim-signature:")) {
		return verdict{}
	}
	checks, err := dkim.VerifyWithOptions(bytes.NewReader(crlf(raw)), &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: maxSignatures})
	if err != nil && len(checks) == 0 {
		return verdict{}
	}
	strict := false
	if policy, err := dmarc.LookupWithOptions(from, &dmarc.LookupOptions{LookupTXT: lookup}); err == nil {
		strict = policy.DKIMAlignment == dmarc.AlignmentStrict
	}
	for _, c := range checks {
		if c.Err == nil && aligned(strings.ToLower(c.Domain), from, strict) {
			return verdict{Pass: true, Domain: from, By: "dkim"}
		}
	}
	return verdict{}
}

func aligned(signer, from string, strict bool) bool {
	if signer == from {
		return true
	}
	if strict {
		return false
	}
	a, errA := publicsuffix.EffectiveTLDPlusOne(signer)
	b, errB := publicsuffix.EffectiveTLDPlusOne(from)
	return errA == nil && errB == nil && a == b
}

// crlf gives every line the end that signatures are computed over.
func crlf(raw []byte) []byte {
	if !bytes.Contains(raw, []byte("\n")) || bytes.Count(raw, []byte("\n")) == bytes.Count(raw, []byte("\r\n")) {
		return raw
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}
