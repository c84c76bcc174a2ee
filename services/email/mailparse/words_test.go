package mailparse

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

func TestEncodedWords(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":                    {"Hello", "Hello"},
		"q":                        {"=?utf-8?Q?caf=C3=A9_au_lait?=", "café au lait"},
		"b":                        {"=?utf-8?B?7JWI64WV?=", "안녕"},
		"b without padding":        {"=?utf-8?B?7JWI64WV7A?= x", "안녕\uFFFD x"},
		"korean alias":             {"=?ks_c_5601-1987?B?yK+60iC/5MO7?=", "환불 요청"},
		"korean lower case":        {"=?euc-kr?q?=B9=E8=BC=DB?=", "배송"},
		"iso-2022-jp":              {"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"},
		"iso-2022-jp not returned": {"=?ISO-2022-JP?B?GyRCRnxLXA==?= end", "日本 end"},
		"two words joined":         {"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
		"two words on two lines":   {"=?utf-8?Q?a?=\r\n\t=?utf-8?Q?b?=", "ab"},
		"character split in two":   {"=?utf-8?B?7JWI7A==?= =?utf-8?B?hZU=?=", "안셕"},
		"base64 cut in a group":    {"=?utf-8?B?7JWI64?= =?utf-8?B?WV?=", "안녕"},
		"charsets differ":          {"=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?=", "aé"},
		"space before text stays":  {"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"},
		"spaces inside q":          {"=?utf-8?Q?a b c?=", "a b c"},
		"language tag":             {"=?utf-8*en?Q?hi?=", "hi"},
		"unknown charset":          {"=?klingon?Q?abc?=", "abc"},
		"unfinished":               {"=?utf-8?Q?abc", "=?utf-8?Q?abc"},
		"not a word":               {"a =? b ?= c", "a =? b ?= c"},
		"raw utf-8":                {"원본 café", "원본 café"},
		"control characters":       {"a\x00b\x07c", "abc"},
		"in quotes":                {`"=?utf-8?Q?x?="`, `"x"`},
	} {
		if got := decodeWords(c.in, charset.Anywhere, &flagSet{}); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// Whatever a sender splits, in whichever encoding, comes back whole.
func TestEncodedWordsComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(strings.Fields(rapid.StringMatching(`[가-힣a-zA-Z0-9 ]{1,40}`).Draw(t, "text")), " ")
		raw := []byte(text)
		label := "utf-8"
		if rapid.Bool().Draw(t, "korean") {
			out, err := korean.EUCKR.NewEncoder().Bytes(raw)
			if err != nil { // CP949 has every syllable
				t.Fatal(err)
			}
			raw, label = out, "ks_c_5601-1987"
		}
		var words []string
		for len(raw) > 0 {
			n := min(len(raw), rapid.IntRange(1, 12).Draw(t, "cut"))
			words = append(words, "=?"+label+"?Q?"+qEncode(raw[:n])+"?=")
			raw = raw[n:]
		}
		if got := decodeWords(strings.Join(words, " "), charset.Korea, &flagSet{}); got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	})
}

func qEncode(b []byte) string {
	const hexDigits = "0123456789ABCDEF"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte('=')
		out.WriteByte(hexDigits[c>>4])
		out.WriteByte(hexDigits[c&15])
	}
	return out.String()
}

