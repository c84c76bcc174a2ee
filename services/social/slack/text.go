package slack

import "strings"

// Slack writes three characters as entities, and links, people, channels and
// calls between angle brackets (docs.slack.dev: formatting message text).
var (
	decode = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	encode = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

// plain is a text as a person reads it.
func plain(text string) string {
	var b strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(decode.Replace(before))
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString("<" + decode.Replace(rest))
			break
		}
		b.WriteString(mention(inside))
		text = after
	}
	return strings.TrimSpace(b.String())
}

// mention is what stands between angle brackets.
func mention(inside string) string {
	target, label, _ := strings.Cut(inside, "|")
	target, label = decode.Replace(target), decode.Replace(label)
	name := func(sign string) string {
		if label != "" {
			return sign + strings.TrimPrefix(label, sign)
		}
		return sign + target[1:]
	}
	switch {
	case target == "":
		return label
	case target[0] == '@':
		return name("@")
	case target[0] == '#':
		return name("#")
	case target[0] == '!':
		return name("@")
	case label == "" || label == target || strings.TrimPrefix(target, "mailto:") == label || strings.TrimPrefix(target, "tel:") == label:
		return strings.TrimPrefix(strings.TrimPrefix(target, "mailto:"), "tel:")
	case strings.HasSuffix(target, "://"+label):
		return target
	}
	return label + " (" + target + ")"
}
