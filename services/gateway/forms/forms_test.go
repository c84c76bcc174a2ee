package forms

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

type named string

func (n named) Kind() string                    { return string(n) }
func (named) SecretNames(config.Inbox) []string { return nil }
func (named) Check(*config.Inbox) error         { return nil }

func TestOnlyKindsWithAnAdapterAreOffered(t *testing.T) {
	got := All(map[string]channel.Adapter{"whatsapp": named("whatsapp"), "carrier-pigeon": named("carrier-pigeon")})
	if len(got) != 2 || got[0].Kind != "whatsapp" || got[1].Kind != "carrier-pigeon" || got[1].Fields[0].Type != "json" {
		t.Fatalf("%+v", got)
	}
	if _, ok := Of("carrier-pigeon"); ok {
		t.Fatal("a form for a kind that has none")
	}
}

// A form reads well in both languages and hangs together.
func TestFormsHangTogether(t *testing.T) {
	groups := map[string]bool{"mail": true, "chat": true, "text": true, "phone": true, "shop": true, "other": true}
	kinds := map[string]bool{}
	for _, form := range table {
		if kinds[form.Kind] || form.Label.KO == "" || form.Label.EN == "" || !groups[form.Group] {
			t.Errorf("form of %q", form.Kind)
		}
		kinds[form.Kind] = true
		fields := map[string]Field{}
		for _, f := range form.Fields {
			if _, twice := fields[f.Name]; twice || f.Label.KO == "" || f.Label.EN == "" {
				t.Errorf("%s.%s is there twice or has no name", form.Kind, f.Name)
			}
			fields[f.Name] = f
			if (f.Type == "choice") != (len(f.Choices) > 0) {
				t.Errorf("%s.%s: choices", form.Kind, f.Name)
			}
			if f.Required && f.Advanced {
				t.Errorf("%s.%s is needed and hidden", form.Kind, f.Name)
			}
			if f.Required && !f.Secret && f.Example == "" && f.Default == "" {
				t.Errorf("%s.%s is needed and has no example", form.Kind, f.Name)
			}
		}
		for _, f := range form.Fields {
			if f.When == nil {
				continue
			}
			other, ok := fields[f.When.Field]
			if !ok {
				t.Errorf("%s.%s hangs on a field that is not there", form.Kind, f.Name)
			}
			for _, v := range f.When.In {
				found := other.Type == "switch" && v == "on"
				for _, c := range other.Choices {
					found = found || c == v
				}
				if !found {
					t.Errorf("%s.%s hangs on a choice that is not there: %s", form.Kind, f.Name, v)
				}
			}
		}
	}
}
