package wechatfake

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

type menu struct {
	Head string `json:"head_content"`
	List []struct {
		ID      string `json:"id"`
		Content string `json:"content"`
	} `json:"list"`
}

// taken says whether WeChat takes a menu.
func (m menu) taken() bool {
	for _, line := range m.List {
		if line.ID == "" || line.Content == "" {
			return false
		}
	}
	return m.Head != "" && len(m.List) > 0
}

// size is what a menu says, in bytes. WeChat documents no bound of it, so that of
// a text counts.
func (m menu) size() int {
	size := len(m.Head)
	for _, line := range m.List {
		size += len(line.Content)
	}
	return size
}

func (m menu) buttons() (out []events.QuickReply) {
	for _, line := range m.List {
		out = append(out, events.QuickReply{Label: line.Content, Value: line.ID})
	}
	return out
}

// Press is a text that a line of a menu says, with the line's id.
func (*Fake) Press(m fake.Sent, n int, pressed events.QuickReply, at time.Time) fake.Request {
	escape := func(text string) string {
		var out bytes.Buffer
		if err := xml.EscapeText(&out, []byte(text)); err != nil {
			panic(err) // a buffer takes everything
		}
		return out.String()
	}
	body := fmt.Sprintf("<xml><ToUserName>gh_fake</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>%s</Content><MsgId>%d</MsgId><bizmsgmenuid>%s</bizmsgmenuid></xml>",
		m.To, at.Unix(), escape(pressed.Label), 6054768590064713728+int64(n), escape(pressed.Value))
	return Seal(Token, AESKey, App, []byte(body), at)
}
