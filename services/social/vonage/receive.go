package vonage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// Receive verifies and reads one request: a message, a receipt, or something
// that is kept raw.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := settings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost && req.Method != http.MethodGet {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	r := reader{intake.New(inbox, req), &s, events.Proved}
	done := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	if req.Header.Get("Authorization") == "" {
		if params := smsParams(req); params != nil && params.Has("sig") {
			if err := signature.VonageSMS(inbox.Secrets[secretSignature], s.SMSSignature, params); err != nil {
				return nil, channel.Reply{}, refusal(err, nil)
			}
			return r.own(params.Get("to"), r.legacy(params, req)), done, nil
		}
		return nil, channel.Reply{}, refusal(signature.ErrMissing, req.Body)
	}
	if err := a.verify(inbox, &s, req); err != nil {
		return nil, channel.Reply{}, refusal(err, req.Body)
	}
	if params := smsParams(req); params != nil && params.Has("msisdn") && (req.Method == http.MethodPost || req.URL.RawQuery == "") {
		return r.own(params.Get("to"), r.legacy(params, req)), done, nil
	}
	return r.own(addressed(req.Body), r.statement(req.Body)), done, nil
}

// own marks what is about another number than the inbox's, which the inbox whose
// hook was called takes unless another one has that number. A receipt names the
// number as its sender.
func (r *reader) own(number string, in *events.Inbound) []*events.Inbound {
	if number = strings.TrimPrefix(number, "+"); number != "" && number != r.s.own() {
		channel.Meant(in, channel.Account{Kind: Kind, Name: number})
	}
	return []*events.Inbound{in}
}

// addressed is our side of a request of the Messages API.
func addressed(body []byte) string {
	var p post
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	if p.Status != "" {
		return string(p.From)
	}
	return string(p.To)
}

func (a *Adapter) verify(inbox config.Inbox, s *Settings, req *channel.Request) error {
	claims, err := signature.Vonage(inbox.Secrets[secretSignature], req.Header.Get("Authorization"), req.Body, req.At)
	if err != nil {
		return err
	}
	if s.Account != "" && claims.Account != s.Account {
		return signature.ErrWrong
	}
	sum := sha256.Sum256(req.Body)
	return a.guard.Admit(string(inbox.ID), claims.ID, hex.EncodeToString(sum[:]), req.At)
}

// refusal answers a request that is not believed. One that looks like a message
// and has no proof at all is asked for again.
func refusal(err error, body []byte) *channel.Refusal {
	var looks struct {
		ID string `json:"message_uuid"`
	}
	switch {
	case errors.Is(err, signature.ErrMissing) && json.Unmarshal(body, &looks) == nil && looks.ID != "":
		return channel.Refuse(http.StatusServiceUnavailable, "no-signature", "the request is not signed; send it again signed")
	case errors.Is(err, signature.ErrMissing):
		return channel.Refuse(http.StatusUnauthorized, "no-signature", "the request is not signed")
	case errors.Is(err, signature.ErrOld):
		return channel.Refuse(http.StatusUnauthorized, "old-signature", "the token is not of this time")
	case errors.Is(err, signature.ErrReused):
		return channel.Refuse(http.StatusUnauthorized, "reused-signature", "the token was used for another request")
	}
	return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold for signature_secret of this inbox")
}

// smsParams are the parameters of a request of the SMS API: a query, a form, or
// a flat object. Nil is none of them.
func smsParams(req *channel.Request) url.Values {
	if req.Method == http.MethodGet {
		return req.URL.Query()
	}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if params, err := url.ParseQuery(string(req.Body)); err == nil {
			return params
		}
		return nil
	}
	var flat map[string]string
	if json.Unmarshal(req.Body, &flat) != nil || len(flat) == 0 {
		return nil
	}
	params := url.Values{}
	for name, value := range flat {
		params.Set(name, value)
	}
	return params
}

// reader makes statements of one request.
type reader struct {
	intake.Maker
	s     *Settings
	trust events.Trust
}

func (r *reader) kept(raw []byte, kind string) *events.Inbound {
	in := r.Unknown("", time.Time{}, raw)
	in.Raw.Type = kind
	return in
}

// legacy reads a request of the SMS API.
func (r *reader) legacy(p url.Values, req *channel.Request) *events.Inbound {
	raw, kind := req.Body, "application/x-www-form-urlencoded"
	if len(raw) == 0 {
		raw = []byte(req.URL.RawQuery)
	}
	get := func(name string) string { return strings.ToValidUTF8(p.Get(name), "\uFFFD") }
	id, from := get("messageId"), get("msisdn")
	if !intake.ID(id, from) {
		return r.kept(raw, kind)
	}
	at, _ := time.Parse(time.DateTime, get("message-timestamp")) // nought: none is given
	if at.Year() < 2000 || at.Year() > 2200 {
		at = time.Time{}
	}
	sender := events.Sender{Points: r.points("sms", from)}
	if status, ok := statuses[get("status")]; ok && !p.Has("text") {
		in := r.Make(events.DeliveryReported, id+":"+get("status"), at, sender)
		in.Direction, in.Delivery = events.Out, &events.Delivery{ProviderIDs: []string{id}, Status: status}
		return in
	}
	text := get("text")
	if text == "" {
		return r.kept(raw, kind) // binary, or nothing at all
	}
	in := r.Make(events.MessageReceived, id, at, sender)
	in.Order, in.Message = id, &events.ReceivedMessage{Text: text}
	if ref, part := get("concat-ref"), get("concat-part"); get("concat") == "true" && intake.ID(ref, part) && len(part) <= 4 {
		in.Message.Thread, in.Order = "concat:"+ref, strings.Repeat("0", 4-len(part))+part+":"+id
	}
	return in
}
