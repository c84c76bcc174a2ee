package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/expr"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// languages are what the expressions of each kind of setting may say.
var languages = func() map[string]*expr.Language[config.Scope] {
	out := map[string]*expr.Language[config.Scope]{}
	for _, kind := range []string{config.KindRoute, config.KindRule, config.KindSegment, config.KindQuestionnaire} {
		names, _ := config.Sees(kind)
		out[kind] = expr.Must[config.Scope](names...)
	}
	return out
}()

// compile says what is wrong with an expression, nil where nothing is.
func compile(kind, when string) expr.Errors {
	p, err := languages[kind].Compile(when)
	var wrong expr.Errors
	switch {
	case errors.As(err, &wrong):
		return wrong
	case err != nil:
		return expr.Errors{{Line: 1, Column: 1, Text: err.Error()}}
	}
	for _, path := range config.Unseen(kind) {
		switch {
		case !p.Uses(path):
		case kind == config.KindRoute:
			return expr.Errors{{Line: 1, Column: 1, Text: "a routing target does not see " + path + ": make a segment of it, and ask for that in contact.segments"}}
		default:
			return expr.Errors{{Line: 1, Column: 1, Text: "a " + kind + " does not see " + path}}
		}
	}
	return nil
}

// compiles refuses a setting whose expression is none; an empty one holds always
// where a setting may be without.
func compiles(kind, when string) error {
	if strings.TrimSpace(when) == "" {
		return nil
	}
	if wrong := compile(kind, when); wrong != nil {
		return refuse(http.StatusUnprocessableEntity, "the expression: %s", wrong.Error())
	}
	return nil
}

type expressionRequest struct {
	Body struct {
		Kind string `json:"kind" enum:"route,rule,segment,survey" doc:"What it is for, which decides what it may name"`
		When string `json:"when" maxLength:"4096"`
	}
}

// namable is something that an expression may name.
type namable struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// judged is what is to be said of an expression. Line and column count from 1.
type judged struct {
	OK     bool         `json:"ok"`
	Error  string       `json:"error,omitempty"`
	Line   int          `json:"line,omitempty"`
	Column int          `json:"column,omitempty"`
	Errors []expr.Error `json:"errors,omitempty"`
	Fields []namable    `json:"fields"`
}

func (a *API) expressions() {
	register(a, operation{http.MethodPost, "/expressions/check", "Say whether an expression is one, and what it may name", access.Work, 0}, a.checkExpression)
}

func (a *API) checkExpression(_ context.Context, in *expressionRequest) (*answer[judged], error) {
	kind := in.Body.Kind
	if kind == "survey" {
		kind = config.KindQuestionnaire
	}
	out := judged{OK: true, Fields: []namable{}}
	for _, f := range languages[kind].Fields() {
		if !slices.ContainsFunc(config.Unseen(kind), func(path string) bool { return names(f.Path, path) }) {
			out.Fields = append(out.Fields, namable{f.Path, f.Type})
		}
	}
	if wrong := compile(kind, in.Body.When); wrong != nil {
		out.OK, out.Error, out.Line, out.Column, out.Errors = false, wrong[0].Text, wrong[0].Line, wrong[0].Column, wrong
	}
	return &answer[judged]{out}, nil
}

// names reports whether a field is the path itself, a function of that name, or
// something in it.
func names(field, path string) bool {
	rest, ok := strings.CutPrefix(field, path)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], "([."))
}
