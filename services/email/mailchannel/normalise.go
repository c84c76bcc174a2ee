package mailchannel

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// Bounds of one statement: everything together stays below what the log takes
// in one message (8 MiB), JSON escapes included. What is cut is whole in raw.
const (
	maxText        = 256 << 10
	maxHTML        = 1 << 20
	maxAttachments = 100
	maxName        = 200
	maxReferences  = 100
)

// limits keep the layout of text near what a statement can carry.
var limits = func() mailparse.Limits {
	l := mailparse.Default
	l.TextBytes = maxHTML
	return l
}()

// Flags that this package adds to those of package mailparse.
const (
	flagUnverified   = "unverified"
	flagReplyTo      = "reply-to-differs"
	flagOwnAddress   = "own-address"
	flagBulk         = events.FlagBulk
	flagAutomatic    = events.FlagAutomatic
	flagForwarded    = "forwarded"
	flagHTMLOmitted  = "html-omitted"
	flagFilesOmitted = "attachments-omitted"
	flagNoAddress    = "sender-from-envelope"
	flagIDMade       = "id-made"
	flagComplaint    = "complaint"
)

// normaliser turns one mail into statements, one for each inbox it came to.
type normaliser struct {
	blobs   blob.Store
	inboxes channel.Inboxes
	now     time.Time
	taken   time.Time // when the way in took the mail; now where it is zero
	verdict verdict
}

// statements stores the raw bytes and the attachments once and states the
// mail to every inbox among the recipients.
func (n *normaliser) statements(ctx context.Context, m *mailparse.Mail, raw []byte, env Envelope, to []recipient) ([]*events.Inbound, error) {
	kept, err := n.keepRaw(ctx, raw, env)
	if err != nil {
		return nil, err
	}
	var files []events.Attachment
	flags := n.flags(m)
	if _, sure := reported(m); !sure {
		if files, err = n.keepFiles(ctx, m); err != nil {
			return nil, err
		}
		if len(m.Attachments) > maxAttachments {
			flags = append(flags, flagFilesOmitted)
		}
	}
	sentTo := addressed(env, m)
	var out []*events.Inbound
	for _, r := range to {
		if r.token == "" {
			r.token = tokenIn(r.inbox, sentTo)
		}
		if i := slices.IndexFunc(out, func(in *events.Inbound) bool { return in.Inbox == r.inbox.ID }); i >= 0 {
			if out[i].Message != nil && out[i].Message.Token == "" {
				out[i].Message.Token = string(r.token)
			}
			continue // the same inbox under two addresses
		}
		out = append(out, n.statement(m, env, r, kept, files, flags))
	}
	return out, nil
}

func (n *normaliser) statement(m *mailparse.Mail, env Envelope, r recipient, raw *events.Raw, files []events.Attachment, flags []string) *events.Inbound {
	in := &events.Inbound{
		Type: events.MessageReceived, Channel: Kind, Inbox: r.inbox.ID, ProviderID: m.ProviderID(), Content: m.ContentHash(),
		OccurredAt: n.arrived(), ReceivedAt: n.now, Sender: n.sender(m, env), Raw: raw, Flags: slices.Clone(flags),
	}
	if m.HasDate && !n.farOff(m.Date) {
		in.OccurredAt = m.Date
	}
	if d, sure := reported(m); d != nil {
		in.Type, in.Delivery = events.DeliveryReported, d
		if sure {
			return in
		}
	}
	in.Message = n.message(m, files)
	in.Message.Token = string(r.token)
	if m.HTML != "" && in.Message.HTML == "" {
		in.Flags = append(in.Flags, flagHTMLOmitted)
	}
	return in
}

// arrived is when the mail came within reach: before now where a mailbox or a
// provider has kept it for us.
func (n *normaliser) arrived() time.Time {
	if n.taken.IsZero() || n.taken.After(n.now.Add(time.Hour)) {
		return n.now
	}
	return n.taken
}

// farOff reports a Date that cannot order messages: the mail was written
// before it came by more than a queue explains, or after.
func (n *normaliser) farOff(date time.Time) bool {
	at := n.arrived()
	return date.Sub(at) > 24*time.Hour || at.Sub(date) > 24*time.Hour
}

func (n *normaliser) message(m *mailparse.Mail, files []events.Attachment) *events.ReceivedMessage {
	body := &events.ReceivedMessage{
		Subject: cut(m.Subject, 998), Text: cut(m.Reply, maxText), Quoted: cut(m.Quoted, maxText), Attachments: files,
		Thread: strings.ToLower(cut(mailparse.NormalSubject(m.Subject), 998)), Automatic: n.automatic(m),
	}
	if m.Signature != "" {
		// A signature is the author's own text, and the place to find a phone
		// number or a name.
		body.Text = cut(body.Text+"\n\n"+m.Signature, maxText)
	}
	if len(m.HTML) <= maxHTML {
		body.HTML = m.HTML
	}
	if m.MessageID != "" {
		body.ThreadIDs = []string{m.MessageID}
	}
	if !mailparse.IsForward(m.Subject) {
		body.InReplyTo = answered(m)
	}
	return body
}

