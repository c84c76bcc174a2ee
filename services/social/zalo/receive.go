package zalo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Verify checks X-ZEvent-Signature: "mac=" and the hexadecimal SHA-256 over app
// id, raw body, the body's timestamp and the account's secret key. An empty
// secret verifies nothing.
func Verify(app, secret, signature string, body []byte) bool {
	text, ok := strings.CutPrefix(signature, "mac=")
	given, err := hex.DecodeString(text)
	if !ok || err != nil || secret == "" {
		return false
	}
	// The one value that must be read before it is known to be Zalo's.
	var stamp struct {
		Time flexible `json:"timestamp"`
	}
	if json.Unmarshal(body, &stamp) != nil {
		return false
	}
	h := sha256.New()
	h.Write([]byte(app))
	h.Write(body)
	h.Write([]byte(string(stamp.Time) + secret))
	return hmac.Equal(given, h.Sum(nil))
}

// flexible is a number or a text, as it was written.
type flexible string

// UnmarshalJSON takes the digits of a number and the content of a text.
func (f *flexible) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*f = flexible(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*f = flexible(n)
	return nil
}

type party struct {
	ID string `json:"id"`
}

type event struct {
	App       string   `json:"app_id"`
	OA        string   `json:"oa_id"`
	Name      string   `json:"event_name"`
	Time      flexible `json:"timestamp"`
	Sender    party    `json:"sender"`
	Recipient party    `json:"recipient"`
	Follower  party    `json:"follower"`
	UserByApp string   `json:"user_id_by_app"`
	Message   struct {
		ID          string   `json:"msg_id"`
		IDs         []string `json:"msg_ids"`
		Quote       string   `json:"quote_msg_id"`
		Text        string   `json:"text"`
		React       string   `json:"react_icon"`
		Attachments []struct {
			Type    string `json:"type"`
			Payload struct {
				ID          string   `json:"id"`
				URL         string   `json:"url"`
				Name        string   `json:"name"`
				Size        flexible `json:"size"`
				Type        string   `json:"type"`
				Description string   `json:"description"`
				Place       *struct {
					Latitude  flexible `json:"latitude"`
					Longitude flexible `json:"longitude"`
				} `json:"coordinates"`
			} `json:"payload"`
		} `json:"attachments"`
	} `json:"message"`
	Info *struct {
		Name     string   `json:"name"`
		Phone    flexible `json:"phone"`
		Address  string   `json:"address"`
		Ward     string   `json:"ward"`
		District string   `json:"district"`
		City     string   `json:"city"`
	} `json:"info"`
}

// Receive verifies and reads one event. A report that names several messages is
// a statement for each.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !Verify(s.AppID, inbox.Secrets["oa_secret_key"], req.Header.Get("X-ZEvent-Signature"), req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	ok := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	src := wire.From(inbox, req)
	var e event
	if json.Unmarshal(req.Body, &e) != nil || e.Name == "" {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, ok, nil
	}
	if to := e.account(); s.Account != "" && to != "" && to != s.Account {
		kept := src.Keep(req.Body, channel.FlagForeign)
		channel.Meant(kept, channel.Account{Kind: Kind, Name: to})
		return []*events.Inbound{kept}, ok, nil
	}
	return reading{src, &s, &e}.state(), ok, nil
}

// account is the Official Account that an event is about; empty where the event
// does not name it.
func (e *event) account() string {
	switch {
	case e.OA != "":
		return e.OA
	case strings.HasPrefix(e.Name, "oa_"):
		return e.Sender.ID
	case strings.HasPrefix(e.Name, "user_") || strings.HasPrefix(e.Name, "anonymous_"):
		return e.Recipient.ID
	}
	return ""
}

type reading struct {
	wire.Source
	s *Settings
	e *event
}

func (r reading) begin(kind events.InboundType, id, user string) *events.Inbound {
	ms, err := strconv.ParseInt(string(r.e.Time), 10, 64)
	if err != nil {
		ms = 0
	}
	in := r.State(kind, id, r.Millis(ms), r.Req.Body)
	in.Sender.Points = []events.Point{r.Own(user, events.Proved)}
	if r.e.UserByApp != "" {
		in.Sender.Points = append(in.Sender.Points, events.Point{Kind: "zalo-app", Value: r.e.UserByApp, Scope: r.s.AppID, Trust: events.Proved})
	}
	return in
}

func (r reading) one(in *events.Inbound) []*events.Inbound { return []*events.Inbound{in} }

