package proof

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
)

// Elsewhere describes a second account of one provider app to the conformance
// suite: an inbox like the first with some settings changed, message to its
// account, and one more like it with another secret.
func Elsewhere(t testing.TB, inbox config.Inbox, changed map[string]any, secret string, kept bool, message func(n int) conformance.Call) *conformance.Elsewhere {
	t.Helper()
	second := With(t, inbox, changed)
	second.ID, second.HookToken = "insecond", "second"
	strange := second
	strange.ID, strange.HookToken, strange.Secrets = "instrange", "strange", maps.Clone(inbox.Secrets)
	strange.Secrets[secret] = "of-another-app"
	return &conformance.Elsewhere{Inbox: second, Unproved: strange, Kept: kept, Message: message}
}

// With is an inbox with some settings changed.
func With(t testing.TB, inbox config.Inbox, changed map[string]any) config.Inbox {
	t.Helper()
	settings := map[string]any{}
	if err := json.Unmarshal(inbox.Settings, &settings); err != nil {
		t.Fatal(err)
	}
	maps.Copy(settings, changed)
	data, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	inbox.Settings = data
	return inbox
}
