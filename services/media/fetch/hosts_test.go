package fetch

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAListedHostIsAWholeName(t *testing.T) {
	hosts := []string{"cdn.example.com", ".files.example", "", ".", "LOUD.example"}
	for address, want := range map[string]bool{
		"https://cdn.example.com/a": true, "https://CDN.example.com./a": true, "https://cdn.example.com:443/a": true,
		"https://a.files.example/": true, "https://a.b.files.example/": true, "https://loud.example/": true,
		"https://files.example/": false, "https://evilfiles.example/": false, "https://cdn.example.com.evil.example/": false,
		"https://x.cdn.example.com/": false, "https://cdn.example.com@evil.example/": false, "https:///a": false, "https://.files.example/": false,
		"ftp://cdn.example.com/": false, "http://cdn.example.com/": false, "https://cdn.example.com:8443/": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := permitted(u, hosts, false) == nil; got != want {
			t.Errorf("%s: allowed %v, want %v", address, got, want)
		}
	}
}

func TestWhatIsPermittedIsOnTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z.\-]{0,12}`).Draw(t, "name")
		u := &url.URL{Scheme: rapid.SampledFrom([]string{"https", "http", "ftp", ""}).Draw(t, "scheme"), Host: name + "list.example"}
		private := rapid.Bool().Draw(t, "private")
		if permitted(u, []string{".list.example", "list.example"}, private) != nil {
			return
		}
		if u.Scheme != "https" && !private {
			t.Fatalf("%v is permitted without encryption", u)
		}
		if name != "" && !strings.HasSuffix(name, ".") {
			t.Fatalf("%v is permitted", u)
		}
	})
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"", "a.png", "../../etc/passwd", `C:\x\y.doc`, "\u202egnp.exe", "..", strings.Repeat("한", 300), "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanName(s)
		if len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\n") || got == ".." {
			t.Errorf("%q becomes %q", s, got)
		}
		if again := cleanName(got); again != got {
			t.Errorf("%q becomes %q and then %q", s, got, again)
		}
	})
}
