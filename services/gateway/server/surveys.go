package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/gateway/feedback"
)

// rowNow is a conversation for whoever holds the address of its survey.
func rowNow(work *desk.Desk) func(context.Context, events.ConversationID) (*events.Conversation, error) {
	return func(ctx context.Context, id events.ConversationID) (*events.Conversation, error) {
		if c, ok := work.Recent.Recent(id); ok {
			return c, nil
		}
		c, err := ask.Query[events.Conversation](ctx, work.Ask, queries.Conversation, queries.ByID{ID: string(id)})
		return c, none(err, http.StatusNotFound)
	}
}

// findSurvey asks the router for a survey that is not the newest of its conversation.
func findSurvey(client *ask.Client) func(context.Context, events.ConversationID, events.SurveyID) (*events.Survey, error) {
	return func(ctx context.Context, conversation events.ConversationID, survey events.SurveyID) (*events.Survey, error) {
		body, err := json.Marshal(commands.FindSurveyBody{Survey: survey})
		if err != nil {
			return nil, fmt.Errorf("encode a question for a survey: %w", err)
		}
		found, err := client.Command(ctx, commands.Envelope{
			ID: id.New("sf"), Name: commands.FindSurvey, Actor: events.Author{Kind: "system", ID: "surveys"}, Conversation: conversation, Body: body,
		})
		switch {
		case err != nil:
			return nil, none(err, http.StatusNotFound)
		case found.Survey == nil: // a router that is older than this gateway
			return nil, feedback.ErrNone
		}
		return found.Survey, nil
	}
}

// answerSurvey carries a customer's word to the router.
func answerSurvey(client *ask.Client) func(context.Context, commands.Envelope, commands.AnswerSurveyBody) error {
	return func(ctx context.Context, env commands.Envelope, body commands.AnswerSurveyBody) (err error) {
		if env.Body, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode an answer: %w", err)
		}
		_, err = client.Command(ctx, env)
		return none(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity)
	}
}

// none makes refusals of some kinds [feedback.ErrNone].
func none(err error, statuses ...int) error {
	var p *ask.Problem
	if errors.As(err, &p) {
		for _, status := range statuses {
			if p.Status == status {
				return feedback.ErrNone
			}
		}
	}
	return err
}
