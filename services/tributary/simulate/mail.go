package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
)

// post is a provider of mail and the inbox that it serves.
type post struct {
	mailfake.Provider
	address string
	hook    string // path
}

// openMail opens the mail port's relay and the providers of mail, and makes an
// inbox for each.
func (w *world) openMail(ctx context.Context) error {
	if w.o.SMTP != "" {
		if err := w.relay.Open(); err != nil {
			return err
		}
		w.inbox.mail = "help-" + w.run + "@tributary.example"
		if _, err := w.add(ctx, "email", "", map[string]any{"address": w.inbox.mail, "relay": w.relay.Settings(), "relay_password": mailfake.Password}); err != nil {
			return err
		}
	}
	for _, f := range w.o.Mail {
		p := &post{Provider: f, address: f.Name() + "-" + w.run + "@tributary.example"}
		if err := f.Open(); err != nil {
			return err
		}
		w.posts = append(w.posts, p)
		settings, err := mailfake.Filled(f, p.address)
		if err != nil {
			return err
		}
		m, err := w.add(ctx, "email", f.Name(), settings)
		if err != nil {
			return err
		}
		p.hook = m.HookPath
	}
	return nil
}

func (w *world) closeMail() {
	for _, p := range w.posts {
		_ = p.Close()
	}
	_ = w.relay.Close()
}

// relays are the ways out of mail, by name.
func (w *world) relays() map[string]*fake.Server {
	out := map[string]*fake.Server{"email": w.relay.State()}
	for _, p := range w.posts {
		out[p.Name()] = p.State()
	}
	return out
}

func (w *world) isMail(channel string) bool {
	_, yes := w.relays()[channel]
	return yes
}

func (c *customer) mailID(u utterance) string {
	return strings.Trim(u.mark, "[]") + "@customers.example"
}

// mail sends one mail to the mail port.
func (c *customer) mail(ctx context.Context, u utterance) error {
	deadline := time.Now().Add(30 * time.Second)
	conn, err := (&net.Dialer{Deadline: deadline}).DialContext(ctx, "tcp", c.world.o.SMTP)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return errors.Join(err, conn.Close())
	}
	host, _, err := net.SplitHostPort(c.world.o.SMTP)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	peer, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.Join(fmt.Errorf("greet: %w", err), conn.Close())
	}
	defer peer.Close()
	if err := peer.Mail(c.email); err != nil {
		return fmt.Errorf("mail from: %w", err)
	}
	if err := peer.Rcpt(c.world.inbox.mail); err != nil {
		return fmt.Errorf("rcpt to: %w", err)
	}
	data, err := peer.Data()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if _, err := data.Write(c.letter(u, c.world.inbox.mail).Bytes()); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := data.Close(); err != nil { // the server's answer: stored for good
		return fmt.Errorf("data: %w", err)
	}
	_ = peer.Quit() // the mail is delivered
	return nil
}

// tell sends one mail through a provider, which brings it to the inbox.
func (c *customer) tell(ctx context.Context, p *post, u utterance) error {
	return p.Tell(ctx, c.world.o.URL+p.hook, c.letter(u, p.address))
}

// letter is a mail in the thread of the customer's former ones, which quotes the
// last below what they write.
func (c *customer) letter(u utterance, to string) mailfake.Letter {
	l := mailfake.Letter{
		From: c.email, Name: c.name, To: to, Subject: c.lang.lines[c.number%len(c.lang.lines)], Text: u.text,
		ID: c.mailID(u), Answers: c.mailed, At: c.world.sentAt(u.mark),
	}
	if len(c.mailed) > 0 {
		l.Subject = "Re: " + l.Subject
	}
	if c.lastOne != "" {
		l.Quoted = "On Mon, 5 Jan 2026 at 10:00, " + c.name + " <" + c.email + "> " + c.lang.quote + "\n> " + strings.ReplaceAll(c.lastOne, "\n", "\n> ")
	}
	return l
}
