package mailchannel

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestAMailBecomesAStatement(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(1, "In-Reply-To: <q@example.com>", "References: <root@example.com> <q@example.com>", "Reply-To: other@elsewhere.example")); !strings.HasPrefix(got, "250 2.0.0") {
		t.Fatal(got)
	}
	in := w.only(t)
	if in.Type != events.MessageReceived || in.Inbox != "in1" || in.ProviderID != "letter-1@example.org" || in.Content == "" {
		t.Errorf("statement %+v", in)
	}
	if p := in.Sender.Points; len(p) != 1 || p[0].Kind != "email" || p[0].Value != "jane@example.org" || p[0].Trust != events.Stated || in.Sender.Name != "Jane Roe" {
		t.Errorf("sender %+v", in.Sender)
	}
	m := in.Message
	if m.Subject != "Question 1" || m.Text != "Hello number 1" || m.Thread != "question 1" || strings.Join(m.InReplyTo, " ") != "q@example.com root@example.com" || strings.Join(m.ThreadIDs, "") != in.ProviderID {
		t.Errorf("message %+v", m)
	}
	if flags := strings.Join(in.Flags, " "); !strings.Contains(flags, "reply-to-differs") || !strings.Contains(flags, "unverified") {
		t.Errorf("flags %s", flags)
	}
	env, ok := ParseEnvelope(in.Raw.Type)
	if !ok || env.From != "jane@example.org" || env.To[0] != "help@example.com" || env.Helo != "client.example" || env.Peer != "127.0.0.1" {
		t.Errorf("envelope %+v", env)
	}
	if w.logged() != 1 {
		t.Errorf("durable to %d, want 1", w.logged())
	}
}

// P1: break it by answering before Publish returns, and this fails.
func TestSuccessIsSaidOnlyAfterThePublish(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	published := make(chan struct{})
	release := make(chan struct{})
	w.tap.set(nil, func() { close(published); <-release })
	c.say("MAIL FROM:<jane@example.org>", "250")
	c.say("RCPT TO:<help@example.com>", "250")
	c.say("DATA", "354")
	c.write(stuff(letter(1)))
	<-published
	_ = c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if b, err := c.r.ReadByte(); err == nil {
		t.Fatalf("answered %q before the publish ended", b)
	}
	close(release)
	c.want("250")
}

func TestWhatCannotBeStoredComesAgain(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	w.tap.set(channel.ErrUnavailable, nil)
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(1)); !strings.HasPrefix(got, "451 4.3.0") {
		t.Errorf("cannot store: %s", got)
	}
	w.tap.set(channel.Refuse(413, "too-large", "x"), nil)
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(1)); !strings.HasPrefix(got, "552 5.3.4") {
		t.Errorf("too large for the log: %s", got)
	}
	w.tap.set(nil, nil)
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(1)); !strings.HasPrefix(got, "250") {
		t.Errorf("mended: %s", got)
	}
	w.only(t)
}

func TestOneMailToThreeInboxes(t *testing.T) {
	inboxes := directory{
		inbox(t, "in1", Settings{Address: "help@example.com", Aliases: []string{"support@example.com"}}),
		inbox(t, "in2", Settings{Address: "sales@example.com"}),
		inbox(t, "in3", Settings{Address: "bücher@example.com"}),
	}
	w := newWorld(t, inboxes)
	c := w.ready(t)
	big := letter(1) + strings.Repeat("a line of text\r\n", 4000)
	c.say("MAIL FROM:<jane@example.org> SMTPUTF8", "250")
	for _, to := range []string{"help@example.com", "SUPPORT@Example.COM", "sales@example.com", "bücher@example.com"} {
		c.say("RCPT TO:<"+to+">", "250")
	}
	c.say("DATA", "354")
	c.write(stuff(big))
	c.want("250")
	got := w.tap.take()
	if len(got) != 3 {
		t.Fatalf("%d statements, want one for each inbox", len(got))
	}
	for _, in := range got {
		if in.ProviderID != got[0].ProviderID || in.Content != got[0].Content || in.Raw.Hash == "" || in.Raw.Hash != got[0].Raw.Hash {
			t.Errorf("inbox %s: id %s, raw %s", in.Inbox, in.ProviderID, in.Raw.Hash)
		}
		if env, _ := ParseEnvelope(in.Raw.Type); len(env.To) != 4 {
			t.Errorf("envelope %+v", env)
		}
	}
	r, err := w.blobs.Open(t.Context(), got[0].Raw.Hash)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	_ = r.Close()
	if err != nil || string(raw) != big {
		t.Errorf("raw is not what was sent: %d bytes, %v", len(raw), err)
	}
}

