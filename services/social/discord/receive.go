package discord

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// The kinds of interaction, and of answers to one (discord-api-docs: Receiving
// and Responding).
const (
	ping         = 1
	command      = 2
	component    = 3
	autocomplete = 4
	modal        = 5

	answerPong    = 1
	answerMessage = 4
	answerLater   = 6 // a pressed button: nothing changes on the screen
	answerChoices = 8

	onlyForThem = 64 // a message that only who asked can see
)

// Receive reads an interaction, or an event of Webhook Events. A signature that
// does not hold is answered 401: Discord tries one on purpose now and then, and
// takes an endpoint away that lets it pass.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	s, err := settings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if !signed(s.key(), req) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	r := reader{Maker: intake.New(inbox, req), raw: req.Body}
	if json.Unmarshal(req.Body, &r.interaction) != nil {
		r.interaction = interaction{}
		return r.unknown("unreadable"), channel.Reply{Status: http.StatusNoContent, Body: []byte{}}, nil
	}
	if len(r.Event) > 0 || r.Version != 0 && r.Type == 0 {
		return r.webhookEvent(), channel.Reply{Status: http.StatusNoContent, Body: []byte{}}, nil
	}
	switch r.Type {
	case ping:
		return nil, answer(answerPong, nil), nil
	case autocomplete:
		return nil, answer(answerChoices, map[string]any{"choices": []any{}}), nil
	case component:
		return r.pressed(), answer(answerLater, nil), nil
	case command, modal:
		return r.said(), answer(answerMessage, map[string]any{"content": s.Received, "flags": onlyForThem}), nil
	}
	return r.unknown("unknown-interaction"), answer(answerLater, nil), nil
}

func signed(key ed25519.PublicKey, req *channel.Request) bool {
	signature, err := hex.DecodeString(req.Header.Get("X-Signature-Ed25519"))
	stamp := req.Header.Get("X-Signature-Timestamp")
	if err != nil || len(signature) != ed25519.SignatureSize || key == nil || stamp == "" {
		return false
	}
	return ed25519.Verify(key, append([]byte(stamp), req.Body...), signature)
}

func answer(kind int, data map[string]any) channel.Reply {
	body := map[string]any{"type": kind}
	if data != nil {
		body["data"] = data
	}
	text, _ := json.Marshal(body) // plain values always encode
	return channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: text}
}

// reader turns one interaction into a statement.
type reader struct {
	intake.Maker
	interaction
	raw []byte
}

func (r *reader) unknown(why string) []*events.Inbound {
	id := ""
	if _, ok := moment(r.ID); ok {
		id = "interaction:" + r.ID
	}
	return []*events.Inbound{r.Unknown(id, time.Time{}, r.raw, why)}
}

// webhookEvent keeps what Discord tells of the application itself (installed,
// bought); its check of the address is nothing to keep.
func (r *reader) webhookEvent() []*events.Inbound {
	if len(r.Event) == 0 {
		return nil
	}
	return r.unknown("webhook-event")
}

// epoch is the first second of 2015, from which snowflakes count.
const epoch = 1420070400000

// moment reads a snowflake's time.
func moment(id string) (time.Time, bool) {
	n, err := strconv.ParseUint(id, 10, 63)
	if err != nil {
		return time.Time{}, false
	}
	return intake.Millis(int64(n>>22) + epoch), true
}

// make begins the statement of a message; nil where nobody or nothing is named.
func (r *reader) make(body *events.ReceivedMessage, flags ...string) []*events.Inbound {
	u := r.Member.User
	if u.ID == "" {
		u = r.User
	}
	at, ok := moment(r.ID)
	_, known := moment(u.ID)
	if !ok || !known || body.Text == "" && len(body.Attachments) == 0 {
		return r.unknown("unreadable")
	}
	sender := events.Sender{Points: []events.Point{{Kind: PointKind, Value: u.ID, Trust: events.Proved}}, Attributes: map[string]string{}}
	for _, name := range []string{r.Member.Nick, u.GlobalName, u.Username} {
		if sender.Name == "" {
			sender.Name = intake.Name(name)
		}
	}
	if u.Username != "" {
		sender.Attributes["discord_username"] = intake.Name(u.Username)
	}
	if r.Locale != "" {
		sender.Attributes["language"] = intake.Clip(r.Locale, 35)
	}
	if _, ok := moment(r.Channel); ok {
		body.Thread = r.Channel
	}
	in := r.Make(events.MessageReceived, "interaction:"+r.ID, at, sender)
	in.Order = strings.Repeat("0", max(0, 20-len(r.ID))) + r.ID
	in.Message, in.Flags = body, flags
	return []*events.Inbound{in}
}

// said is a command or a form: what was typed, and the files given with it.
func (r *reader) said() []*events.Inbound {
	d := &r.Data
	body := &events.ReceivedMessage{}
	if r.Type == modal {
		body.Text = strings.Join(d.Components.values(0), "\n")
		return r.make(body, "form")
	}
	var words []string
	for _, o := range flat(d.Options, 0) {
		switch value := o.Value.(type) {
		case string:
			if f, ok := d.Resolved.Attachments[value]; ok && o.Type == optionFile {
				body.Attachments = append(body.Attachments, f.attachment(value))
				continue
			}
			words = append(words, value)
		case float64, bool:
			words = append(words, fmt.Sprint(value))
		}
	}
	if m, ok := d.Resolved.Messages[d.Target]; ok { // a command used on a message
		words = append(words, m.Content)
	}
	body.Text = strings.TrimSpace(strings.Join(words, "\n"))
	if body.Text == "" && len(body.Attachments) == 0 && d.Name != "" {
		body.Text = "/" + intake.Name(d.Name)
	}
	return r.make(body, "command")
}

// pressed is a button or a list under a message of ours.
func (r *reader) pressed() []*events.Inbound {
	labels := r.Message.Components.labels(r.Data.CustomID, r.Data.Values, 0)
	if len(labels) == 0 {
		labels = r.Data.Values
	}
	body := &events.ReceivedMessage{Text: strings.Join(labels, "\n")}
	if body.Text == "" {
		body.Text = intake.Clip(r.Data.CustomID, 200)
	}
	if _, ok := moment(r.Message.ID); ok {
		body.InReplyTo = []string{messageID(r.Channel, r.Message.ID)}
	}
	out := r.make(body, intake.FlagButton)
	intake.Press(out[0], r.value(), intake.FlagButton)
	return out
}

func messageID(channel, message string) string { return channel + ":" + message }
