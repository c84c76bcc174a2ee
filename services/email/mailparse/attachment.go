package mailparse

import (
	"bytes"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

const maxFileName = 200 // runes

// FileName makes a name from outside safe to show and to save: no folders, no
// control or direction-changing characters, no leading or trailing dots. It
// may return "".
func FileName(s string) string {
	s = strings.ReplaceAll(s, "\\", "/")
	s = strings.TrimRight(s, "/ ")
	if s != "" {
		s = path.Base(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == utf8.RuneError:
			return -1
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c, r == 0xfeff:
			return -1
		case strings.ContainsRune(`:*?"<>|/`, r):
			return '_'
		}
		return r
	}, s)
	s = strings.Trim(s, ". ")
	if n := utf8.RuneCountInString(s); n > maxFileName {
		ext := path.Ext(s)
		if len(ext) > 16 {
			ext = ""
		}
		runes := []rune(s)
		s = string(runes[:maxFileName-utf8.RuneCountInString(ext)]) + ext
	}
	return s
}

// attachment makes an Attachment of a leaf.
func (p *part) attachment(inline bool, loc charset.Locale, flags *flagSet) Attachment {
	a := Attachment{
		Name: FileName(p.name()), Type: p.ctype, Inline: inline,
		ContentID:   messageID(p.header.get("content-id")),
		Description: decodeWords(p.header.get("content-description"), loc, flags),
	}
	a.Data = p.data(flags)
	a.Sniffed = sniff(a.Data)
	switch p.ctype {
	case "message/rfc822", "message/global":
		if a.Name == "" {
			inner, _ := readHeader(a.Data, Default, &flagSet{})
			if a.Name = FileName(strings.ReplaceAll(decodeWords(inner.get("subject"), loc, flags), "/", "_")); a.Name == "" {
				a.Name = "message"
			}
			a.Name += ".eml"
		}
	case "text/calendar":
		a.Calendar = calendarMethod(p.params["method"], a.Data)
		if a.Name == "" {
			a.Name = "invite.ics"
		}
	case "application/ms-tnef", "application/vnd.ms-tnef":
		flags.add(FlagTNEF)
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		flags.add(cmsFlag(p.params["smime-type"], a.Data))
	}
	if a.Name == "" && bytes.HasPrefix(a.Data, tnefSignature) {
		flags.add(FlagTNEF)
		a.Name = "winmail.dat"
	}
	return a
}

var tnefSignature = []byte{0x78, 0x9f, 0x3e, 0x22}

func cmsFlag(kind string, _ []byte) Flag {
	if strings.HasPrefix(strings.ToLower(kind), "signed") {
		return FlagOpaqueSigned
	}
	return FlagEncrypted
}

func sniff(data []byte) string {
	kind, _, _ := strings.Cut(mimetype.Detect(data).String(), ";")
	return kind
}

// calendarMethod reads METHOD from the parameter or from the unfolded text.
func calendarMethod(param string, data []byte) string {
	if param != "" {
		return strings.ToUpper(param)
	}
	text := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(string(data[:min(len(data), 64<<10)]))
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && strings.EqualFold(name, "METHOD") {
			return strings.ToUpper(strings.TrimSpace(value))
		}
	}
	return ""
}
