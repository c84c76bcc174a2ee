package session

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/pkg/ws"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/gateway/hub"
	"github.com/tributary-inbox/tributary/services/gateway/presence"
)

// frame is live.Client with the filter as it came, because a filter is read
// strictly: a misspelt field in it would show more than was asked for.
type frame struct {
	Type         string                `json:"type"`
	ID           string                `json:"id"`
	View         string                `json:"view"`
	Filter       json.RawMessage       `json:"filter"`
	Cursor       string                `json:"cursor"`
	Limit        int                   `json:"limit"`
	Name         string                `json:"name"`
	Conversation events.ConversationID `json:"conversation"`
	Version      int64                 `json:"version"`
	Body         json.RawMessage       `json:"body"`
	State        string                `json:"state"`
	On           bool                  `json:"on"`
}

// receive runs on the reader's goroutine: nothing in it may wait for long.
func (se *session) receive(ctx context.Context, text []byte) error {
	if !se.limiter.Allow() {
		return &ws.Closed{Code: live.CloseTooMany, Reason: "too many frames: resume after a pause"}
	}
	f, err := decode(text)
	if err != nil {
		return se.garbage("", "bad_frame", err.Error())
	}
	if len(f.ID) > maxID {
		return se.garbage("", "bad_id", "the frame's id is over 64 bytes")
	}
	switch f.Type {
	case live.TypePing:
		se.pong(f.ID)
	case live.TypeSubscribe:
		return se.subscribe(f)
	case live.TypeUnsubscribe:
		se.unsubscribe(f.ID)
	case live.TypeCommand:
		se.command(ctx, f)
	case live.TypePresence:
		se.presence(f)
	case live.TypeTyping, live.TypeViewing:
		se.notice(ctx, f)
	default:
		return se.garbage(f.ID, "bad_type", "there is no frame of this type")
	}
	return nil
}

func decode(text []byte) (frame, error) {
	var f frame
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return f, ask.Refuse(http.StatusBadRequest, "bad_frame", "a frame is one JSON object")
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, ask.Refuse(http.StatusBadRequest, "bad_frame", "%s", desk.JSONDetail(err))
	}
	return f, nil
}

func decodeFilter(raw json.RawMessage) (live.Filter, error) {
	var filter live.Filter
	if len(raw) == 0 {
		return filter, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&filter); err != nil {
		return filter, ask.Refuse(http.StatusBadRequest, "bad_filter", "%s", desk.JSONDetail(err))
	}
	switch filter.Status {
	case "", events.Open, events.Snoozed, events.Resolved, events.Merged:
		return filter, nil
	}
	return filter, ask.Refuse(http.StatusBadRequest, "bad_filter", "there is no such status")
}

type pong struct {
	Type   string `json:"type"`
	ID     string `json:"id,omitempty"`
	Cursor string `json:"cursor,omitempty"`
}

// pong answers with a cursor if everything up to it has been queued before.
func (se *session) pong(id string) {
	at := se.server.Hub.Position()
	answer := pong{Type: live.TypePong, ID: id}
	if se.allLive() {
		answer.Cursor = hub.Cursor(at)
	}
	se.send(answer)
}

func (se *session) command(ctx context.Context, f frame) {
	accepted := se.later(ctx, func(ctx context.Context) {
		result, err := se.carry(ctx, f)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p, known := ask.AsProblem(err)
			if !known {
				se.server.Log.Error().Err(err).Str("command", "socket").Msg("command failed")
			}
			result = live.Result{Status: p.Status, Detail: se.language.Say(p.Detail), Conversation: p.Conversation}
		}
		result.Type, result.ID = live.TypeResult, f.ID
		se.send(result)
	})
	if !accepted {
		se.send(live.Result{Type: live.TypeResult, ID: f.ID, Status: http.StatusTooManyRequests, Detail: se.language.Say("too many commands wait")})
	}
}

func (se *session) carry(ctx context.Context, f frame) (live.Result, error) {
	body, err := desk.Decode(f.Name, f.Body)
	if err != nil {
		return live.Result{}, err
	}
	result, err := se.server.Desk.Do(ctx, se.sees(), desk.Command{
		Name: f.Name, Conversation: f.Conversation, Version: f.Version, Body: body,
	})
	if err != nil {
		return live.Result{}, err
	}
	return live.Result{Status: desk.Status(f.Name), Conversation: result.Conversation, Message: result.Message}, nil
}

func (se *session) presence(f frame) {
	if f.State != presence.Online && f.State != presence.Away {
		se.fail(f.ID, "bad_state", "state is online or away")
		return
	}
	se.server.Board.Set(se.agent, f.State)
}

// notice is typing or viewing, about a conversation that the agent sees.
func (se *session) notice(ctx context.Context, f frame) {
	// A notice is worth nothing later: one for which there is no room is lost.
	_ = se.later(ctx, func(ctx context.Context) {
		viewer := se.sees()
		if f.Type == live.TypeViewing && !f.On {
			se.look(f.Conversation, false)
			return
		}
		if _, err := se.server.Desk.Conversation(ctx, viewer, f.Conversation); err != nil {
			p, _ := ask.AsProblem(err)
			se.fail(f.ID, p.Code, p.Detail)
			return
		}
		if f.Type == live.TypeTyping {
			se.server.Board.Typing(se.agent, viewer.Name, f.Conversation, f.On)
			return
		}
		if !se.look(f.Conversation, true) {
			se.fail(f.ID, "too_many", "too many conversations are being looked at")
			return
		}
		for _, other := range se.server.Board.Lookers(f.Conversation, se.agent) {
			se.send(other)
		}
	})
}

// look remembers what this socket looks at and reports whether it may.
func (se *session) look(conversation events.ConversationID, on bool) bool {
	se.mu.Lock()
	defer se.mu.Unlock()
	_, looking := se.looks[conversation]
	switch {
	case se.ended, on && !looking && len(se.looks) >= maxLooks:
		return false
	case on == looking:
		return true
	case on:
		if se.looks == nil {
			se.looks = map[events.ConversationID]struct{}{}
		}
		se.looks[conversation] = struct{}{}
	default:
		delete(se.looks, conversation)
	}
	se.server.watch(se, conversation, on)
	se.server.Board.Look(se.agent, conversation, on)
	return true
}
