package charset

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// kind tells families apart whose bytes need different suspicion.
type kind uint8

const (
	unknownKind   kind = iota // no decoder: guess
	asciiKind                 // us-ascii and labels that claim nothing
	utf8Kind                  // UTF-8
	singleKind                // one byte a character: every byte decodes
	multiKind                 // EUC, Shift_JIS, Big5, GB: errors show
	sevenKind                 // escape-driven 7-bit sets
	wideKind                  // UTF-16 and UTF-32
	utf7Kind                  // RFC 2152
	iso2022krKind             // RFC 1557
)

type entry struct {
	enc  encoding.Encoding
	kind kind
}

// table holds the names that mail uses and that the standard indexes lack or
// map elsewhere. Keys are normalised by key.
var table = buildTable()

func buildTable() map[string]entry {
	t := map[string]entry{}
	add := func(e entry, names ...string) {
		for _, n := range names {
			t[key(n)] = e
		}
	}
	add(entry{nil, utf8Kind}, "utf-8", "utf8", "unicode-1-1-utf-8", "x-unicode20utf8", "utf8mb4", "cp65001", "65001", "utf-8-mac")
	add(entry{nil, asciiKind}, "us-ascii", "ascii", "ansi_x3.4-1968", "iso-ir-6", "iso646-us", "cp367", "7bit", "646")
	// x/text's EUCKR is the WHATWG one: a superset that covers all of CP949.
	add(entry{korean.EUCKR, multiKind}, "euc-kr", "euckr", "ks_c_5601-1987", "ks_c_5601-1989", "ks_c_5601", "ksc5601", "ksc_5601", "ksc5601-1987",
		"ks_c_5601-1992", "cseuckr", "csksc56011987", "korean", "windows-949", "cp949", "ms949", "uhc", "x-windows-949", "cp-949", "949", "iso-ir-149", "x-cp949", "ms-949", "euc_kr", "x-euc-kr")
	add(entry{nil, iso2022krKind}, "iso-2022-kr", "csiso2022kr", "iso2022kr")
	add(entry{japanese.ISO2022JP, sevenKind}, "iso-2022-jp", "csiso2022jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "cp50220", "cp50221", "cp50222", "jis", "x-iso-2022-jp")
	add(entry{japanese.ShiftJIS, multiKind}, "shift_jis", "shift-jis", "sjis", "x-sjis", "cp932", "ms932", "windows-31j", "ms_kanji", "csshiftjis", "cswindows31j", "mskanji", "932", "shiftjis", "windows-932", "shift_jis-2004")
	add(entry{japanese.EUCJP, multiKind}, "euc-jp", "eucjp", "x-euc-jp", "ujis", "cseucpkdfmtjapanese", "eucjp-ms", "eucjp-win", "cp51932")
	// GB18030 covers GBK, which covers GB2312; labels name the smaller set
	// and bytes use the larger one.
	add(entry{simplifiedchinese.GB18030, multiKind}, "gb2312", "gb_2312-80", "gbk", "gb18030", "cp936", "ms936", "windows-936", "936", "x-gbk", "csgb2312", "euc-cn", "euccn", "chinese", "gb_2312", "gb-2312", "gb2312-80")
	add(entry{simplifiedchinese.HZGB2312, sevenKind}, "hz-gb-2312", "hz")
	add(entry{traditionalchinese.Big5, multiKind}, "big5", "big5-hkscs", "cp950", "windows-950", "950", "csbig5", "x-x-big5", "cn-big5", "big5-eten", "x-big5")
	add(entry{unicode.UTF16(unicode.BigEndian, unicode.UseBOM), wideKind}, "utf-16", "utf16", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode")
	add(entry{unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), wideKind}, "utf-16le", "utf16le", "unicodefeff", "ucs-2le")
	add(entry{unicode.UTF16(unicode.BigEndian, unicode.UseBOM), wideKind}, "utf-16be", "utf16be", "unicodefffe", "ucs-2be")
	add(entry{utf32.UTF32(utf32.BigEndian, utf32.UseBOM), wideKind}, "utf-32", "utf32", "utf-32be", "ucs-4", "iso-10646-ucs-4")
	add(entry{utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), wideKind}, "utf-32le")
	add(entry{nil, utf7Kind}, "utf-7", "utf7", "unicode-1-1-utf-7", "csunicode11utf7")
	// WHATWG reads Latin-1 as windows-1252, and so does all mail in practice.
	add(entry{charmap.Windows1252, singleKind}, "iso-8859-1", "iso8859-1", "iso8859_1", "iso_8859-1", "latin1", "latin-1", "l1", "cp819", "ibm819", "8859-1", "8859_1",
		"windows-1252", "cp1252", "cp-1252", "win-1252", "1252", "x-ansi", "ansi", "iso-8859-1-windows-3.1-latin-1", "iso-8859-1-windows-3.0-latin-1", "windows-1252http-equivcontent-type", "iso-latin-1")
	add(entry{charmap.Windows1250, singleKind}, "cp1250", "win-1250", "1250", "cp-1250")
	add(entry{charmap.Windows1251, singleKind}, "cp1251", "win-1251", "1251", "cp-1251", "win1251")
	add(entry{charmap.Windows1253, singleKind}, "cp1253")
	add(entry{charmap.Windows1254, singleKind}, "cp1254")
	add(entry{charmap.Windows1255, singleKind}, "cp1255")
	add(entry{charmap.Windows1256, singleKind}, "cp1256")
	add(entry{charmap.Windows1257, singleKind}, "cp1257")
	add(entry{charmap.Windows1258, singleKind}, "cp1258")
	add(entry{charmap.Windows874, singleKind}, "tis-620", "tis620", "cp874", "iso-8859-11")
	add(entry{charmap.CodePage437, singleKind}, "cp437", "ibm437", "cspc8codepage437")
	add(entry{charmap.CodePage850, singleKind}, "cp850", "ibm850", "cspc850multilingual")
	add(entry{charmap.CodePage852, singleKind}, "cp852", "ibm852", "cspcp852")
	add(entry{charmap.CodePage858, singleKind}, "cp858", "ibm00858")
	add(entry{charmap.CodePage866, singleKind}, "cp866", "ibm866", "dos-866")
	add(entry{charmap.ISO8859_8, singleKind}, "iso-8859-8-i", "iso-8859-8-e", "dos-862")
	add(entry{charmap.ISO8859_6, singleKind}, "iso-8859-6-i", "iso-8859-6-e")
	add(entry{charmap.Macintosh, singleKind}, "macintosh", "macroman", "x-mac-roman", "mac", "x-mac-cyrillic-roman")
	// Labels that say "I do not know".
	add(entry{nil, asciiKind}, "", "unknown", "unknown-8bit", "x-unknown", "unknown8bit", "x-user-defined", "none", "8bit", "binary", "default", "default_charset", "_iso-2022-jp$esc", "x-roman8", "136", "x-ansi8", "utf", "default-charset")
	return t
}

