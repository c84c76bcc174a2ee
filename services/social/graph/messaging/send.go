package messaging

import (
	"context"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// Sender is the Send API of one account.
type Sender struct {
	API    graph.API
	Path   string // the account's messages edge
	Limits channel.Limits
	// Marks sets our id as metadata, which the echo brings back.
	Marks bool
	// HumanAgent allows the tag with which a person may answer for seven days.
	// It is used once the provider has said that the window is closed, since the
	// time of the customer's last message is not known here.
	HumanAgent bool
	// Upload brings a file that has no link to the provider; nil where the
	// provider takes links only.
	Upload func(ctx context.Context, a events.Attachment) (id string, failed *events.SendResult)
}

// Recipient is to whom a message goes: a person, or a comment that is answered in
// private. Exactly one is set.
type Recipient struct {
	ID      string `json:"id,omitempty"`
	Comment string `json:"comment_id,omitempty"`
}

type outbound struct {
	Recipient Recipient `json:"recipient"`
	Type      string    `json:"messaging_type,omitempty"`
	Tag       string    `json:"tag,omitempty"`
	Message   content   `json:"message"`
}

type content struct {
	Text         string       `json:"text,omitempty"`
	Attachment   *file        `json:"attachment,omitempty"`
	QuickReplies []quickReply `json:"quick_replies,omitempty"`
	Metadata     string       `json:"metadata,omitempty"`
}

// quickReply is a button under the newest message of a talk: Meta, "Quick
// replies". The payload comes back with the press.
type quickReply struct {
	Type    string `json:"content_type"` // always text
	Title   string `json:"title"`
	Payload string `json:"payload"`
}

type file struct {
	Type    string `json:"type"`
	Payload struct {
		URL      string `json:"url,omitempty"`
		ID       string `json:"attachment_id,omitempty"`
		Reusable *bool  `json:"is_reusable,omitempty"`
	} `json:"payload"`
}

// Send brings the text and then the files, one message each. Quick replies stand
// under the last of the text, and then the files come first: the buttons are gone
// as soon as anything follows them. A private reply to a comment has none.
func (s Sender) Send(ctx context.Context, to Recipient, req events.SendRequest) events.SendResult {
	m := &req.Message
	if m.Text == "" && len(m.Attachments) == 0 {
		return events.SendResult{Outcome: events.Rejected, Detail: "the message is empty"}
	}
	var offered []events.QuickReply
	if m.Text != "" && to.Comment == "" {
		offered = s.Limits.Offer(m)
	}
	contents := s.contents(m, len(offered) > 0)
	try := attempt{Sender: s, to: to, human: s.HumanAgent && m.Author.Kind == "agent"}
	out := make([]parts.Piece, 0, len(contents))
	for i, prepare := range contents {
		var buttons []events.QuickReply
		if i == len(contents)-1 {
			buttons = offered
		}
		out = append(out, func(ctx context.Context) events.SendResult {
			c, failed := prepare(ctx)
			if failed != nil {
				return *failed
			}
			if s.Marks {
				c.Metadata = graph.Mark(m.ID, i+1, len(contents))
			}
			return parts.Plainly(buttons, func(buttons []events.QuickReply) events.SendResult { return try.send(ctx, c.with(buttons)) })
		})
	}
	return parts.InOrder(ctx, false, out...)
}

// prepare makes one message ready, which may take an upload.
type prepare func(context.Context) (content, *events.SendResult)

// contents are the messages of an answer in the order in which they leave.
func (s Sender) contents(m *events.Message, textLast bool) []prepare {
	var texts, files []prepare
	if m.Text != "" {
		for _, part := range s.Limits.Split(m.Text) {
			texts = append(texts, func(context.Context) (content, *events.SendResult) { return content{Text: part}, nil })
		}
	}
	for _, a := range m.Attachments {
		files = append(files, func(ctx context.Context) (content, *events.SendResult) { return s.file(ctx, a) })
	}
	if textLast {
		return append(files, texts...)
	}
	return append(texts, files...)
}

func (c content) with(buttons []events.QuickReply) content {
	for _, b := range buttons {
		c.QuickReplies = append(c.QuickReplies, quickReply{Type: "text", Title: b.Label, Payload: b.Value})
	}
	return c
}

// attempt is the sending of one answer. Once a message needed the tag of a human
// agent, the rest of it carries the tag too.
type attempt struct {
	Sender
	to            Recipient
	human, tagged bool
}

func (a *attempt) send(ctx context.Context, c content) events.SendResult {
	result, refusal := a.post(ctx, a.to, c, a.tagged)
	if refusal.WindowClosed() && a.human && !a.tagged {
		a.tagged = true
		result, _ = a.post(ctx, a.to, c, a.tagged)
	}
	return result
}

func (s Sender) post(ctx context.Context, to Recipient, c content, tagged bool) (events.SendResult, graph.Error) {
	body := outbound{Recipient: to, Type: "RESPONSE", Message: c}
	switch {
	case to.Comment != "":
		body.Type = "" // a private reply is no answer in a talk yet
	case tagged:
		body.Type, body.Tag = "MESSAGE_TAG", "HUMAN_AGENT"
	}
	var taken struct {
		ID graph.ID `json:"message_id"`
	}
	if failed, refusal := s.API.Send(ctx, s.Path, body, &taken); failed != nil {
		return *failed, refusal
	}
	if taken.ID == "" {
		return events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer names no message; it may have it"}, graph.Error{}
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{string(taken.ID)}}, graph.Error{}
}

func (s Sender) file(ctx context.Context, a events.Attachment) (content, *events.SendResult) {
	f := &file{Type: graph.Kind(a.Type, "file")}
	if link := graph.Link(a.URL); link != "" {
		once := false
		f.Payload.URL, f.Payload.Reusable = link, &once
		return content{Attachment: f}, nil
	}
	if s.Upload == nil {
		return content{}, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: "the file has no address that the provider could fetch"}
	}
	id, failed := s.Upload(ctx, a)
	if failed != nil {
		return content{}, failed
	}
	f.Payload.ID = id
	return content{Attachment: f}, nil
}
