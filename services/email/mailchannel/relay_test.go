package mailchannel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// relay is a real SMTP server that does what a test tells it to.
type relay struct {
	addr *net.TCPAddr

	mu    sync.Mutex // guards what follows
	mails []relayed
	mailE error
	rcptE error
	dataE error
	hook  func(c *smtp.Conn)
	user  string
}

type relayed struct {
	from string
	to   []string
	raw  []byte
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: l.Addr().(*net.TCPAddr)}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &relaySession{relay: r, conn: c}, nil }))
	s.Domain, s.AllowInsecureAuth, s.ErrorLog, s.EnableSMTPUTF8 = "relay.example", true, quietLog{testkit.Logger(t)}, true
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return r
}

func (r *relay) settings() Relay {
	return Relay{Host: "127.0.0.1", Port: r.addr.Port, TLS: "none"}
}

type relaySession struct {
	relay *relay
	conn  *smtp.Conn
	now   relayed
}

func (s *relaySession) Reset()        { s.now = relayed{} }
func (s *relaySession) Logout() error { return nil }

func (s *relaySession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *relaySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "right" {
			return smtp.ErrAuthFailed
		}
		s.relay.mu.Lock()
		defer s.relay.mu.Unlock()
		s.relay.user = user
		return nil
	}), nil
}

func (s *relaySession) Mail(from string, _ *smtp.MailOptions) error {
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.now.from = from
	return s.relay.mailE
}

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	s.now.to = append(s.now.to, to)
	return s.relay.rcptE
}

func (s *relaySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.relay.mu.Lock()
	defer s.relay.mu.Unlock()
	if s.relay.hook != nil {
		s.relay.hook(s.conn)
	}
	if s.relay.dataE != nil {
		return s.relay.dataE
	}
	s.now.raw = raw
	s.relay.mails = append(s.relay.mails, s.now)
	return nil
}

func (r *relay) only(t *testing.T) relayed {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.mails) != 1 {
		t.Fatalf("the relay has %d mails, want 1", len(r.mails))
	}
	m := r.mails[0]
	r.mails = nil
	return m
}

func sendRequest() events.SendRequest {
	return events.SendRequest{
		Message: events.Message{ID: "ms01abc", Text: "안녕하세요,\n\n배송이 <오늘> 출발합니다.", Author: events.Author{Kind: "agent", Name: "김상담"}, OccurredAt: time.Date(2026, 3, 5, 14, 31, 0, 0, time.UTC)},
		To:      events.Point{Kind: "email", Value: "jane@example.org"}, Conversation: "cv01",
		Thread: events.Thread{Subject: "배송이 늦어요", References: []string{"root@example.org", "letter-1@example.org"}},
	}
}

func (w *world) adapter(t *testing.T) *Adapter {
	t.Helper()
	a, err := NewAdapter(AdapterOptions{Blobs: w.blobs})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnAnswerStandsInItsThread(t *testing.T) {
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings(), ReplyTokens: true})
	file, err := w.blobs.Put(t.Context(), strings.NewReader("PDF bytes"), 100)
	if err != nil {
		t.Fatal(err)
	}
	req := sendRequest()
	req.Message.Attachments = []events.Attachment{{ID: "a1", Name: "영수증.pdf", Type: "application/pdf", Hash: file.Hash}}
	got, err := w.adapter(t).Send(t.Context(), box, req)
	if err != nil || got.Outcome != events.Sent || got.ProviderIDs[0] != "tb.ms01abc@example.com" {
		t.Fatalf("%+v %v", got, err)
	}
	mail := r.only(t)
	if mail.from != "help@example.com" || strings.Join(mail.to, "") != "jane@example.org" {
		t.Errorf("envelope %s %v", mail.from, mail.to)
	}
	m := mailparse.Parse(mail.raw, mailparse.Options{})
	if m.MessageID != got.ProviderIDs[0] || m.Subject != "Re: 배송이 늦어요" || m.From[0] != (mailparse.Address{Name: "김상담", Address: "help@example.com"}) {
		t.Errorf("id %s subject %s from %+v", m.MessageID, m.Subject, m.From)
	}
	if strings.Join(m.InReplyTo, " ") != "letter-1@example.org" || strings.Join(m.References, " ") != "root@example.org letter-1@example.org" {
		t.Errorf("in reply to %v, references %v", m.InReplyTo, m.References)
	}
	if m.Text != req.Message.Text || !strings.Contains(m.HTML, "배송이 &lt;오늘&gt; 출발합니다.") {
		t.Errorf("text %q html %q", m.Text, m.HTML)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "영수증.pdf" || string(m.Attachments[0].Data) != "PDF bytes" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if m.Automatic.Is || len(m.Flags) != 0 || !m.Date.Equal(req.Message.OccurredAt) {
		t.Errorf("automatic %+v flags %v date %v", m.Automatic, m.Flags, m.Date)
	}
	if id := readToken(box, strings.TrimPrefix(strings.Split(m.ReplyTo[0].Address, "@")[0], "help+")); id != "cv01" {
		t.Errorf("reply to %v gives %q", m.ReplyTo, id)
	}
}

