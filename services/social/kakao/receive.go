package kakao

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// alive is how long a callback is used: Kakao allows a minute from its request.
const alive = 55 * time.Second

// Receive verifies the secret header and reads one utterance. The reply is what
// the bot says now.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if err := s.verify(inbox, req.Header); err != nil {
		return nil, channel.Reply{}, err
	}
	if !json.Valid(req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not JSON")
	}
	src := wire.From(inbox, req)
	var p payload
	if err := json.Unmarshal(req.Body, &p); err != nil || p.Request.User.ID == "" {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, say(s.Acknowledgement), nil
	}
	if s.BotID != "" && !ours(s.BotID, p.Bot.ID) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusForbidden, "other-bot", "another bot's requests are not for this inbox")
	}
	reply := say(s.Acknowledgement)
	if p.Request.Callback != "" && s.callback(p.Request.Callback) {
		a.callbacks.Put(key(inbox, p.Request.User.ID), p.Request.Callback, req.At, req.At.Add(alive))
		reply = wait(s.Waiting)
	}
	return []*events.Inbound{statement(src, &s, &p)}, reply, nil
}

// ours compares bots; a bot under test has an exclamation mark behind its id.
func ours(want, got string) bool { return got == want || got == want+"!" }

func key(inbox config.Inbox, user string) string { return string(inbox.ID) + "\x00" + user }

func statement(src wire.Source, s *Settings, p *payload) *events.Inbound {
	u := &p.Request.User
	id, flags := src.Req.Header.Get("X-Request-Id"), []string(nil)
	if id == "" {
		id = "at:" + wire.Hash(p.Bot.ID, u.ID, wire.Canonical(src.Req.Body), strconv.FormatInt(src.Req.At.Unix(), 10))
		flags = []string{channel.FlagDerivedID}
	}
	in := src.State(events.MessageReceived, id, time.Time{}, src.Req.Body)
	in.Flags = flags
	in.Sender.Points = points(src, s, p)
	in.Sender.Attributes = wire.Attributes("language", p.Request.Lang, "kakao_block", p.Request.Block.Name)
	if f := u.Properties.IsFriend; f != nil {
		in.Sender.Attributes = wire.Attributes("language", p.Request.Lang, "kakao_block", p.Request.Block.Name, "kakao_friend", wire.YesNo(*f))
	}
	m := &events.ReceivedMessage{Text: p.Request.Utterance}
	for i, address := range p.images() {
		m.Attachments = append(m.Attachments, events.Attachment{ID: strconv.Itoa(i + 1), Name: fmt.Sprintf("image-%d", i+1), Type: "image/*", URL: address})
	}
	if len(m.Attachments) > 0 && list(m.Text) != nil {
		m.Text = "" // the words are the picture's address
	}
	if m.Text == "" && len(m.Attachments) == 0 {
		in.Type, in.Flags = events.Unknown, append(in.Flags, "empty")
		return in
	}
	in.Message = m
	intake.Press(in, p.pressed(), intake.FlagButton)
	return in
}

// points of a customer: the bot's key for them, to which answers go, the
// channel's, which other bots and consultation talk of the same channel share,
// and their number in the shop's own Kakao app, if they signed in with it.
func points(src wire.Source, s *Settings, p *payload) []events.Point {
	u := &p.Request.User
	out := []events.Point{src.Own(u.ID, events.Proved)}
	if k := u.Properties.Friend; k != "" {
		out = append(out, events.Point{Kind: "kakao-channel", Value: k, Trust: events.Proved})
	}
	if k := u.Properties.App; k != "" {
		out = append(out, events.Point{Kind: "kakao-app", Value: k, Scope: cmp.Or(s.App, string(src.Inbox.ID)), Trust: events.Proved})
	}
	return out
}

// say is a reply whose text the customer sees at once.
func say(text string) channel.Reply { return reply(answer(text)) }

// wait tells Kakao that the answer comes on the callback.
func wait(text string) channel.Reply {
	return reply(map[string]any{"version": "2.0", "useCallback": true, "data": map[string]string{"text": text}})
}

func answer(texts ...string) map[string]any { return template(textOutputs(texts...), nil) }

func textOutputs(texts ...string) (outputs []any) {
	for _, text := range texts {
		outputs = append(outputs, map[string]any{"simpleText": map[string]string{"text": text}})
	}
	return outputs
}

// template is an answer with quick replies under it, where there are any.
func template(outputs []any, offered []events.QuickReply) map[string]any {
	shown := map[string]any{"outputs": outputs}
	if len(offered) > 0 {
		shown["quickReplies"] = quickReplies(offered)
	}
	return map[string]any{"version": "2.0", "template": shown}
}

// quickReplies say their label when they are pressed, and carry their value where
// nobody sees it.
func quickReplies(offered []events.QuickReply) (out []any) {
	for _, q := range offered {
		out = append(out, map[string]any{"label": q.Label, "action": "message", "messageText": q.Label, "extra": extra{q.Value}})
	}
	return out
}

func reply(body map[string]any) channel.Reply {
	data, err := json.Marshal(body)
	if err != nil { // strings always encode
		return channel.Reply{Status: http.StatusInternalServerError}
	}
	return channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: data}
}
