package channel_test

import (
	"encoding/json"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

func TestSettingsAreReadStrictly(t *testing.T) {
	type settings struct {
		URL  string `json:"api_url"`
		Name string `json:"name"`
	}
	for text, good := range map[string]bool{
		``: true, `{}`: true, `{"name":"x","api_url":"https://a.example/"}`: true, `{"nmae":"x"}`: false, `{} {}`: false, `[]`: false, `{"name":1}`: false,
	} {
		var s settings
		if err := channel.ReadSettings(config.Inbox{Settings: json.RawMessage(text)}, &s); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
