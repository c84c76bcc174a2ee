package graphfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// NoSuchPerson is a customer whom the provider does not know.
const NoSuchPerson = "0000000000"

// Page is the fake of an account with the Send API: a Facebook page or an
// Instagram professional account. Fill the exported fields before use.
type Page struct {
	fake.Server
	Windows
	App
	// Channel is the kind; Object and Account are those of its envelopes; Own is
	// the path part that stands for the account in calls.
	Channel, Object, Account, Own string
	// MayTag says that the account has the feature Human Agent.
	MayTag bool
	// Upload says that the account takes files by upload.
	Upload bool

	count atomic.Int64
}

// NewPage makes the fake ready to serve.
func NewPage(kind, object, account string) *Page {
	p := &Page{Channel: kind, Object: object, Account: account, Own: account}
	p.Take, p.Refuse = p.take, Refuse
	return p
}

// Refuse answers as the Graph API does to a page.
func Refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		Fail(w, http.StatusBadRequest, 613, 0, "Calls to this api have exceeded the rate limit.")
	case fake.Dead:
		Fail(w, http.StatusBadRequest, 190, 463, "Error validating access token: Session has expired")
	default:
		Fail(w, http.StatusInternalServerError, 2, 0, "An unexpected error has occurred. Please retry your request later.")
	}
}

// ServeHTTP behaves as the mode says. It settles which of the embedded handlers
// is meant.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.Server.ServeHTTP(w, r) }

// Kind is the channel's.
func (p *Page) Kind() string { return p.Channel }

// State is the shared part.
func (p *Page) State() *fake.Server { return &p.Server }

// Say tells of a customer's n-th message.
func (p *Page) Say(customer string, n int, text string, at time.Time) fake.Request {
	return p.Tell(at, p.Item(customer, at, map[string]any{"message": map[string]any{"mid": fmt.Sprintf("m_%s_%d", customer, n), "text": text}}))
}

// Press tells of a customer who presses a button under a message of the account.
func (p *Page) Press(m fake.Sent, n int, button events.QuickReply, at time.Time) fake.Request {
	return p.Tell(at, p.Item(m.To, at, map[string]any{"message": map[string]any{
		"mid": fmt.Sprintf("m_%s_%d", m.To, n), "text": button.Label, "quick_reply": map[string]any{"payload": button.Value},
	}}))
}

// Item is an event of a customer with its times and ids.
func (p *Page) Item(customer string, at time.Time, what map[string]any) map[string]any {
	item := map[string]any{"sender": map[string]any{"id": customer}, "recipient": map[string]any{"id": p.Account}, "timestamp": at.UnixMilli()}
	for name, value := range what {
		item[name] = value
	}
	return item
}

// Tell is a signed envelope with items.
func (p *Page) Tell(at time.Time, items ...any) fake.Request {
	return Envelope(p.Object, p.Account, "messaging", at, items...)
}

// Echo tells of a message that the account itself sent, with the metadata that
// came with it.
func (p *Page) Echo(s fake.Sent, metadata string) fake.Request {
	message := map[string]any{"mid": s.ID, "text": s.Text, "is_echo": true, "app_id": 1517776481860111}
	if metadata != "" {
		message["metadata"] = metadata
	}
	item := p.Item(s.To, s.At, map[string]any{"message": message})
	item["sender"], item["recipient"] = item["recipient"], item["sender"]
	return p.Tell(s.At, item)
}

func (p *Page) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	if !Authorized(w, r) {
		return nil
	}
	path := Path(r)
	switch {
	case len(path) == 2 && path[0] == p.Own && path[1] == "messages" && r.Method == http.MethodPost:
		return p.message(w, body)
	case len(path) == 2 && path[0] == p.Own && path[1] == "message_attachments" && r.Method == http.MethodPost && p.Upload:
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			Fail(w, http.StatusBadRequest, 100, 2018047, "Upload attachment failure.")
			return nil
		}
		Answer(w, http.StatusOK, map[string]any{"attachment_id": fmt.Sprint(p.count.Add(1) + 9007199254740992)})
	case len(path) == 2 && path[0] == p.Own && path[1] == "subscribed_apps" && r.Method == http.MethodPost:
		Answer(w, http.StatusOK, map[string]any{"success": true})
	case len(path) == 2 && path[1] == "subscriptions":
		p.App.ServeHTTP(w, r, body)
	case len(path) == 2 && path[1] == "replies" && r.Method == http.MethodPost:
		return p.reply(w, path[0], body)
	case len(path) == 1 && (path[0] == p.Own || path[0] == "me") && r.Method == http.MethodGet:
		Answer(w, http.StatusOK, map[string]any{"id": p.Own, "user_id": p.Account})
	default:
		Fail(w, http.StatusBadRequest, 100, 33, "Unsupported request: the object does not exist")
	}
	return nil
}

