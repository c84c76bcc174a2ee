package kakaotalk

import (
	"cmp"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Receive reads one call of the dealer and answers {"code":0}.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	trust := events.Stated
	if s.Header != "" {
		if !wire.Same(inbox.Secrets["hook_secret"], req.Header.Get(s.Header)) {
			return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-secret", "the header with the secret does not hold")
		}
		trust = events.Proved
	}
	if !json.Valid(req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not JSON")
	}
	ok := channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"code":0}`)}
	src := wire.From(inbox, req)
	c, err := readCall(req.Body, s.Fields)
	if err != nil || c.text(c.fields.User) == "" {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, ok, nil
	}
	if sender := c.text(c.fields.Sender); sender != "" && sender != s.SenderKey {
		kept := src.Keep(req.Body, channel.FlagForeign)
		channel.Meant(kept, channel.Account{Kind: Kind, Name: sender})
		return []*events.Inbound{kept}, ok, nil
	}
	r := reading{src, &s, c, trust}
	return []*events.Inbound{r.state(name(inbox, req, c))}, ok, nil
}

// name of the call: what stands behind the hook's path, in the query, or in the
// body.
func name(inbox config.Inbox, req *channel.Request, c call) string {
	if req.URL != nil {
		if n := req.URL.Query().Get("call"); n != "" {
			return n
		}
		called := req.Called(inbox)
		if n := path.Base(req.URL.Path); strings.HasPrefix(req.URL.Path, called.HookPath()+"/") {
			return n
		}
	}
	return c.text(c.fields.Call)
}

type reading struct {
	wire.Source
	s     *Settings
	c     call
	trust events.Trust
}

func (r reading) state(name string) *events.Inbound {
	text, _ := r.c.doc["reference"].(map[string]any)
	switch {
	case name == "reference", name == "" && text != nil:
		return r.contact("reference", wire.Attributes("kakao_session", "open", "kakao_reference", r.c.text([]string{"reference.extra"}), "kakao_last_reference", r.c.text([]string{"last_reference.extra", "last_reference"})))
	case name == "expired_session", name == "end", name == "expired", name == "auto_end":
		return r.contact("end", wire.Attributes("kakao_session", "ended"))
	case name == "block":
		return r.contact(name, wire.Attributes("kakao_session", "ended", "blocked", "yes"))
	case name == "leave": // the customer's doing; a session that is ended may have run out
		return r.contact(name, wire.Attributes("kakao_session", "left", "blocked", "no"))
	case name == "", name == "message":
		return r.message()
	}
	in := r.begin(events.Unknown, name)
	in.Flags = append(in.Flags, "call")
	return in
}

func (r reading) begin(kind events.InboundType, name string) *events.Inbound {
	at := r.Millis(r.c.millis())
	id, synthetic := r.c.text(r.c.fields.ID), false
	if id == "" {
		stamp := r.c.text(r.c.fields.Time)
		if stamp == "" {
			stamp = strconv.FormatInt(r.Req.At.Unix(), 10)
		}
		id, synthetic = "at:"+wire.Hash(name, stamp, wire.Canonical(r.Req.Body)), true
	}
	in := r.State(kind, id, at, r.Req.Body)
	if synthetic {
		in.Flags = []string{channel.FlagDerivedID}
	}
	in.Sender.Points = []events.Point{r.Own(r.c.text(r.c.fields.User), r.trust)}
	if app := r.c.text(r.c.fields.App); app != "" && app != "0" {
		in.Sender.Points = append(in.Sender.Points, events.Point{Kind: "kakao-app", Value: app, Scope: cmp.Or(r.s.App, string(r.Inbox.ID)), Trust: r.trust})
	}
	return in
}

func (r reading) contact(name string, attributes map[string]string) *events.Inbound {
	in := r.begin(events.ContactWasStated, name)
	in.Sender.Attributes = attributes
	return in
}

func (r reading) message() *events.Inbound {
	in := r.begin(events.MessageReceived, "message")
	m := &events.ReceivedMessage{Text: r.c.text(r.c.fields.Text), Thread: r.c.text(r.c.fields.Session)}
	if address, inText := r.c.file(); address != "" {
		if inText {
			m.Text = ""
		}
		m.Attachments = []events.Attachment{{ID: "1", Name: cmp.Or(r.c.text(r.c.fields.Name), "file"), URL: strings.Replace(address, "http://", "https://", 1)}}
	}
	switch {
	case m.Text == "" && m.Attachments == nil && r.c.yes("auto_end"):
		return r.contact("end", wire.Attributes("kakao_session", "ended"))
	case m.Text == "" && m.Attachments == nil:
		in.Type, in.Flags = events.Unknown, append(in.Flags, "content")
		return in
	}
	in.Message = m
	return in
}
