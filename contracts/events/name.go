package events

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanName brings a name into one line that shows what it holds. Names come from
// strangers and from forms, and stand beside other words on screens and in the From
// of mails, so what changes how those are read is taken out: control characters,
// marks that order the direction of text (UAX #9), and whatever takes no room on the
// screen, by which two names that look alike would differ (UTS #39). Space of any kind
// becomes one space, and bytes that are not UTF-8 become U+FFFD.
//
// What writing needs stays: the joiners between letters of the scripts that shape by
// them (RFC 5892 appendix A), the joiner, selectors and tags of emoji (UTS #51), and
// all combining marks. The result may be empty; cleaning it again changes nothing. Its
// length in bytes may be above that of s only where s is not UTF-8.
func CleanName(s string) string {
	if plainName(s) {
		return s
	}
	runes := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	out := make([]rune, 0, len(runes))
	for i, r := range runes {
		switch {
		case unicode.IsSpace(r):
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		case r == zeroWidthNonJoiner, r == zeroWidthJoiner:
			if joins(r, out, nextSeen(runes[i+1:])) {
				out = append(out, r)
			}
		case isEmojiTag(r):
			if inFlag(out) {
				out = append(out, r)
			}
		case !unseen(r):
			out = append(out, r)
		}
	}
	return strings.TrimSuffix(string(out), " ")
}

const (
	zeroWidthNonJoiner = '\u200C'
	zeroWidthJoiner    = '\u200D'
	blackFlag          = '\U0001F3F4' // begins the flags of regions, which end in tags
	emojiSelector      = '\uFE0F'
)

// plainName is the usual case: printable ASCII with single spaces.
func plainName(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// unseen reports whether a character controls or takes no room. Variation selectors
// and combining marks are neither format nor control characters and stay.
func unseen(r rune) bool {
	switch r {
	case '\u034F', // combining grapheme joiner
		'\u2028', '\u2029', // line and paragraph separators, where not taken as space
		'\u3164', '\uFFA0': // Hangul fillers: letters that show nothing
		return true
	}
	// Cc, Cf (direction, zero width, soft hyphen, BOM, tags) and noncharacters.
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !showsFormat(r) || r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF
}

// showsFormat are the format characters that do show: number signs of Arabic, Syriac
// and Kaithi, which stand before digits.
func showsFormat(r rune) bool { return unicode.Is(unicode.Prepended_Concatenation_Mark, r) }

func nextSeen(rest []rune) rune {
	for _, r := range rest {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unseen(r) {
			return r
		}
	}
	return utf8.RuneError
}

// joins reports whether a joiner does something where it stands: between letters of
// a script that shapes by it, or, for the one that joins, between two emoji.
func joins(joiner rune, before []rune, next rune) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	if last == zeroWidthJoiner || last == zeroWidthNonJoiner {
		return false
	}
	if shapes(last) && shapes(next) {
		return true
	}
	return joiner == zeroWidthJoiner && emojiEnd(last) && pictures(next)
}

// shapes are letters and marks of the scripts in which joiners have a meaning.
func shapes(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && unicode.In(r,
		unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Mandaic, unicode.Manichaean, unicode.Phags_Pa, unicode.Adlam,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada,
		unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Balinese, unicode.Javanese)
}

// pictures are characters that an emoji may begin with.
func pictures(r rune) bool { return r >= 0x2190 && r != utf8.RuneError && unicode.Is(unicode.So, r) }

func emojiEnd(r rune) bool {
	return pictures(r) || r == emojiSelector || r >= 0x1F3FB && r <= 0x1F3FF // colours of skin
}

func isEmojiTag(r rune) bool { return r >= 0xE0020 && r <= 0xE007F }

// inFlag reports whether what stands before is a black flag and its tags so far.
func inFlag(before []rune) bool {
	for i := len(before) - 1; i >= 0 && len(before)-i <= 8; i-- {
		switch {
		case before[i] == blackFlag:
			return true
		case !isEmojiTag(before[i]) || before[i] == 0xE007F:
			return false
		}
	}
	return false
}
