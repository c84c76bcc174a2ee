package instagram

import (
	"context"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/graph/messaging"
)

// Send brings a direct message to an Instagram-scoped id, or an answer to a
// comment.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := parse(inbox)
	if err != nil {
		return events.SendResult{}, fmt.Errorf("read settings: %w", err)
	}
	if req.To.Kind != Kind || req.To.Value == "" || req.To.Scope != "" && req.To.Scope != s.AccountID {
		return no(events.CodeBadAddress, "the customer has no address on this account"), nil
	}
	if req.Message.Template != nil {
		return no(events.CodeBadTemplate, "this channel has no templates"), nil
	}
	api := s.Open(a.client, inbox)
	comment := commentOf(req.Thread)
	if comment != "" && s.PublicReplies {
		return reply(ctx, api, comment, req.Message), nil
	}
	limits := channel.LimitsOf(Kind)
	to := messaging.Recipient{ID: req.To.Value}
	if comment != "" {
		if len(req.Message.Attachments) > 0 {
			return no(events.CodeBadMedia, "a comment is answered by text alone"), nil
		}
		if len(limits.Split(req.Message.Text)) > 1 {
			return no(events.CodeTooLong, "a comment is answered once, and the text is too long for one message"), nil
		}
		to = messaging.Recipient{Comment: comment}
	}
	sender := messaging.Sender{API: api, Path: s.own() + "/messages", Limits: limits, HumanAgent: s.HumanAgent}
	return sender.Send(ctx, to, req), nil
}

func no(code, detail string) events.SendResult {
	return events.SendResult{Outcome: events.Rejected, Code: code, Detail: detail}
}

// maxReply is the longest public reply, in characters.
const maxReply = 2200

// reply answers a comment for everybody to read: Meta, "Comment moderation".
func reply(ctx context.Context, api graph.API, comment string, m events.Message) events.SendResult {
	switch {
	case len(m.Attachments) > 0:
		return no(events.CodeBadMedia, "a comment is answered by text alone")
	case m.Text == "":
		return no("", "the message is empty")
	case channel.Runes.Length(m.Text) > maxReply:
		return no(events.CodeTooLong, "the text is too long for a comment")
	}
	var taken struct {
		ID graph.ID `json:"id"`
	}
	if failed, _ := api.Send(ctx, comment+"/replies", map[string]string{"message": m.Text}, &taken); failed != nil {
		return *failed
	}
	if taken.ID == "" {
		return events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer names no reply; it may stand there"}
	}
	return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{string(taken.ID)}}
}