// answered lists the ids a mail refers to, newest first: In-Reply-To, then
// References from right to left.
func answered(m *mailparse.Mail) []string {
	var out []string
	add := func(id string) {
		if len(out) < maxReferences && !slices.Contains(out, id) && id != m.MessageID {
			out = append(out, id)
		}
	}
	for _, id := range m.InReplyTo {
		add(id)
	}
	for _, id := range slices.Backward(m.References) {
		add(id)
	}
	return out
}

func (n *normaliser) sender(m *mailparse.Mail, env Envelope) events.Sender {
	var s events.Sender
	for _, from := range m.From {
		if a := normal(from.Address); a != "" {
			s.Name = cut(from.Name, maxName)
			s.Points = []events.Point{{Kind: "email", Value: a, Trust: n.trust(m, a)}}
			return s
		}
	}
	if a := normal(env.From); a != "" {
		s.Points = []events.Point{{Kind: "email", Value: a, Trust: events.Stated}}
	}
	return s
}

// trust is proved only where the From domain itself vouched for this mail and
// the header is not one of those that show two senders.
func (n *normaliser) trust(m *mailparse.Mail, from string) events.Trust {
	if n.verdict.Pass && !m.Has(mailparse.FlagManyFrom) && n.verdict.Domain == domainOf(from) {
		return events.Proved
	}
	return events.Stated
}

func (n *normaliser) flags(m *mailparse.Mail) []string {
	var out []string
	for _, f := range m.Flags {
		out = append(out, string(f))
	}
	add := func(flag string, when bool) {
		if when {
			out = append(out, flag)
		}
	}
	from := ""
	for _, a := range m.From {
		if from = normal(a.Address); from != "" {
			break
		}
	}
	add(flagNoAddress, from == "")
	add(flagUnverified, n.trust(m, from) != events.Proved)
	out = append(out, n.verdict.Found...)
	add(flagOwnAddress, from != "" && owns(n.inboxes, from))
	add(flagIDMade, m.MessageID == "")
	add(flagBulk, m.Automatic.Bulk)
	add(flagAutomatic, n.automatic(m))
	add(events.FlagQuiet, m.Automatic.Quiet)
	add(flagForwarded, mailparse.IsForward(m.Subject))
	add(flagReplyTo, replyToDiffers(m, from))
	add(flagComplaint, m.Bounce != nil && m.Bounce.Source == "complaint")
	return out
}

// automatic breaks loops: machine mail and mail in our own name is never
// answered by a machine.
func (n *normaliser) automatic(m *mailparse.Mail) bool {
	if m.Automatic.Is {
		return true
	}
	for _, a := range m.From {
		if a.Address != "" && owns(n.inboxes, a.Address) {
			return true
		}
	}
	return false
}

func replyToDiffers(m *mailparse.Mail, from string) bool {
	for _, a := range m.ReplyTo {
		if want := normal(a.Address); want != "" && want != from {
			return true
		}
	}
	return false
}

func (n *normaliser) keepRaw(ctx context.Context, raw []byte, env Envelope) (*events.Raw, error) {
	kept := &events.Raw{Type: env.rawType(), Size: int64(len(raw))}
	if len(raw) <= events.RawInlineLimit {
		kept.Bytes = raw
		return kept, nil
	}
	ref, err := n.blobs.Put(ctx, bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("keep raw mail: %w", err)
	}
	kept.Hash = ref.Hash
	return kept, nil
}

func (n *normaliser) keepFiles(ctx context.Context, m *mailparse.Mail) ([]events.Attachment, error) {
	var out []events.Attachment
	for i, a := range m.Attachments {
		if i == maxAttachments {
			break
		}
		ref, err := n.blobs.Put(ctx, bytes.NewReader(a.Data), int64(len(a.Data)))
		if err != nil {
			return nil, fmt.Errorf("keep attachment: %w", err)
		}
		out = append(out, events.Attachment{
			ID: fmt.Sprintf("a%d", i+1), Name: a.Name, Type: fileType(a), Size: ref.Size, Hash: ref.Hash,
			ContentID: cut(a.ContentID, 300), Inline: a.Inline,
		})
	}
	return out, nil
}

// fileType is what the bytes were found to be. Sniffing knows no more of many
// formats than "text" or "bytes"; there the declared type is finer and no more
// dangerous, unless it claims to be a page.
func fileType(a mailparse.Attachment) string {
	if (a.Sniffed == "text/plain" || a.Sniffed == "application/octet-stream" || a.Sniffed == "application/zip") && a.Type != "" &&
		!strings.Contains(a.Type, "html") && !strings.Contains(a.Type, "svg") && !strings.Contains(a.Type, "xml") && !strings.Contains(a.Type, "script") && !strings.HasPrefix(a.Type, "image/") {
		return a.Type
	}
	return a.Sniffed
}

// cut shortens at a character and says nothing; the raw mail has the rest.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}
