package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// tolerance is how far a request's time may be from ours.
const tolerance = 5 * time.Minute

// Receive reads an event, a pressed button or a slash command. A signature that
// does not hold, or a time more than five minutes off, is answered 401. The
// answer to anything else is empty: what stands in an answer to a command is
// shown to who typed it.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if refusal := verify(inbox.Secrets[secretSigning], req); refusal != nil {
		return nil, channel.Reply{}, refusal
	}
	reply := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	r := reader{Maker: intake.New(inbox, req), raw: req.Body, again: req.Header.Get("X-Slack-Retry-Num") != ""}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return a.own(inbox, &r, r.form()), reply, nil
	}
	if json.Unmarshal(req.Body, &r.envelope) != nil {
		r.envelope = envelope{}
		return r.unknown("unreadable"), reply, nil
	}
	if r.Type == "url_verification" {
		reply.Header, reply.Body = http.Header{"Content-Type": {"text/plain"}}, []byte(r.Challenge)
		return nil, reply, nil
	}
	return a.own(inbox, &r, r.read()), reply, nil
}

// own keeps what happened in another workspace raw, for the inbox that has it.
// An event that has come to nothing is nothing there too.
func (a *Adapter) own(inbox config.Inbox, r *reader, out []*events.Inbound) []*events.Inbound {
	names := a.Accounts(inbox)
	if len(names) == 0 || r.TeamID == "" || r.TeamID == names[0] || len(out) == 0 {
		return out
	}
	out = r.unknown(channel.FlagForeign)
	channel.Meant(out[0], channel.Account{Kind: Kind, Name: r.TeamID})
	return out
}

