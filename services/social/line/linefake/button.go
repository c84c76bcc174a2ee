package linefake

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

type quick struct {
	Items []struct {
		Type   string `json:"type"`
		Action struct {
			Type    string `json:"type"`
			Label   string `json:"label"`
			Data    string `json:"data"`
			Display string `json:"displayText"`
		} `json:"action"`
	} `json:"items"`
}

func (q quick) buttons() (out []events.QuickReply) {
	for _, i := range q.Items {
		out = append(out, events.QuickReply{Label: i.Action.Label, Value: i.Action.Data})
	}
	return out
}

// shown says whether LINE takes the buttons of all messages.
func (in *outgoing) shown() bool {
	for _, m := range in.Messages {
		if len(m.Quick.Items) > 13 {
			return false
		}
		for _, i := range m.Quick.Items {
			a := i.Action
			if i.Type != "action" || a.Type != "postback" || !between(a.Label, 1, 20) || !between(a.Data, 1, 300) || !between(a.Display, 0, 300) {
				return false
			}
		}
	}
	return true
}

func between(text string, least, most int) bool {
	n := len(utf16.Encode([]rune(text)))
	return n >= least && n <= most
}

// holder is the user whose event had a reply token: it holds their name, or where
// they pressed a button their id.
func holder(token string) string {
	name := strings.TrimPrefix(token[:strings.LastIndexByte(token, '-')], "rt-")
	if len(name) == len(User("")) && name[0] == 'U' {
		return name
	}
	return User(name)
}

// Press is the postback of a button, by whom the message went to.
func (f *Fake) Press(m fake.Sent, n int, pressed events.QuickReply, at time.Time) fake.Request {
	f.mu.Lock()
	user, replied := f.got[m.ID]
	f.mu.Unlock()
	if !replied {
		user = m.To
	}
	return Batch(map[string]any{
		"type": "postback", "mode": "active", "timestamp": at.UnixMilli(), "source": map[string]string{"type": "user", "userId": user},
		"webhookEventId": fmt.Sprintf("01KAFZ%020d", n), "deliveryContext": map[string]bool{"isRedelivery": false},
		"replyToken": fmt.Sprintf("rt-%s-%d", user, n), "postback": map[string]string{"data": pressed.Value},
	})
}
