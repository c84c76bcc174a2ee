package slack

import (
	"strconv"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// sectionLimit is the longest text of a section, in characters as they are
// written. Source: Block Kit, section block.
const sectionLimit = 3000

// blocks are a text with buttons below it. Slack shows them in the place of the
// text, which stays for notifications and screen readers.
func blocks(text string, buttons []events.QuickReply) []map[string]any {
	var out []map[string]any
	for _, part := range sections(text) {
		out = append(out, map[string]any{"type": "section", "text": map[string]string{"type": "mrkdwn", "text": part}})
	}
	var keys []map[string]any
	for i, b := range buttons {
		keys = append(keys, map[string]any{
			"type": "button", "action_id": "quick_" + strconv.Itoa(i), "value": b.Value,
			"text": map[string]any{"type": "plain_text", "text": b.Label, "emoji": true},
		})
	}
	return append(out, map[string]any{"type": "actions", "elements": keys})
}

// sections cuts a text so that each part fits into a section once it is escaped,
// which makes a sign up to five.
func sections(text string) []string {
	for limit := sectionLimit; ; limit /= 2 {
		cut := channel.Limits{Text: limit, Unit: channel.Runes}.Split(text)
		fits := true
		for i := range cut {
			cut[i] = encode.Replace(cut[i])
			fits = fits && channel.Runes.Length(cut[i]) <= sectionLimit
		}
		if fits || limit <= sectionLimit/5 {
			return cut
		}
	}
}
