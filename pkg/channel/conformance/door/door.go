// Package door checks what a provider can see of an inbox's hook, wherever it
// stands: what is signed is taken, again and again; what is forged or garbage is
// refused without harm. It needs no test and no access to the log, so anybody
// can run it against any URL (tributary conformance). It leaves messages behind.
package door

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Call is one request of a provider to the inbox's hook.
type Call struct {
	Method string // POST when empty
	Query  string
	Header http.Header
	Body   []byte
}

// Door is where calls go.
type Door interface {
	// Call sends one request and reads the whole answer.
	Call(ctx context.Context, c Call) (Answer, error)
}

// Answer is what a provider is answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Accepted reports a status that every provider takes as success.
func (a Answer) Accepted() bool { return a.Status >= 200 && a.Status <= 299 }

// URL is the door at an address.
type URL string

// Request is the call as an HTTP request to an address.
func (c Call) Request(ctx context.Context, address string) (*http.Request, error) {
	method := c.Method
	if method == "" {
		method = http.MethodPost
	}
	if c.Query != "" {
		address += "?" + c.Query
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(c.Body))
	if err != nil {
		return nil, fmt.Errorf("address call: %w", err)
	}
	for name, values := range c.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}

// Call posts over the network. It follows no redirect.
func (u URL) Call(ctx context.Context, c Call) (Answer, error) {
	req, err := c.Request(ctx, string(u))
	if err != nil {
		return Answer{}, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("call: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// Provider writes requests as a provider would.
type Provider struct {
	// Message is a customer's message number n, signed and valid now.
	Message func(n int) Call
	// Signed says that the request carries a proof over its body.
	Signed bool
}

// Finding is one check and how it ended; Err is nil where the door behaves.
type Finding struct {
	Check string
	Err   error
}

// patience bounds one request.
const patience = 30 * time.Second

// Check runs every check. A check that cannot reach the door says so.
func Check(ctx context.Context, d Door, p Provider) []Finding {
	findings := []Finding{{"a signed message is taken, and taken again", taken(ctx, d, p)}}
	if p.Signed {
		findings = append(findings, Finding{"a changed body is refused", forged(ctx, d, p)})
	}
	return append(findings, Finding{"garbage harms nobody", garbage(ctx, d, p)})
}

func call(ctx context.Context, d Door, c Call) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return d.Call(ctx, c)
}

func taken(ctx context.Context, d Door, p Provider) error {
	c := p.Message(0)
	for range 2 {
		a, err := call(ctx, d, c)
		if err != nil {
			return err
		}
		if !a.Accepted() {
			return fmt.Errorf("status %d, want success: %.200s", a.Status, a.Body)
		}
	}
	return nil
}

func forged(ctx context.Context, d Door, p Provider) error {
	for name, c := range Forgeries(p.Message(1)) {
		a, err := call(ctx, d, c)
		if err != nil {
			return err
		}
		if a.Accepted() || a.Status >= 500 {
			return fmt.Errorf("%s: status %d, want a refusal", name, a.Status)
		}
	}
	return nil
}

func garbage(ctx context.Context, d Door, p Provider) error {
	for _, body := range Garbage() {
		for _, c := range []Call{{Body: body}, {Body: body, Header: p.Message(2).Header.Clone()}, {Method: http.MethodGet}} {
			a, err := call(ctx, d, c)
			if err != nil {
				return err
			}
			if a.Status >= 500 {
				return fmt.Errorf("%.40q: status %d; a provider would send it for ever", body, a.Status)
			}
			if p.Signed && c.Method == "" && a.Accepted() {
				return fmt.Errorf("%.40q: status %d without a valid signature", body, a.Status)
			}
		}
	}
	a, err := call(ctx, d, p.Message(3))
	if err == nil && !a.Accepted() {
		err = fmt.Errorf("after garbage a good message has status %d", a.Status)
	}
	return err
}

// Forgeries are ways to take a signed request and say something else with it.
func Forgeries(c Call) map[string]Call {
	with := func(change func(*Call)) Call {
		out := Call{Method: c.Method, Query: c.Query, Header: c.Header.Clone(), Body: bytes.Clone(c.Body)}
		change(&out)
		return out
	}
	return map[string]Call{
		"one byte changed": with(func(c *Call) { c.Body[len(c.Body)/2] ^= 1 }),
		"one byte added":   with(func(c *Call) { c.Body = append(c.Body, ' ') }),
		"body cut":         with(func(c *Call) { c.Body = c.Body[:len(c.Body)-1] }),
		"no headers":       with(func(c *Call) { c.Header = http.Header{} }),
		"headers emptied": with(func(c *Call) {
			for name := range c.Header {
				c.Header[name] = []string{""}
			}
		}),
	}
}

// Garbage are bodies that no provider sends: seeds for the fuzz targets of
// adapters too.
func Garbage() [][]byte {
	out := [][]byte{nil}
	for _, s := range []string{
		" ", "\x00", "\xff\xfe", "null", "true", "0", "-", `""`, `"`, "{}", "[]", "{", "[", "}", "{}{}", `{"":""}`, `[[]]`, "[null]", `{"id":null}`,
		`{"id":{}}`, `{"id":[]}`, `{"id":1e400}`, `{"a":1,"a":2}`, `{"text":"` + "\xed\xa0\x80" + `"}`, `{"text":"\ud800"}`, "\xef\xbb\xbf{}", "<xml/>", "a=b&c=d", "----x\r\n",
		`{"object":"page","entry":[{}]}`, `{"entry":[null]}`, `{"events":[{}]}`, `{"events":{}}`,
	} {
		out = append(out, []byte(s))
	}
	return append(out,
		[]byte(strings.Repeat("[", 20_000)), []byte(strings.Repeat(`{"a":`, 20_000)),
		[]byte("["+strings.Repeat("0,", 300_000)+"0]"), bytes.Repeat([]byte{0x41}, 1<<20))
}
