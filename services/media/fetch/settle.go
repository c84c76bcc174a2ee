package fetch

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// answerTime bounds the router's answer.
const answerTime = 10 * time.Second

// settle tells the router how the job ended. The id is the same whenever it is
// told, so that saying it twice changes nothing.
func (s *Service) settle(ctx context.Context, j *job) error {
	body, err := json.Marshal(commands.SettleAttachmentBody{Message: j.Message, Attachment: *j.Settled})
	if err != nil {
		return fmt.Errorf("encode settlement: %w", err)
	}
	command, err := json.Marshal(commands.Envelope{
		ID: "settle-" + string(j.Message) + "-" + j.Attachment.ID, Name: commands.SettleAttachment,
		Actor: events.Author{Kind: "system"}, Conversation: j.Conversation, Body: body,
	})
	if err != nil {
		return fmt.Errorf("encode command: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	reply, err := s.deps.NC.RequestWithContext(ctx, events.CommandSubject, command)
	if err != nil {
		return fmt.Errorf("ask the router: %w", err)
	}
	var result commands.Result
	if err := json.Unmarshal(reply.Data, &result); err != nil {
		return fmt.Errorf("decode the router's answer: %w", err)
	}
	if result.Problem != nil {
		return fmt.Errorf("the router refuses: %w", result.Problem)
	}
	return nil
}
