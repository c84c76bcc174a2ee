package kakao

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// Kind is the channel's name.
const Kind = "kakao"

// Settings of an inbox. The secret skill_secret is the value of Header, which
// the operator adds to the skill in Kakao's chatbot manager.
type Settings struct {
	Header string `json:"header,omitempty"`
	// BotID, where set, is the only bot that may post here.
	BotID string `json:"bot_id,omitempty"`
	// App names the shop's own application at Kakao: an appUserId means something
	// within it only. Inboxes with the same name know a customer by it; one
	// without keeps it to itself.
	App string `json:"app,omitempty"`
	// Acknowledgement is said at once where no agent can answer in time, Waiting
	// while one still can. At most 1 000 characters each.
	Acknowledgement string `json:"acknowledgement,omitempty"`
	Waiting         string `json:"waiting,omitempty"`
	// CallbackHosts are where answers may be posted; ".kakao.com" stands for
	// every name below it.
	CallbackHosts []string `json:"callback_hosts,omitempty"`
	// AllowPrivate lets callbacks lead to any address, encrypted or not: for
	// tests.
	AllowPrivate bool `json:"allow_private,omitempty"`
}

// Adapter implements channel.Receiver, channel.Sender and channel.MediaSource.
type Adapter struct {
	client    *provider.Client
	callbacks wire.Shelf[string]
}

// New makes the adapter; the caller owns the client.
func New(client *provider.Client) *Adapter { return &Adapter{client: client} }

// Kind is "kakao".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the same for every inbox.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{"skill_secret"} }

// Check fills in the header's name, what the bot says, and Kakao's hosts.
func (*Adapter) Check(inbox *config.Inbox) error {
	var s Settings
	if err := channel.ReadSettings(*inbox, &s); err != nil {
		return err
	}
	for place, fallback := range map[*string]string{
		&s.Header:          "X-Skill-Secret",
		&s.Acknowledgement: "문의가 접수되었습니다. 담당자가 확인 후 연락드리겠습니다.",
		&s.Waiting:         "담당자에게 연결하고 있습니다. 잠시만 기다려 주세요.",
	} {
		if *place == "" {
			*place = fallback
		}
	}
	if len(s.CallbackHosts) == 0 {
		s.CallbackHosts = []string{".kakao.com"}
	}
	most := channel.LimitsOf(Kind).Text
	if utf8.RuneCountInString(s.Acknowledgement) > most || utf8.RuneCountInString(s.Waiting) > most {
		return errors.New("acknowledgement and waiting have at most 1 000 characters")
	}
	if strings.ContainsAny(s.Header, " :\r\n") {
		return errors.New("header is not the name of a header")
	}
	if err := account.Secrets(*inbox, "skill_secret"); err != nil {
		return err
	}
	return channel.WriteSettings(inbox, s)
}

// callback reports whether answers may be posted to an address.
func (s *Settings) callback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || len(address) > 2048 {
		return false
	}
	if s.AllowPrivate {
		return u.Scheme == "http" || u.Scheme == "https"
	}
	host := strings.ToLower(u.Hostname())
	for _, allowed := range s.CallbackHosts {
		if host == allowed || strings.HasPrefix(allowed, ".") && strings.HasSuffix(host, allowed) {
			return u.Scheme == "https" && u.User == nil
		}
	}
	return false
}

func (s *Settings) verify(inbox config.Inbox, header http.Header) error {
	if !wire.Same(inbox.Secrets["skill_secret"], header.Get(s.Header)) {
		return channel.Refuse(http.StatusUnauthorized, "bad-secret", "the header with the skill's secret does not hold")
	}
	return nil
}