func TestParameters(t *testing.T) {
	for name, c := range map[string]struct{ in, value, param, want string }{
		"plain":                {`text/plain; charset=utf-8`, "text/plain", "charset", "utf-8"},
		"quoted":               {`attachment; filename="a; b.txt"`, "attachment", "filename", "a; b.txt"},
		"escaped quote":        {`attachment; filename="a\"b.txt"`, "attachment", "filename", `a"b.txt`},
		"windows path":         {`attachment; filename="C:\dir\a.txt"`, "attachment", "filename", `C:\dir\a.txt`},
		"case":                 {`TEXT/Plain; CharSet=X`, "text/plain", "charset", "X"},
		"encoded word":         {`attachment; filename="=?utf-8?B?7JiB7IiY7KadLnBkZg==?="`, "attachment", "filename", "영수증.pdf"},
		"rfc 2231":             {`attachment; filename*=utf-8''%EC%98%81.pdf`, "attachment", "filename", "영.pdf"},
		"rfc 2231 korean":      {`attachment; filename*0*=euc-kr''%B0%A1; filename*1*=%B3%AA; filename*2=.txt`, "attachment", "filename", "가나.txt"},
		"segments out of line": {`attachment; filename*1=b.txt; filename*0=a`, "attachment", "filename", "ab.txt"},
		"star goes first":      {`attachment; filename=bad.txt; filename*=utf-8''good.txt`, "attachment", "filename", "good.txt"},
		"first stays":          {`a/b; x=1; x=2`, "a/b", "x", "1"},
		"no value":             {`; charset=x`, "", "charset", "x"},
		"missing semicolon":    {`multipart/mixed boundary="Ab"`, "multipart/mixed", "boundary", "Ab"},
		"doubled semicolons":   {`text/plain;; charset=x;`, "text/plain", "charset", "x"},
		"comment":              {`text/plain (c); charset=x (really)`, "text/plain", "charset", "x"},
		"unclosed quote":       {`a/b; name="x; charset=y`, "a/b", "charset", "y"},
		"space round equals":   {`a/b; x = y`, "a/b", "x", "y"},
		"raw utf-8":            {`attachment; filename="영.txt"`, "attachment", "filename", "영.txt"},
	} {
		value, params := parameterised(c.in, charset.Anywhere, &flagSet{})
		if value != c.value || params[c.param] != c.want {
			t.Errorf("%s: got %q %v", name, value, params)
		}
	}
}

