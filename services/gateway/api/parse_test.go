package api

import "testing"

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
