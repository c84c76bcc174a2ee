package mailparse

import (
	"regexp"
	"strings"
)

// prefixes of answers and forwards in the languages of CHANNELS A.3; the
// number of RE[2] and the full-width colon belong to them.
var (
	answerPrefix  = regexp.MustCompile(`(?i)^\s*(?:re|aw|antw|antwort|sv|vs|ref|odp|rép|res|回复|回覆|答复|返信|답장|회신|Отв|ответ|ynt|bls|vá|atb|ia|σχετ|απ|ad)\s*(?:\[\d+\]|\(\d+\)|\^\d+|\d{1,2})?\s*[:：]\s*`)
	forwardPrefix = regexp.MustCompile(`(?i)^\s*(?:fwd?|wg|tr|rv|enc|i|转发|轉寄|転送|전달|пересл|vb|doorst|vl|ilt|továbbítás|pd|πρθ)\s*(?:\[\d+\]|\(\d+\)|\^\d+|\d{1,2})?\s*[:：]\s*`)
	listTag       = regexp.MustCompile(`^\s*\[[^\[\]]{1,40}\]\s*`)
)

// NormalSubject strips answer and forward prefixes again and again, and the
// tags of mailing lists that stand before them. Two mails of one exchange have
// the same normal subject; compare them without regard to case.
func NormalSubject(s string) string {
	for range 20 {
		before := s
		s = answerPrefix.ReplaceAllString(s, "")
		s = forwardPrefix.ReplaceAllString(s, "")
		if rest := listTag.ReplaceAllString(s, ""); rest != s && (answerPrefix.MatchString(rest) || forwardPrefix.MatchString(rest)) {
			s = rest
		}
		if s == before {
			break
		}
	}
	return strings.TrimSpace(s)
}

// IsForward reports whether the outermost prefix of a subject says that the
// mail passes another one on.
func IsForward(s string) bool { return forwardPrefix.MatchString(s) }

// IsAnswer reports whether the outermost prefix of a subject says "in answer
// to".
func IsAnswer(s string) bool { return answerPrefix.MatchString(s) }
