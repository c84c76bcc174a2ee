package viber

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Verify checks X-Viber-Content-Signature: hexadecimal HMAC-SHA256 over the raw
// body under the bot's token. An empty token verifies nothing.
func Verify(token, signature string, body []byte) bool {
	given, err := hex.DecodeString(signature)
	if err != nil || token == "" {
		return false
	}
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

type callback struct {
	Event   string      `json:"event"`
	Time    int64       `json:"timestamp"`
	Token   json.Number `json:"message_token"`
	UserID  string      `json:"user_id"`
	Desc    string      `json:"desc"`
	Context string      `json:"context"`
	Sender  *user       `json:"sender"`
	User    *user       `json:"user"`
	Message *message    `json:"message"`
}

type user struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Country  string `json:"country"`
	Language string `json:"language"`
}

type message struct {
	Type      string      `json:"type"`
	Text      string      `json:"text"`
	Media     string      `json:"media"`
	FileName  string      `json:"file_name"`
	Size      json.Number `json:"size"`
	StickerID json.Number `json:"sticker_id"`
	// Tracking is the tracking_data of the account's newest message.
	Tracking json.RawMessage `json:"tracking_data"`
	Location *struct {
		Lat json.Number `json:"lat"`
		Lon json.Number `json:"lon"`
	} `json:"location"`
	Contact *struct {
		Name  string `json:"name"`
		Phone string `json:"phone_number"`
	} `json:"contact"`
}

// Receive verifies and reads one callback. The check that Viber makes when a
// webhook is set states nothing.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !Verify(inbox.Secrets["auth_token"], req.Header.Get("X-Viber-Content-Signature"), req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	if len(req.Body) == 0 {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "empty", "the body is empty")
	}
	// A body in the reply would be taken for a welcome message.
	ok := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	src := wire.From(inbox, req)
	var c callback
	if err := json.Unmarshal(req.Body, &c); err != nil {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, ok, nil
	}
	if c.Event == "webhook" {
		return nil, ok, nil
	}
	r := reading{src, &c}
	return []*events.Inbound{r.state()}, ok, nil
}

type reading struct {
	wire.Source
	c *callback
}

func (r reading) state() *events.Inbound {
	c := r.c
	who := cmp.Or(c.Sender, c.User)
	if who == nil {
		who = &user{ID: c.UserID}
	}
	token := c.Token.String()
	if who.ID == "" || token == "" {
		return r.Keep(r.Req.Body, "event")
	}
	in := r.State(events.Unknown, token+":"+c.Event, r.Millis(c.Time), r.Req.Body)
	in.Order = fmt.Sprintf("%020s", token)
	in.Sender = events.Sender{Points: []events.Point{r.Own(who.ID, events.Proved)}, Name: who.Name, Attributes: wire.Attributes("language", who.Language, "country", who.Country)}
	switch c.Event {
	case "message":
		return r.message(in, token)
	case "delivered", "seen", "failed":
		status := map[string]events.Status{"delivered": events.StatusDelivered, "seen": events.StatusRead, "failed": events.StatusFailed}[c.Event]
		in.Type, in.Delivery = events.DeliveryReported, &events.Delivery{ProviderIDs: []string{token}, Status: status, Detail: c.Desc[:min(len(c.Desc), 200)]}
	case "subscribed", "unsubscribed":
		in.Type = events.ContactWasStated
		in.Sender.Attributes = wire.Attributes("language", who.Language, "country", who.Country, "blocked", wire.YesNo(c.Event == "unsubscribed"))
	case "conversation_started":
		in.Type = events.ContactWasStated
		in.Sender.Attributes = wire.Attributes("language", who.Language, "country", who.Country, "viber_context", c.Context)
	default:
		in.Flags = []string{"event"}
	}
	if in.Type == events.ContactWasStated && in.Sender.Attributes == nil && in.Sender.Name == "" {
		in.Type, in.Flags = events.Unknown, []string{"empty"}
	}
	return in
}

func (r reading) message(in *events.Inbound, token string) *events.Inbound {
	m := r.c.Message
	if m == nil {
		in.Flags = []string{"content"}
		return in
	}
	out := &events.ReceivedMessage{Text: m.Text}
	switch {
	case m.Type == "url":
		if !strings.Contains(out.Text, m.Media) {
			out.Text = strings.TrimSpace(out.Text + "\n" + m.Media)
		}
	case m.Media != "":
		size, err := m.Size.Int64()
		if err != nil || size < 0 {
			size = 0
		}
		out.Attachments = []events.Attachment{{ID: "1", Name: cmp.Or(m.FileName, m.Type), Type: kindOf(m.Type), Size: size, URL: strings.Replace(m.Media, "http://", "https://", 1)}}
	case m.Location != nil:
		out.Text = strings.TrimSpace(fmt.Sprintf("%s\ngeo:%s,%s", out.Text, m.Location.Lat, m.Location.Lon))
	case m.Contact != nil:
		out.Text = strings.TrimSpace(strings.Join([]string{out.Text, m.Contact.Name, m.Contact.Phone}, "\n"))
	case m.Type == "sticker" && m.StickerID != "":
		out.Text = "[sticker " + m.StickerID.String() + "]"
	}
	if out.Text == "" && len(out.Attachments) == 0 {
		in.Flags = []string{"content"}
		return in
	}
	in.Type, in.ProviderID, in.Message = events.MessageReceived, token, out
	if m.Type == "text" {
		intake.Press(in, pressed(m.Tracking, m.Text), intake.FlagButton)
	}
	return in
}

func kindOf(kind string) string {
	switch kind {
	case "picture", "sticker":
		return "image/*"
	case "video":
		return "video/*"
	}
	return ""
}
