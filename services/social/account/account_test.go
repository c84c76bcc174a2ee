package account_test

import (
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/social/account"
)

func TestAPIAddress(t *testing.T) {
	for _, c := range []struct {
		api  account.API
		want string
	}{
		{account.API{}, "https://default.example"}, {account.API{URL: "https://a.example/v1/"}, "https://a.example/v1"}, {account.API{URL: "http://127.0.0.1:1", AllowPrivate: true}, "http://127.0.0.1:1"},
		{account.API{URL: "http://a.example"}, ""}, {account.API{URL: "ftp://a.example", AllowPrivate: true}, ""}, {account.API{URL: "https://u:p@a.example"}, ""}, {account.API{URL: "https://a.example?x=1"}, ""}, {account.API{URL: "a.example"}, ""}, {account.API{URL: "https://a.example/#x"}, ""},
	} {
		api := c.api
		if err := api.Settle("https://default.example"); (err == nil) != (c.want != "") || err == nil && api.URL != c.want {
			t.Errorf("%+v: %q, %v", c.api, api.URL, err)
		}
	}
}

func TestSecretsAreThereAndClean(t *testing.T) {
	for value, good := range map[string]bool{
		"k": true, "xoxb-1-2-three": true, "비밀": true, "": false, " ": false, "\t\n": false, "k ": false, " k": false, "a b": false, "a\nb": false, "a\r\nX: y": false, "a\x00": false, "a\u00a0": false,
	} {
		if err := account.Secrets(config.Inbox{Secrets: map[string]string{"one": "k", "two": value}}, "one", "two"); (err == nil) != good {
			t.Errorf("%q: %v", value, err)
		}
	}
	if account.Secrets(config.Inbox{}, "one") == nil {
		t.Error("no secrets at all are enough")
	}
}
