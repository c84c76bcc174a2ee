package mailchannel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// maxOutbound bounds the attachments of one answer, in bytes before encoding:
// most relays take 25 MiB encoded.
const maxOutbound = 18 << 20

// errCannotSend marks a message that no attempt can send.
var errCannotSend = errors.New("message cannot be sent")

// compose builds the mail of an answer: plain text and HTML side by side,
// threaded by In-Reply-To and References.
func (a *Adapter) compose(ctx context.Context, inbox config.Inbox, s Settings, req events.SendRequest) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	m.FromMailAddress(mailbox(senderName(inbox, s, req), s.Address))
	m.EnvelopeFromMailAddress(mailbox("", s.Address))
	m.ToMailAddress(mailbox("", req.To.Value))
	m.Subject(subjectOf(inbox, req))
	m.SetMessageIDWithValue(messageIDFor(req.Message.ID, s.Address))
	at := req.Message.OccurredAt
	if at.IsZero() {
		at = a.opt.Clock.Now()
	}
	m.SetDateWithValue(at)
	thread(m, req.Thread.References)
	if s.ReplyTokens {
		if with := plusAddress(s.Address, makeToken(inbox, req.Conversation)); with != "" {
			m.ReplyToMailAddress(mailbox("", with))
		}
	}
	if automatic(req.Message) {
		markAutomatic(m, inbox, len(req.Thread.References) > 0)
	}
	m.SetBodyString(mail.TypeTextPlain, req.Message.Text)
	m.AddAlternativeString(mail.TypeTextHTML, htmlOf(req.Message))
	return m, a.attach(ctx, m, req.Message.Attachments)
}

// senderName is the name in From. It is cleaned here too: an older program may have
// stored what reads otherwise than it is written.
func senderName(inbox config.Inbox, s Settings, req events.SendRequest) string {
	name := events.CleanName(s.SenderName)
	if name == "" && req.Message.Author.Kind == "agent" {
		name = events.CleanName(req.Message.Author.Name)
	}
	if name == "" {
		name = events.CleanName(inbox.Name)
	}
	return oneLine(name, maxName)
}

// subjectOf keeps the subject of the talk, with one "Re:", because Gmail joins
// mails only under the same subject.
func subjectOf(inbox config.Inbox, req events.SendRequest) string {
	subject := oneLine(req.Thread.Subject, 998)
	if subject == "" {
		subject = oneLine(req.Message.Subject, 998)
	}
	switch {
	case subject == "":
		return oneLine(inbox.Name, maxName)
	case len(req.Thread.References) > 0 && !mailparse.IsAnswer(subject):
		return "Re: " + subject
	}
	return subject
}

const maxOutReferences = 50

// thread sets In-Reply-To and References. Ids come bare and go in brackets;
// one that is no id (made from a hash because the mail had none) is left out.
func thread(m *mail.Msg, references []string) {
	var ids []string
	for _, id := range references {
		if id = strings.Trim(id, "<> "); strings.Contains(id, "@") && !strings.ContainsAny(id, " <>\r\n\t") && isASCII(id) {
			ids = append(ids, "<"+id+">")
		}
	}
	if len(ids) == 0 {
		return
	}
	if len(ids) > maxOutReferences { // RFC 5322 allows trimming; the root and the newest matter
		ids = append(ids[:1:1], ids[len(ids)-maxOutReferences+1:]...)
	}
	m.SetGenHeaderPreformatted(mail.HeaderInReplyTo, ids[len(ids)-1])
	m.SetGenHeaderPreformatted(mail.HeaderReferences, strings.Join(ids, "\r\n "))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] < 0x20 {
			return false
		}
	}
	return true
}

// plusAddress puts a token into an address, or returns "" where the result
// would be too long for a local part (RFC 5321 §4.5.3.1.1).
func plusAddress(address, token string) string {
	at := strings.LastIndexByte(address, '@')
	if token == "" || at < 0 || at+1+len(token) > 64 {
		return ""
	}
	return address[:at] + "+" + token + address[at:]
}

func automatic(m events.Message) bool {
	return m.Author.Kind == "system" || m.Author.Kind == "bot" || m.HasFlag(flagAutomatic)
}

// markAutomatic says in every known way that no machine should answer.
func markAutomatic(m *mail.Msg, inbox config.Inbox, answer bool) {
	kind := "auto-generated"
	if answer {
		kind = "auto-replied"
	}
	m.SetGenHeader("Auto-Submitted", kind)
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetGenHeader(mailparse.LoopHeader, string(inbox.ID))
}

func htmlOf(m events.Message) string {
	if m.HTML != "" {
		return m.HTML
	}
	text := strings.ReplaceAll(html.EscapeString(m.Text), "\n", "<br>\n")
	return `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><div>` + text + `</div></body></html>`
}

func (a *Adapter) attach(ctx context.Context, m *mail.Msg, files []events.Attachment) error {
	total := int64(0)
	for _, f := range files {
		if f.Hash == "" {
			return fmt.Errorf("%w: attachment %s has not been stored", errCannotSend, f.ID)
		}
		r, err := a.opt.Blobs.Open(ctx, f.Hash)
		if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrBadHash) {
			return fmt.Errorf("%w: attachment %s is not stored", errCannotSend, f.ID)
		}
		if err != nil {
			return fmt.Errorf("open attachment: %w", err)
		}
		data, err := io.ReadAll(io.LimitReader(r, maxOutbound-total+1))
		_ = r.Close()
		if err != nil {
			return fmt.Errorf("read attachment: %w", err)
		}
		if total += int64(len(data)); total > maxOutbound {
			return fmt.Errorf("%w: the attachments are larger than %d bytes", errCannotSend, maxOutbound)
		}
		opts := []mail.FileOption{mail.WithFileContentType(contentType(f.Type))}
		name := mailparse.FileName(f.Name)
		if name == "" {
			name = "attachment"
		}
		if f.Inline && f.ContentID != "" && isASCII(f.ContentID) {
			m.EmbedReadSeeker(name, bytes.NewReader(data), append(opts, mail.WithFileContentID(f.ContentID))...)
			continue
		}
		m.AttachReadSeeker(name, bytes.NewReader(data), opts...)
	}
	return nil
}

func contentType(t string) mail.ContentType {
	if t == "" || !isASCII(t) || strings.ContainsAny(t, " ;") {
		t = "application/octet-stream"
	}
	return mail.ContentType(t)
}

func oneLine(s string, n int) string { return cut(strings.Join(strings.Fields(s), " "), n) }
