package account_test

import (
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/social/account"
)

func TestFetchable(t *testing.T) {
	for address, want := range map[string][2]bool{ // in the open, by a private gateway
		"https://inbox.example.com/files/t/a.jpg": {true, true},
		"http://10.0.0.1/files/t/a.jpg":           {false, true},
		"":                                        {false, false},
		"/files/t/a.jpg":                          {false, false},
		"file:///etc/passwd":                      {false, false},
		"https://user:secret@inbox.example.com/a": {false, false},
		"https://": {false, false},
		"https://a.example/" + strings.Repeat("x", 2000): {false, false},
		"media:12": {false, false},
		"https://inbox.example.com/files/t/%EC%82%AC.jpg?x": {true, true},
	} {
		if got := [2]bool{account.Fetchable(address, false), account.Fetchable(address, true)}; got != want {
			t.Errorf("%.60q: %v, want %v", address, got, want)
		}
	}
	if got := account.Preview("https://a.example/files/t/a"); got != "https://a.example/files/t/a?preview" {
		t.Error(got)
	}
}
