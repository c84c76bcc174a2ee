package whatsapp

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/graph/interactive"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// maxCaption is the longest text that may stand under a file, in characters.
const maxCaption = 1024

// outbound is a message to the provider: Meta, "Cloud API, messages". To holds a
// number or a group, Recipient a user id; the part named by Type holds the rest.
type outbound struct {
	Product       string    `json:"messaging_product"`
	RecipientType string    `json:"recipient_type"`
	To            string    `json:"to,omitempty"`
	Recipient     string    `json:"recipient,omitempty"`
	Context       *answered `json:"context,omitempty"`
	Ours          string    `json:"biz_opaque_callback_data,omitempty"`
	content
}

type answered struct {
	ID string `json:"message_id"`
}

type content struct {
	Type        string               `json:"type"`
	Text        *plainText           `json:"text,omitempty"`
	Interactive *interactive.Message `json:"interactive,omitempty"`
	Template    *templateBody        `json:"template,omitempty"`
	Image       *fileBody            `json:"image,omitempty"`
	Video       *fileBody            `json:"video,omitempty"`
	Audio       *fileBody            `json:"audio,omitempty"`
	Document    *fileBody            `json:"document,omitempty"`
}

// plain is a message without its buttons.
func (c content) plain() content {
	if c.Interactive == nil {
		return c
	}
	return content{Type: "text", Text: &plainText{Body: c.Interactive.Body.Text}}
}