func TestAutomaticAnswersSaySo(t *testing.T) {
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()})
	req := sendRequest()
	req.Message.Author = events.Author{Kind: "system"}
	req.Thread.References = nil
	req.Thread.Subject = ""
	if got, err := w.adapter(t).Send(t.Context(), box, req); err != nil || got.Outcome != events.Sent {
		t.Fatalf("%+v %v", got, err)
	}
	m := mailparse.Parse(r.only(t).raw, mailparse.Options{})
	if !m.Automatic.Is || !m.Automatic.Quiet || m.Automatic.Reason != "auto-submitted" || len(m.Loop) != 1 || m.Loop[0] != "in1" || m.Subject != "Help in1" || len(m.InReplyTo) != 0 {
		t.Errorf("automatic %+v loop %v subject %q", m.Automatic, m.Loop, m.Subject)
	}
}

// What an answer of ours says, our own port understands: the loop is seen, and
// a bounce of it becomes a report on the message.
func TestOurOwnMailComesBack(t *testing.T) {
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()})
	if got, err := w.adapter(t).Send(t.Context(), box, sendRequest()); err != nil || got.Outcome != events.Sent {
		t.Fatalf("%+v %v", got, err)
	}
	sent := r.only(t)
	c := w.ready(t)
	c.deliver("help@example.com", []string{"help@example.com"}, string(sent.raw))
	if in := w.only(t); !in.Message.Automatic || !strings.Contains(strings.Join(in.Flags, " "), flagOwnAddress) {
		t.Errorf("our own address: %+v", in)
	}
	for _, report := range []struct {
		action, status string
		want           events.Status
	}{{"failed", "5.1.1", events.StatusFailed}, {"delayed", "4.4.1", events.StatusSent}, {"delivered", "2.0.0", events.StatusDelivered}} {
		bounce := "From: MAILER-DAEMON@mx.example.org\r\nTo: help@example.com\r\nSubject: Delivery status\r\nMessage-ID: <b-" + report.action + "@mx.example.org>\r\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n" +
			"Final-Recipient: rfc822; jane@example.org\r\nAction: " + report.action + "\r\nStatus: " + report.status + "\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + string(sent.raw) + "\r\n--b--\r\n"
		c.deliver("", []string{"help@example.com"}, bounce)
		in := w.only(t)
		if in.Type != events.DeliveryReported || in.Delivery.Message != "ms01abc" || in.Delivery.Status != report.want || !strings.Contains(in.Delivery.Detail, report.status) {
			t.Errorf("%s: %+v %+v", report.action, in, in.Delivery)
		}
	}
	// The same about somebody else's mail is a message for people to see.
	c.deliver("", []string{"help@example.com"}, "From: MAILER-DAEMON@mx.example.org\r\nSubject: failure notice\r\nMessage-ID: <b9@mx.example.org>\r\n\r\n<x@example.net>:\r\n550 5.1.1 no such user\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <other@example.net>\r\n")
	if in := w.only(t); in.Type != events.MessageReceived || !in.Message.Automatic {
		t.Errorf("a foreign bounce: %+v", in)
	}
}

