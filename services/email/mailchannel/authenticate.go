package mailchannel

import (
	"bytes"
	"context"
	"net/netip"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/vouch"
)

// verdict says whether the From domain vouched for a mail.
type verdict struct {
	Pass   bool
	Domain string // the From domain that vouched
	By     string // "dkim", "spf", "authentication-results" or "provider"
	// Found are the results that led there, as words for the flags; none where
	// nothing was looked up.
	Found []string
}

// authenticate computes the verdict on a mail that came by SMTP.
func (ss *session) authenticate(ctx context.Context, raw []byte, m *mailparse.Mail) verdict {
	w := witness{hops: 1, checker: ss.server.checker, helo: ss.helo, sender: normal(ss.from)}
	// One mail has one verdict. A name that only some of its inboxes believe counts
	// for none of them: whoever writes to two inboxes could otherwise have one
	// believed by the word of the other's mail server.
	for i, r := range ss.to {
		if i == 0 {
			w.authserv = r.settings.AuthservID
		} else if !strings.EqualFold(w.authserv, r.settings.AuthservID) {
			w.authserv = ""
			break
		}
	}
	w.peer, _ = netip.ParseAddr(ss.peer) // an address that is none has no SPF
	return judge(ctx, raw, m, w)
}

// witness is by what a mail is judged.
type witness struct {
	authserv string // whose Authentication-Results are believed; empty: nobody's
	hops     int    // how many Received may stand above them
	vouched  []string
	checker  *vouch.Checker // nil looks nothing up
	// The envelope, where we were the first to take the mail.
	peer         netip.Addr
	helo, sender string
}

// judge computes the verdict: by what the mail server before us found, where the
// inbox names it, else by what the provider vouches for, else by what the DNS
// says of signatures and of the client's address. Behind a server that the inbox
// names, SPF would check that server's own address, so nothing is looked up.
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
	raw = crlf(raw)
	if (w.authserv != "" || len(w.vouched) > 0) && !vouch.Plain(raw) {
		return verdict{} // they may have read another mail in it than we do
	}
	if w.authserv != "" {
		return verdictOf(m, w.authserv, from, w.hops)
	}
	for _, domain := range w.vouched {
		if vouch.Aligned(domain, from, false) {
			return verdict{Pass: true, Domain: from, By: "provider"}
		}
	}
	found := w.checker.Check(ctx, vouch.Mail{Raw: raw, From: from, Peer: w.peer, Helo: w.helo, Sender: w.sender})
	v := verdict{By: found.By, Found: found.Words()}
	if found.By != "" {
		v.Pass, v.Domain = true, from
	}
	return v
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
		v := verdict{}
		for _, r := range results {
			d, ok := r.(*authres.DMARCResult)
			if !ok || d.From != "" && !strings.EqualFold(domainPart(d.From), from) {
				continue
			}
			if known[d.Value] {
				v.Found = append(v.Found, "dmarc-"+string(d.Value))
			}
			if d.Value == authres.ResultPass {
				return verdict{Pass: true, Domain: from, By: "authentication-results", Found: []string{"dmarc-pass"}}
			}
		}
		return v // the topmost of that server counts
	}
	return verdict{}
}

// known are the results that DMARC has; a word that is none of them is no flag.
var known = map[authres.ResultValue]bool{
	authres.ResultPass: true, authres.ResultFail: true, authres.ResultTempError: true, authres.ResultPermError: true,
}

func domainPart(s string) string {
	if _, domain, ok := strings.Cut(s, "@"); ok {
		return domain
	}
	return s
}

// crlf gives every line the end that signatures are computed over.
func crlf(raw []byte) []byte {
	if !bytes.Contains(raw, []byte("\n")) || bytes.Count(raw, []byte("\n")) == bytes.Count(raw, []byte("\r\n")) {
		return raw
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}
