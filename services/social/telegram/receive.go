package telegram

import (
	"crypto/hmac"
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

// Receive reads one Update. Telegram proves itself with a shared secret in a
// header, not with a signature over the body: 401 without it. Whatever the body
// is, an Update that carries the secret is answered 200, because Telegram holds
// back everything behind one that is refused.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	want, got := inbox.Secrets[secretHook], req.Header.Get("X-Telegram-Bot-Api-Secret-Token")
	if want == "" || !hmac.Equal([]byte(got), []byte(want)) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the secret token does not match")
	}
	r := reader{Maker: intake.New(inbox, req), bot: botID(inbox), raw: req.Body}
	return r.read(), r.reply(), nil
}

// botID is the number in front of the token: the bot's own user id.
func botID(inbox config.Inbox) int64 {
	number, _, _ := strings.Cut(inbox.Secrets[secretToken], ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// reader turns one body into statements.
type reader struct {
	intake.Maker
	bot int64
	raw []byte
	id  string
	// press is the id of the press of a button, which waits for an answer.
	press string
}

func (r *reader) read() []*events.Inbound {
	var u update
	if err := json.Unmarshal(r.raw, &u); err != nil || u.ID == nil {
		return r.unknown("unreadable")
	}
	r.id = "update:" + strconv.FormatInt(*u.ID, 10)
	switch {
	case u.Message != nil:
		return r.message(u.Message)
	case u.Business != nil:
		return r.message(u.Business)
	case u.Guest != nil:
		return r.message(u.Guest, "guest")
	case u.Edited != nil:
		return r.edited(u.Edited)
	case u.EditedBusiness != nil:
		return r.edited(u.EditedBusiness)
	case u.DeletedBusiness != nil:
		return r.deleted(u.DeletedBusiness)
	case u.Reaction != nil:
		return r.reacted(u.Reaction)
	case u.Callback != nil:
		return r.pressed(u.Callback)
	case u.MyChatMember != nil:
		return r.member(u.MyChatMember)
	}
	return r.unknown("unknown-update")
}

func (r *reader) unknown(why string) []*events.Inbound {
	return []*events.Inbound{r.Unknown(r.id, time.Time{}, r.raw, why)}
}

// one is the result of a single statement.
func one(in *events.Inbound) []*events.Inbound { return []*events.Inbound{in} }

// messageID is how replies, edits and reactions name a message.
func messageID(chat, message int64) string { return fmt.Sprintf("%d:%d", chat, message) }

func point(chat int64) events.Point {
	return events.Point{Kind: PointKind, Value: strconv.FormatInt(chat, 10), Trust: events.Proved}
}

// sender is the chat. A person's name is their own, a group's its title.
func sender(c chat, from *user) events.Sender {
	s := events.Sender{Points: []events.Point{point(c.ID)}, Name: intake.Name(c.Title)}
	if group(c) {
		return s
	}
	s.Name = intake.Name(c.FirstName, c.LastName)
	if s.Name == "" && from != nil && from.ID == c.ID {
		s.Name = intake.Name(from.FirstName, from.LastName)
	}
	attributes := map[string]string{}
	if c.Username != "" {
		attributes["telegram_username"] = intake.Clip(c.Username, intake.MaxName)
	}
	if from != nil && from.ID == c.ID && from.Language != "" {
		attributes["language"] = intake.Clip(from.Language, 35) // the longest tag of RFC 5646
	}
	if len(attributes) > 0 {
		s.Attributes = attributes
	}
	return s
}

func group(c chat) bool { return c.Type != "private" && c.Type != "" }

func (r *reader) message(m *message, flags ...string) []*events.Inbound {
	switch {
	case m.Chat.ID == 0 || m.ID == 0:
		return r.unknown("unreadable")
	case m.MigrateTo != 0:
		return r.migrated(m, m.Chat.ID, m.MigrateTo)
	case m.MigrateFrom != 0:
		return r.migrated(m, m.Chat.ID, m.MigrateFrom)
	}
	body, ok := r.body(m)
	if !ok {
		return r.unknown("service-message")
	}
	in := r.Make(events.MessageReceived, messageID(m.Chat.ID, m.ID), intake.Unix(m.Date), sender(m.Chat, m.From))
	in.Order = order(m.ID)
	in.Message = body
	in.Flags = append(flags, marks(m)...)
	if r.ours(m) {
		in.Direction = events.Out
	}
	if phone, ok := ownPhone(m); ok {
		in.Sender.Points = append(in.Sender.Points, phone)
	}
	return one(in)
}

func order(id int64) string { return fmt.Sprintf("%020d", id) }

// ours says that the message was written on our side: by the bot, or by the
// owner of the business account it serves, whose chats are named by the customer.
func (r *reader) ours(m *message) bool {
	if m.BusinessBot != nil || m.From != nil && m.From.ID == r.bot {
		return true
	}
	return m.Connection != "" && m.From != nil && m.From.ID != m.Chat.ID
}

func marks(m *message) []string {
	var flags []string
	if m.Album != "" {
		flags = append(flags, "album:"+intake.Clip(m.Album, 64))
	}
	if group(m.Chat) {
		flags = append(flags, "group")
	}
	if len(m.Forward) > 0 {
		flags = append(flags, "forward")
	}
	return flags
}

func (r *reader) edited(m *message) []*events.Inbound {
	if m.Chat.ID == 0 || m.ID == 0 {
		return r.unknown("unreadable")
	}
	body, ok := r.body(m)
	if !ok {
		return r.unknown("service-message")
	}
	at := m.EditDate
	if at == 0 {
		at = m.Date
	}
	in := r.Make(events.MessageWasEdited, r.id, intake.Unix(at), sender(m.Chat, m.From))
	in.Order, in.Message, in.Target = order(m.ID), body, messageID(m.Chat.ID, m.ID)
	if r.ours(m) {
		in.Direction = events.Out
	}
	return one(in)
}

func (r *reader) deleted(d *deleted) []*events.Inbound {
	if d.Chat.ID == 0 || len(d.IDs) == 0 || len(d.IDs) > intake.MaxItems {
		return r.unknown("unreadable")
	}
	var out []*events.Inbound
	for _, id := range d.IDs {
		in := r.Make(events.MessageWasRemoved, r.id+":"+strconv.FormatInt(id, 10), time.Time{}, sender(d.Chat, nil))
		in.Target = messageID(d.Chat.ID, id)
		out = append(out, in)
	}
	return out
}

func (r *reader) reacted(m *messageReaction) []*events.Inbound {
	if m.Chat.ID == 0 || m.MessageID == 0 {
		return r.unknown("unreadable")
	}
	in := r.Make(events.MessageWasReacted, r.id, intake.Unix(m.Date), sender(m.Chat, nil))
	in.Target = messageID(m.Chat.ID, m.MessageID)
	in.Reaction = &events.Reaction{Emoji: newest(m.Old, m.New)}
	return one(in)
}

// newest is the reaction that was added last; a message has one in our facts.
// Telegram names a premium emoji by an id only, and paid reactions are a star.
func newest(before, now []reaction) string {
	had := map[reaction]bool{}
	for _, r := range before {
		had[r] = true
	}
	var emoji string
	for _, added := range []bool{false, true} {
		for _, r := range now {
			if had[r] == added {
				continue
			}
			switch r.Type {
			case "emoji":
				emoji = intake.Clip(r.Emoji, 64)
			case "paid":
				emoji = "⭐"
			default:
				emoji = "💠"
			}
		}
	}
	return emoji
}

// pressed is a button under a message of ours: what stands on it is what the
// customer says. It comes without a time.
func (r *reader) pressed(c *callback) []*events.Inbound {
	if !intake.ID(c.ID) || c.From.ID == 0 {
		return r.unknown("unreadable")
	}
	where := chat{ID: c.From.ID, Type: "private", FirstName: c.From.FirstName, LastName: c.From.LastName, Username: c.From.Username}
	r.press = c.ID
	body := &events.ReceivedMessage{Text: c.Data}
	if m := c.Message; m != nil && m.Chat.ID != 0 {
		where = m.Chat
		body.InReplyTo = []string{messageID(m.Chat.ID, m.ID)}
		body.Thread = thread(m)
		if m.Keyboard != nil {
			body.Text = label(m.Keyboard.Rows, c.Data)
		}
	}
	if body.Text == "" {
		return r.unknown("empty-callback")
	}
	if group(where) {
		body.Text = spoken(&c.From, nil, body.Text)
	}
	in := r.Make(events.MessageReceived, "callback:"+c.ID, time.Time{}, sender(where, &c.From))
	in.Message, in.Flags = body, []string{intake.FlagButton}
	intake.Press(in, c.Data, intake.FlagButton)
	return one(in)
}

func label(rows [][]button, data string) string {
	for _, row := range rows {
		for _, b := range row {
			if b.Data == data && b.Text != "" {
				return b.Text
			}
		}
	}
	return data
}

// member says whether the customer blocked the bot (or a group threw it out).
func (r *reader) member(m *memberChange) []*events.Inbound {
	if m.Chat.ID == 0 || m.New.Status == "" {
		return r.unknown("unreadable")
	}
	in := r.Make(events.ContactWasStated, r.id, intake.Unix(m.Date), sender(m.Chat, nil))
	blocked := "no"
	if m.New.Status == "kicked" || m.New.Status == "left" {
		blocked = "yes"
	}
	if in.Sender.Attributes == nil {
		in.Sender.Attributes = map[string]string{}
	}
	in.Sender.Attributes["blocked"] = blocked
	return one(in)
}

// migrated is a group that became a supergroup: one contact, two chat ids. It is
// stated in both chats.
func (r *reader) migrated(m *message, here, there int64) []*events.Inbound {
	in := r.Make(events.ContactWasStated, r.id, intake.Unix(m.Date), sender(m.Chat, m.From))
	in.Sender.Points = []events.Point{point(here), point(there)}
	return one(in)
}
