package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// Receive reads a batch of events; an empty one is LINE's check that we are
// here. A signature that does not hold is answered 400, as LINE asks.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !signed(inbox.Secrets[secretChannel], req.Header.Get("X-Line-Signature"), req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-signature", "the signature does not hold")
	}
	s, err := settings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	reply := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	m := intake.New(inbox, req)
	var body struct {
		Destination string          `json:"destination"`
		Events      json.RawMessage `json:"events"`
	}
	err = json.Unmarshal(req.Body, &body)
	items, ok := intake.Items(body.Events)
	if err != nil || !ok {
		return []*events.Inbound{m.Unknown("", time.Time{}, req.Body, "unreadable")}, reply, nil
	}
	out := make([]*events.Inbound, 0, len(items))
	if s.BotID != "" && body.Destination != s.BotID {
		for _, raw := range items {
			in := m.Unknown("", time.Time{}, raw, channel.FlagForeign)
			channel.Meant(in, channel.Account{Kind: Kind, Name: body.Destination})
			out = append(out, in)
		}
		return out, reply, nil
	}
	for _, raw := range items {
		r := reader{Maker: m, raw: raw, scope: scope(inbox, s)}
		in := r.read()
		out = append(out, in)
		if e := r.event; in.Type != events.Unknown && e.Mode == "active" && !e.Delivery.Again && !s.PushOnly {
			a.keep(chat(inbox.ID, e.Source.chat()), e.ReplyToken, in.OccurredAt, req.At)
		}
	}
	return out, reply, nil
}

func signed(secret, given string, body []byte) bool {
	mac, err := base64.StdEncoding.DecodeString(given)
	if err != nil || secret == "" {
		return false
	}
	want := hmac.New(sha256.New, []byte(secret))
	want.Write(body)
	return hmac.Equal(mac, want.Sum(nil))
}

// reader turns one event into a statement.
type reader struct {
	intake.Maker
	raw   json.RawMessage
	scope string
	event event
	id    string
	at    time.Time
}

func (r *reader) read() *events.Inbound {
	e := &r.event
	if json.Unmarshal(r.raw, e) != nil {
		*e = event{}
		return r.Unknown("", time.Time{}, r.raw, "unreadable")
	}
	r.at = intake.Millis(e.Timestamp)
	r.id = r.eventID()
	if !intake.ID(e.Source.chat()) {
		return r.unknown("no-sender")
	}
	switch e.Type {
	case "message":
		return r.message()
	case "messageEdited":
		return r.edited()
	case "unsend":
		return r.unsent()
	case "postback":
		return r.postback()
	case "follow", "join":
		return r.stated("no")
	case "unfollow", "leave":
		return r.stated("yes")
	}
	return r.unknown("unknown-event")
}

// eventID is the webhook event id. Older events have none: then it is a digest
// of all but what changes when the event is delivered again.
func (r *reader) eventID() string {
	if intake.ID(r.event.ID) {
		return "event:" + r.event.ID
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(r.raw, &fields) != nil {
		return intake.Digest(r.raw)
	}
	delete(fields, "deliveryContext")
	canonical, err := json.Marshal(fields) // keys are sorted
	if err != nil {
		return intake.Digest(r.raw)
	}
	return intake.Digest(canonical)
}

func (r *reader) unknown(why string) *events.Inbound { return r.Unknown(r.id, r.at, r.raw, why) }

func (r *reader) make(kind events.InboundType, id string) *events.Inbound {
	in := r.Make(kind, id, r.at, events.Sender{Points: []events.Point{{
		Kind: PointKind, Value: r.event.Source.chat(), Scope: r.scope, Trust: events.Proved,
	}}})
	if r.event.Source.Type == "group" || r.event.Source.Type == "room" {
		in.Flags = append(in.Flags, "group")
		if intake.ID(r.event.Source.UserID) {
			in.Flags = append(in.Flags, "speaker:"+intake.Clip(r.event.Source.UserID, 64))
		}
	}
	if r.event.Mode == "standby" {
		in.Flags = append(in.Flags, "standby") // another system answers here
	}
	return in
}

func (r *reader) message() *events.Inbound {
	m := &r.event.Message
	body, ok := m.body()
	if !ok {
		return r.unknown("unknown-message")
	}
	in := r.make(events.MessageReceived, m.ID)
	in.Message, in.Order = body, order(m.ID)
	if m.ImageSet.ID != "" {
		in.Flags = append(in.Flags, "album:"+intake.Clip(m.ImageSet.ID, 64))
	}
	return in
}

// order pads LINE's decimal message ids so that they sort as numbers.
func order(id string) string { return fmt.Sprintf("%s%s", strings.Repeat("0", max(0, 24-len(id))), id) }

func (r *reader) edited() *events.Inbound {
	body, ok := r.event.Message.body()
	if !ok {
		return r.unknown("unknown-message")
	}
	in := r.make(events.MessageWasEdited, r.id)
	in.Message, in.Target = body, r.event.Message.ID
	return in
}

func (r *reader) unsent() *events.Inbound {
	if !intake.ID(r.event.Unsend.MessageID) {
		return r.unknown("unreadable")
	}
	in := r.make(events.MessageWasRemoved, r.id)
	in.Target = r.event.Unsend.MessageID
	return in
}

// postback is a pressed button; what stood on it is told only where the data of
// ours says it, else its data is all there is, and the date that was picked.
func (r *reader) postback() *events.Inbound {
	p := &r.event.Postback
	text, value := readData(p.Data)
	for _, name := range []string{"date", "time", "datetime", "newRichMenuAliasId"} {
		if value := p.Params[name]; value != "" {
			text = strings.TrimSpace(text + "\n" + value)
		}
	}
	if text == "" {
		return r.unknown("empty-postback")
	}
	in := r.make(events.MessageReceived, r.id)
	in.Message, in.Flags = &events.ReceivedMessage{Text: text}, append(in.Flags, intake.FlagButton)
	intake.Press(in, value, intake.FlagButton)
	return in
}

func (r *reader) stated(blocked string) *events.Inbound {
	in := r.make(events.ContactWasStated, r.id)
	in.Sender.Attributes = map[string]string{"blocked": blocked}
	return in
}