func (r reading) state() []*events.Inbound {
	e, m := r.e, &r.e.Message
	user := e.Sender.ID
	stamp := e.Name + ":" + string(e.Time)
	switch {
	case (strings.HasPrefix(e.Name, "user_send_") || strings.HasPrefix(e.Name, "anonymous_send_")) && user != "" && m.ID != "":
		return r.one(r.message(user, events.In))
	case strings.HasPrefix(e.Name, "oa_send_") && e.Recipient.ID != "" && m.ID != "":
		return r.one(r.message(e.Recipient.ID, events.Out))
	case e.Name == "user_received_message" || e.Name == "user_seen_message":
		if out := r.reports(); len(out) > 0 {
			return out
		}
	case e.Name == "user_reacted_message" && user != "" && m.ID != "":
		in := r.begin(events.MessageWasReacted, m.ID+":"+stamp, user)
		in.Target, in.Reaction = m.ID, &events.Reaction{Emoji: m.React[:min(len(m.React), 32)]}
		return r.one(in)
	case (e.Name == "follow" || e.Name == "unfollow") && e.Follower.ID != "":
		in := r.begin(events.ContactWasStated, e.Follower.ID+":"+stamp, e.Follower.ID)
		in.Sender.Attributes = wire.Attributes("zalo_follows", wire.YesNo(e.Name == "follow"))
		return r.one(in)
	case e.Name == "user_submit_info" && e.Info != nil && user != "":
		in := r.begin(events.ContactWasStated, user+":"+stamp, user)
		in.Sender.Name = e.Info.Name
		if number := wire.Phone(phone(string(e.Info.Phone)), "VN"); number != "" {
			in.Sender.Points = append(in.Sender.Points, events.Point{Kind: "phone", Value: number, Trust: events.Claimed})
		}
		var parts []string
		for _, part := range []string{e.Info.Address, e.Info.Ward, e.Info.District, e.Info.City} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		in.Sender.Attributes = wire.Attributes("address", strings.Join(parts, ", "))
		return r.one(in)
	}
	return r.one(r.Keep(r.Req.Body, "event"))
}

// phone puts back the plus that Zalo leaves out before 84.
func phone(number string) string {
	if strings.HasPrefix(number, "84") {
		return "+" + number
	}
	return number
}

func (r reading) reports() (out []*events.Inbound) {
	m, user := &r.e.Message, r.e.Sender.ID
	status := events.StatusDelivered
	if r.e.Name == "user_seen_message" {
		status = events.StatusRead
	}
	ids := m.IDs
	if m.ID != "" {
		ids = append(ids, m.ID)
	}
	if user == "" || len(ids) > 1000 {
		return nil
	}
	for _, id := range ids {
		in := r.begin(events.DeliveryReported, id+":"+string(status), user)
		in.Delivery = &events.Delivery{ProviderIDs: []string{id}, Status: status}
		out = append(out, in)
	}
	return out
}

func (r reading) message(user string, d events.Direction) *events.Inbound {
	m := &r.e.Message
	in := r.begin(events.MessageReceived, m.ID, user)
	in.Order, in.Message = m.ID, &events.ReceivedMessage{Text: m.Text}
	if d == events.Out {
		in.Direction = d
	}
	if m.Quote != "" {
		in.Message.InReplyTo = []string{m.Quote}
	}
	for i, a := range m.Attachments {
		p := &a.Payload
		switch {
		case i >= 100:
		case a.Type == "location" && p.Place != nil:
			in.Message.Text = line(in.Message.Text, "geo:"+string(p.Place.Latitude)+","+string(p.Place.Longitude))
		case a.Type == "link" || a.Type == "links":
			in.Message.Text = line(line(in.Message.Text, p.Description), p.URL)
		case p.URL != "":
			size, err := strconv.ParseInt(string(p.Size), 10, 64)
			if err != nil || size < 0 {
				size = 0
			}
			name := p.Name
			if name == "" {
				name = a.Type
			}
			in.Message.Attachments = append(in.Message.Attachments, events.Attachment{ID: strconv.Itoa(i + 1), Name: name, Type: kindOf(a.Type), Size: size, URL: p.URL})
		case p.Description != "":
			in.Message.Text = line(in.Message.Text, p.Description)
		}
	}
	if in.Message.Text == "" && len(in.Message.Attachments) == 0 {
		in.Type, in.Message, in.Direction, in.Flags = events.Unknown, nil, "", []string{"content"}
	}
	return in
}

func line(text, more string) string {
	if more == "" || strings.Contains(text, more) {
		return text
	}
	return strings.TrimSpace(text + "\n" + more)
}

func kindOf(kind string) string {
	switch kind {
	case "image", "gif", "sticker":
		return "image/*"
	case "audio", "video":
		return kind + "/*"
	}
	return ""
}
