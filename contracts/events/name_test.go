package events

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestANameShowsWhatItHolds(t *testing.T) {
	for given, want := range map[string]string{
		"Anna Kim":                        "Anna Kim",
		"  Anna \t\r\n Kim  ":             "Anna Kim",
		"Anna\x00\x1b[31m":                "Anna[31m",
		"\u202Egnp.exe":                   "gnp.exe",
		"\u2067Anna\u2069":                "Anna",
		"An\u200Bna\uFEFF \u2060Kim":      "Anna Kim",
		"Anna\u00ADKim\u200E":             "AnnaKim",
		"\u3164":                          "",
		"\u200B \u202E":                   "",
		"홍\u200D길동":                       "홍길동",
		"김\u3000\u3000서준":                 "김 서준",
		"می\u200Cخواهم":                   "می\u200Cخواهم",       // Persian needs the non-joiner
		"क्\u200Dष":                       "क्\u200Dष",           // Devanagari: a half form
		"ශ්\u200Dරී":                      "ශ්\u200Dරී",          // Sinhala
		"می\u200C\u200Cخواهم\u200C":       "می\u200Cخواهم",       // one is enough, and none at the end
		"A\u200Dnna":                      "Anna",                // Latin does not join
		"👩\u200D👩\u200D👧 Kim":             "👩\u200D👩\u200D👧 Kim", // a family is one picture
		"🏳\uFE0F\u200D🌈":                  "🏳\uFE0F\u200D🌈",      // so is this flag
		"👩🏽\u200D🚀":                       "👩🏽\u200D🚀",           // and this astronaut
		"👩\u200D Kim":                     "👩 Kim",               // which joins nothing
		"🏴\U000E0067\U000E0062\U000E007F": "🏴\U000E0067\U000E0062\U000E007F",
		"Anna\U000E0041":                  "Anna", // words that only machines see
		"Jose\u0301":                      "Jose\u0301",
		"Anna\xffKim":                     "Anna\uFFFDKim",
	} {
		if got := CleanName(given); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", given, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"Anna Kim", "\u202E\u200B\x00", "می\u200Cخواهم", "👩\u200D👧", "🏴\U000E0067\U000E007F", "\xff \xfe", " \u200D "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := CleanName(s)
		if again := CleanName(out); again != out {
			t.Fatalf("%q becomes %q and then %q", s, out, again)
		}
		if !utf8.ValidString(out) || out != strings.TrimSpace(out) || strings.Contains(out, "  ") {
			t.Fatalf("%q becomes %q", s, out)
		}
		for _, r := range out {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u200B' || r == '\uFEFF' {
				t.Fatalf("%q keeps %U", s, r)
			}
		}
	})
}