// key folds case and drops what senders add round a name: quotes, spaces,
// semicolons, comment tails.
func key(label string) string {
	label = strings.ToLower(strings.TrimSpace(label))
	label = strings.Trim(label, "\"'`;:, \t\r\n<>[]()\\=")
	if i := strings.IndexAny(label, ";, \t\"("); i >= 0 {
		label = label[:i]
	}
	label = strings.TrimPrefix(label, "charset=")
	if len(label) > 64 {
		label = label[:64]
	}
	return label
}

// lookup finds the decoder of a label. An unknownKind entry means that no
// index knows the name.
func lookup(label string) entry {
	k := key(label)
	if e, ok := table[k]; ok {
		return e
	}
	if e, ok := table[strings.ReplaceAll(k, "_", "-")]; ok {
		return e
	}
	for _, find := range []func(string) (encoding.Encoding, error){htmlindex.Get, ianaindex.MIME.Encoding} {
		if enc, err := find(k); err == nil && enc != nil && enc != encoding.Replacement {
			return entry{enc, singleKind}
		}
	}
	if rest, ok := strings.CutPrefix(k, "iso"); ok && !strings.HasPrefix(rest, "-") {
		if enc, err := htmlindex.Get("iso-" + strings.TrimLeft(rest, "_ ")); err == nil && enc != encoding.Replacement {
			return entry{enc, singleKind}
		}
	}
	return entry{nil, unknownKind}
}

// Known reports whether label names a charset that Decode has a decoder for.
// The empty label and those that mean "unknown" count as not known.
func Known(label string) bool {
	e := lookup(label)
	return e.kind != unknownKind && (e.kind != asciiKind || strings.Contains(key(label), "ascii"))
}
