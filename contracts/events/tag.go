package events

import (
	"regexp"
	"strings"
)

// MaxTag bounds a tag, in bytes.
const MaxTag = 64

var tagForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_:.\- ]*$`)

// Tag is a tag in the one form in which it is stored and compared: trimmed and in small
// letters. It is false for what is no tag: one has 1 to [MaxTag] bytes of letters, digits,
// space and _ : . - and begins with a letter or a digit. Whatever takes tags from people,
// a command as well as a setting, asks here.
func Tag(said string) (string, bool) {
	tag := strings.ToLower(strings.TrimSpace(said))
	return tag, len(tag) <= MaxTag && tagForm.MatchString(tag)
}
