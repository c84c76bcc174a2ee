package expr

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/common"
)

// Error is one mistake in an expression. Line and Column count from 1; a column
// is a character.
type Error struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// Error puts the place before the words.
func (e Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// Errors are the mistakes in an expression in the order of their places, at most
// five.
type Errors []Error

// Error lists them, one after the other.
func (e Errors) Error() string {
	out := make([]string, len(e))
	for i := range e {
		out[i] = e[i].Error()
	}
	return strings.Join(out, "; ")
}

const maxErrors = 5

func told(list []*common.Error) Errors {
	out := Errors{}
	for _, e := range list {
		if len(out) == maxErrors {
			break
		}
		out = append(out, Error{Line: max(e.Location.Line(), 1), Column: max(e.Location.Column()+1, 1), Text: words(e.Message)})
	}
	return out
}

// plainer says in our words what the compiler says in its own; what matches none
// of these is passed on as it is.
var plainer = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`(?s)^undeclared reference to '([^']*)'.*`), "there is no '$1' here"},
	{regexp.MustCompile(`(?s)^undefined field '([^']*)'.*`), "there is no field '$1' in it"},
	{regexp.MustCompile(`(?s)^found no matching overload for '_\[_\]' applied to '[^(']*\((.*)\)'.*`), "[ ] does not work with ($1)"},
	{regexp.MustCompile(`(?s)^found no matching overload for '[!_@]*([^_'@]+?)_*' applied to '[^(']*\((.*)\)'.*`), "'$1' does not work with ($2)"},
	{regexp.MustCompile(`(?s)^Syntax error: mismatched input '(.*?)' expecting.*`), "'$1' is not expected here"},
	{regexp.MustCompile(`(?s)^Syntax error: extraneous input '(.*?)' expecting.*`), "'$1' is too much here"},
	{regexp.MustCompile(`(?s)^Syntax error: (.*)`), "$1"},
}

var kinds = strings.NewReplacer("timestamp", "time", "string", "text", "double", "decimal", "<EOF>", "the end", "google.protobuf.", "")

func words(message string) string {
	for _, p := range plainer {
		if p.from.MatchString(message) {
			return kinds.Replace(p.from.ReplaceAllString(message, p.to))
		}
	}
	return message
}
