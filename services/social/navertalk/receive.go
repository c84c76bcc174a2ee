package navertalk

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Receive reads one event. The reply's body is always empty, because Naver takes
// a body for a message to the user. A pay_complete is kept and answered 403,
// which declines the payment, unless the inbox takes payments.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if s.CheckIP && !s.from(req.Remote) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusForbidden, "bad-source", "this address does not belong to Naver")
	}
	if !json.Valid(req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not JSON")
	}
	ok := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	src := wire.From(inbox, req)
	e, err := read(req.Body)
	if err != nil || e.User == "" || e.Event == "" {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, ok, nil
	}
	r := reading{Source: src, s: &s, e: &e, raw: req.Body}
	if e.Event == "pay_complete" {
		if !s.Pay {
			ok.Status = http.StatusForbidden
		}
		return []*events.Inbound{r.unknown("pay_complete")}, ok, nil
	}
	return []*events.Inbound{a.state(r)}, ok, nil
}

// reading is one event on its way to a statement.
type reading struct {
	wire.Source
	s   *Settings
	e   *event
	raw []byte
}

func (a *Adapter) state(r reading) *events.Inbound {
	e := r.e
	switch e.Event {
	case "send":
		return r.message(events.In)
	case "echo":
		return a.echo(r)
	case "open":
		o := &e.Options
		return r.contact(wire.Attributes("naver_inflow", o.Inflow, "naver_referer", o.Referer, "naver_from", o.From,
			"naver_friend", maybe(o.Friend), "naver_under14", maybe(o.Under14), "naver_under19", maybe(o.Under19)))
	case "leave":
		return r.contact(wire.Attributes("naver_chat", "left"))
	case "friend":
		return r.contact(wire.Attributes("naver_friend", wire.YesNo(e.Options.Set == "on")))
	case "handover":
		owner := map[string]string{"passThread": "us", "takeThread": "console"}[e.Options.Control]
		return r.contact(wire.Attributes("naver_thread", owner))
	case "profile":
		return r.profile()
	case "pay_confirm":
		return r.paid()
	}
	return r.unknown("event")
}

// id of an event is made of what it says and the second it arrived in: the same
// words said again later are another message.
func (r reading) id() string {
	return "at:" + wire.Hash(r.e.Partner, r.e.User, r.e.Event, wire.Canonical(r.raw), strconv.FormatInt(r.Req.At.Unix(), 10))
}

func (r reading) begin(kind events.InboundType) *events.Inbound {
	in := r.State(kind, r.id(), time.Time{}, r.raw)
	in.Flags = []string{channel.FlagDerivedID}
	in.Sender.Points = []events.Point{r.Own(r.e.User, events.Stated)}
	return in
}

func (r reading) unknown(why string) *events.Inbound {
	in := r.begin(events.Unknown)
	in.Flags = append(in.Flags, why)
	return in
}

func (r reading) message(d events.Direction) *events.Inbound {
	in, m, e := r.begin(events.MessageReceived), &events.ReceivedMessage{}, r.e
	in.Message, in.Direction = m, d
	switch {
	case e.Text != nil:
		m.Text = e.Text.Text
		if p := e.Options.Product; p != nil {
			in.Sender.Attributes = wire.Attributes("naver_product", p.Name, "naver_product_url", p.URL, "naver_product_price", p.Price)
		}
		if t := e.Text.InputType; t != "" && t != "typing" {
			in.Flags = append(in.Flags, "input-"+strings.ToLower(short(t)))
		}
	case e.Image != nil && e.Image.URL != "":
		m.Attachments = []events.Attachment{{ID: "1", Name: "image", Type: "image/*", URL: e.Image.URL}}
	case len(e.Composite) > 0:
		m.Text = compositeText(e.Composite)
	}
	if m.Text == "" && len(m.Attachments) == 0 {
		return r.unknown("content")
	}
	if t := e.Text; t != nil && d == events.In && (t.InputType == "button" || t.InputType == "") {
		flag := intake.FlagButton
		if t.InputType != "" {
			flag = "input-button"
		}
		intake.Press(in, t.Code, flag) // of a calendar or a clock the code is that of what opened it
	}
	if e.Standby { // somebody answers in Naver's own console
		in.Flags = append(in.Flags, "standby")
	}
	return in
}

func short(word string) string { return word[:min(len(word), 24)] }

func maybe(b *bool) string {
	if b == nil {
		return ""
	}
	return wire.YesNo(*b)
}

func (r reading) contact(attributes map[string]string) *events.Inbound {
	if attributes == nil {
		return r.unknown("empty")
	}
	in := r.begin(events.ContactWasStated)
	in.Sender.Attributes = attributes
	return in
}

// echo is what our side said. A message this process sent a moment ago is
// reported as sent, which also settles an attempt whose end nobody saw.
func (a *Adapter) echo(r reading) *events.Inbound {
	const console = 1 // the sourceId of people in Naver's console
	source := r.e.Options.Source
	if source != console {
		key := echoKey(string(r.Inbox.ID), r.e.User, said(r.e))
		if id, _, ok := a.recent.Take(key, r.Req.At); ok {
			in := r.begin(events.DeliveryReported)
			in.ProviderID = "echo:" + string(id)
			in.Delivery = &events.Delivery{Message: id, ProviderIDs: []string{key}, Status: events.StatusSent}
			return in
		}
	}
	if r.e.Echoed != "" && r.e.Echoed != "send" {
		return r.unknown("echo")
	}
	in := r.message(events.Out)
	if in.Type == events.MessageReceived && source != 0 && source == r.s.SourceID {
		in.ProviderID = echoKey(string(r.Inbox.ID), r.e.User, said(r.e))
	}
	return in
}

// echoKey is by what an echo of ours is known again; it stands among the ids of
// the message that was sent.
func echoKey(inbox, user, said string) string { return "echo:" + wire.Hash(inbox, user, said) }

func said(e *event) string {
	switch {
	case e.Text != nil:
		return "text " + e.Text.Text
	case e.Image != nil:
		return "image " + e.Image.URL
	}
	return ""
}