func TestOutcomes(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	code := func(n int) error {
		return &smtp.SMTPError{Code: n, EnhancedCode: smtp.EnhancedCode{n / 100, 1, 1}, Message: "about <jane@example.org>"}
	}
	for name, c := range map[string]struct {
		set  func(*relay)
		want events.SendOutcome
	}{
		"taken":               {func(*relay) {}, events.Sent},
		"sender refused":      {func(r *relay) { r.mailE = code(550) }, events.Rejected},
		"sender later":        {func(r *relay) { r.mailE = code(451) }, events.Retry},
		"sign in first":       {func(r *relay) { r.mailE = code(530) }, events.Retry},
		"recipient refused":   {func(r *relay) { r.rcptE = code(550) }, events.Rejected},
		"recipient greylist":  {func(r *relay) { r.rcptE = code(450) }, events.Retry},
		"content refused":     {func(r *relay) { r.dataE = code(554) }, events.Rejected},
		"content later":       {func(r *relay) { r.dataE = code(452) }, events.Retry},
		"lost after the dot":  {func(r *relay) { r.hook = func(c *smtp.Conn) { _ = c.Conn().Close() } }, events.Unclear},
		"lost after the 250":  {func(r *relay) { r.hook = func(c *smtp.Conn) { _ = c.Conn().SetReadDeadline(time.Now()) } }, events.Sent},
		"a later answer 421":  {func(r *relay) { r.dataE = code(421) }, events.Retry},
		"too much of content": {func(r *relay) { r.dataE = code(552) }, events.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t)
			c.set(r)
			box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()})
			got, err := w.adapter(t).Send(t.Context(), box, sendRequest())
			if err != nil || got.Outcome != c.want {
				t.Errorf("%+v %v, want %s", got, err, c.want)
			}
			if strings.Contains(got.Detail, "jane@") {
				t.Errorf("the detail names the customer: %s", got.Detail)
			}
		})
	}
}

// Where all was said and no answer came in time, nobody knows what became of it.
func TestAnAnswerThatNeverComes(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	testkit.Longer(t, 500*time.Millisecond, func(wait time.Duration) error {
		r, said := newRelay(t), make(chan struct{})
		r.hook = func(c *smtp.Conn) { close(said); waitForClose(c.Conn()) }
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		got, err := w.adapter(t).Send(ctx, inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()}), sendRequest())
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-said:
		default:
			return errors.New("the time was over before all was said")
		}
		if got.Outcome != events.Unclear {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
}

// waitForClose holds the answer back until the client gives up.
func waitForClose(c net.Conn) {
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = c.Read(make([]byte, 1))
	_ = c.Close()
}

func TestTheWayToTheRelay(t *testing.T) {
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	send := func(s Relay, password string) events.SendResult {
		t.Helper()
		box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: s})
		box.Secrets[SecretRelayPassword] = password
		got, err := w.adapter(t).Send(t.Context(), box, sendRequest())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	nobody, err := net.ResolveTCPAddr("tcp", testkit.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := send(Relay{Host: nobody.IP.String(), Port: nobody.Port, TLS: "none"}, ""); got.Outcome != events.Retry {
		t.Errorf("nobody there: %+v", got)
	}
	mandatory := r.settings()
	mandatory.TLS = ""
	if got := send(mandatory, ""); got.Outcome != events.Retry {
		t.Errorf("a relay without TLS where TLS is required: %+v", got)
	}
	withUser := r.settings()
	withUser.Username = "user"
	if got := send(withUser, "wrong"); got.Outcome != events.Retry || strings.Contains(got.Detail, "wrong") {
		t.Errorf("wrong password: %+v", got)
	}
	if got := send(withUser, "right"); got.Outcome != events.Sent {
		t.Errorf("right password: %+v", got)
	}
	none, err := w.adapter(t).Send(t.Context(), inbox(t, "in1", Settings{Address: "help@example.com"}), sendRequest())
	if err != nil || none.Outcome != events.Rejected {
		t.Errorf("no relay at all: %+v %v", none, err)
	}
}

