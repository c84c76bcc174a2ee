package api

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzParseVersion(f *testing.F) {
	for _, s := range []string{"", "*", "5", `"5"`, `W/"5"`, `"`, "-1", "9999999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := parseVersion(s); err == nil && v < 0 {
			t.Fatalf("%q: %d", s, v)
		}
	})
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../../etc/passwd", `C:\x\y.txt`, "a\r\nb", "\u202egpj.exe", "", ".", "/", strings.Repeat("가", 200) + ".pdf"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanName(s)
		if got == "" || len(got) > maxName || strings.ContainsAny(got, "/\\") || !utf8.ValidString(got) ||
			strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Fatalf("%q becomes %q", s, got)
		}
	})
}
