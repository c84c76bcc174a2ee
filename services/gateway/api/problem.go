package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
)

// Problem is an RFC 9457 problem. Code is a short machine word; Conversation is
// the present state where the refusal is a conflict.
type Problem struct {
	Type         string               `json:"type,omitempty"`
	Title        string               `json:"title"`
	Status       int                  `json:"status"`
	Detail       string               `json:"detail,omitempty"`
	Code         string               `json:"code,omitempty"`
	Errors       []Fault              `json:"errors,omitempty"`
	Conversation *events.Conversation `json:"conversation,omitempty"`
}

// Fault is one thing that was wrong with a request. It says where, never what
// stood there: a request may hold a password.
type Fault struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus makes a Problem huma's StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// init replaces huma's error shape, which repeats the value at fault. The
// package-wide variable is the way huma offers.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Code: codeOf(status)}
		for _, err := range errs {
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				p.Errors = append(p.Errors, faultOf(d.ErrorDetail()))
			}
		}
		if len(p.Errors) > 0 && detail == "validation failed" {
			p.Detail = p.Errors[0].Message
			if where := p.Errors[0].Location; where != "" {
				p.Detail += " (" + where + ")"
			}
		}
		return p
	}
}

func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "not_signed_in"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusConflict:
		return "conflict"
	case http.StatusPreconditionFailed:
		return "stale"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusTooManyRequests:
		return "too_many"
	case http.StatusServiceUnavailable:
		return "unavailable"
	}
	if status >= http.StatusInternalServerError {
		return "internal"
	}
	return "invalid"
}

// refuse makes a Problem as an error.
func refuse(status int, format string, args ...any) error {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...), Code: codeOf(status)}
}

// problemOf turns what the rooms behind return into what a client is told, and
// logs what is our own fault.
func (a *API) problemOf(operation string, err error) error {
	var known *Problem
	var tooMany *auth.TooMany
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &tooMany):
		return after(refuse(http.StatusTooManyRequests, "%s", tooMany.Error()), int(tooMany.After.Seconds())+1)
	case errors.Is(err, auth.ErrSignIn):
		return refuse(http.StatusUnauthorized, "%s", auth.ErrSignIn.Error())
	case errors.Is(err, auth.ErrPassword):
		return &Problem{Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity, Detail: auth.ErrPassword.Error(), Code: "wrong_password"}
	case errors.Is(err, auth.ErrBusy):
		return after(refuse(http.StatusServiceUnavailable, "%s", auth.ErrBusy.Error()), 1)
	case errors.Is(err, kv.ErrConflict):
		return refuse(http.StatusConflict, "somebody else changed this meanwhile: read it and try again")
	case errors.Is(err, eventlog.ErrUnavailable), errors.Is(err, blob.ErrUnavailable):
		return after(refuse(http.StatusServiceUnavailable, "cannot store now"), 2)
	}
	p, ours := ask.AsProblem(err)
	if !ours {
		a.Log.Error().Err(err).Str("operation", operation).Msg("request failed")
	}
	out := &Problem{Title: http.StatusText(p.Status), Status: p.Status, Detail: p.Detail, Code: p.Code, Conversation: p.Conversation}
	if p.Status == http.StatusServiceUnavailable {
		return after(out, 2)
	}
	return out
}

func after(err error, seconds int) error {
	return huma.ErrorWithHeaders(err, http.Header{"Retry-After": {strconv.Itoa(seconds)}})
}