type outbound struct {
	Recipient struct {
		ID      string `json:"id"`
		Comment string `json:"comment_id"`
	} `json:"recipient"`
	Type    string `json:"messaging_type"`
	Tag     string `json:"tag"`
	Message struct {
		Text         string `json:"text"`
		Metadata     string `json:"metadata"`
		QuickReplies []struct {
			Type    string `json:"content_type"`
			Title   string `json:"title"`
			Payload string `json:"payload"`
		} `json:"quick_replies"`
		Attachment *struct {
			Type    string `json:"type"`
			Payload struct {
				URL string `json:"url"`
				ID  string `json:"attachment_id"`
			} `json:"payload"`
		} `json:"attachment"`
	} `json:"message"`
}

// quick says whether the quick replies are such as Meta takes: at most 13, a title
// of at most 20 characters, a payload of at most 1 000.
func (m *outbound) quick() bool {
	replies := m.Message.QuickReplies
	for _, q := range replies {
		if q.Type != "text" || q.Title == "" || utf8.RuneCountInString(q.Title) > 20 || q.Payload == "" || utf8.RuneCountInString(q.Payload) > 1000 {
			return false
		}
	}
	return len(replies) <= 13
}

func (p *Page) message(w http.ResponseWriter, body []byte) *fake.Sent {
	var m outbound
	limits := channel.LimitsOf(p.Channel)
	to := m.Recipient.ID
	if json.Unmarshal(body, &m) == nil {
		to = m.Recipient.ID + m.Recipient.Comment
	}
	a := m.Message.Attachment
	switch {
	case to == "" || m.Message.Text == "" && a == nil:
		Fail(w, http.StatusBadRequest, 100, 0, "Invalid parameter")
	case m.Message.Text != "" && a != nil:
		Fail(w, http.StatusBadRequest, 100, 2018005, "Text and attachment are exclusive")
	case !m.quick():
		Fail(w, http.StatusBadRequest, 100, 2018005, "Param message[quick_replies] is not valid")
	case to == NoSuchPerson:
		Fail(w, http.StatusBadRequest, 100, 2018001, "No matching user found")
	case limits.Unit.Length(m.Message.Text) > limits.Text:
		Fail(w, http.StatusBadRequest, 100, 0, "Length of param message[text] must be less than or equal to the limit")
	case p.Ended(to) && (m.Tag != "HUMAN_AGENT" || !p.MayTag):
		Fail(w, http.StatusBadRequest, 10, 2018278, "This message is sent outside of allowed window.")
	default:
		sent := &fake.Sent{ID: fmt.Sprintf("m_out_%d", p.count.Add(1)), To: to, Text: m.Message.Text, Template: m.Tag}
		for _, q := range m.Message.QuickReplies {
			sent.Buttons = append(sent.Buttons, events.QuickReply{Label: q.Title, Value: q.Payload})
		}
		if a != nil {
			sent.Files = []string{a.Payload.URL + a.Payload.ID}
		}
		Answer(w, http.StatusOK, map[string]any{"recipient_id": to, "message_id": sent.ID})
		return sent
	}
	return nil
}

func (p *Page) reply(w http.ResponseWriter, comment string, body []byte) *fake.Sent {
	var m struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &m) != nil || m.Message == "" {
		Fail(w, http.StatusBadRequest, 100, 0, "Invalid parameter")
		return nil
	}
	sent := &fake.Sent{ID: fmt.Sprint(17870000000000000 + p.count.Add(1)), To: comment, Text: m.Message}
	Answer(w, http.StatusOK, map[string]any{"id": sent.ID})
	return sent
}
