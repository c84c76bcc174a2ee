package auth

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Cookie is the name of the session cookie.
const Cookie = "tributary_session"

// ErrCrossSite is a write, or a socket, that another site's page began with the
// user's cookie.
var ErrCrossSite = errors.New("request comes from another site")

// Browser knows how requests reach this program: over which origins, through
// which proxies. The zero value takes no proxy's word and trusts only the host
// that the request names.
type Browser struct {
	// Origins are further origins ("https://inbox.example.com") whose pages may
	// act with the cookie. One that is not an origin is an error of [Browser.Guard].
	Origins []string
	// Proxies are the networks of proxies whose X-Forwarded-For and
	// X-Forwarded-Proto count.
	Proxies []netip.Prefix
}

// Token is the bearer token of a request, or the one in its cookie. The second
// result says that it came in a cookie, which browsers send unasked.
func Token(r *http.Request) (token string, cookie bool) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, rest, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(rest), false
		}
		return "", false
	}
	if c, err := r.Cookie(Cookie); err == nil {
		return c.Value, true
	}
	return "", false
}

// Guard makes the check that a write was begun by a page of our own. It goes by
// Sec-Fetch-Site and, where a browser does not send it, by Origin.
func (b Browser) Guard() (*http.CrossOriginProtection, error) {
	guard := http.NewCrossOriginProtection()
	for _, origin := range b.Origins {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return guard, nil
}

// SameOrigin reports whether a socket was opened by a page of our own. Browsers
// always send Origin with a socket; a program that sends none has no user's
// cookie that it should not have.
func (b Browser) SameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	for _, allowed := range b.Origins {
		if strings.EqualFold(allowed, origins[0]) {
			return true
		}
	}
	u, err := url.Parse(origins[0])
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// TLS reports whether the browser speaks TLS, to us or to a trusted proxy.
func (b Browser) TLS(r *http.Request) bool {
	return r.TLS != nil || (b.trusted(peer(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"))
}

// IP is the address of who is asking: the peer, or what trusted proxies say,
// read from the right until the first address that is not a proxy's own.
func (b Browser) IP(r *http.Request) string {
	ip := peer(r)
	if !b.trusted(ip) {
		return ip.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if ip = hop.Unmap(); !b.trusted(ip) {
			break
		}
	}
	return ip.String()
}

func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, _ := netip.ParseAddr(host)
	return ip.Unmap()
}

func (b Browser) trusted(ip netip.Addr) bool {
	for _, p := range b.Proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// SetCookie gives a browser its session; scripts cannot read it. It stays for as
// long as a session that is used can last. One that is not used ends sooner, here and
// not in the browser: a socket keeps a session alive too, and can set no cookie.
func (b Browser) SetCookie(r *http.Request, token string) http.Cookie {
	return http.Cookie{
		Name: Cookie, Value: token, Path: "/", MaxAge: int(TotalLifetime / time.Second),
		HttpOnly: true, Secure: b.TLS(r), SameSite: http.SameSiteLaxMode,
	}
}

// ClearCookie takes the session out of the browser.
func (b Browser) ClearCookie(r *http.Request) http.Cookie {
	return http.Cookie{Name: Cookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: b.TLS(r), SameSite: http.SameSiteLaxMode}
}
