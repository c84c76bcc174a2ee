package account_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/social/account"
)

func TestSettle(t *testing.T) {
	for _, c := range []struct {
		url     string
		private bool
		want    string // empty: refused
	}{
		{"", false, "https://api.example"}, {"https://own.example/v1//", false, "https://own.example/v1"}, {"http://127.0.0.1:9", true, "http://127.0.0.1:9"},
		{"http://own.example", false, ""}, {"ftp://own.example", true, ""}, {"own.example", false, ""}, {"https://u:p@own.example", false, ""},
		{"https://own.example?a=b", false, ""}, {"https://own.example#f", false, ""}, {"https://", false, ""}, {"\x00", true, ""},
	} {
		api := account.API{URL: c.url, AllowPrivate: c.private}
		if err := api.Settle("https://api.example"); (err == nil) != (c.want != "") || err == nil && api.URL != c.want {
			t.Errorf("%q: %q, %v", c.url, api.URL, err)
		}
	}
}

func TestReadIsStrict(t *testing.T) {
	for text, want := range map[string]string{"": "", "{}": "", `{"api_url":"x"}`: "", `{"apiurl":"x"}`: "apiurl", `{"api_url":7}`: "api_url", "{}{}": "more than one", "[": "settings"} {
		var api account.API
		err := account.Read(config.Inbox{Settings: json.RawMessage(text)}, &api)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	for value, ok := range map[string]bool{"s3": true, "": false, " ": false, "k3y\nb": false, "k3y ": false} {
		err := account.Secrets(config.Inbox{Secrets: map[string]string{"token": value}}, "token")
		if (err == nil) != ok || err != nil && value != "" && value != " " && strings.Contains(err.Error(), value) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
