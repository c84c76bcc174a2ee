package channeltalk

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// hook is one webhook of Channel Talk.
type hook struct {
	Event  string          `json:"event"`
	Type   string          `json:"type"`
	Entity json.RawMessage `json:"entity"`
	Refers struct {
		User *user `json:"user"`
		Chat *struct {
			State string `json:"state"`
		} `json:"userChat"`
	} `json:"refers"`
}

type user struct {
	ID       string `json:"id"`
	MemberID string `json:"memberId"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Blocked  *bool  `json:"blocked"`
	NoMail   *bool  `json:"unsubscribeEmail"`
	NoText   *bool  `json:"unsubscribeTexting"`
	Updated  int64  `json:"updatedAt"`
	Profile  struct {
		Name  string `json:"name"`
		Email string `json:"email"`
		Phone string `json:"mobileNumber"`
	} `json:"profile"`
}

type message struct {
	ID         string  `json:"id"`
	ChatType   string  `json:"chatType"`
	ChatID     string  `json:"chatId"`
	PersonType string  `json:"personType"`
	PersonID   string  `json:"personId"`
	RequestID  string  `json:"requestId"`
	Created    int64   `json:"createdAt"`
	Updated    int64   `json:"updatedAt"`
	Version    int64   `json:"version"`
	Blocks     []block `json:"blocks"`
	Plain      string  `json:"plainText"`
	State      string  `json:"state"`
	Root       string  `json:"rootMessageId"`
	Files      []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"contentType"`
		Size int64  `json:"size"`
		URL  string `json:"url"`
	} `json:"files"`
	Log json.RawMessage `json:"log"`
}

type block struct {
	Type   string  `json:"type"`
	Value  string  `json:"value"`
	Blocks []block `json:"blocks"`
}

// Receive verifies the token in the query and reads one webhook.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !wire.Same(inbox.Secrets["webhook_token"], req.URL.Query().Get("token")) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-token", "the token in the address does not hold")
	}
	if !json.Valid(req.Body) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not JSON")
	}
	ok := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	src := wire.From(inbox, req)
	var h hook
	if json.Unmarshal(req.Body, &h) != nil {
		return []*events.Inbound{src.Keep(req.Body, "unreadable")}, ok, nil
	}
	r := reading{src, &h}
	switch h.Type {
	case "message":
		return []*events.Inbound{r.message()}, ok, nil
	case "user":
		return []*events.Inbound{r.user()}, ok, nil
	case "userChat":
		return []*events.Inbound{r.chat()}, ok, nil
	}
	return []*events.Inbound{src.Keep(req.Body, "type")}, ok, nil
}

type reading struct {
	wire.Source
	h *hook
}

func (r reading) message() *events.Inbound {
	var m message
	switch {
	case json.Unmarshal(r.h.Entity, &m) != nil || m.ID == "" || m.ChatID == "":
		return r.Keep(r.Req.Body, "unreadable")
	case m.ChatType != "userChat":
		return r.Keep(r.Req.Body, "team-chat")
	}
	who := m.PersonID
	if m.PersonType != "user" {
		if r.h.Refers.User == nil || r.h.Refers.User.ID == "" {
			return r.Keep(r.Req.Body, "whose")
		}
		who = r.h.Refers.User.ID
	}
	if who == "" {
		return r.Keep(r.Req.Body, "whose")
	}
	in := r.State(events.MessageReceived, m.ID, r.Millis(m.Created), r.Req.Body)
	in.Order = m.ID
	in.Sender = r.sender(who)
	if m.PersonType != "user" {
		in.Direction = events.Out
		if id, ours := strings.CutPrefix(m.RequestID, mark); ours && id != "" {
			in.Type, in.ProviderID, in.Direction = events.DeliveryReported, "sent:"+m.ID, ""
			in.Delivery = &events.Delivery{Message: events.MessageID(id), ProviderIDs: []string{m.ID}, Status: events.StatusSent}
			return in
		}
	}
	if m.State == "removed" {
		in.Type, in.ProviderID, in.Target = events.MessageWasRemoved, m.ID+":removed", m.ID
		return in
	}
	text, files := m.text(), m.attachments()
	if text == "" && len(files) == 0 {
		in.Type, in.Direction, in.Flags = events.Unknown, "", []string{"content"}
		in.ProviderID = m.ID + ":" + strconv.FormatInt(m.Version, 10)
		return in
	}
	in.Message = &events.ReceivedMessage{Text: text, Attachments: files, Thread: m.ChatID}
	if m.Root != "" && m.Root != m.ID {
		in.Message.InReplyTo = []string{m.Root}
	}
	if r.h.Event == "upsert" && m.Updated > m.Created {
		in.Type, in.Target, in.ProviderID = events.MessageWasEdited, m.ID, m.ID+":"+strconv.FormatInt(max(m.Version, m.Updated), 10)
		if at := r.Millis(m.Updated); !at.IsZero() {
			in.OccurredAt = at.UTC()
		}
	}
	return in
}

