// Package forms describes, for every kind of channel, what an administrator
// fills in to make an inbox of it: the settings its adapter reads, with a name
// in each language of the console. It owns words only: what is a secret and
// which settings are acceptable the adapter alone decides, and a form that names
// a field no adapter reads is a mistake that the test of the whole program
// finds.
package forms

import (
	"maps"
	"slices"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Text is a phrase in the languages of the console.
type Text struct {
	KO string `json:"ko"`
	EN string `json:"en"`
}

// Field is one setting.
type Field struct {
	Name  string `json:"name"`
	Label Text   `json:"label"`
	// Type says how it is typed: text (also where left out), number, switch,
	// choice, lines (a list, one on a line), json, or block: a text of several
	// lines, such as a key in PEM, which a field of one line would join.
	Type string `json:"type,omitempty" enum:"text,number,switch,choice,lines,json,block"`
	// Secret fields are written once and not read back.
	Secret   bool     `json:"secret,omitempty"`
	Required bool     `json:"required,omitempty"`
	Advanced bool     `json:"advanced,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	Default  string   `json:"default,omitempty"`
	Example  string   `json:"example,omitempty"`
	Help     *Text    `json:"help,omitempty"`
	// When shows the field only where another has one of these values.
	When *When `json:"when,omitempty"`
}

// When is a condition on another field of the form. The value of a switch that is
// on is "on".
type When struct {
	Field string   `json:"field"`
	In    []string `json:"in"`
}

// Form is a kind of channel as the console offers it. Groups are mail, chat,
// text, phone, shop and other.
type Form struct {
	Kind    string  `json:"kind"`
	Label   Text    `json:"label"`
	Group   string  `json:"group"`
	Help    *Text   `json:"help,omitempty"`
	Imports bool    `json:"imports,omitempty" doc:"Files can be read into an inbox of it"`
	Fields  []Field `json:"fields"`
}

// All are the forms of these adapters, in the order in which they are offered. A
// kind that no form describes is offered with its settings as JSON.
func All(adapters map[string]channel.Adapter) []Form {
	var out []Form
	known := map[string]bool{}
	for _, form := range table {
		known[form.Kind] = true
		if adapters[form.Kind] != nil {
			out = append(out, form)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(adapters)) {
		if !known[kind] {
			out = append(out, Form{Kind: kind, Label: same(kind), Group: "other", Fields: []Field{
				{Name: "", Label: Text{"설정", "Settings"}, Type: "json"},
			}})
		}
	}
	return out
}

// Of is the form of a kind.
func Of(kind string) (Form, bool) {
	i := slices.IndexFunc(table, func(f Form) bool { return f.Kind == kind })
	if i < 0 {
		return Form{}, false
	}
	return table[i], true
}

func same(s string) Text { return Text{KO: s, EN: s} }
