package vouch

import (
	"bytes"
	"context"
	"errors"
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

// Plain reports a mail, with CRLF, whose header everybody reads alike. Readers of
// mail forgive much, each in their own way: whoever puts a second From above a
// signed one, or a line that ends the header for us and not for who verifies, has
// us show what nobody signed (RFC 6376 §8.14 and §8.15). So a header with a line
// that is no field, a field that stands twice, a stray carriage return or an end
// that can be doubted is proof of nothing, whatever its signatures say.
func Plain(raw []byte) bool {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if len(head) > maxHeader || bytes.ContainsRune(head, 0) {
		return false
	}
	seen, blank := map[string]bool{}, false
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		switch {
		case len(line) == 0, bytes.ContainsAny(line, "\r\n"):
			return false
		case line[0] == ' ' || line[0] == '\t':
			// White space alone may end the header, unless a field follows at once.
			blank = len(bytes.TrimSpace(line)) == 0
			if len(seen) == 0 {
				return false
			}
			continue
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		name = bytes.ToLower(bytes.TrimRight(name, " \t"))
		if !ok || len(name) == 0 || len(name) > maxFieldName || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return false
		}
		if blank && bytes.ContainsFunc(name, func(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
			return false
		}
		if once[string(name)] && seen[string(name)] {
			return false
		}
		seen[string(name)], blank = true, false
	}
	return !blank && seen["from"]
}

// maxFieldName bounds the name of a field, as package mailparse does.
const maxFieldName = 200

// once are the fields that say who writes what, and how it is to be read; none of
// them may stand twice (RFC 5322 §3.6, RFC 2045 §3).
var once = map[string]bool{
	"from": true, "sender": true, "reply-to": true, "to": true, "cc": true, "subject": true, "date": true, "message-id": true, "in-reply-to": true, "references": true,
	"mime-version": true, "content-type": true, "content-transfer-encoding": true, "content-disposition": true,
}

// signatures verifies those that could vouch. vouches says that one which holds
// is aligned.
func (q *inquiry) signatures(ctx context.Context, strict bool) (r Result, vouches bool) {
	if !Plain(q.Raw) {
		return PermError, false
	}
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
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return PermError, false // the checks may name signatures good that were not looked at
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
