package mailchannel

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// Answers, each with the code that makes the sender do the right thing:
// 4xx keeps the mail in its queue, 5xx returns it to its author.
var (
	errUnknownMailbox = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox here"}
	errPaused         = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "mailbox is paused, try again later"}
	errNotStored      = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "cannot store now, try again later"}
	errNoRoom         = &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "too much mail at once, try again later"}
	errTooLarge       = &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "message is too large"}
	errLongLine       = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "a line is too long"}
	errBroken         = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "message did not arrive whole"}
	errTooMany        = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "enough for one connection, come again"}
	errBadSender      = &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 1, 7}, Message: "sender address is not valid"}
)

// session is one client between EHLO and QUIT. go-smtp calls it from one
// goroutine at a time.
type session struct {
	server *Server
	conn   *smtp.Conn
	track  *trackedConn
	helo   string
	peer   string
	secure bool

	from  string
	to    []recipient
	mails int
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	ss := &session{server: s, conn: c, helo: c.Hostname(), peer: remoteIP(c.Conn().RemoteAddr())}
	_, ss.secure = c.TLSConnectionState()
	ss.track = tracked(c.Conn())
	return ss, nil
}

// tracked finds our connection beneath TLS.
func tracked(c net.Conn) *trackedConn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	t, _ := c.(*trackedConn)
	return t
}

// Reset forgets the envelope.
func (ss *session) Reset() { ss.from, ss.to = "", nil }

// Logout has nothing to release.
func (ss *session) Logout() error { return nil }

// Mail opens an envelope. The empty sender is that of bounces.
func (ss *session) Mail(from string, _ *smtp.MailOptions) error {
	if ss.mails >= ss.server.opt.MaxMailsPerVisit {
		ss.server.count("too-many-mails")
		return errTooMany
	}
	if from != "" && normal(from) == "" {
		ss.server.count("bad-sender")
		return errBadSender
	}
	ss.from = from
	return nil
}

// Rcpt accepts a recipient that is one of our inboxes.
func (ss *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	r, ok := find(ss.server.opt.Inboxes, to)
	switch {
	case !ok, r.settings.source() != SourceSMTP:
		ss.server.count("unknown-mailbox")
		return errUnknownMailbox
	case r.inbox.Paused:
		ss.server.count("paused")
		return errPaused
	}
	ss.to = append(ss.to, r)
	return nil
}

// Data takes a mail and answers when it is durable.
func (ss *session) Data(r io.Reader) error {
	s := ss.server
	if ss.track != nil {
		ss.track.busy.Add(1)
		defer ss.track.busy.Add(-1)
	}
	ss.mails++
	raw, reserved, err := ss.read(r)
	defer s.memory.Add(-reserved)
	if err != nil {
		s.count("not-taken")
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.opt.StoreWithin)
	defer cancel()
	if err := ss.store(ctx, raw); err != nil {
		return err
	}
	s.count("stored")
	return nil
}

func (ss *session) store(ctx context.Context, raw []byte) error {
	s := ss.server
	now := s.opt.Clock.Now()
	n := &normaliser{blobs: s.opt.Blobs, inboxes: s.opt.Inboxes, now: now}
	mail := mailparse.Parse(raw, mailparse.Options{Limits: limits, NullSender: ss.from == ""})
	n.verdict = ss.authenticate(ctx, raw, mail)
	env := Envelope{From: ss.from, Helo: ss.helo, Peer: ss.peer, TLS: ss.secure}
	for _, r := range ss.to {
		env.To = append(env.To, r.address)
	}
	statements, err := n.statements(ctx, mail, raw, env, ss.to)
	if err == nil {
		err = s.opt.Publisher.Publish(ctx, statements...)
	}
	var refusal *channel.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal) && refusal.Status == http.StatusRequestEntityTooLarge:
		s.count("too-large")
		return errTooLarge
	default:
		s.opt.Log.Warn().Err(err).Str("channel", Kind).Int("recipients", len(ss.to)).Int("bytes", len(raw)).Msg("mail not stored")
		s.count("not-stored")
		return errNotStored
	}
}

const readStep = 64 << 10

// read takes the mail into memory within the bounds of one mail and of all
// together. reserved is what the caller gives back.
func (ss *session) read(r io.Reader) (raw []byte, reserved int64, err error) {
	s := ss.server
	end := time.Now().Add(s.opt.WholeMail)
	var buf bytes.Buffer
	step := make([]byte, readStep)
	for {
		now := time.Now()
		if now.After(end) {
			return nil, reserved, errBroken
		}
		deadline := now.Add(s.opt.Idle)
		if deadline.After(end) {
			deadline = end
		}
		_ = ss.conn.Conn().SetReadDeadline(deadline)
		n, err := r.Read(step)
		if n > 0 {
			reserved += int64(n)
			if s.memory.Add(int64(n)) > s.opt.MaxMemory {
				return nil, reserved, errNoRoom
			}
			buf.Write(step[:n])
		}
		switch {
		case err == io.EOF:
			return buf.Bytes(), reserved, nil
		case err == nil:
		case errors.Is(err, smtp.ErrDataTooLarge):
			return nil, reserved, errTooLarge
		case errors.Is(err, smtp.ErrTooLongLine):
			return nil, reserved, errLongLine
		default:
			return nil, reserved, errBroken
		}
	}
}
