package slackfake

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

type block struct {
	Type     string    `json:"type"`
	Text     words     `json:"text"`
	Elements []element `json:"elements"`
}

type words struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type element struct {
	Type   string `json:"type"`
	Action string `json:"action_id"`
	Text   words  `json:"text"`
	Value  string `json:"value"`
	TS     string `json:"action_ts,omitempty"`
}

// taken says whether Slack takes the blocks of a message: at most 50, sections of
// 3000 characters, 25 buttons side by side.
func taken(blocks []block) bool {
	ids := map[string]bool{}
	for _, b := range blocks {
		switch b.Type {
		case "section":
			if b.Text.Type != "mrkdwn" || !between(b.Text.Text, 3000) {
				return false
			}
		case "actions":
			if len(b.Elements) == 0 || len(b.Elements) > 25 {
				return false
			}
			for _, e := range b.Elements {
				if e.Type != "button" || e.Text.Type != "plain_text" || !between(e.Text.Text, 75) || !between(e.Value, 2000) || !between(e.Action, 255) || ids[e.Action] {
					return false
				}
				ids[e.Action] = true
			}
		default:
			return false
		}
	}
	return len(blocks) <= 50
}

func between(text string, most int) bool { return text != "" && utf8.RuneCountInString(text) <= most }

func buttons(blocks []block) (out []events.QuickReply) {
	for _, b := range blocks {
		for _, e := range b.Elements {
			out = append(out, events.QuickReply{Label: e.Text.Text, Value: e.Value})
		}
	}
	return out
}

// Shown is what the blocks of a message say, as they were written.
func (f *Fake) Shown(id string) string {
	shown, _ := f.shown.Load(id)
	text, _ := shown.(string)
	return text
}

func said(blocks []block) string {
	var b strings.Builder
	for _, block := range blocks {
		b.WriteString(block.Text.Text)
	}
	return b.String()
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Press is the request for a button. In a direct message its user presses, in a
// channel somebody.
func (*Fake) Press(m fake.Sent, n int, pressed events.QuickReply, at time.Time) fake.Request {
	where, ts, _ := strings.Cut(m.ID, ":")
	_, thread, _ := strings.Cut(m.To, ":")
	user := "U0SOMEBODY"
	if rest, ok := strings.CutPrefix(where, "D"); ok {
		user = "U" + rest
	}
	payload, _ := json.Marshal(map[string]any{
		"type": "block_actions", "api_app_id": App, "trigger_id": fmt.Sprintf("%d.%d.press", at.Unix(), n),
		"team": map[string]string{"id": Team}, "user": map[string]string{"id": user, "username": "customer", "team_id": Team}, "channel": map[string]string{"id": where},
		"message": map[string]string{"type": "message", "ts": ts, "thread_ts": thread, "text": m.Text, "bot_id": Bot, "app_id": App},
		"actions": []element{{Type: "button", Action: "quick_0", Text: words{"plain_text", escape.Replace(pressed.Label)}, Value: pressed.Value, TS: fmt.Sprintf("%d.%06d", at.Unix(), n)}},
	})
	return Sign([]byte("payload="+url.QueryEscape(string(payload))), "application/x-www-form-urlencoded", time.Now())
}
