package provider

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// MaxAnswer bounds the body of an answer in bytes.
const MaxAnswer = 1 << 20

// ErrPrivate is what a connection to an address inside our own network ends
// with.
var ErrPrivate = errors.New("the address is not public")

// Client makes calls. Use New; one Client serves a whole process, from any
// goroutine.
type Client struct{ public, private *http.Client }

// New makes a client. It opens no connection.
func New() *Client { return &Client{NewHTTP(false), NewHTTP(true)} }

// Close drops idle connections.
func (c *Client) Close() {
	c.public.CloseIdleConnections()
	c.private.CloseIdleConnections()
}

// NewHTTP makes an http.Client that follows no redirect, uses no proxy of the
// environment, and unless private is set connects to public addresses only. The
// check looks at the address the socket is about to use, after the name was
// resolved.
func NewHTTP(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !private {
		dialer.Control = onlyPublic
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 25 * time.Second,
			MaxIdleConns: 256, MaxIdleConnsPerHost: 32, IdleConnTimeout: 60 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

// Call is one request. Private lets it reach addresses inside our own network:
// it is set from the inbox's setting allow_private only. SafeToRepeat says that
// the provider takes the same call twice without harm (an idempotency key, or
// nothing is sent by it).
type Call struct {
	Method       string // POST when empty
	URL          string
	Header       http.Header
	Body         []byte
	Private      bool
	SafeToRepeat bool
}

// JSON is a POST of a value as JSON.
func JSON(url string, body any) (Call, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return Call{}, fmt.Errorf("encode request: %w", err)
	}
	return Call{URL: url, Header: http.Header{"Content-Type": {"application/json"}}, Body: data}, nil
}

// Answer is a provider's answer, whatever its status; Body is cut at MaxAnswer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK reports a status of 2xx.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// Failure is a call without an answer. Left says that the provider may have the
// request. Its text names no URL: tokens stand in some.
type Failure struct {
	Left         bool
	SafeToRepeat bool
	Private      bool
	Why          string
}

// Error says why.
func (f *Failure) Error() string { return f.Why }

// Result is what the failure means for a message that was to be sent.
func (f *Failure) Result() events.SendResult {
	switch {
	case f.Private:
		return events.SendResult{Outcome: events.Rejected, Detail: f.Why}
	case !f.Left, f.SafeToRepeat:
		return events.SendResult{Outcome: events.Retry, Detail: f.Why}
	}
	return events.SendResult{Outcome: events.Unclear, Detail: f.Why + "; the provider may have the message"}
}

// Do makes the call. An error is a *Failure, or says that the request could not
// be made of what was given.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	left := new(atomic.Bool)
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaderField: func(string, []string) { left.Store(true) }})
	method := call.Method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(traced, method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return Answer{}, errors.New("the provider's address is not a URL")
	}
	// net/http repeats a request by itself when a kept connection was found
	// closed, but only with GetBody; a repeat is dispatch's decision.
	req.GetBody = nil
	for name, values := range call.Header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "Tributary")
	client := c.public
	if call.Private {
		client = c.private
	}
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, failure(err, left.Load(), call.SafeToRepeat)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer))
	if err != nil {
		return Answer{}, failure(err, true, call.SafeToRepeat)
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

func failure(err error, left, safe bool) *Failure {
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, ErrPrivate):
		return &Failure{Private: true, Why: "the address is not public"}
	case errors.As(err, &certificate):
		return &Failure{Why: "the provider's certificate does not hold"}
	case !left:
		return &Failure{Why: "the provider could not be reached"}
	}
	return &Failure{Left: true, SafeToRepeat: safe, Why: "the provider did not answer"}
}

// Refused is what an answer that is no success means where the provider's own
// codes say nothing better: 408, 425, 429 and 503 come again, other 5xx too
// where that is safe and else are unclear, 401 suspends the inbox, and whatever
// else is rejected.
func Refused(a Answer, safe bool, now time.Time) events.SendResult {
	detail := "the provider answered " + strconv.Itoa(a.Status)
	switch {
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable, a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		return events.SendResult{Outcome: events.Retry, Detail: detail, RetryAfter: RetryAfter(a.Header, now)}
	case a.Status == http.StatusUnauthorized:
		return events.SendResult{Outcome: events.Retry, Suspend: true, Detail: detail + ": the credentials do not hold"}
	case a.Status >= 500 && safe:
		return events.SendResult{Outcome: events.Retry, Detail: detail, RetryAfter: RetryAfter(a.Header, now)}
	case a.Status >= 500:
		return events.SendResult{Outcome: events.Unclear, Detail: detail + " and may have the message"}
	}
	return events.SendResult{Outcome: events.Rejected, Detail: detail}
}

// RetryAfter reads the header's seconds or date, a day at most; nought when
// there is none, which leaves the pause to dispatch.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 {
		return time.Duration(min(n, 86400) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), 24*time.Hour)
	}
	return 0
}

func onlyPublic(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPrivate, err)
	}
	if !Public(target.Addr()) {
		return ErrPrivate
	}
	return nil
}

// reserved are the ranges of the IANA special-purpose registries that netip has
// no name for: this network, shared address space, protocol assignments,
// documentation, benchmarking, former class E, NAT64 and 6to4 (both can wrap a
// private IPv4 address), and documentation for IPv6.
var reserved = func() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}()

// Public reports whether an address is one of the open Internet.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.Zone() != "" {
		return false
	}
	for _, p := range reserved {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}