func TestTheSameMailAgainIsTheSameStatement(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	mail := letter(1)
	c.deliver("jane@example.org", []string{"help@example.com"}, mail)
	first := w.only(t)
	// Another way round: the trace differs, the mail does not.
	c.deliver("jane@example.org", []string{"support@example.com"}, "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n"+mail)
	second := w.only(t)
	if first.ProviderID != second.ProviderID || first.Content != second.Content || channel.EventID(first) != channel.EventID(second) {
		t.Errorf("a second copy differs: %s %s, %s %s", first.ProviderID, second.ProviderID, first.Content, second.Content)
	}
	c.deliver("jane@example.org", []string{"help@example.com"}, strings.Replace(mail, "Hello", "Goodbye", 1))
	if reused := w.only(t); reused.ProviderID != first.ProviderID || reused.Content == first.Content {
		t.Errorf("a reused id with other words must keep the id and change the content: %+v", reused)
	}
	c.deliver("jane@example.org", []string{"help@example.com"}, "From: jane@example.org\r\n\r\nno id")
	if none := w.only(t); !strings.HasPrefix(none.ProviderID, "sha256:") || !strings.Contains(strings.Join(none.Flags, " "), "id-made") {
		t.Errorf("no id: %+v", none)
	}
}

func TestReplyTokens(t *testing.T) {
	inboxes := helpInbox(t)
	w := newWorld(t, inboxes)
	c := w.ready(t)
	good := "help+" + makeToken(inboxes[0], "cv0123") + "@example.com"
	c.deliver("jane@example.org", []string{good}, letter(1))
	if in := w.only(t); in.Message.Token != "cv0123" || in.Inbox != "in1" {
		t.Errorf("token %q", in.Message.Token)
	}
	for _, forged := range []string{"help+cv0123-0000000000000000@example.com", "help+cv0123@example.com", "help+@example.com", "help+cv9-" + mac(inboxes[0].Secrets[SecretReplyKey], "in2", "cv9") + "@example.com"} {
		c.deliver("jane@example.org", []string{forged}, letter(2))
		if in := w.only(t); in.Message.Token != "" {
			t.Errorf("%s gave token %q", forged, in.Message.Token)
		}
	}
}

func TestSTARTTLS(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	c.startTLS()
	got := c.say("EHLO client.example", "250")
	for _, ext := range []string{"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 36700160", "ENHANCEDSTATUSCODES"} {
		if !strings.Contains(got, ext) {
			t.Errorf("EHLO lacks %s: %s", ext, got)
		}
	}
	c.deliver("jane@example.org", []string{"help@example.com"}, letter(1))
	if env, _ := ParseEnvelope(w.only(t).Raw.Type); !env.TLS {
		t.Error("the envelope does not say that the connection was encrypted")
	}
}

// What a client sends in clear behind STARTTLS must not be run as if it came
// encrypted.
func TestNothingIsInjectedBeforeTLS(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	c.write("STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n")
	c.want("220")
	secure := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := secure.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.conn, c.r = secure, bufio.NewReader(secure)
	c.say("EHLO client.example", "250")
	c.say("RCPT TO:<help@example.com>", "502") // no sender: MAIL was not run
}

func TestPipelining(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	c.write("MAIL FROM:<jane@example.org>\r\nRCPT TO:<help@example.com>\r\nRCPT TO:<nobody@example.com>\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "550 5.1.1", "354"} {
		c.want(want)
	}
	c.write(stuff(letter(1)) + "MAIL FROM:<jane@example.org>\r\nRCPT TO:<help@example.com>\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "250", "354"} {
		c.want(want)
	}
	c.write(stuff(letter(2)) + "QUIT\r\n")
	c.want("250")
	c.want("221")
	if n := len(w.tap.take()); n != 2 {
		t.Errorf("%d mails", n)
	}
}

func TestChunking(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	c.say("MAIL FROM:<jane@example.org>", "250")
	c.say("RCPT TO:<help@example.com>", "250")
	mail := letter(1)
	c.write("BDAT 10\r\n" + mail[:10])
	c.want("250")
	c.write("BDAT " + itoa(len(mail)-10) + " LAST\r\n" + mail[10:])
	c.want("250")
	if in := w.only(t); in.Message.Text != "Hello number 1" {
		t.Errorf("text %q", in.Message.Text)
	}
}

