package messaging

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// maxFiles bounds the attachments of one message.
const maxFiles = 32

func (b builder) message(m *message) *events.Inbound {
	if m.MID == "" {
		return nil
	}
	if m.Deleted {
		in := b.make(events.MessageWasRemoved, string(m.MID))
		in.Target = string(m.MID)
		return in
	}
	if m.Echo {
		if in := b.ours(m); in != nil {
			return in
		}
	}
	in := b.make(events.MessageReceived, string(m.MID))
	if m.Echo {
		in.Direction = events.Out
	}
	in.Sender.Attributes = m.Referral.attributes()
	in.Message = b.content(m, in)
	if m.QuickReply != nil && !m.Echo {
		intake.Press(in, m.QuickReply.Payload, intake.FlagButton)
	}
	return in
}

// ours turns the echo of a message that this program sent into its receipt: our
// id stands in the metadata. It settles a send whose answer nobody saw.
func (b builder) ours(m *message) *events.Inbound {
	id, last, ok := graph.ReadMark(m.Metadata)
	if !ok {
		return nil
	}
	in := b.make(events.DeliveryReported, "echo:"+string(m.MID))
	in.Delivery = &events.Delivery{Message: id, ProviderIDs: []string{string(m.MID)}, Status: events.StatusSent}
	if !last {
		in.Delivery.Status = events.StatusSending // the rest may still be missing
	}
	return in
}

func (b builder) content(m *message, in *events.Inbound) *events.ReceivedMessage {
	out := &events.ReceivedMessage{Text: m.Text}
	if out.Text == "" && m.QuickReply != nil {
		out.Text = m.QuickReply.Payload
	}
	if r := m.ReplyTo; r != nil {
		if r.MID != "" {
			out.InReplyTo = []string{string(r.MID)}
		}
		if s := r.Story; s != nil {
			in.Flags = append(in.Flags, "story-reply")
			if link := graph.Link(s.URL); link != "" {
				out.Attachments = append(out.Attachments, events.Attachment{ID: "story", Name: graph.FileName(link, "story"), Type: "application/octet-stream", URL: link})
			}
		}
	}
	var lines []string
	for _, a := range m.Attachments {
		lines = append(lines, b.attach(a, out, in)...)
	}
	if text := strings.Join(lines, "\n"); text != "" {
		out.Text = strings.TrimLeft(out.Text+"\n"+text, "\n")
	}
	if m.Unsupported || out.Text == "" && len(out.Attachments) == 0 {
		flag(in, "unsupported")
		if out.Text == "" {
			out.Text = graph.Placeholder
		}
	}
	return out
}

func flag(in *events.Inbound, name string) {
	if !slices.Contains(in.Flags, name) {
		in.Flags = append(in.Flags, name)
	}
}

// types of files by the word that Meta has for them; what the bytes are is found
// out once they are here.
var types = map[string]string{"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mp4"}

// attach adds a file to the message, and returns what an attachment says in
// words.
func (b builder) attach(a attachment, out *events.ReceivedMessage, in *events.Inbound) (lines []string) {
	link, title := graph.Link(a.URL), a.Title
	if p := a.Payload; p != nil {
		if p.URL != "" {
			link = graph.Link(p.URL)
		}
		if p.Title != "" {
			title = p.Title
		}
		if c := p.Coordinates; c != nil {
			return append(lines, graph.Location(title, c.Lat, c.Long))
		}
		if p.Product != nil {
			for _, e := range p.Product.Elements {
				lines = append(lines, strings.TrimSpace(e.Title+" "+e.Subtitle))
			}
			return lines
		}
	}
	switch a.Type {
	case "fallback", "share", "template", "post", "ig_post":
		// A link that somebody shared: the page behind it is no file of theirs.
		return append(lines, strings.TrimSpace(title+"\n"+link))
	case "unsupported_type":
		flag(in, "unsupported")
		return append(lines, graph.Placeholder)
	}
	if link == "" || len(out.Attachments) >= maxFiles {
		flag(in, "unsupported")
		return lines
	}
	kind := types[a.Type]
	if kind == "" {
		kind = "application/octet-stream"
	}
	if a.Type == "story_mention" {
		in.Flags = append(in.Flags, "story-mention")
	}
	out.Attachments = append(out.Attachments, events.Attachment{
		ID: strconv.Itoa(len(out.Attachments) + 1), Name: graph.FileName(link, graph.Cut(a.Type, 40)), Type: kind, URL: link,
	})
	return lines
}

// postback is a press of a button: its title is what the customer read.
func (b builder) postback(p *postback) *events.Inbound {
	id := string(p.MID)
	if id == "" {
		id = graph.Digest("postback", string(b.customer), b.at.String(), p.Payload, p.Title)
	}
	text := p.Title
	if text == "" {
		text = p.Payload
	}
	if text == "" {
		return nil
	}
	in := b.make(events.MessageReceived, id)
	in.Sender.Attributes = p.Referral.attributes()
	in.Message = &events.ReceivedMessage{Text: text}
	intake.Press(in, p.Payload, "postback")
	if p.Payload == "" {
		in.Flags = append(in.Flags, "postback") // a press all the same
	}
	if p.MID == "" {
		in.Flags = append(in.Flags, channel.FlagDerivedID)
	}
	return in
}
