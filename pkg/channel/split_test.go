package channel

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzSplit(f *testing.F) {
	f.Add("가나다라마바사 아자차카타파하", 5, 0)
	f.Add("A sentence. Another one? Yes!\n\nA paragraph.", 12, 1)
	f.Add("👨‍👩‍👧‍👦👍🏽é", 3, 2)
	f.Fuzz(func(t *testing.T, text string, limit, unit int) {
		if !utf8.ValidString(text) || limit < 1 || limit > 1000 || unit < 0 || unit > 2 {
			return
		}
		l := Limits{Text: limit, Unit: Unit(unit)}
		parts := l.Split(text)
		for _, p := range parts {
			if l.Unit.Length(p) > limit && utf8.RuneCountInString(p) > 1 {
				t.Errorf("part %q of %q is longer than %d", p, text, limit)
			}
			if !utf8.ValidString(p) {
				t.Errorf("part %q is cut inside a character", p)
			}
		}
		if got, want := strip(strings.Join(parts, "")), strip(text); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

func strip(s string) string { return strings.Join(strings.Fields(s), "") }

func TestSplitAtSentences(t *testing.T) {
	l := Limits{Text: 30, Unit: Runes}
	parts := l.Split("The parcel is on its way. It will be there tomorrow.\nThank you")
	want := []string{"The parcel is on its way.", "It will be there tomorrow.", "Thank you"}
	if strings.Join(parts, "|") != strings.Join(want, "|") {
		t.Errorf("%q", parts)
	}
	if n := len(Limits{Text: 4, Unit: UTF16}.Split("👍🏽👍🏽")); n != 2 {
		t.Errorf("two emoji with a skin tone became %d parts", n)
	}
}
