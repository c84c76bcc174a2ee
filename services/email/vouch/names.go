package vouch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// DNS is what is looked up. *net.Resolver is one, and [Names] is the one with
// bounds. A failure is a *net.DNSError, which says whether there is no such
// name or no answer.
type DNS interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Bounds of Names. Times to live are not told by the resolver of package net, so
// an answer counts for a time that no sensible one undercuts by much.
const (
	keepFound   = 5 * time.Minute
	keepMissing = time.Minute
	keepFailed  = 30 * time.Second
	keptNames   = 4096
	keptBytes   = 4 << 20
	strikes     = 3 // failures in a row after which the root is asked for
	rest        = 30 * time.Second
	probeWithin = 500 * time.Millisecond
	// tooShort is a wait that says nothing of the resolver: the mail's two
	// seconds were over.
	tooShort = 250 * time.Millisecond
)

// Names asks a DNS server, remembers, and leaves one alone that does not answer.
// Use Open; it may be used from many goroutines.
type Names struct {
	ask DNS
	// root asks for the name servers of the root.
	root func(context.Context) error
	now  func() time.Time
	log  zerolog.Logger

	mu      sync.Mutex // guards all below
	kept    map[question]reply
	bytes   int
	failed  int // in a row
	resting time.Time
	probing bool
}

type question struct{ kind, name string }

// reply is what was found, or why nothing was.
type reply struct {
	found any
	err   error
	until time.Time
	size  int
}

// Open makes Names that ask where the setting says: "system" is the machine's own
// resolver, host:port another, and "off" or nothing is nil: nothing is looked up.
// What it returns is a *Names, which tells log when the server is left alone and
// when it answers again.
func Open(where string, log zerolog.Logger) (DNS, error) {
	resolver := &net.Resolver{PreferGo: true, StrictErrors: true}
	switch where {
	case "", "off":
		return nil, nil
	case "system":
	default:
		host, port, err := net.SplitHostPort(where)
		if n, bad := strconv.Atoi(port); err != nil || host == "" || bad != nil || n < 1 || n > 65535 {
			return nil, fmt.Errorf("the resolver %q is none of system, off, host:port", where)
		}
		dialer := &net.Dialer{Timeout: 2 * time.Second}
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, where)
		}
	}
	root := func(ctx context.Context) error {
		_, err := resolver.LookupNS(ctx, ".")
		return err
	}
	return &Names{ask: resolver, root: root, now: time.Now, log: log, kept: map[question]reply{}}, nil
}

// LookupTXT gives the texts of a name.
func (n *Names) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return lookup(ctx, n, question{"TXT", name}, n.ask.LookupTXT)
}

// LookupMX gives the mail servers of a name.
func (n *Names) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return lookup(ctx, n, question{"MX", name}, n.ask.LookupMX)
}

// LookupIPAddr gives the addresses of a name.
func (n *Names) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	return lookup(ctx, n, question{"A", name}, n.ask.LookupIPAddr)
}

// LookupAddr gives the names of an address.
func (n *Names) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return lookup(ctx, n, question{"PTR", addr}, n.ask.LookupAddr)
}

// lookup asks for what is not known, unless the server is left alone. What it
// returns is shared and not to be changed.
func lookup[T any](ctx context.Context, n *Names, q question, ask func(context.Context, string) ([]T, error)) ([]T, error) {
	if q.kind != "PTR" {
		q.name = absolute(q.name)
	}
	if q.name == "" {
		return nil, &net.DNSError{Err: "no name that can be asked for", IsNotFound: true}
	}
	if known, ok := n.known(q); ok {
		found, _ := known.found.([]T)
		return found, known.err
	}
	if !n.may(ctx) {
		return nil, &net.DNSError{Err: "the resolver is left alone for a while", Name: q.name, IsTemporary: true}
	}
	began := n.now()
	found, err := ask(ctx, q.name)
	err = plain(err, q.name)
	if temporary(err) {
		if ctx.Err() != nil && n.now().Sub(began) < tooShort {
			return nil, err
		}
		n.strike(ctx)
	}
	n.keep(q, found, err)
	return found, err
}

// absolute is a name as the DNS compares it, with its dot at the end, so that no
// search list of this machine applies; empty for what is none.
func absolute(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, ".")) + "."
	if len(name) < 2 || len(name) > 254 || strings.Contains(name, "..") || strings.HasPrefix(name, ".") || strings.ContainsAny(name, " \t\r\n\x00/@") {
		return ""
	}
	return name
}

// plain gives every failure as a *net.DNSError, which the readers of answers
// want to see bare.
func plain(err error, name string) error {
	if err == nil {
		return nil
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns
	}
	return &net.DNSError{Err: "no answer", Name: name, IsTemporary: true}
}

func temporary(err error) bool {
	var dns *net.DNSError
	return err != nil && (!errors.As(err, &dns) || !dns.IsNotFound)
}

func (n *Names) known(q question) (reply, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.kept[q]
	return r, ok && n.now().Before(r.until)
}

func (n *Names) keep(q question, found any, err error) {
	r := reply{found: found, err: err, until: n.now().Add(keepFound), size: len(q.name) + weight(found)}
	switch {
	case temporary(err):
		r.until = n.now().Add(keepFailed)
	case err != nil:
		r.until = n.now().Add(keepMissing)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !temporary(err) {
		n.failed = 0
	}
	n.bytes += r.size - n.kept[q].size
	n.kept[q] = r
	if len(n.kept) > keptNames || n.bytes > keptBytes {
		clear(n.kept)
		n.bytes = 0
	}
}

func weight(found any) (bytes int) {
	switch list := found.(type) {
	case []string:
		for _, s := range list {
			bytes += len(s) + 16
		}
	case []*net.MX:
		for _, mx := range list {
			bytes += len(mx.Host) + 24
		}
	case []net.IPAddr:
		bytes = 40 * len(list)
	}
	return bytes + 64
}

// may reports whether the server is to be asked. After a rest one caller sees
// first whether it answers again, and the others go on resting.
func (n *Names) may(ctx context.Context) bool {
	n.mu.Lock()
	switch {
	case n.resting.IsZero():
		n.mu.Unlock()
		return true
	case n.probing || n.now().Before(n.resting):
		n.mu.Unlock()
		return false
	}
	n.probing = true
	n.mu.Unlock()
	return n.probe(ctx)
}

// strike counts a failure; after a few the root is asked for.
func (n *Names) strike(ctx context.Context) {
	n.mu.Lock()
	n.failed++
	due := n.failed >= strikes && !n.probing && n.resting.IsZero()
	n.probing = n.probing || due
	n.mu.Unlock()
	if due {
		n.probe(ctx)
	}
}

// probe asks for the root, with a time of its own, and begins or ends a rest.
func (n *Names) probe(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeWithin)
	defer cancel()
	err := plain(n.root(ctx), ".")
	n.mu.Lock()
	defer n.mu.Unlock()
	n.probing = false
	if temporary(err) {
		if n.resting.IsZero() {
			n.log.Warn().Dur("pause", rest).Msg("the resolver does not answer: senders of mail are not proved until it does")
		}
		n.resting = n.now().Add(rest)
		return false
	}
	if !n.resting.IsZero() {
		n.log.Info().Msg("the resolver answers again")
	}
	n.failed, n.resting = 0, time.Time{}
	return true
}
