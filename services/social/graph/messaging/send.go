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
	Text       string `json:"text,omitempty"`
	Attachment *file  `json:"attachment,omitempty"`
	Metadata   string `json:"metadata,omitempty"`
}

type file struct {
	Type    string `json:"type"`
	Payload struct {
		URL      string `json:"url,omitempty"`
		ID       string `json:"attachment_id,omitempty"`
		Reusable *bool  `json:"is_reusable,omitempty"`
	} `json:"payload"`
}

// Send brings the text and then the files, one message each.
func (s Sender) Send(ctx context.Context, to Recipient, req events.SendRequest) events.SendResult {
	var contents []func(context.Context) (content, *events.SendResult)
	if text := req.Message.Text; text != "" || len(req.Message.Attachments) == 0 {
		if text == "" {
			return events.SendResult{Outcome: events.Rejected, Detail: "the message is empty"}
		}
		for _, part := range s.Limits.Split(text) {
			contents = append(contents, func(context.Context) (content, *events.SendResult) { return content{Text: part}, nil })
		}
	}
	for _, a := range req.Message.Attachments {
		contents = append(contents, func(ctx context.Context) (content, *events.SendResult) { return s.file(ctx, a) })
	}
	tagged := false
	human := s.HumanAgent && req.Message.Author.Kind == "agent"
	out := make([]parts.Piece, 0, len(contents))
	for i, prepare := range contents {
		out = append(out, func(ctx context.Context) events.SendResult {
			c, failed := prepare(ctx)
			if failed != nil {
				return *failed
			}
			if s.Marks {
				c.Metadata = graph.Mark(req.Message.ID, i+1, len(contents))
			}
			result, refusal := s.post(ctx, to, c, tagged)
			if refusal.WindowClosed() && human && !tagged {
				tagged = true
				result, _ = s.post(ctx, to, c, tagged)
			}
			return result
		})
	}
	return parts.InOrder(ctx, false, out...)
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