func TestMissingAttachments(t *testing.T) {
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()})
	req := sendRequest()
	req.Message.Attachments = []events.Attachment{{ID: "a1", Name: "x", Hash: strings.Repeat("0", 64)}}
	if got, err := w.adapter(t).Send(t.Context(), box, req); err != nil || got.Outcome != events.Rejected {
		t.Errorf("not stored: %+v %v", got, err)
	}
	req.Message.Attachments[0].Hash = ""
	if got, err := w.adapter(t).Send(t.Context(), box, req); err != nil || got.Outcome != events.Rejected {
		t.Errorf("not fetched: %+v %v", got, err)
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	box := inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()})
	req := sendRequest()
	req.Message.Author.Name = "Eve\r\nBcc: victim@example.net"
	req.Thread.Subject = "x\r\nBcc: victim@example.net\r\n\r\nbody"
	req.Thread.References = []string{"a@b\r\nBcc: victim@example.net", "good@example.org"}
	if got, err := w.adapter(t).Send(t.Context(), box, req); err != nil || got.Outcome != events.Sent {
		t.Fatalf("%+v %v", got, err)
	}
	mail := r.only(t)
	head, _, _ := strings.Cut(string(mail.raw), "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n") {
		if strings.HasPrefix(strings.ToLower(line), "bcc") {
			t.Errorf("injected: %q", line)
		}
	}
	if len(mail.to) != 1 || strings.Join(mailparse.Parse(mail.raw, mailparse.Options{}).References, "") != "good@example.org" {
		t.Errorf("recipients %v", mail.to)
	}
}

func TestSESIdIsKnown(t *testing.T) {
	id := "0100018e1f2a3b4c-5d6e7f80-1234-5678-9abc-def012345678-000000"
	for host, want := range map[string]string{
		"email-smtp.us-east-1.amazonaws.com":      id + "@email.amazonses.com",
		"email-smtp.ap-northeast-2.amazonaws.com": id + "@ap-northeast-2.amazonses.com",
		"smtp.example.com":                        "",
	} {
		if got := rewrittenID(Relay{Host: host}, "250 Ok "+id); got != want {
			t.Errorf("%s: %s", host, got)
		}
	}
}

func TestSettings(t *testing.T) {
	for raw, ok := range map[string]bool{
		`{"address":"help@example.com"}`: true, `{"address":"도움@예시.한국"}`: true, ``: false, `{}`: false, `{"address":"help"}`: false,
		`{"address":"a@b.example","typo":1}`: false, `{"address":"a@b.example","aliases":["x"]}`: false, `{"address":"a@b.example","relay":{"tls":"maybe"}}`: false,
		`{"address":"a@b.example","relay":{"host":"h","port":70000}}`: false, `{"address":"a b@c.example"}`: false, `[]`: false,
	} {
		box := inboxOf(raw)
		if err := check(&box, Relay{}); (err == nil) != ok {
			t.Errorf("%s: %v", raw, err)
		}
	}
	box := inboxOf(`{"address":"help@example.com"}`)
	if err := check(&box, Relay{}); err != nil || !box.OneWay || len(box.Secrets[SecretReplyKey]) != 64 {
		t.Errorf("without a relay: %+v %v", box, err)
	}
	key := box.Secrets[SecretReplyKey]
	if err := check(&box, Relay{Host: "relay"}); err != nil || box.OneWay || box.Secrets[SecretReplyKey] != key {
		t.Errorf("with the service's relay: %+v %v", box, err)
	}
}

func TestServiceTakesAndSends(t *testing.T) {
	embedded := testkit.NATS(t)
	w, r := newWorld(t, helpInbox(t)), newRelay(t)
	w.inboxes[0] = inbox(t, "in1", Settings{Address: "help@example.com", Relay: r.settings()})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Deps{NC: embedded.Conn(t), Inboxes: w.inboxes, Publisher: w.tap, Blobs: w.blobs, Log: testkit.Logger(t), Listener: l})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
	c := (&world{server: s.server}).ready(t)
	c.deliver("jane@example.org", []string{"help@example.com"}, letter(1))
	w.only(t)
	req := sendRequest()
	req.Inbox = "in1"
	result, err := ask(t, embedded.Conn(t), req)
	if err != nil || result.Outcome != events.Sent {
		t.Errorf("%+v %v", result, err)
	}
	r.only(t)
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func ask(t *testing.T, nc *nats.Conn, req events.SendRequest) (events.SendResult, error) {
	t.Helper()
	data, err := json.Marshal(req)
	if err != nil {
		return events.SendResult{}, err
	}
	msg, err := nc.Request(events.SendSubject(Kind), data, time.Minute)
	if err != nil {
		return events.SendResult{}, err
	}
	var result events.SendResult
	return result, json.Unmarshal(msg.Data, &result)
}

func inboxOf(settings string) config.Inbox {
	return config.Inbox{ID: "in1", Channel: Kind, Name: "Help", Settings: json.RawMessage(settings)}
}