func TestAddresses(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"bare":              {"a@b.example", "<a@b.example>"},
		"named":             {"Jane Roe <jane@example.org>", "Jane Roe<jane@example.org>"},
		"quoted comma":      {`"Roe, Jane" <jane@example.org>, x@y.example`, "Roe, Jane<jane@example.org>, <x@y.example>"},
		"encoded":           {"=?euc-kr?B?yKux5rW/?= <hong@example.kr>", "홍길동<hong@example.kr>"},
		"encoded in quotes": {`"=?utf-8?B?7ZmN6ri464+Z?=" <hong@example.kr>`, "홍길동<hong@example.kr>"},
		"comma in a word":   {"=?utf-8?Q?Roe,_Jane?= <jane@example.org>", "Roe, Jane<jane@example.org>"},
		"whole in one word": {"=?utf-8?B?SmFuZSA8amFuZUBleGFtcGxlLm9yZz4=?=", "Jane<jane@example.org>"},
		"comment":           {"jane@example.org (Jane Roe)", "Jane Roe<jane@example.org>"},
		"group":             {"Friends: a@b.example, c@d.example;", "<a@b.example>, <c@d.example>"},
		"empty group":       {"undisclosed-recipients:;", ""},
		"semicolons":        {"a@b.example; c@d.example", "<a@b.example>, <c@d.example>"},
		"no brackets":       {"Jane Roe jane@example.org", "Jane Roe<jane@example.org>"},
		"name is address":   {"jane@example.org <jane@example.org>", "<jane@example.org>"},
		"no closing":        {"Jane <jane@example.org", "Jane<jane@example.org>"},
		"route":             {"<@a.example,@b.example:jane@example.org>", "<jane@example.org>"},
		"mailto":            {"<mailto:jane@example.org>", "<jane@example.org>"},
		"only a name":       {"MAILER-DAEMON", "MAILER-DAEMON<>"},
		"empty":             {"", ""},
		"commas only":       {",, ,", ""},
		"quoted local":      {`"a b"@example.org`, `<"a b"@example.org>`},
		"dots in the name":  {"J. R. Roe <j@example.org>", "J. R. Roe<j@example.org>"},
		"comment in domain": {"Jane <jane@machine(x). example>", "Jane<jane@machine.example>"},
		"unclosed quote":    {`"Jane <jane@example.org>`, "Jane<jane@example.org>"},
	} {
		if got := list(parseAddresses(c.in, charset.Anywhere, &flagSet{})); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	want := time.Date(2024, 3, 5, 5, 31, 7, 0, time.UTC)
	for _, in := range []string{
		"Tue, 5 Mar 2024 14:31:07 +0900", "5 Mar 2024 14:31:07 +0900", "Tue, 05 Mar 2024 14:31:07 +0900 (KST)", "Tue, 5 Mar 2024 14:31:07 KST", "Tue 5 Mar 24 05:31:07 GMT",
		"Tue, 5 March 2024 05:31:07 UT", "2024-03-05T14:31:07+09:00", "2024-03-05 14:31:07 +0900", "Tue Mar 5 05:31:07 2024", "Tue, 5 Mar 2024 00:31:07 EST",
		"Di, 5 Mär 2024 06:31:07 +0100", "mar., 5 mars 2024 06:31:07 +0100", "вт, 5 мар 2024 08:31:07 +0300", "05-Mar-2024 14:31:07 +0900", "Tue, 5 Mar 124 05:31:07 -0000",
		"Tue, 5 Mar 2024 14:31:07 +09:00", "Tue, 5 Mar 2024 14.31.07 +0900", "Tue, 5 Mar 2024 02:31:07 PM +0900", "Tue , 5 Mar 2024 14 : 31 : 07 +0900", "2024/03/05 14:31:07 +0900",
	} {
		if got, ok := parseDate(in); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "yesterday", "0", "Tue, 45 Foo 2024", "1 Jan 1850 00:00:00 +0000", strings.Repeat("1 ", 1000)} {
		if got, ok := parseDate(in); ok {
			t.Errorf("%q gave %v", in, got)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"one":             {"<a@b>", "a@b"},
		"many":            {"<a@b> <c@d>", "a@b c@d"},
		"glued":           {"<a@b><c@d>", "a@b c@d"},
		"commas":          {"<a@b>, <c@d>", "a@b c@d"},
		"no brackets":     {"a@b", "a@b"},
		"folded inside":   {"<a@\t b>", "a@b"},
		"phrase beside":   {"Your message of Tuesday <a@b>", "a@b"},
		"no end":          {"<a@b", "a@b"},
		"doubled bracket": {"<<a@b>>", "a@b"},
		"repeated":        {"<a@b> <a@b>", "a@b"},
		"phrase only":     {"your message of Tuesday", ""},
		"empty":           {"<>", ""},
		"too long":        {"<" + strings.Repeat("a", 2000) + "@b>", ""},
	} {
		if got := strings.Join(messageIDs(c.in), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestSubjects(t *testing.T) {
	for in, want := range map[string]string{
		"Re: x": "x", "RE: Fwd: re[2]: x": "x", "Re:x": "x", "AW: WG: x": "x", "답장: 전달: x": "x", "회신: x": "x", "RE：x": "x", "返信: 転送: x": "x", "回复：x": "x", "Re: [list] Re: x": "x",
		"x": "x", "Regarding x": "Regarding x", "Reminder: x": "Reminder: x", "[list] x": "[list] x", "": "", "Re:": "", "re: re: re: re: x": "x", "SV: VS: Odp: Antw: x": "x", "Re(3): x": "x",
		"Trip: x": "Trip: x", "I: x": "x",
	} {
		if got := NormalSubject(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if !IsForward("Fwd: x") || IsForward("Re: Fwd: x") || !IsForward("전달: x") || !IsAnswer("RE：x") || IsAnswer("Result: x") {
		t.Error("prefix kinds")
	}
}

func TestFileNames(t *testing.T) {
	for in, want := range map[string]string{
		"a.txt": "a.txt", "../../etc/passwd": "passwd", `C:\x\y.doc`: "y.doc", "/": "", "..": "", "a\x00b": "ab", "\u202etxt.exe": "txt.exe", "a/b/": "b", "...": "", "con:": "con_",
		" x ": "x", "x.": "x", "영수증.pdf": "영수증.pdf", "a\tb": "a b", "": "",
	} {
		if got := FileName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := FileName(strings.Repeat("가", 1000) + ".pdf"); len([]rune(got)) != maxFileName || !strings.HasSuffix(got, ".pdf") {
		t.Errorf("long name: %d runes", len([]rune(got)))
	}
}
