package x

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// challengeForm is what X's challenges look like. It must never fit a body:
// challenge and body are signed with one key, so whoever could have a body
// signed as a challenge could forge events.
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_=+/.-]{1,256}$`)

// Receive answers a challenge (GET) or reads what happened (POST). A signature
// that does not hold is answered 401.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	secret := inbox.Secrets[secretConsumer]
	switch {
	case req.Method == http.MethodGet:
		return challenge(secret, req.URL.Query().Get("crc_token"))
	case req.Method != http.MethodPost:
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	given, ok := strings.CutPrefix(req.Header.Get("X-Twitter-Webhooks-Signature"), "sha256=")
	mac, err := base64.StdEncoding.DecodeString(given)
	if !ok || err != nil || secret == "" || !hmac.Equal(mac, digest(secret, req.Body)) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold")
	}
	s, err := settings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	r := reader{Maker: intake.New(inbox, req), raw: req.Body, self: s.UserID}
	return r.read(), channel.Reply{Status: http.StatusOK, Body: []byte{}}, nil
}

func digest(secret string, data []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(data)
	return mac.Sum(nil)
}

func challenge(secret, token string) ([]*events.Inbound, channel.Reply, error) {
	if secret == "" || !challengeForm.MatchString(token) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-challenge", "crc_token is missing or no token")
	}
	body, _ := json.Marshal(map[string]string{"response_token": "sha256=" + base64.StdEncoding.EncodeToString(digest(secret, []byte(token)))})
	return nil, channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
}

// reader turns one body into statements.
type reader struct {
	intake.Maker
	raw   []byte
	self  string
	users map[string]user
}

type user struct {
	Name       string `json:"name"`
	ScreenName string `json:"screen_name"`
}

func (r *reader) read() []*events.Inbound {
	var lists map[string]json.RawMessage
	var forUser string
	if json.Unmarshal(r.raw, &lists) != nil || lists == nil {
		return r.whole("unreadable")
	}
	if raw, ok := lists["for_user_id"]; ok && json.Unmarshal(raw, &forUser) != nil {
		return r.whole("unreadable")
	} else if ok && forUser != r.self {
		out := r.whole(channel.FlagForeign)
		channel.Meant(out[0], channel.Account{Kind: Kind, Name: forUser})
		return out
	}
	if raw, ok := lists["users"]; ok && json.Unmarshal(raw, &r.users) != nil {
		r.users = nil // names are a courtesy
	}
	names := make([]string, 0, len(lists))
	for name := range lists {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []*events.Inbound
	known := false
	for _, name := range names {
		switch name {
		case "for_user_id", "users", "apps", "user_has_blocked":
			continue
		}
		known = true
		if name == "direct_message_indicate_typing_events" {
			continue
		}
		items, ok := intake.Items(lists[name])
		if !ok {
			items = []json.RawMessage{lists[name]}
		}
		for _, item := range items {
			if in := r.item(name, item); in != nil {
				out = append(out, in)
			}
		}
	}
	if !known || len(out) > intake.MaxItems {
		return r.whole("unknown-event")
	}
	return out
}

func (r *reader) whole(why string) []*events.Inbound {
	return []*events.Inbound{r.Unknown("", time.Time{}, r.raw, why)}
}

// item is one event of a list; nil for what is not worth a statement.
func (r *reader) item(list string, raw json.RawMessage) *events.Inbound {
	switch list {
	case "direct_message_events":
		var e messageEvent
		if json.Unmarshal(raw, &e) == nil && e.Type == "message_create" {
			return r.message(&e, raw)
		}
	case "direct_message_mark_read_events":
		var e readEvent
		if json.Unmarshal(raw, &e) == nil {
			return r.seen(&e, raw)
		}
	}
	return r.Unknown("", time.Time{}, raw, "unknown-event")
}

type messageEvent struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	Created string `json:"created_timestamp"`
	Create  struct {
		Target struct {
			Recipient string `json:"recipient_id"`
		} `json:"target"`
		Sender string      `json:"sender_id"`
		Data   messageData `json:"message_data"`
	} `json:"message_create"`
}

type messageData struct {
	Text     string `json:"text"`
	Entities struct {
		URLs []struct {
			URL      string `json:"url"`
			Expanded string `json:"expanded_url"`
		} `json:"urls"`
	} `json:"entities"`
	Attachment *struct {
		Media media `json:"media"`
	} `json:"attachment"`
	QuickReply json.RawMessage `json:"quick_reply_response"`
}

// pressed is the metadata of the option that was picked of a quick reply; its
// label is the text.
func (d *messageData) pressed() string {
	var picked struct {
		Metadata intake.Value `json:"metadata"`
	}
	if len(d.QuickReply) == 0 || json.Unmarshal(d.QuickReply, &picked) != nil {
		return ""
	}
	return string(picked.Metadata)
}

type media struct {
	ID    string `json:"id_str"`
	Type  string `json:"type"`
	URL   string `json:"media_url_https"`
	Short string `json:"url"`
	Video struct {
		Variants []struct {
			Type    string `json:"content_type"`
			Bitrate int    `json:"bitrate"`
			URL     string `json:"url"`
		} `json:"variants"`
	} `json:"video_info"`
}

func (r *reader) message(e *messageEvent, raw json.RawMessage) *events.Inbound {
	other, direction := e.Create.Sender, events.In
	if other == r.self {
		other, direction = e.Create.Target.Recipient, events.Out
	}
	body := e.Create.Data.body()
	if !digits(e.ID) || !digits(other) || body.Text == "" && len(body.Attachments) == 0 {
		return r.Unknown("", time.Time{}, raw, "unreadable")
	}
	in := r.Make(events.MessageReceived, e.ID, millis(e.Created), r.sender(other))
	in.Order = strings.Repeat("0", max(0, 20-len(e.ID))) + e.ID
	in.Message = body
	if direction == events.Out {
		in.Direction = events.Out
		return in
	}
	intake.Press(in, e.Create.Data.pressed(), intake.FlagButton)
	return in
}

func (r *reader) sender(id string) events.Sender {
	s := events.Sender{Points: []events.Point{{Kind: PointKind, Value: id, Trust: events.Proved}}}
	if u, ok := r.users[id]; ok {
		s.Name = intake.Name(u.Name)
		if u.ScreenName != "" {
			s.Attributes = map[string]string{"x_username": intake.Name(u.ScreenName)}
		}
	}
	return s
}

func millis(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return intake.Millis(n)
}

// body puts the addresses back that X shortened, and takes out the one that
// stands for the file.
func (d *messageData) body() *events.ReceivedMessage {
	b := &events.ReceivedMessage{Text: d.Text}
	if d.Attachment != nil {
		if a, ok := d.Attachment.Media.attachment(); ok {
			b.Attachments = []events.Attachment{a}
			if short := d.Attachment.Media.Short; short != "" {
				b.Text = strings.TrimSpace(strings.ReplaceAll(b.Text, short, ""))
			}
		}
	}
	for i, u := range d.Entities.URLs {
		if u.URL != "" && u.Expanded != "" && i < 100 && len(b.Text) < 64<<10 {
			b.Text = strings.Replace(b.Text, u.URL, intake.Clip(u.Expanded, 2048), 1)
		}
	}
	return b
}

// attachment is the picture, or the best form of a video.
func (m *media) attachment() (events.Attachment, bool) {
	a := events.Attachment{ID: m.ID, Name: "photo.jpg", Type: "image/jpeg", URL: m.URL}
	best := -1
	for _, v := range m.Video.Variants {
		if v.Type == "video/mp4" && v.Bitrate > best {
			best = v.Bitrate
			a.Name, a.Type, a.URL = "video.mp4", "video/mp4", v.URL
		}
	}
	if !intake.ID(a.ID) {
		a.ID = "1"
	}
	return a, strings.HasPrefix(a.URL, "https://") && len(a.URL) <= 2048
}

type readEvent struct {
	Created string `json:"created_timestamp"`
	Sender  string `json:"sender_id"`
	Last    string `json:"last_read_event_id"`
}

// seen says that the customer has read everything up to a moment. What we read
// ourselves is no news.
func (r *reader) seen(e *readEvent, raw json.RawMessage) *events.Inbound {
	at := millis(e.Created)
	switch {
	case e.Sender == r.self:
		return nil
	case !digits(e.Sender) || !digits(e.Last) || at.IsZero():
		return r.Unknown("", time.Time{}, raw, "unreadable")
	}
	in := r.Make(events.DeliveryReported, "read:"+e.Sender+":"+e.Last, at, r.sender(e.Sender))
	in.Delivery = &events.Delivery{Status: events.StatusRead, Until: &at}
	return in
}
