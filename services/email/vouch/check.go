package vouch

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-msgauth/dmarc"
	"golang.org/x/net/publicsuffix"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// Result is how one method ended, in the words of RFC 8601 §2.7. It is empty
// where the method was not used.
type Result string

// The results. Fail of SPF and of DKIM is a definite no; TempError is that of
// who might have got another answer later.
const (
	None      Result = "none"
	Pass      Result = "pass"
	Fail      Result = "fail"
	SoftFail  Result = "softfail"
	Neutral   Result = "neutral"
	TempError Result = "temperror"
	PermError Result = "permerror"
)

// Bounds of one check. The root may be asked for beside it, which takes half a
// second more at most.
const (
	checkWithin   = 1500 * time.Millisecond
	maxLookups    = 40
	maxSignatures = 5
	maxAtATime    = 64
	maxOfOnePeer  = 8 // checks at a time; one network of IPv6 counts as one peer
)

// Mail is what is checked.
type Mail struct {
	Raw  []byte // with CRLF, as signatures are computed over
	From string // the domain of the one address in From, in ASCII
	// Peer is the client that spoke SMTP, zero where nobody did; Helo and Sender
	// are its EHLO and MAIL FROM, the sender in ASCII and empty for a bounce.
	Peer         netip.Addr
	Helo, Sender string
}

// Finding is what was found out. By is "dkim" or "spf" where the From domain
// vouched for the mail, and empty where it did not.
type Finding struct {
	SPF, DKIM, DMARC Result
	By               string
}

// Words are the results as short words such as dkim-pass, for people who ask
// why; what was not used is not among them.
func (f Finding) Words() []string {
	var out []string
	for _, r := range []struct {
		method string
		result Result
	}{{"spf", f.SPF}, {"dkim", f.DKIM}, {"dmarc", f.DMARC}} {
		if r.result != "" && r.result != None {
			out = append(out, r.method+"-"+string(r.result))
		}
	}
	return out
}

// Checker checks mails. The zero Checker finds nothing; use New.
type Checker struct {
	dns   DNS
	slots chan struct{}

	mu    sync.Mutex // guards peers
	peers map[netip.Prefix]int
}

// New makes a checker that asks dns. Nil looks nothing up, and then nobody
// vouches.
func New(dns DNS) *Checker {
	if dns == nil {
		return nil
	}
	return &Checker{dns: dns, slots: make(chan struct{}, maxAtATime), peers: map[netip.Prefix]int{}}
}

// Check finds out whether the From domain vouches for a mail. It never fails and
// never takes longer than package comment says; ctx may shorten it. A nil
// Checker finds nothing.
func (c *Checker) Check(ctx context.Context, m Mail) Finding {
	if c == nil || !named(m.From) {
		return Finding{}
	}
	one := &inquiry{Mail: m, dns: &counted{dns: c.dns}}
	one.dns.left.Store(maxLookups)
	one.sign, one.envelope = one.mayBeSigned(), one.envelopeDomain()
	if !one.sign && one.envelope == "" {
		return Finding{}
	}
	// Who has names that never answer may hold up their own mail, not everybody's.
	if !c.enter(m.Peer) {
		return Finding{DMARC: TempError}
	}
	defer c.leave(m.Peer)
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	default:
		return Finding{DMARC: TempError}
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return one.run(ctx)
}

// enter counts a check of a peer's mail; a mail that nobody brought, or that one of
// our own network did, is not counted.
func (c *Checker) enter(peer netip.Addr) bool {
	if !outside(peer) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := network(peer)
	if c.peers[key] >= maxOfOnePeer {
		return false
	}
	c.peers[key]++
	return true
}

func (c *Checker) leave(peer netip.Addr) {
	if !outside(peer) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := network(peer)
	if c.peers[key]--; c.peers[key] <= 0 {
		delete(c.peers, key)
	}
}

// network is an IPv4 address, or the /64 of an IPv6 one.
func network(peer netip.Addr) netip.Prefix {
	peer = peer.Unmap().WithZone("")
	bits := 64
	if peer.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(peer, bits).Masked()
}

