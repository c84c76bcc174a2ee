package rig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// TryMail brings a mail to the program's SMTP port; a nil error means that it
// was taken. A refusal is a *textproto.Error with its code.
func (s *Server) TryMail(from, to string, raw []byte) error {
	conn, err := net.DialTimeout("tcp", s.SMTP, Patience)
	if err != nil {
		return err
	}
	_ = conn.SetDeadline(time.Now().Add(2 * Patience))
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer func() { _ = c.Close() }()
	if err := c.Hello("client.test"); err != nil {
		return err
	}
	return deliver(c, from, to, raw)
}

func deliver(c *smtp.Client, from, to string, raw []byte) error {
	if err := c.Mail(from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // it was taken; how the talk ends changes nothing
	return nil
}

// Letter is a simple mail.
type Letter struct{ From, To, Subject, ID, InReplyTo, Text string }

// Bytes is the letter as sent.
func (l Letter) Bytes() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s>\r\n", l.From, l.To, l.Subject, l.ID)
	if l.InReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", l.InReplyTo, l.InReplyTo)
	}
	fmt.Fprintf(&b, "Date: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", time.Now().Format(time.RFC1123Z), l.Text)
	return []byte(b.String())
}

// Mail sends a letter, which has to be taken.
func (s *Server) Mail(t testing.TB, l Letter) {
	t.Helper()
	from, err := mail.ParseAddress(l.From)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.TryMail(from.Address, l.To, l.Bytes()); err != nil {
		t.Fatalf("the mail was not taken: %v", err)
	}
}

// Relayed is a mail that reached the relay.
type Relayed struct {
	From string
	To   []string
	Head mail.Header
	Raw  []byte
}

// Relay is an SMTP server that takes mail for the world and keeps it.
type Relay struct {
	Host string
	Port int
	// Mails gives every mail whose final dot arrived, in that order.
	Mails chan Relayed

	mu     sync.Mutex // guards answer
	answer func(Relayed) error
}

// NewRelay starts a relay that takes everything. It ends with the test.
func NewRelay(t testing.TB) *Relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr)
	r := &Relay{Host: at.IP.String(), Port: at.Port, Mails: make(chan Relayed, 1024)}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &relaySession{relay: r, conn: c}, nil
	}))
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "relay.test", true, true
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close() // says that its listener is closed, which it is
		<-served
	})
	return r
}

// Settings are what an e-mail inbox needs to send through the relay.
func (r *Relay) Settings() map[string]any {
	return map[string]any{"host": r.Host, "port": r.Port, "tls": "none"}
}

// Answering sets what the final dot is answered with: nil is taken, an
// [ErrHangUp] cuts the connection without a word, any other refuses. The
// function may wait.
func (r *Relay) Answering(answer func(Relayed) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// ErrHangUp makes the relay cut the connection after the final dot.
var ErrHangUp = errors.New("hang up")

type relaySession struct {
	relay *Relay
	conn  *gosmtp.Conn
	got   Relayed
}

func (s *relaySession) Reset()        { s.got = Relayed{} }
func (s *relaySession) Logout() error { return nil }

func (s *relaySession) Mail(from string, _ *gosmtp.MailOptions) error {
	s.got = Relayed{From: from}
	return nil
}

func (s *relaySession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.got.To = append(s.got.To, to)
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.got.Raw = raw
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	s.got.Head = m.Header
	s.relay.mu.Lock()
	answer := s.relay.answer
	s.relay.mu.Unlock()
	s.relay.Mails <- s.got
	if answer == nil {
		return nil
	}
	if err = answer(s.got); errors.Is(err, ErrHangUp) {
		_ = s.conn.Conn().Close() // the peer sees it
	}
	return err
}
