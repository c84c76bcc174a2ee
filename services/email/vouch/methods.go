package vouch

import (
	"bytes"
	"context"
	"net"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
)

// maxHeader is how far signatures are looked for.
const maxHeader = 256 << 10

var signatureField = []byte("dkim-signature:")

// mayBeSigned sees without parsing whether there is a signature at all.
func (q *inquiry) mayBeSigned() bool {
	head := q.Raw[:min(len(q.Raw), maxHeader)]
	if end := bytes.Index(head, []byte("\r\n\r\n")); end >= 0 {
		head = head[:end]
	}
	return bytes.Contains(bytes.ToLower(head), signatureField)
}

// signatures verifies those that could vouch. vouches says that one which holds
// is aligned.
func (q *inquiry) signatures(ctx context.Context, strict bool) (r Result, vouches bool) {
	checks, err := dkim.VerifyWithOptions(bytes.NewReader(q.Raw), &dkim.VerifyOptions{
		MaxVerifications: maxSignatures,
		LookupTXT: func(name string) ([]string, error) {
			_, domain, ok := strings.Cut(strings.ToLower(name), "._domainkey.")
			if !ok || !Aligned(strings.TrimSuffix(domain, "."), q.From, false) {
				return nil, &net.DNSError{Err: "a foreign signature", Name: name, IsNotFound: true}
			}
			return q.dns.LookupTXT(ctx, name)
		},
	})
	if err != nil && len(checks) == 0 {
		return PermError, false // no header that could be read
	}
	r = None
	for _, c := range checks {
		domain := strings.TrimSuffix(strings.ToLower(c.Domain), ".")
		if !Aligned(domain, q.From, false) {
			continue
		}
		switch {
		case c.Err == nil:
			r = Pass
			if Aligned(domain, q.From, strict) {
				return Pass, true
			}
		case r == Pass:
		case dkim.IsTempFail(c.Err):
			r = TempError
		case r == TempError:
		case dkim.IsPermFail(c.Err):
			if r == None {
				r = PermError
			}
		default:
			r = Fail
		}
	}
	return r, false
}

// envelopeDomain is whom SPF is asked about: the domain of MAIL FROM, or of EHLO
// where that is empty (RFC 7208 §2.4). It is empty where the answer would say
// nothing of From.
func (q *inquiry) envelopeDomain() string {
	if !outside(q.Peer) {
		return ""
	}
	domain := strings.TrimSuffix(strings.ToLower(q.Helo), ".")
	if q.Sender != "" {
		local, rest, _ := strings.Cut(q.Sender, "@")
		if local == "" || strings.Contains(rest, "@") {
			return ""
		}
		domain = strings.TrimSuffix(strings.ToLower(rest), ".")
	}
	if !named(domain) || !Aligned(domain, q.From, false) {
		return ""
	}
	return domain
}

// spf asks whether the peer may send for the envelope's domain.
func (q *inquiry) spf(ctx context.Context) Result {
	sender := q.Sender
	if sender == "" {
		sender = "postmaster@" + q.envelope
	}
	result, _ := spf.CheckHostWithSender(net.IP(q.Peer.Unmap().AsSlice()), q.Helo, sender, spf.WithContext(ctx), spf.WithResolver(q.dns))
	return Result(result)
}