// inquiry is one check under way.
type inquiry struct {
	Mail
	dns      *counted
	sign     bool   // a signature may stand on it
	envelope string // the domain that SPF is asked about; empty leaves it out
}

func (q *inquiry) run(ctx context.Context) (f Finding) {
	p, policy := q.policy(ctx)
	strictDKIM, strictSPF := policy != Pass && policy != None, true
	if policy == Pass {
		strictDKIM, strictSPF = p.DKIMAlignment == dmarc.AlignmentStrict, p.SPFAlignment == dmarc.AlignmentStrict
	}
	signed := false
	if q.sign {
		f.DKIM, signed = q.signatures(ctx, strictDKIM)
	}
	if q.envelope != "" && !signed {
		f.SPF = q.spf(ctx)
	}
	switch {
	case signed:
		// A signature proves a domain even where it publishes no policy.
		f.By = "dkim"
	case f.SPF == Pass && policy == Pass && Aligned(q.envelope, q.From, strictSPF):
		// An address may be many customers' of one mail service; it counts where
		// the domain says that it minds.
		f.By = "spf"
	}
	switch {
	case policy != Pass:
		f.DMARC = policy
	case f.By != "":
		f.DMARC = Pass
	case f.DKIM == TempError, f.SPF == TempError:
		f.DMARC = TempError
	default:
		f.DMARC = Fail
	}
	return f
}

// policy looks the DMARC record up, at the domain and then at its organisation
// (RFC 7489 §6.6.3). Pass says that there is one.
func (q *inquiry) policy(ctx context.Context) (*dmarc.Record, Result) {
	lookup := func(name string) ([]string, error) { return q.dns.LookupTXT(ctx, name) }
	domains := []string{q.From}
	if org := organisation(q.From); org != "" && org != q.From {
		domains = append(domains, org)
	}
	for _, domain := range domains {
		record, err := dmarc.LookupWithOptions(domain, &dmarc.LookupOptions{LookupTXT: lookup})
		switch {
		case err == nil && record != nil:
			return record, Pass
		case dmarc.IsTempFail(err):
			return nil, TempError
		case err != nil && err != dmarc.ErrNoPolicy:
			return nil, PermError
		}
	}
	return nil, None
}

// Aligned reports whether a domain that vouches is that of From (RFC 7489
// §3.1): the same organisation, or the very same domain where strict is asked
// for. Both are in lower-case ASCII.
func Aligned(domain, from string, strict bool) bool {
	if domain == from || strict {
		return domain == from && domain != ""
	}
	a := organisation(domain)
	return a != "" && a == organisation(from)
}

// organisation is the part of a domain that was registered; empty for a public
// suffix.
func organisation(domain string) string {
	if !named(domain) {
		return ""
	}
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return ""
	}
	return org
}

// named reports a domain that can be asked about: no address literal, no
// single label.
func named(domain string) bool {
	return absolute(domain) != "" && strings.Contains(domain, ".") && !strings.ContainsAny(domain, "[]:_*")
}

// outside reports an address that SPF has a meaning for.
func outside(peer netip.Addr) bool { return peer.IsValid() && provider.Public(peer) }

// counted ends a check that asks for too much: an SPF record may name mail
// servers that name more.
type counted struct {
	dns  DNS
	left atomic.Int64
}

var errTooMuch = &net.DNSError{Err: "too many lookups for one mail", IsTemporary: true}

func (c *counted) spent() bool { return c.left.Add(-1) < 0 }

// LookupTXT asks while there is something left.
func (c *counted) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if c.spent() {
		return nil, errTooMuch
	}
	return c.dns.LookupTXT(ctx, name)
}

// LookupMX asks while there is something left.
func (c *counted) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	if c.spent() {
		return nil, errTooMuch
	}
	return c.dns.LookupMX(ctx, name)
}

// LookupIPAddr asks while there is something left.
func (c *counted) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	if c.spent() {
		return nil, errTooMuch
	}
	return c.dns.LookupIPAddr(ctx, name)
}

// LookupAddr asks while there is something left.
func (c *counted) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	if c.spent() {
		return nil, errTooMuch
	}
	return c.dns.LookupAddr(ctx, addr)
}
