// Package dnstest is a DNS server on loopback for tests: real packets over UDP,
// from a table that the test writes. It is down, silent or failing when the test
// says so, and counts what it was asked.
package dnstest

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Zone is what there is to ask for. Names have no dot at their end.
type Zone struct {
	TXT map[string][]string
	A   map[string][]netip.Addr // of either family
	MX  map[string][]string
}

// Server answers from a zone. It ends with the test.
type Server struct {
	// Addr is where it listens, as host:port.
	Addr string

	mu    sync.Mutex // guards all below
	zone  Zone
	mood  Mood
	slow  map[string]bool
	asked map[string]int
}

// Mood is how a server behaves.
type Mood int

// Works answers. Silent takes every question and never answers. Failing answers
// that it has failed (SERVFAIL).
const (
	Works Mood = iota
	Silent
	Failing
)

// New starts a server.
func New(t testing.TB, z Zone) *Server {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: conn.LocalAddr().String(), zone: z, asked: map[string]int{}}
	ended := make(chan struct{})
	go func() { defer close(ended); s.serve(conn) }()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	return s
}

// Set changes how the server behaves from the next question on.
func (s *Server) Set(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
}

// Slow lets questions for names with this ending go without an answer, as a
// resolver does whose upstream is dead for one domain.
func (s *Server) Slow(ending string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slow == nil {
		s.slow = map[string]bool{}
	}
	s.slow[ending] = true
}

// Asked is how often a name was asked for, by all kinds of question together; ""
// is all names.
func (s *Server) Asked(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for asked, times := range s.asked {
		if name == "" || asked == name {
			n += times
		}
	}
	return n
}

func (s *Server) serve(conn net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if out := s.answer(buf[:n]); out != nil {
			_, _ = conn.WriteTo(out, from) // who asked will ask again
		}
	}
}

func (s *Server) answer(packet []byte) []byte {
	var in dnsmessage.Message
	if in.Unpack(packet) != nil || len(in.Questions) != 1 {
		return nil
	}
	q := in.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[name]++
	for ending := range s.slow {
		if strings.HasSuffix(name, ending) {
			return nil
		}
	}
	out := dnsmessage.Message{Header: dnsmessage.Header{ID: in.ID, Response: true, RecursionDesired: true, RecursionAvailable: true}, Questions: in.Questions}
	switch s.mood {
	case Silent:
		return nil
	case Failing:
		out.RCode = dnsmessage.RCodeServerFailure
	default:
		out.Answers = s.zone.find(name, q)
		if len(out.Answers) == 0 && !s.zone.has(name) {
			out.RCode = dnsmessage.RCodeNameError
		}
	}
	data, err := out.Pack()
	if err != nil {
		return nil
	}
	return data
}

func (z Zone) has(name string) bool {
	return len(z.TXT[name])+len(z.A[name])+len(z.MX[name]) > 0
}

func (z Zone) find(name string, q dnsmessage.Question) (out []dnsmessage.Resource) {
	add := func(body dnsmessage.ResourceBody) {
		out = append(out, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 300}, Body: body})
	}
	switch q.Type {
	case dnsmessage.TypeNS:
		if name == "" {
			add(&dnsmessage.NSResource{NS: dnsmessage.MustNewName("a.root-servers.net.")})
		}
	case dnsmessage.TypeTXT:
		for _, text := range z.TXT[name] {
			var parts []string
			for len(text) > 255 {
				parts, text = append(parts, text[:255]), text[255:]
			}
			add(&dnsmessage.TXTResource{TXT: append(parts, text)})
		}
	case dnsmessage.TypeMX:
		for i, host := range z.MX[name] {
			add(&dnsmessage.MXResource{Pref: uint16(i), MX: dnsmessage.MustNewName(host + ".")})
		}
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		for _, a := range z.A[name] {
			switch {
			case a.Is4() && q.Type == dnsmessage.TypeA:
				add(&dnsmessage.AResource{A: a.As4()})
			case a.Is6() && q.Type == dnsmessage.TypeAAAA:
				add(&dnsmessage.AAAAResource{AAAA: a.As16()})
			}
		}
	}
	return out
}
