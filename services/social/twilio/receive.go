package twilio

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// messageParam is where the address of receipts carries our own id.
const messageParam = "message"

// nothing is a TwiML document without an order in it.
const nothing = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// Receive verifies and reads one post: a message, a receipt, or something that
// is kept raw. A request that is not signed by the account gets 401.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := settings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost && req.Method != http.MethodGet {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	called := req.Called(inbox)
	address, err := settings(called)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	form, err := signature.Twilio(inbox.Secrets[secretToken], address.hook(called), req)
	if err != nil {
		return nil, channel.Reply{}, refusal(err)
	}
	raw := req.Body
	if req.Method == http.MethodGet {
		form, raw = req.URL.Query(), []byte(req.URL.RawQuery)
	}
	r := reader{intake.New(inbox, req), form, raw}
	done := channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(nothing)}
	out := r.statements(req.URL.Query().Get(messageParam))
	for _, in := range out {
		channel.Meant(in, r.others(&s)...)
	}
	return out, done, nil
}

// others are the sender and the service that a post is about, where neither is
// the inbox's. The inbox whose hook was called takes it unless another has one of
// them: an account may have more numbers than inboxes.
func (r *reader) others(s *Settings) (out []channel.Account) {
	number := r.get("To")
	if r.form.Has("MessageStatus") {
		number = r.get("From")
	}
	for _, name := range []string{number, r.get("MessagingServiceSid")} {
		name = r.get("AccountSid") + ":" + name
		if slices.Contains(s.accounts(), name) {
			return nil
		}
		if !strings.HasSuffix(name, ":") {
			out = append(out, channel.Account{Kind: Kind, Name: name})
		}
	}
	return out
}

func refusal(err error) *channel.Refusal {
	if errors.Is(err, signature.ErrMissing) {
		return channel.Refuse(http.StatusUnauthorized, "no-signature", "the request is not signed")
	}
	return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold for public_url and auth_token of this inbox")
}

// reader makes statements of one post.
type reader struct {
	intake.Maker
	form url.Values
	raw  []byte
}

// get is a field as valid text.
func (r *reader) get(name string) string { return strings.ToValidUTF8(r.form.Get(name), "\uFFFD") }

// first is the first of the fields that is not empty.
func (r *reader) first(names ...string) string {
	for _, name := range names {
		if v := r.get(name); v != "" {
			return v
		}
	}
	return ""
}

func (r *reader) statements(ours string) []*events.Inbound {
	sid := r.first("MessageSid", "SmsMessageSid", "SmsSid")
	switch {
	case !intake.ID(sid), r.form.Has("ConversationSid"), !intake.ID(r.get("From")) && !r.form.Has("MessageStatus"):
	case r.form.Has("MessageStatus"):
		if in, ok := r.receipt(sid, ours); ok {
			return []*events.Inbound{in}
		}
	case r.form.Has("Body"), r.form.Has("NumMedia"):
		if in, ok := r.message(sid); ok {
			return r.withConsent(in)
		}
	}
	kept := r.Unknown("", time.Time{}, r.raw)
	kept.Raw.Type = "application/x-www-form-urlencoded"
	return []*events.Inbound{kept}
}

// statuses are Twilio's words for how far a message is. All that come before
// "sent" say that Twilio has it.
var statuses = map[string]events.Status{
	"accepted": events.StatusSent, "scheduled": events.StatusSent, "queued": events.StatusSent, "sending": events.StatusSent, "sent": events.StatusSent,
	"delivered": events.StatusDelivered, "read": events.StatusRead,
	"undelivered": events.StatusFailed, "failed": events.StatusFailed, "canceled": events.StatusFailed,
}

func (r *reader) receipt(sid, ours string) (*events.Inbound, bool) {
	word := r.get("MessageStatus")
	status, known := statuses[word]
	if !known {
		return nil, false
	}
	in := r.Make(events.DeliveryReported, sid+":"+word, time.Time{}, events.Sender{Points: r.points(r.get("To"))})
	in.Direction = events.Out
	in.Delivery = &events.Delivery{ProviderIDs: []string{sid}, Status: status, Detail: r.why(word)}
	if intake.ID(ours) {
		in.Delivery.Message = events.MessageID(ours)
	}
	return in, true
}

// reasons are the codes that an agent can do something about, in words.
var reasons = map[string]string{
	"21610": "the customer has opted out", "21211": "the number is none", "21614": "the number takes no text messages",
	"30003": "the telephone is off or out of reach", "30004": "the message was blocked", "30005": "the number is not in use",
	"30006": "the number is a landline or cannot be reached", "30007": "a carrier took it for spam", "30008": "the carrier gave no reason",
	"30034": "the sender is not registered for business messages", "63016": "the customer wrote too long ago: only a template goes out",
	"63024": "the number is not on WhatsApp",
}

func (r *reader) why(word string) string {
	code := r.get("ErrorCode")
	if code == "" || len(code) > 10 || strings.Trim(code, "0123456789") != "" {
		if statuses[word] == events.StatusFailed {
			return "Twilio: " + word
		}
		return ""
	}
	if words := reasons[code]; words != "" {
		return "Twilio " + code + ": " + words
	}
	return "Twilio " + code
}
