package mailchannel

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// nats.go leaves this goroutine behind for every connection on which something
// was published asynchronously; the object store does that.
func TestMain(m *testing.M) {
	testkit.NoLeaks(m, goleak.IgnoreTopFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect"))
}

// directory is a fixed set of inboxes.
type directory []config.Inbox

func (d directory) ByID(id events.InboxID) (config.Inbox, bool) {
	for _, i := range d {
		if i.ID == id {
			return i, true
		}
	}
	return config.Inbox{}, false
}

func (d directory) ByHook(string, string) (config.Inbox, bool) { return config.Inbox{}, false }

func (d directory) List(kind string) []config.Inbox {
	var out []config.Inbox
	for _, i := range d {
		if i.Channel == kind {
			out = append(out, i)
		}
	}
	return out
}

func inbox(t testing.TB, id string, s Settings) config.Inbox {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	i := config.Inbox{ID: events.InboxID(id), Channel: Kind, Name: "Help " + id, Settings: raw}
	if err := check(&i, Relay{Host: "relay.example"}); err != nil {
		t.Fatal(err)
	}
	return i
}

// tap passes statements on to the real log and keeps them; fail makes it
// refuse.
type tap struct {
	next channel.Publisher
	mu   sync.Mutex // guards what follows
	got  []*events.Inbound
	fail error
	hook func()
}

func (p *tap) Publish(ctx context.Context, statements ...*events.Inbound) error {
	p.mu.Lock()
	fail, hook := p.fail, p.hook
	p.mu.Unlock()
	if hook != nil {
		hook()
	}
	if fail != nil {
		return fail
	}
	if err := p.next.Publish(ctx, statements...); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, statements...)
	return nil
}

func (p *tap) take() []*events.Inbound {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.got
	p.got = nil
	return out
}

func (p *tap) set(fail error, hook func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail, p.hook = fail, hook
}

// world is an SMTP server on a real socket before a real log.
type world struct {
	server  *Server
	tap     *tap
	blobs   blob.Store
	inboxes directory
	logged  func() uint64
	testing testing.TB // for doors that are called by a suite
}

func (w *world) t() testing.TB { return w.testing }

func newWorld(t testing.TB, inboxes directory, adjust ...func(*ServerOptions)) *world {
	t.Helper()
	nats := testkit.NATS(t)
	log := nats.OpenLog(t, events.InboundStream, events.InboundWildcard)
	blobs, err := blob.Open(t.Context(), nats.Conn(t), "blobs", 1, nats.Commit)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{tap: &tap{next: channel.NewLogPublisher(log)}, blobs: blobs, inboxes: inboxes, logged: log.DurableSeq}
	opt := ServerOptions{Listener: l, Inboxes: inboxes, Publisher: w.tap, Blobs: blobs, Log: testkit.Logger(t), Domain: "mx.example.com"}
	for _, f := range adjust {
		f(&opt)
	}
	if w.server, err = NewServer(opt); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.server.Run(ctx) }()
	<-w.server.Ready()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("server: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("server did not stop")
		}
	})
	return w
}

// client speaks SMTP byte for byte, so that tests can say what no library
// would.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func (w *world) dial(t testing.TB) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", w.server.Addr().String(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, r: bufio.NewReader(conn)}
	t.Cleanup(func() { _ = conn.Close() })
	return c
}

// ready dials and passes greeting and EHLO.
func (w *world) ready(t testing.TB) *client {
	t.Helper()
	c := w.dial(t)
	c.want("220")
	c.say("EHLO client.example", "250")
	return c
}

var errHungUp = errors.New("the server hung up")

// answer reads one reply: its code, its enhanced code where it has one, and
// the rest.
func (c *client) answer() (string, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(time.Minute))
	all := ""
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				return all, err
			}
			return all, errHungUp
		}
		all += line
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimSpace(all), nil
		}
	}
}

func (c *client) write(s string) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(time.Minute))
	_, _ = c.conn.Write([]byte(s)) // an answer may come before all is read
}

func (c *client) want(prefix string) string {
	c.t.Helper()
	got, err := c.answer()
	if err != nil || !strings.HasPrefix(got, prefix) {
		c.t.Fatalf("answer %q (%v), want %s", got, err, prefix)
	}
	return got
}

func (c *client) say(line, want string) string {
	c.t.Helper()
	c.write(line + "\r\n")
	return c.want(want)
}

// deliver sends one mail and returns the answer to it.
func (c *client) deliver(from string, to []string, mail string) string {
	c.t.Helper()
	c.say("MAIL FROM:<"+from+">", "250")
	for _, r := range to {
		c.say("RCPT TO:<"+r+">", "250")
	}
	c.say("DATA", "354")
	c.write(stuff(mail))
	got, err := c.answer()
	if err != nil {
		c.t.Fatalf("after DATA: %v", err)
	}
	return got
}

// stuff gives a mail CRLF ends, doubled dots and the final dot.
func stuff(mail string) string {
	mail = strings.ReplaceAll(strings.ReplaceAll(mail, "\r\n", "\n"), "\n", "\r\n")
	if strings.HasPrefix(mail, ".") {
		mail = "." + mail
	}
	mail = strings.ReplaceAll(mail, "\r\n.", "\r\n..")
	if !strings.HasSuffix(mail, "\r\n") {
		mail += "\r\n"
	}
	return mail + ".\r\n"
}

func (c *client) startTLS() {
	c.t.Helper()
	c.say("STARTTLS", "220")
	secure := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true}) // the certificate is its own
	if err := secure.HandshakeContext(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.r = secure, bufio.NewReader(secure)
}

// letter is a plain mail; number makes it different from others.
func letter(n int, headers ...string) string {
	return "From: Jane Roe <jane@example.org>\r\nTo: help@example.com\r\nSubject: Question " + strconv.Itoa(n) + "\r\nDate: " + time.Now().UTC().Format(time.RFC1123Z) +
		"\r\nMessage-ID: <" + fmt.Sprintf("letter-%d@example.org", n) + ">\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\nHello number " + strconv.Itoa(n) + "\r\n"
}

func helpInbox(t testing.TB) directory {
	t.Helper()
	return directory{inbox(t, "in1", Settings{Address: "help@example.com", Aliases: []string{"support@example.com"}})}
}

// only asserts that exactly one statement was made.
func (w *world) only(t testing.TB) *events.Inbound {
	t.Helper()
	got := w.tap.take()
	if len(got) != 1 {
		t.Fatalf("%d statements, want 1", len(got))
	}
	return got[0]
}

func itoa(n int) string { return strconv.Itoa(n) }
