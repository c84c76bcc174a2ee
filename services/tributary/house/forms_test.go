package house

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/gateway/forms"
)

// A form's required fields, filled in with their examples, make an inbox that
// the adapter takes, and no field has a name that the adapter does not read.
func TestFormsAreWhatAdaptersRead(t *testing.T) {
	for kind, adapter := range formAdapters() {
		form, ok := forms.Of(kind)
		if !ok {
			t.Errorf("%s has no form", kind)
			continue
		}
		for _, f := range append([]forms.Field{{}}, form.Fields...) {
			if err := checkForm(adapter, form, f); err != nil && (f.Name == "" || strings.Contains(err.Error(), "unknown field")) {
				t.Errorf("%s with %q: %v", kind, f.Name, err)
			}
		}
		for _, f := range form.Fields {
			secret := slices.Contains(adapter.SecretNames(config.Inbox{Channel: kind}), f.Name)
			if secret != f.Secret {
				t.Errorf("%s.%s: the form says secret %v, the adapter %v", kind, f.Name, f.Secret, secret)
			}
		}
	}
}

// checkForm fills in what is required and the field extra, whose conditions are
// made true.
func checkForm(adapter channel.Adapter, form forms.Form, extra forms.Field) error {
	typed := map[string]string{}
	fields := map[string]forms.Field{}
	for _, f := range form.Fields {
		fields[f.Name] = f
		if f.Default != "" {
			typed[f.Name] = f.Default
		}
	}
	for f := extra; f.When != nil; f = fields[f.When.Field] {
		typed[f.When.Field] = f.When.In[0]
	}
	if form.Kind == "vonage" {
		typed["private_key"] = privateKey
	}
	// One of several is enough here, which a form cannot say.
	switch form.Kind {
	case "asterisk", "threecx":
		typed["file"] = "calls.csv"
	}
	if extra.Name != "" {
		typed[extra.Name] = sampleOf(extra)
	}
	var shown func(f forms.Field) bool
	shown = func(f forms.Field) bool {
		return f.When == nil || slices.Contains(f.When.In, typed[f.When.Field]) && shown(fields[f.When.Field])
	}
	settings, secrets := map[string]any{}, map[string]string{}
	for _, f := range form.Fields {
		if f.Required && typed[f.Name] == "" {
			typed[f.Name] = sampleOf(f)
		}
		if typed[f.Name] == "" || !shown(f) {
			continue
		}
		if f.Secret {
			secrets[f.Name] = typed[f.Name]
			continue
		}
		put(settings, strings.Split(f.Name, "."), valueOf(f, typed[f.Name]))
	}
	data, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	now := time.Now()
	return adapter.Check(&config.Inbox{ID: "in1", Channel: form.Kind, Settings: data, Secrets: maps.Clone(secrets), CreatedAt: now, UpdatedAt: now})
}

func sampleOf(f forms.Field) string {
	switch {
	case f.Default != "":
		return f.Default
	case len(f.Choices) > 0:
		return f.Choices[0]
	case f.Example != "":
		return f.Example
	case f.Type == "switch":
		return "on"
	case f.Type == "number":
		return "1"
	case f.Type == "json":
		return "{}"
	}
	return "sample-value-of-some-length-0123456789"
}

func valueOf(f forms.Field, text string) any {
	switch f.Type {
	case "switch":
		return true
	case "number", "json":
		return json.RawMessage(text)
	case "lines":
		return strings.Split(text, "\n")
	}
	return text
}

func put(settings map[string]any, path []string, value any) {
	for _, k := range path[:len(path)-1] {
		if settings[k] == nil {
			settings[k] = map[string]any{}
		}
		settings = settings[k].(map[string]any)
	}
	settings[path[len(path)-1]] = value
}
