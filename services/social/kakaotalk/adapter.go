package kakaotalk

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// Kind is the channel's name.
const Kind = "kakaotalk"

// Settings of an inbox. The secrets client_id and client_secret are those the
// dealer gives for sending; hook_secret is what the dealer sends in Header.
type Settings struct {
	account.API
	// SenderKey is the Kakao channel's key of 40 characters.
	SenderKey string `json:"sender_key"`
	// Header names the header in which the dealer sends hook_secret; empty where
	// it sends none.
	Header string `json:"header,omitempty"`
	// App names the shop's own application at Kakao, within which app_user_id
	// means something.
	App string `json:"app,omitempty"`
	// Fields says where a dealer writes what; each list is tried in order, and
	// what is left empty is Happytalk's.
	Fields Fields `json:"fields,omitzero"`
}

// Fields are names in a dealer's calls; a dot leads into an object.
type Fields struct {
	Call    []string `json:"call,omitempty"`
	User    []string `json:"user,omitempty"`
	App     []string `json:"app,omitempty"`
	Session []string `json:"session,omitempty"`
	ID      []string `json:"id,omitempty"`
	Time    []string `json:"time,omitempty"`
	Type    []string `json:"type,omitempty"`
	Text    []string `json:"text,omitempty"`
	File    []string `json:"file,omitempty"`
	Name    []string `json:"name,omitempty"`
	Sender  []string `json:"sender,omitempty"`
}

// happytalk are the names that Happytalk uses, those of its Biz-API variant
// among them.
var happytalk = Fields{
	Call: []string{"event", "call"}, User: []string{"user_key", "room_id"}, App: []string{"app_user_id"},
	Session: []string{"session_id", "room_id"}, ID: []string{"serial_number", "msgid", "message_id"}, Time: []string{"time"},
	Type: []string{"message_type", "chat_bubble_type", "type"}, Text: []string{"message", "content", "contents", "text"},
	File: []string{"image_url", "file_url", "image", "file", "attachment.url", "url"}, Name: []string{"file_name", "attachment.name"},
	Sender: []string{"sender_key"},
}

func (f Fields) or(d Fields) Fields {
	for _, p := range []struct{ mine, theirs *[]string }{
		{&f.Call, &d.Call}, {&f.User, &d.User}, {&f.App, &d.App}, {&f.Session, &d.Session}, {&f.ID, &d.ID}, {&f.Time, &d.Time},
		{&f.Type, &d.Type}, {&f.Text, &d.Text}, {&f.File, &d.File}, {&f.Name, &d.Name}, {&f.Sender, &d.Sender},
	} {
		if len(*p.mine) == 0 {
			*p.mine = *p.theirs
		}
	}
	return f
}

// Adapter implements channel.Shared, channel.Sender, channel.Repeater and
// channel.MediaSource. It keeps nothing between calls.
type Adapter struct{ client *provider.Client }

// New makes the adapter; the caller owns the client.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "kakaotalk".
func (*Adapter) Kind() string { return Kind }

// Accounts is the channel's sender key: a dealer has one address for all channels
// of a shop. Without a header no call proves anything, and then there is none.
func (*Adapter) Accounts(inbox config.Inbox) []string {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil || s.Header == "" {
		return nil
	}
	return []string{s.SenderKey}
}

// PathTails is true: dealers put the name of the call behind the hook's address.
func (*Adapter) PathTails() bool { return true }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string {
	return []string{"client_id", "client_secret", "hook_secret"}
}

// Check fills in Happytalk's address.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	if err := s.API.Settle("https://kakao-api.happytalk.io"); err != nil {
		return err
	}
	if s.SenderKey = strings.TrimSpace(s.SenderKey); s.SenderKey == "" || len(s.SenderKey) > 64 {
		return errors.New("sender_key is missing or longer than 64 characters")
	}
	names := []string{"client_id", "client_secret"}
	if s.Header != "" {
		if strings.ContainsAny(s.Header, " :\r\n") {
			return fmt.Errorf("header %q is not the name of a header", s.Header)
		}
		names = append(names, "hook_secret")
	}
	if err := account.Secrets(*inbox, names...); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

// SafeToRepeat is true: the serial number is an idempotency key.
func (*Adapter) SafeToRepeat(config.Inbox) bool { return true }