// text is what the blocks say, or the plain text beside them.
func (m *message) text() string {
	var lines []string
	var walk func([]block, int)
	walk = func(blocks []block, depth int) {
		for _, b := range blocks {
			if b.Type == "text" || b.Type == "code" {
				lines = append(lines, b.Value)
			}
			if depth < 8 {
				walk(b.Blocks, depth+1)
			}
		}
	}
	walk(m.Blocks, 0)
	if text := strings.TrimSpace(strings.Join(lines, "\n")); text != "" && m.Plain == "" {
		return text
	}
	return m.Plain
}

func (m *message) attachments() (out []events.Attachment) {
	for i, f := range m.Files {
		if i >= 100 || !strings.HasPrefix(f.URL, "https://") {
			continue
		}
		id, name := f.ID, f.Name
		if id == "" {
			id = strconv.Itoa(i + 1)
		}
		if name == "" {
			name = "file"
		}
		out = append(out, events.Attachment{ID: id, Name: name, Type: f.Type, Size: f.Size, URL: f.URL})
	}
	return out
}

// sender is a user by their id, with what the webhook says of them. An address
// that a user typed into their own profile is claimed.
func (r reading) sender(id string) events.Sender {
	out := events.Sender{Points: []events.Point{r.Own(id, events.Proved)}}
	u := r.h.Refers.User
	if u == nil || u.ID != id {
		return out
	}
	return describe(out, u)
}

func describe(out events.Sender, u *user) events.Sender {
	out.Name = u.Name
	if out.Name == "" {
		out.Name = u.Profile.Name
	}
	// A member id is given by the shop's own site, which vouches for the profile.
	trust := events.Claimed
	if u.MemberID != "" {
		trust = events.Stated
		out.Points = append(out.Points, events.Point{Kind: "external", Value: u.MemberID, Scope: out.Points[0].Scope, Trust: trust})
	}
	if mail := strings.ToLower(strings.TrimSpace(u.Profile.Email)); strings.Count(mail, "@") == 1 && len(mail) <= 254 {
		out.Points = append(out.Points, events.Point{Kind: "email", Value: mail, Trust: trust})
	}
	if number := wire.Phone(u.Profile.Phone, "KR"); number != "" {
		out.Points = append(out.Points, events.Point{Kind: "phone", Value: number, Trust: trust})
	}
	out.Attributes = wire.Attributes("language", u.Language, "blocked", maybe(u.Blocked), "no_marketing_mail", maybe(u.NoMail), "no_marketing_texts", maybe(u.NoText))
	return out
}

func maybe(b *bool) string {
	if b == nil {
		return ""
	}
	return wire.YesNo(*b)
}

func (r reading) user() *events.Inbound {
	var u user
	if json.Unmarshal(r.h.Entity, &u) != nil || u.ID == "" {
		return r.Keep(r.Req.Body, "unreadable")
	}
	in := r.State(events.ContactWasStated, "user:"+u.ID+":"+wire.Hash(wire.Canonical(r.h.Entity)), r.Millis(u.Updated), r.Req.Body)
	in.Sender = describe(events.Sender{Points: []events.Point{r.Own(u.ID, events.Proved)}}, &u)
	return in
}

func (r reading) chat() *events.Inbound {
	var c struct {
		ID      string `json:"id"`
		UserID  string `json:"userId"`
		State   string `json:"state"`
		Updated int64  `json:"updatedAt"`
	}
	if json.Unmarshal(r.h.Entity, &c) != nil || c.ID == "" || c.UserID == "" || c.State == "" {
		return r.Keep(r.Req.Body, "unreadable")
	}
	in := r.State(events.ContactWasStated, "chat:"+c.ID+":"+wire.Hash(wire.Canonical(r.h.Entity)), r.Millis(c.Updated), r.Req.Body)
	in.Sender = r.sender(c.UserID)
	in.Sender.Attributes = wire.Attributes("channeltalk_chat", c.State)
	return in
}
