package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextIsCutByScript(t *testing.T) {
	for text, want := range map[string][]string{
		"배송조회":            {"배송", "송조", "조회", "회"},
		"배송이 늦어요":         {"배송", "송이", "이", "늦어", "어요", "요"},
		"Café ÉCOLE":      {"cafe", "ecole"},
		"iPhone케이스 2개":    {"iphone", "케이", "이스", "스", "2", "개"},
		"東京タワー":           {"東京", "京タ", "タワ", "ワー", "ー"},
		"ＡＢＣ　１２３":         {"abc", "123"},
		"ﾀﾜｰ":             {"タワ", "ワー", "ー"},
		"a.b@example.com": {"a", "b", "example", "com"},
		"":                nil,
		"…!?":             nil,
	} {
		if got := cut(text, true); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	// A name typed on another system, with its syllables taken apart.
	if got, want := cut("배송", true), cut("배송", true); !slices.Equal(got, want) {
		t.Errorf("decomposed %q, composed %q", got, want)
	}
}

func TestNumbersAreFoundByTheirDigits(t *testing.T) {
	ends := endings("+82 10-1234-5678")
	for _, typed := range []string{"010-1234-5678", "1234", "5678", "+82 (10) 1234", "１２３４"} {
		digits := digitsOf(typed)
		if !slices.ContainsFunc(ends, func(e string) bool { return strings.HasPrefix(e, digits) }) {
			t.Errorf("%q (%s) is found in none of %v", typed, digits, ends)
		}
	}
	if digitsOf("order 1234") != "" || len(endings("123")) != 0 {
		t.Error("text or too few digits count as a number")
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"배송조회 café", "\xff\xfe", strings.Repeat("가", 3000), "e\u0301", "ǅ İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range cut(text, true) {
			if w == "" || len(w) > maxTerm {
				t.Fatalf("term %q", w)
			}
			if utf8.ValidString(text) && !utf8.ValidString(w) {
				t.Fatalf("term %q is no text", w)
			}
		}
		build(text) // must not panic
	})
}
