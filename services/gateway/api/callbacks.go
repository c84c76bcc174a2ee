package api

import (
	"context"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

type closeRequest struct {
	ID   string `path:"id" maxLength:"64"`
	Key  string `header:"Idempotency-Key" maxLength:"128" doc:"The same key again changes nothing"`
	Body struct {
		Conversation events.ConversationID `json:"conversation" minLength:"1" maxLength:"64"`
		Outcome      string                `json:"outcome" enum:"reached,cancelled,in-vain,attempted" doc:"attempted counts one more try and leaves the callback open"`
		Reason       string                `json:"reason,omitempty"`
	}
}

func (a *API) callbacks() {
	register(a, operation{http.MethodPost, "/conversations/{id}/callback", "Promise the customer a call", access.Work, 0},
		func(ctx context.Context, in *optional[commands.RequestCallbackBody]) (*answer[done], error) {
			body := &commands.RequestCallbackBody{}
			if in.Body != nil {
				body = in.Body
			}
			return a.do(ctx, commands.RequestCallback, in.ID, in.IfMatch, in.Key, body)
		})
	register(a, operation{http.MethodPost, "/callbacks/{id}/close", "Say what became of a promised call", access.Work, 0},
		func(ctx context.Context, in *closeRequest) (*answer[done], error) {
			body := &commands.CloseCallbackBody{Callback: events.CallbackID(in.ID), Outcome: in.Body.Outcome, Reason: in.Body.Reason}
			return a.do(ctx, commands.CloseCallback, string(in.Body.Conversation), "", in.Key, body)
		})
}
