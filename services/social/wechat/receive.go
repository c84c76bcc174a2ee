package wechat

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// fresh is how far a request's time may be from ours.
const fresh = 10 * time.Minute

type message struct {
	XMLName   xml.Name `xml:"xml"`
	To        string   `xml:"ToUserName"`
	From      string   `xml:"FromUserName"`
	Created   string   `xml:"CreateTime"`
	Type      string   `xml:"MsgType"`
	ID        string   `xml:"MsgId"`
	Content   string   `xml:"Content"`
	PicURL    string   `xml:"PicUrl"`
	MediaID   string   `xml:"MediaId"`
	Format    string   `xml:"Format"`
	Speech    string   `xml:"Recognition"`
	X         string   `xml:"Location_X"`
	Y         string   `xml:"Location_Y"`
	Label     string   `xml:"Label"`
	Title     string   `xml:"Title"`
	About     string   `xml:"Description"`
	URL       string   `xml:"Url"`
	Event     string   `xml:"Event"`
	EventKey  string   `xml:"EventKey"`
	Menu      string   `xml:"bizmsgmenuid"`
	Encrypted string   `xml:"Encrypt"`
}

// Receive answers the check of a new address and reads messages and events. The
// reply to these is "success": what we say goes out by itself.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	q, token := req.URL.Query(), inbox.Secrets["token"]
	if !timely(q.Get("timestamp"), req.At) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "old-timestamp", "the timestamp is missing or too far from now")
	}
	switch req.Method {
	case http.MethodGet:
		if !verify(q.Get("signature"), token, q.Get("timestamp"), q.Get("nonce")) || len(q.Get("echostr")) > 1024 {
			return nil, channel.Reply{}, badSignature()
		}
		return nil, plain(q.Get("echostr")), nil
	case http.MethodPost:
	default:
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "get or post")
	}
	src := wire.From(inbox, req)
	var m message
	err := xml.Unmarshal(req.Body, &m)
	if s.Secure || m.Encrypted != "" && inbox.Secrets["encoding_aes_key"] != "" {
		return secure(src, &s, q, &m)
	}
	if !verify(q.Get("signature"), token, q.Get("timestamp"), q.Get("nonce")) {
		return nil, channel.Reply{}, badSignature()
	}
	if err != nil {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, plain("success"), nil
	}
	return []*events.Inbound{reading{src, &m, req.Body, events.Stated}.state()}, plain("success"), nil
}

// secure reads a request whose body is encrypted. One that is signed but cannot
// be opened (the key was changed on one side only) is kept: it can be read again
// when the key is right.
func secure(src wire.Source, s *Settings, q url.Values, outer *message) ([]*events.Inbound, channel.Reply, error) {
	if outer.Encrypted == "" || !verify(q.Get("msg_signature"), src.Inbox.Secrets["token"], q.Get("timestamp"), q.Get("nonce"), outer.Encrypted) {
		return nil, channel.Reply{}, badSignature()
	}
	keep := func(why string) ([]*events.Inbound, channel.Reply, error) {
		return []*events.Inbound{src.Keep(src.Req.Body, why)}, plain("success"), nil
	}
	key, err := aesKey(src.Inbox.Secrets["encoding_aes_key"])
	if err != nil {
		return keep("encrypted")
	}
	body, app, err := decrypt(key, outer.Encrypted)
	if err != nil {
		return keep("encrypted")
	}
	if app != s.AppID {
		return keep("foreign-account")
	}
	var m message
	if xml.Unmarshal(body, &m) != nil {
		return keep("unreadable")
	}
	return []*events.Inbound{reading{src, &m, body, events.Proved}.state()}, plain("success"), nil
}

func badSignature() error {
	return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
}

func plain(text string) channel.Reply {
	return channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}}, Body: []byte(text)}
}

func timely(stamp string, now time.Time) bool {
	n, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && n > 0 && n < 1<<40 && now.Sub(time.Unix(n, 0)).Abs() <= fresh
}

type reading struct {
	wire.Source
	m     *message
	raw   []byte
	trust events.Trust
}

func (r reading) state() *events.Inbound {
	m := r.m
	if m.From == "" || m.Type == "" {
		return r.Keep(r.raw, "unreadable")
	}
	seconds, err := strconv.ParseInt(m.Created, 10, 64)
	if err != nil || seconds > 1<<40 {
		seconds = 0
	}
	id := m.ID
	if id == "" {
		id = strings.Join([]string{m.From, m.Created, m.Event, m.EventKey}, ":")
	}
	in := r.State(events.Unknown, id, r.Millis(seconds*1000), r.raw)
	in.Order = m.ID
	in.Sender.Points = []events.Point{r.Own(m.From, r.trust)}
	if m.Type == "event" {
		return r.event(in)
	}
	out := r.said()
	if out.Text == "" && len(out.Attachments) == 0 {
		in.Flags = []string{"content"}
		return in
	}
	in.Type, in.Message = events.MessageReceived, out
	intake.Press(in, m.Menu, intake.FlagButton) // a line of a menu: its text is what stood there
	return in
}

func (r reading) event(in *events.Inbound) *events.Inbound {
	m := r.m
	switch strings.ToUpper(m.Event) {
	case "SUBSCRIBE":
		in.Type, in.Sender.Attributes = events.ContactWasStated, wire.Attributes("wechat_follows", "yes", "wechat_scene", strings.TrimPrefix(m.EventKey, "qrscene_"))
	case "UNSUBSCRIBE":
		in.Type, in.Sender.Attributes = events.ContactWasStated, wire.Attributes("wechat_follows", "no")
	case "SCAN":
		in.Type, in.Sender.Attributes = events.ContactWasStated, wire.Attributes("wechat_scene", m.EventKey)
	case "CLICK": // a button of the account's menu, whose key the operator chose
		if m.EventKey != "" {
			in.Type, in.Message = events.MessageReceived, &events.ReceivedMessage{}
			intake.Press(in, m.EventKey, intake.FlagButton)
		}
	}
	if in.Type == events.ContactWasStated && in.Sender.Attributes == nil {
		in.Type = events.Unknown
	}
	if in.Type == events.Unknown {
		in.Flags = []string{"event"}
	}
	return in
}

func (r reading) said() *events.ReceivedMessage {
	m, out := r.m, &events.ReceivedMessage{}
	file := func(name, kind string) {
		switch {
		case m.PicURL != "":
			out.Attachments = []events.Attachment{{ID: "1", Name: name, Type: kind, URL: strings.Replace(m.PicURL, "http://", "https://", 1)}}
		case m.MediaID != "":
			out.Attachments = []events.Attachment{{ID: "1", Name: name, Type: kind, URL: "media:" + m.MediaID}}
		}
	}
	switch m.Type {
	case "text":
		out.Text = m.Content
	case "image":
		file("image", "image/*")
	case "voice":
		out.Text = m.Speech
		name := "voice"
		if m.Format != "" && len(m.Format) <= 8 {
			name += "." + m.Format
		}
		file(name, "audio/*")
	case "video", "shortvideo":
		file("video.mp4", "video/mp4")
	case "location":
		out.Text = strings.TrimSpace(m.Label + "\ngeo:" + m.X + "," + m.Y)
	case "link":
		out.Text = strings.TrimSpace(strings.Join([]string{m.Title, m.About, m.URL}, "\n"))
	}
	return out
}
