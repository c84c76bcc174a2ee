package simulate

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/smtp"
	"strings"
	"time"
)

func (c *customer) mailID(u utterance) string {
	return strings.Trim(u.mark, "[]") + "@customers.example"
}

// mail sends one mail, in the thread of the customer's former ones, and quotes
// the last below what they write.
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
	if _, err := data.Write(c.compose(u)); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := data.Close(); err != nil { // the server's answer: stored for good
		return fmt.Errorf("data: %w", err)
	}
	_ = peer.Quit() // the mail is delivered
	return nil
}

func (c *customer) compose(u utterance) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", mime.BEncoding.Encode("utf-8", c.name)+" <"+c.email+">")
	header("To", c.world.inbox.mail)
	subject := c.lang.lines[c.number%len(c.lang.lines)]
	if len(c.mailed) > 0 {
		subject = "Re: " + subject
		header("In-Reply-To", "<"+c.mailed[len(c.mailed)-1]+">")
		header("References", "<"+strings.Join(c.mailed[max(0, len(c.mailed)-10):], ">\r\n <")+">")
	}
	header("Subject", mime.BEncoding.Encode("utf-8", subject))
	header("Date", c.world.sentAt(u.mark).Format(time.RFC1123Z))
	header("Message-ID", "<"+c.mailID(u)+">")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	text := strings.ReplaceAll(u.text, "\n", "\r\n") + "\r\n"
	if c.lastOne != "" {
		text += "\r\nOn Mon, 5 Jan 2026 at 10:00, " + c.name + " <" + c.email + "> " + c.lang.quote + "\r\n> " + strings.ReplaceAll(c.lastOne, "\n", "\r\n> ") + "\r\n"
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	b.WriteString(encoded + "\r\n")
	return b.Bytes()
}