func TestBoundsOfConnections(t *testing.T) {
	w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.MaxPerIP = 3; o.MaxMailsPerVisit = 2 })
	var open []*client
	for range 3 {
		open = append(open, w.ready(t))
	}
	if got := w.dial(t).want("421 4.7.0"); got == "" {
		t.Fatal("the fourth connection was taken")
	}
	open[0].say("QUIT", "221")
	testkit.Eventually(t, time.Minute, func() error {
		conn, err := net.Dial("tcp", w.server.Addr().String())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		b := make([]byte, 3)
		if _, err := io.ReadFull(conn, b); err != nil || string(b) != "220" {
			return errors.New("still refused: " + string(b))
		}
		return nil
	})
	c := open[1]
	for i := range 2 {
		c.deliver("jane@example.org", []string{"help@example.com"}, letter(i))
	}
	c.say("MAIL FROM:<jane@example.org>", "421 4.7.0")
}

func TestMemoryOfAllMailsIsBounded(t *testing.T) {
	w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.MaxMemory = 100 << 10 })
	c := w.ready(t)
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(1)+strings.Repeat("x\r\n", 100<<10)); !strings.HasPrefix(got, "452 4.3.1") {
		t.Errorf("over memory: %s", got)
	}
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(2)); !strings.HasPrefix(got, "250") {
		t.Errorf("after it: %s", got)
	}
	if used := w.server.memory.Load(); used != 0 {
		t.Errorf("%d bytes are still reserved", used)
	}
}

func TestIdleClientsAreSentAway(t *testing.T) {
	testkit.Longer(t, 150*time.Millisecond, func(wait time.Duration) error {
		w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.Idle = wait })
		idle := w.dial(t)
		idle.want("220")
		idle.want("421 4.4.2")
		slow := w.dial(t)
		slow.want("220")
		for _, step := range [][2]string{{"EHLO client.example", "250"}, {"MAIL FROM:<jane@example.org>", "250"}, {"RCPT TO:<help@example.com>", "250"}, {"DATA", "354"}} {
			slow.write(step[0] + "\r\n")
			if got, err := slow.answer(); err != nil || !strings.HasPrefix(got, step[1]) {
				return fmt.Errorf("%s is answered %q, %v", step[0], got, err)
			}
		}
		slow.write("Subject: half")
		if got, err := slow.answer(); err == nil && strings.HasPrefix(got, "250") {
			t.Errorf("half a mail was taken: %s", got)
		}
		if len(w.tap.take()) != 0 {
			t.Error("half a mail was stated")
		}
		return nil
	})
}

func TestAMailUnderWayOutlivesTheStop(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, helpInbox(t)) // only for its log and blobs
	s, err := NewServer(ServerOptions{Listener: l, Inboxes: w.inboxes, Publisher: w.tap, Blobs: w.blobs, Log: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
	c := (&world{server: s}).ready(t)
	idle := (&world{server: s}).ready(t)
	var once sync.Once
	w.tap.set(nil, func() { once.Do(stop) })
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(1)); !strings.HasPrefix(got, "250") {
		t.Errorf("a mail that was being stored: %s", got)
	}
	if _, err := idle.answer(); !errors.Is(err, errHungUp) {
		t.Errorf("an idle client was not let go: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// door lets the suite of all channels knock at SMTP: a call's body is a mail.
type door struct{ w *world }

func (d door) Call(ctx context.Context, call conformance.Call) (conformance.Answer, error) {
	t := d.w.t()
	c := d.w.ready(t)
	defer func() { _ = c.conn.Close() }()
	got := c.deliver("jane@example.org", []string{"help@example.com"}, string(call.Body))
	status := map[byte]int{'2': 200, '4': 503, '5': 400}[got[0]]
	return conformance.Answer{Status: status, Body: []byte(got)}, ctx.Err()
}

func TestConformance(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	w.testing = t
	adapter, err := NewAdapter(AdapterOptions{Blobs: w.blobs})
	if err != nil {
		t.Fatal(err)
	}
	subject := conformance.Subject{Adapter: adapter, Inbox: w.inboxes[0], Receiving: &conformance.Receiving{
		Message: func(n int) conformance.Call { return conformance.Call{Body: []byte(letter(n))} },
	}}
	conformance.RunDoor(t, subject, door{w})
	subject.Receiving = nil // the door above is SMTP's, not HTTP's
	conformance.Run(t, subject)
}