func verify(secret string, req *channel.Request) *channel.Refusal {
	stamp := req.Header.Get("X-Slack-Request-Timestamp")
	given, versioned := strings.CutPrefix(req.Header.Get("X-Slack-Signature"), "v0=")
	mac, err := hex.DecodeString(given)
	if err != nil || !versioned || secret == "" {
		return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	want := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(want, "v0:%s:", stamp)
	want.Write(req.Body)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !hmac.Equal(mac, want.Sum(nil)) {
		return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	if off := req.At.Sub(time.Unix(seconds, 0)); off > tolerance || off < -tolerance {
		return channel.Refuse(http.StatusUnauthorized, "stale", "the request is too old")
	}
	return nil
}

// reader turns one request into statements.
type reader struct {
	intake.Maker
	envelope
	Event event
	raw   []byte
	again bool
}

func (r *reader) unknown(why string) []*events.Inbound {
	id := ""
	if intake.ID(r.EventID) {
		id = r.EventID
	}
	return []*events.Inbound{r.Unknown(id, intake.Unix(r.EventTime), r.raw, why)}
}

func (r *reader) one(in *events.Inbound) []*events.Inbound {
	if r.again {
		in.Flags = append(in.Flags, "redelivered")
	}
	return []*events.Inbound{in}
}

func (r *reader) read() []*events.Inbound {
	if r.Type != "event_callback" || !intake.ID(r.EventID) {
		return r.unknown("unknown-callback")
	}
	// The same field has other shapes in events that are not read here.
	if json.Unmarshal(r.Inner, &r.Event) != nil {
		return r.unknown("unknown-event")
	}
	switch r.Event.Type {
	case "message", "app_mention":
		return r.message()
	case "reaction_added", "reaction_removed":
		return r.reaction()
	}
	return r.unknown("unknown-event")
}

func (r *reader) message() []*events.Inbound {
	switch e := &r.Event; e.Subtype {
	case "", "file_share", "me_message", "thread_broadcast", "bot_message":
		return r.said(&e.post)
	case "message_changed":
		if e.Message != nil && e.Message.Subtype == "tombstone" {
			return r.deleted(e.Message.TS, e.Previous)
		}
		return r.changed()
	case "message_deleted":
		return r.deleted(e.DeletedTS, e.Previous)
	}
	return r.unknown("service-message")
}

// ours says that this app wrote a post.
func (r *reader) ours(p *post) bool { return p.BotID != "" && p.AppID != "" && p.AppID == r.AppID }

// sender is the user (or the bot, for a post by another app).
func (r *reader) sender(p *post) (events.Sender, bool) {
	id := p.User
	if id == "" {
		id = p.BotID
	}
	if !intake.ID(id, r.TeamID) {
		return events.Sender{}, false
	}
	return r.person(id, p.Profile.RealName, p.Profile.DisplayName, p.Username), true
}

func (r *reader) person(id string, names ...string) events.Sender {
	s := events.Sender{Points: []events.Point{{Kind: PointKind, Value: id, Scope: r.TeamID, Trust: events.Proved}}}
	for _, name := range names {
		if s.Name = intake.Name(name); s.Name != "" {
			break
		}
	}
	return s
}

func messageID(channel, ts string) string { return channel + ":" + ts }

// thread is where an answer goes.
func (r *reader) thread(p *post) string {
	switch {
	case p.ThreadTS != "":
		return messageID(r.Event.Channel, p.ThreadTS)
	case r.Event.ChannelType == "im" || strings.HasPrefix(r.Event.Channel, "D"):
		return r.Event.Channel
	}
	return messageID(r.Event.Channel, p.TS)
}

func (r *reader) said(p *post) []*events.Inbound {
	sender, ok := r.sender(p)
	body := r.body(p)
	if !ok || !intake.ID(r.Event.Channel, p.TS) || len(p.ThreadTS) > intake.MaxID || body.Text == "" && len(body.Attachments) == 0 {
		return r.unknown("unreadable")
	}
	in := r.Make(events.MessageReceived, messageID(r.Event.Channel, p.TS), moment(p.TS), sender)
	in.Order, in.Message = p.TS, body
	if r.ours(p) {
		if !intake.ID(p.ParentUser) || p.ParentUser == p.User {
			return nil
		}
		in.Direction, in.Sender, body.Automatic = events.Out, r.person(p.ParentUser), false
	}
	return r.one(in)
}

func (r *reader) body(p *post) *events.ReceivedMessage {
	b := &events.ReceivedMessage{Text: plain(p.Text), Thread: r.thread(p), Automatic: p.BotID != ""}
	for _, f := range p.Files {
		if !intake.ID(f.ID) || f.Mode == "tombstone" {
			continue
		}
		kind := f.Type
		if kind == "" || len(kind) > 127 {
			kind = "application/octet-stream"
		}
		b.Attachments = append(b.Attachments, events.Attachment{
			ID: f.ID, Name: intake.FileName(f.Name, f.ID), Type: kind, Size: max(f.Size, 0), URL: "media:" + f.ID,
		})
		if len(b.Attachments) == maxFiles {
			break
		}
	}
	if b.Text == "" && len(b.Attachments) == 0 {
		for _, a := range p.Attachments { // what another app shows in a box
			b.Text = strings.TrimSpace(b.Text + "\n" + plain(a.Fallback))
		}
	}
	return b
}

// maxFiles bounds the files of one message; Slack takes ten.
const maxFiles = 50

// changed is an edit. A change that nobody wrote (a link that got a preview, a
// thread that got an answer) is none, and is not stated.
func (r *reader) changed() []*events.Inbound {
	e := &r.Event
	if e.Message == nil || !intake.ID(e.Channel, e.Message.TS) {
		return r.unknown("unreadable")
	}
	sender, ok := r.sender(e.Message)
	if !ok {
		return r.unknown("no-sender")
	}
	if r.ours(e.Message) || e.Previous != nil && e.Previous.Text == e.Message.Text && len(e.Previous.Files) == len(e.Message.Files) {
		return nil
	}
	in := r.Make(events.MessageWasEdited, r.EventID, moment(e.TS), sender)
	in.Order, in.Message, in.Target = e.TS, r.body(e.Message), messageID(e.Channel, e.Message.TS)
	return r.one(in)
}

func (r *reader) deleted(ts string, was *post) []*events.Inbound {
	if was == nil {
		was = r.Event.Message
	}
	if was == nil || !intake.ID(r.Event.Channel, ts) {
		return r.unknown("unreadable")
	}
	sender, ok := r.sender(was)
	if !ok {
		return r.unknown("no-sender")
	}
	in := r.Make(events.MessageWasRemoved, r.EventID, moment(r.Event.TS), sender)
	in.Target = messageID(r.Event.Channel, ts)
	return r.one(in)
}

// reaction is an emoji by its name, as Slack writes it between colons.
func (r *reader) reaction() []*events.Inbound {
	e := &r.Event
	if e.Item.Type != "message" || !intake.ID(e.Item.Channel, e.Item.TS, e.User, e.Reaction, r.TeamID) {
		return r.unknown("unreadable")
	}
	in := r.Make(events.MessageWasReacted, r.EventID, moment(e.EventTS), r.person(e.User))
	in.Target, in.Reaction = messageID(e.Item.Channel, e.Item.TS), &events.Reaction{}
	if e.Type == "reaction_added" {
		in.Reaction.Emoji = ":" + intake.Clip(e.Reaction, 100) + ":"
	}
	return r.one(in)
}

// moment reads a ts, seconds and microseconds; zero when it is none.
func moment(ts string) time.Time {
	whole, part, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	at := intake.Unix(seconds)
	if micros, err := strconv.ParseUint(part, 10, 32); err == nil && len(part) == 6 && !at.IsZero() {
		at = at.Add(time.Duration(micros) * time.Microsecond)
	}
	return at
}

// form is a slash command, or a pressed button in the field payload.
func (r *reader) form() []*events.Inbound {
	fields, err := url.ParseQuery(string(r.raw))
	if err != nil {
		return r.unknown("unreadable")
	}
	if payload := fields.Get("payload"); payload != "" {
		return r.pressed([]byte(payload))
	}
	r.TeamID = fields.Get("team_id")
	user, command, where, id := fields.Get("user_id"), fields.Get("command"), fields.Get("channel_id"), fields.Get("trigger_id")
	if !intake.ID(r.TeamID, user, command, where, id) {
		return r.unknown("unreadable")
	}
	in := r.Make(events.MessageReceived, "trigger:"+id, time.Time{}, r.person(user, fields.Get("user_name")))
	in.Message = &events.ReceivedMessage{Text: strings.TrimSpace(command + " " + plain(fields.Get("text"))), Thread: where}
	in.Flags = []string{"command"}
	return r.one(in)
}

// pressed is what stands on the button, the chosen option, or what was typed.
func (r *reader) pressed(payload []byte) []*events.Inbound {
	var p interaction
	if json.Unmarshal(payload, &p) != nil || p.Type != "block_actions" {
		return r.unknown("unknown-interaction")
	}
	r.TeamID, r.Event.Channel = p.Team.ID, p.Channel.ID
	if r.TeamID == "" {
		r.TeamID = p.User.TeamID
	}
	text := ""
	for _, a := range p.Actions {
		text = strings.TrimSpace(text + "\n" + plain(a.label()))
	}
	if !intake.ID(r.TeamID, p.User.ID, p.Trigger) || text == "" {
		return r.unknown("unreadable")
	}
	in := r.Make(events.MessageReceived, "trigger:"+p.Trigger, time.Time{}, r.person(p.User.ID, p.User.Name, p.User.Username))
	in.Message = &events.ReceivedMessage{Text: text}
	if intake.ID(p.Channel.ID, p.Message.TS) {
		in.Message.Thread = r.thread(&p.Message)
		in.Message.InReplyTo = []string{messageID(p.Channel.ID, p.Message.TS)}
	}
	if len(p.Actions) > 0 {
		if at := moment(p.Actions[0].TS); !at.IsZero() {
			in.OccurredAt = at
		}
	}
	in.Flags = []string{intake.FlagButton}
	if len(p.Actions) == 1 {
		intake.Press(in, p.Actions[0].value(), intake.FlagButton)
	}
	return r.one(in)
}
