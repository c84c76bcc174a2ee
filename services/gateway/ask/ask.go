// Package ask is how the gateway asks the other services: queries of the inbox
// and commands to the router, each one request and one reply over NATS. It
// turns their refusals into one kind of error, [Problem], which carries the
// HTTP status that REST answers and a socket's result frame share.
//
// It keeps nothing and retries nothing. A command that is not answered in time
// may or may not have been carried out; sending it again with the same id is
// safe, and the answer says so.
package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Problem is a refusal. Detail is fit for the person who asked. Conversation is
// the present state where the refusal is a conflict.
type Problem struct {
	Status       int
	Code         string
	Detail       string
	Conversation *events.Conversation
}

// Error gives code and detail.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// Refuse makes a Problem.
func Refuse(status int, code, format string, args ...any) *Problem {
	return &Problem{Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Client asks over one connection, which the caller owns.
type Client struct {
	NC *nats.Conn
	// Near answers queries when their service lives in this process, with the
	// bytes that would come over NATS; it returns false where it does not. Nil
	// means that everything is asked over NATS. The answer may lie in room, which
	// is the asker's.
	Near func(ctx context.Context, name string, query, room []byte) ([]byte, bool)
	// Timeout bounds one question; 5 s when nought.
	Timeout time.Duration
}

func (c *Client) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 5 * time.Second
	}
	return context.WithTimeout(ctx, timeout)
}

func (c *Client) request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	ctx, cancel := c.bound(ctx)
	defer cancel()
	msg, err := c.NC.RequestWithContext(ctx, subject, data)
	switch {
	case err == nil:
		return msg.Data, nil
	case errors.Is(err, nats.ErrNoResponders):
		return nil, Refuse(http.StatusServiceUnavailable, "unavailable", "the service that knows this is not running, try again")
	case errors.Is(err, nats.ErrMaxPayload):
		return nil, Refuse(http.StatusRequestEntityTooLarge, "too_large", "the request is too large")
	default:
		return nil, Refuse(http.StatusServiceUnavailable, "unavailable", "no answer in time; trying again with the same id is safe")
	}
}

// Query asks the inbox one of the questions of package queries. A failure is a
// *Problem.
func Query[T any](ctx context.Context, c *Client, name string, question any) (*T, error) {
	data, _, err := c.query(ctx, name, question, nil)
	if err != nil {
		return nil, err
	}
	return decode[T](name, data)
}

// At asks a service other than the inbox, on a subject of its own, and waits for the
// answer for as long as said. A failure is a *Problem.
func At[T any](ctx context.Context, c *Client, subject string, question any, wait time.Duration) (*T, error) {
	data, err := json.Marshal(question)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	patient := Client{NC: c.NC, Timeout: wait}
	if data, err = patient.request(ctx, subject, data); err != nil {
		return nil, err
	}
	return decode[T](subject, data)
}

func (c *Client) query(ctx context.Context, name string, question any, room []byte) (answer []byte, near bool, err error) {
	data, err := json.Marshal(question)
	if err != nil {
		return nil, false, fmt.Errorf("encode request: %w", err)
	}
	if c.Near != nil {
		ctx, cancel := c.bound(ctx)
		defer cancel()
		if answer, ok := c.Near(ctx, name, data, room); ok {
			return answer, true, nil
		}
	}
	answer, err = c.request(ctx, events.QueryPrefix+name, data)
	return answer, false, err
}

func decode[T any](name string, data []byte) (*T, error) {
	var answer queries.Answer[T]
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("decode answer to %s: %w", name, err)
	}
	if answer.Problem != nil {
		return nil, queryProblem(answer.Problem)
	}
	if answer.OK == nil {
		return nil, fmt.Errorf("answer to %s is empty", name)
	}
	return answer.OK, nil
}

func queryProblem(p *queries.Problem) *Problem {
	switch p.Code {
	case "invalid":
		return Refuse(http.StatusUnprocessableEntity, p.Code, "%s", p.Detail)
	case "not_found":
		return Refuse(http.StatusNotFound, p.Code, "%s", p.Detail)
	case "unavailable":
		return Refuse(http.StatusServiceUnavailable, p.Code, "%s", p.Detail)
	}
	return Refuse(http.StatusInternalServerError, "internal", "the question could not be answered")
}

// Command sends a command to the router and returns what it did. A failure is a
// *Problem.
func (c *Client) Command(ctx context.Context, env commands.Envelope) (*commands.Result, error) {
	asked, err := json.Marshal(env)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	data, err := c.request(ctx, events.CommandSubject, asked)
	if err != nil {
		return nil, err
	}
	var result commands.Result
	if err := json.Unmarshal(data, &result); err != nil {
		return nil, fmt.Errorf("decode result of %s: %w", env.Name, err)
	}
	if result.Problem != nil {
		return nil, commandProblem(result.Problem)
	}
	return &result, nil
}

func commandProblem(p *commands.Problem) *Problem {
	out := &Problem{Code: string(p.Code), Detail: p.Detail, Conversation: p.Conversation}
	switch p.Code {
	case commands.Conflict, commands.WindowClosed, commands.ClientIDReused:
		out.Status = http.StatusConflict
	case commands.Stale:
		out.Status = http.StatusPreconditionFailed
	case commands.Invalid:
		out.Status = http.StatusUnprocessableEntity
	case commands.NotFound:
		out.Status = http.StatusNotFound
	case commands.Unavailable:
		out.Status = http.StatusServiceUnavailable
	default:
		out.Status, out.Code, out.Detail = http.StatusInternalServerError, "internal", "the command could not be carried out"
	}
	return out
}

// AsProblem makes any error fit to be shown: a *Problem stays, whatever else
// becomes a 500 that tells nothing. The second result says that it was not one,
// so that the caller logs it.
func AsProblem(err error) (*Problem, bool) {
	var p *Problem
	if errors.As(err, &p) {
		return p, true
	}
	return Refuse(http.StatusInternalServerError, "internal", "something went wrong on our side"), false
}