type plainText struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type fileBody struct {
	ID       string `json:"id,omitempty"`
	Link     string `json:"link,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
}

// piece makes the content of one part; preparing it may take an upload.
type piece func(ctx context.Context) (content, *events.SendResult)

// Send brings a message, or a template, to a number, a user id, or the group that
// the talk stands in.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := parse(inbox)
	if err != nil {
		return events.SendResult{}, fmt.Errorf("read settings: %w", err)
	}
	api := s.Open(a.client, inbox)
	base, ok := address(req, s)
	if !ok {
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the customer has no address on WhatsApp"}, nil
	}
	var offered []events.QuickReply
	if base.RecipientType != group { // which take no interactive messages: Meta, "Groups API"
		offered = channel.LimitsOf(Kind).Offer(&req.Message)
	}
	pieces, refusal := a.pieces(api, s, req.Message, offered)
	if refusal != nil {
		return *refusal, nil
	}
	out := make([]parts.Piece, 0, len(pieces))
	for i, prepare := range pieces {
		out = append(out, func(ctx context.Context) events.SendResult {
			c, failed := prepare(ctx)
			if failed != nil {
				return *failed
			}
			body := base
			body.Ours = graph.Mark(req.Message.ID, i+1, len(pieces))
			if i > 0 {
				body.Context = nil
			}
			var buttons []events.QuickReply
			if c.Interactive != nil {
				buttons = offered
			}
			return parts.Plainly(buttons, func(buttons []events.QuickReply) events.SendResult {
				if body.content = c; buttons == nil {
					body.content = c.plain()
				}
				return post(ctx, api, s, body)
			})
		})
	}
	return parts.InOrder(ctx, false, out...), nil
}

func post(ctx context.Context, api graph.API, s Settings, body outbound) events.SendResult {
	var taken struct {
		Messages []struct {
			ID graph.ID `json:"id"`
		} `json:"messages"`
	}
	if failed, _ := api.Send(ctx, s.PhoneNumberID+"/messages", body, &taken); failed != nil {
		return *failed
	}
	if len(taken.Messages) == 0 || taken.Messages[0].ID == "" {
		return events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer names no message; it may have it"}
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{string(taken.Messages[0].ID)}}
}

// group is the type of a recipient that is a group.
const group = "group"

// address is to whom the message goes, and what it explicitly answers.
func address(req events.SendRequest, s Settings) (outbound, bool) {
	out := outbound{Product: "whatsapp", RecipientType: "individual"}
	if ids := req.Message.InReplyTo; len(ids) > 0 && strings.HasPrefix(ids[0], "wamid.") {
		out.Context = &answered{ids[0]}
	}
	if req.Thread.Key != "" { // only messages of a group have a thread
		out.RecipientType, out.To = group, req.Thread.Key
		return out, true
	}
	if req.To.Kind != Kind && req.To.Kind != "phone" || req.To.Scope != "" && req.To.Scope != s.PhoneNumberID {
		return out, false
	}
	w := named(graph.ID(req.To.Value))
	out.To, out.Recipient = w.wa, w.user
	return out, !w.unknown()
}

// pieces are the parts of a message in order. Replies to press stand under the
// last part of the text. Without them a text that fits stands under the first file
// that can have one.
func (a *Adapter) pieces(api graph.API, s Settings, m events.Message, offered []events.QuickReply) ([]piece, *events.SendResult) {
	if m.Template != nil {
		t, refusal := template(m.Template)
		if refusal != nil {
			return nil, refusal
		}
		return []piece{ready(content{Type: "template", Template: t})}, nil
	}
	text, files := m.Text, m.Attachments
	texts := channel.LimitsOf(Kind).Split(text)
	last := len(texts) - 1
	asked, pressable := interactive.Of(texts[last], offered)
	caption := ""
	if !pressable && len(files) > 0 && text != "" && utf8.RuneCountInString(text) <= maxCaption && graph.Kind(files[0].Type, "document") != "audio" {
		caption, text = text, ""
	}
	var out []piece
	if text != "" {
		for i, part := range texts {
			c := content{Type: "text", Text: &plainText{Body: part}}
			if pressable && i == last {
				c = content{Type: "interactive", Interactive: asked}
			}
			out = append(out, ready(c))
		}
	}
	for i, file := range files {
		if i > 0 {
			caption = ""
		}
		under := caption
		out = append(out, func(ctx context.Context) (content, *events.SendResult) { return a.file(ctx, api, s, file, under) })
	}
	if len(out) == 0 {
		return nil, &events.SendResult{Outcome: events.Rejected, Detail: "the message is empty"}
	}
	return out, nil
}

func ready(c content) piece {
	return func(context.Context) (content, *events.SendResult) { return c, nil }
}

// images that WhatsApp shows as such; others travel as documents.
var shown = map[string]bool{"image/jpeg": true, "image/png": true, "video/mp4": true, "video/3gpp": true, "audio/ogg": true, "audio/mp4": true, "audio/mpeg": true, "audio/amr": true, "audio/aac": true}

func (a *Adapter) file(ctx context.Context, api graph.API, s Settings, file events.Attachment, caption string) (content, *events.SendResult) {
	kind := "document"
	if shown[file.Type] {
		kind = graph.Kind(file.Type, "document")
	}
	f := &fileBody{Link: graph.Link(file.URL), Caption: caption}
	if f.Link == "" {
		id, failed := a.upload(ctx, api, s, file)
		if failed != nil {
			return content{}, failed
		}
		f.ID = id
	}
	c := content{Type: kind}
	switch kind {
	case "image":
		c.Image = f
	case "video":
		c.Video = f
	case "audio":
		c.Audio = f
	default:
		f.Filename, c.Document = file.Name, f
	}
	return c, nil
}

// upload keeps a file with the provider: Meta, "Cloud API, media".
func (a *Adapter) upload(ctx context.Context, api graph.API, s Settings, file events.Attachment) (string, *events.SendResult) {
	data, failed := graph.Load(ctx, a.blobs, file, channel.LimitsOf(Kind).FileBytes)
	if failed != nil {
		return "", failed
	}
	var taken struct {
		ID graph.ID `json:"id"`
	}
	failed = api.Upload(ctx, s.PhoneNumberID+"/media", map[string]string{"messaging_product": "whatsapp", "type": file.Type},
		graph.File{Field: "file", Name: file.Name, Type: file.Type, Bytes: data}, &taken)
	if failed == nil && taken.ID == "" {
		failed = &events.SendResult{Outcome: events.Retry, Detail: "the provider's answer to an upload names no file"}
	}
	return string(taken.ID), failed
}
