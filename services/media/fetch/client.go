package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// errHost says that a URL leads where this inbox's files do not come from.
var errHost = errors.New("the file's host is not allowed")

// maxRedirects is how often a file may have moved.
const maxRedirects = 5

// clients makes bounded clients over two shared sets of connections: one that
// reaches public addresses only, and one that reaches all.
type clients struct{ public, private *http.Client }

func newClients() clients { return clients{provider.NewHTTP(false), provider.NewHTTP(true)} }

func (c clients) close() {
	c.public.CloseIdleConnections()
	c.private.CloseIdleConnections()
}

// bound is a client that goes to these hosts only.
func (c clients) bound(hosts []string, private bool) *http.Client {
	base := c.public
	if private {
		base = c.private
	}
	return &http.Client{Transport: &guard{under: base.Transport, hosts: hosts, private: private}, CheckRedirect: redirect}
}

// guard looks at every request, redirected ones included.
type guard struct {
	under   http.RoundTripper
	hosts   []string
	private bool
}

// RoundTrip refuses what is not allowed before a name is resolved.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := permitted(r.URL, g.hosts, g.private); err != nil {
		return nil, err
	}
	return g.under.RoundTrip(r)
}

// permitted holds a URL to the list. Without private it is https on the port
// that belongs to it.
func permitted(u *url.URL, hosts []string, private bool) error {
	switch {
	case u.User != nil:
		return fmt.Errorf("%w: its address holds a password", errHost)
	case u.Scheme != "https" && (!private || u.Scheme != "http"):
		return fmt.Errorf("%w: it is not https", errHost)
	case !private && u.Port() != "" && u.Port() != "443":
		return fmt.Errorf("%w: it has a port of its own", errHost)
	case !listed(u, hosts):
		return errHost
	}
	return nil
}

// listed compares whole names; ".example.com" stands for every name below, and
// an entry with a port for that port only.
func listed(u *url.URL, hosts []string) bool {
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	for _, entry := range hosts {
		entry = strings.ToLower(entry)
		switch {
		case name == "" || strings.Trim(entry, ".") == "":
		case strings.HasPrefix(entry, "."):
			if strings.HasSuffix(name, entry) && len(name) > len(entry) {
				return true
			}
		case entry == name, entry == strings.ToLower(u.Host):
			return true
		}
	}
	return false
}

// kept are the headers that go along to another host. Whatever else an adapter
// has set may be a credential of its provider.
var kept = map[string]bool{"Accept": true, "Accept-Encoding": true, "User-Agent": true, "Range": true}

func redirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: it moved too often", errHost)
	}
	first := via[0].URL
	if next.URL.Scheme != first.Scheme && next.URL.Scheme != "https" {
		return fmt.Errorf("%w: it moved to where nothing is encrypted", errHost)
	}
	// The former address may hold a token, and would be told to the next host.
	next.Header.Del("Referer")
	if !strings.EqualFold(next.URL.Host, first.Host) || next.URL.Scheme != first.Scheme {
		for name := range next.Header {
			if !kept[name] {
				next.Header.Del(name)
			}
		}
	}
	return nil
}
