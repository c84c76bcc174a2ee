package charset

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"pgregory.net/rapid"
)

func mustEncode(t *testing.T, encode func(string) (string, error), s string) []byte {
	t.Helper()
	out, err := encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

func TestKoreanAliasesAllReachCP949(t *testing.T) {
	const text = "안녕하세요, 배송이 늦어요. 펲쀍 똠방각하"
	raw := mustEncode(t, korean.EUCKR.NewEncoder().String, text)
	for _, label := range []string{"euc-kr", "EUC-KR", "ks_c_5601-1987", "ks_c_5601-1989", "KSC5601", "ksc_5601", "cseuckr", "korean",
		"windows-949", "cp949", "MS949", "uhc", "x-windows-949", "euckr", `"euc-kr"`, "euc-kr;", "us-ascii", "", "unknown-8bit"} {
		got := Decode(raw, label, Korea)
		if got.Text != text {
			t.Errorf("label %q: got %q", label, got.Text)
		}
	}
}

func TestISO2022KR(t *testing.T) {
	raw := []byte("\x1b$)CHi \x0eGQ1[\x0f!\n\x0e0!3*\n plain")
	if got := Decode(raw, "iso-2022-kr", Anywhere).Text; got != "Hi 한글!\n가나\n plain" {
		t.Errorf("got %q", got)
	}
	if got := Decode(raw, "us-ascii", Anywhere); got.Text != "Hi 한글!\n가나\n plain" || !got.Guessed {
		t.Errorf("without its label: %+v", got)
	}
}

func TestLabelsThatLie(t *testing.T) {
	jp := mustEncode(t, japanese.ShiftJIS.NewEncoder().String, "お問い合わせありがとう")
	kr := mustEncode(t, korean.EUCKR.NewEncoder().String, "환불 요청")
	west := mustEncode(t, charmap.Windows1252.NewEncoder().String, "déjà vu – “ok”")
	for _, c := range []struct {
		name, label string
		raw         []byte
		loc         Locale
		want        string
		guessed     bool
	}{
		{"utf-8 under latin-1", "iso-8859-1", []byte("가격은 얼마"), Anywhere, "가격은 얼마", true},
		{"utf-8 under ks_c", "ks_c_5601-1987", []byte("가격은 얼마"), Anywhere, "가격은 얼마", true},
		{"utf-8 under ascii", "us-ascii", []byte("naïve"), Anywhere, "naïve", true},
		{"ascii label, japanese sender", "us-ascii", jp, Japan, "お問い合わせありがとう", true},
		{"ascii label, western", "us-ascii", west, Anywhere, "déjà vu – “ok”", true},
		{"no label, hangul pairs", "", kr, Anywhere, "환불 요청", true},
		{"utf-8 label over cp949", "utf-8", kr, Korea, "환불 요청", true},
		{"number for a label", "136", west, Anywhere, "déjà vu – “ok”", true},
		{"latin-1 is windows-1252", "ISO-8859-1", west, Anywhere, "déjà vu – “ok”", false},
		{"utf-7", "utf-7", []byte("Hi +Pvw-!"), Anywhere, "Hi \u3efc!", false},
		{"bom dropped", "utf-8", []byte("\xef\xbb\xbfhi"), Anywhere, "hi", false},
		{"8-bit text under utf-16", "utf-16", []byte("plain text"), Anywhere, "plain text", true},
		{"utf-16le", "utf-16le", []byte("h\x00i\x00"), Anywhere, "hi", false},
	} {
		got := Decode(c.raw, c.label, c.loc)
		if got.Text != c.want || got.Guessed != c.guessed {
			t.Errorf("%s: got %q guessed=%v, want %q guessed=%v", c.name, got.Text, got.Guessed, c.want, c.guessed)
		}
	}
}

func TestDamageIsToldAndBounded(t *testing.T) {
	got := Decode([]byte("good é text \xc3"), "utf-8", Anywhere)
	if !got.Damaged || got.Text != "good é text \uFFFD" {
		t.Errorf("cut utf-8: %+v", got)
	}
}

func TestDecodeAlwaysGivesUTF8(t *testing.T) {
	labels := []string{"", "utf-8", "us-ascii", "euc-kr", "iso-2022-kr", "iso-2022-jp", "shift_jis", "gb2312", "big5", "utf-16", "utf-7", "utf-32", "latin1", "klingon", "hz"}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
		label := rapid.SampledFrom(labels).Draw(t, "label")
		loc := Locale(rapid.IntRange(0, int(Russia)).Draw(t, "locale"))
		if got := Decode(b, label, loc); !utf8.ValidString(got.Text) {
			t.Fatalf("label %q gave invalid UTF-8", label)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x1b$)C\x0eGQ\x0f"), "iso-2022-kr")
	f.Add([]byte("+Pvw-"), "utf-7")
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		if got := Decode(b, label, Korea); !utf8.ValidString(got.Text) {
			t.Fatalf("invalid UTF-8 from label %q", label)
		}
	})
}
