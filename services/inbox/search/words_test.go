package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextIsCutByScript(t *testing.T) {
	for text, want := range map[string][]string{
		"배송조회":            {"배송", "송조", "조회"},
		"배송이 늦어요":         {"배송", "송이", "늦어", "어요"},
		"Café ÉCOLE":      {"cafe", "ecole"},
		"iPhone케이스 2개":    {"iphone", "케이", "이스", "2", "개"},
		"東京タワー":           {"東京", "京タ", "タワ", "ワー"},
		"ＡＢＣ　１２３":         {"abc", "123"},
		"ﾀﾜｰ":             {"タワ", "ワー"},
		"a.b@example.com": {"a", "b", "example", "com"},
		"":                nil,
		"…!?":             nil,
	} {
		if got := cut(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	// A name typed on another system, with its syllables taken apart.
	if got, want := cut("\u1107\u1162\u1109\u1169\u11bc"), cut("배송"); !slices.Equal(got, want) {
		t.Errorf("decomposed %q, composed %q", got, want)
	}
}

func TestWordsAreFoundByTheirBeginnings(t *testing.T) {
	want := []string{"sh", "shi", "ship", "shipp", "shippi", "shippin", "shipping", "배", "송", "ok"}
	if got := onsets("Shipping 배송 ok OK a"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFormsOfAnEnglishWordHaveOneStem(t *testing.T) {
	for _, forms := range [][]string{
		{"delivery", "deliveries"}, {"refund", "refunds", "refunded", "refunding"}, {"shipping", "shipped", "ship"}, {"broken", "broken"},
	} {
		for _, f := range forms {
			if got, want := stemOf(f), stemOf(forms[0]); got != want || got == "" {
				t.Errorf("%s has the stem %q, %s has %q", f, got, forms[0], want)
			}
		}
	}
	for _, w := range []string{"ab", "a1b2", "café", "배송", strings.Repeat("a", 33), ""} {
		if got := stemOf(w); got != "" {
			t.Errorf("%q has the stem %q", w, got)
		}
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
		for _, w := range cut(text) {
			if w == "" || len(w) > maxTerm {
				t.Fatalf("term %q", w)
			}
			if utf8.ValidString(text) && !utf8.ValidString(w) {
				t.Fatalf("term %q is no text", w)
			}
		}
		onsets(text)
		build(text, true)
	})
}
