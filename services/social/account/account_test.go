package account_test

import (
	"testing"

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
