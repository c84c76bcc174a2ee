package telemetrychannel

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/telemetry/rules"
)

// Kind is the channel's name.
const Kind = "telemetry"

// Prefix is what every subject of NATS that is read here begins with: the rest
// of the program's subjects is nobody's telemetry.
const Prefix = "telemetry."

// Settings of an inbox. Source is nats, with Subject, or mqtt, with Broker
// (mqtts://host:port, or mqtt:// with AllowPrivate), Topic, and User where the
// broker wants one. PerSecond bounds the statements made; 20 when nought.
type Settings struct {
	Source       string  `json:"source"`
	Subject      string  `json:"subject,omitempty"`
	Broker       string  `json:"broker,omitempty"`
	Topic        string  `json:"topic,omitempty"`
	ClientID     string  `json:"client_id,omitempty"`
	User         string  `json:"user,omitempty"`
	AllowPrivate bool    `json:"allow_private,omitempty"`
	PerSecond    float64 `json:"per_second,omitempty"`
	rules.Set
}

// maxPerSecond bounds what one inbox may be set to.
const maxPerSecond = 1000

// Adapter implements channel.Adapter. It holds no state.
type Adapter struct{}

// NewAdapter makes the adapter.
func NewAdapter() *Adapter { return &Adapter{} }

// Kind is "telemetry".
func (*Adapter) Kind() string { return Kind }

// SecretNames is the password for the broker.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{"password"} }

// Check completes the settings and marks the inbox as one way.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := read(*inbox)
	if err != nil {
		return err
	}
	if err := s.check(inbox); err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	if inbox.Settings, err = json.Marshal(s); err != nil {
		return fmt.Errorf("telemetry: encode settings: %w", err)
	}
	inbox.OneWay = true
	return nil
}

func read(inbox config.Inbox) (s Settings, err error) {
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return s, fmt.Errorf("telemetry: %w", err)
	}
	return s, nil
}

func (s *Settings) check(inbox *config.Inbox) error {
	if s.PerSecond == 0 {
		s.PerSecond = 20
	}
	if !(s.PerSecond > 0 && s.PerSecond <= maxPerSecond) {
		return fmt.Errorf("per_second is over nought and at most %d", maxPerSecond)
	}
	switch s.Source {
	case "nats":
		if !subject(s.Subject) {
			return fmt.Errorf("subject begins with %q and is one of NATS", Prefix)
		}
	case "mqtt":
		if err := s.checkBroker(inbox); err != nil {
			return err
		}
	default:
		return errors.New("source is nats or mqtt")
	}
	return s.Set.Check()
}

func subject(s string) bool {
	if !strings.HasPrefix(s, Prefix) || len(s) > 256 || strings.ContainsAny(s, " \t\r\n\x00") {
		return false
	}
	tokens := strings.Split(s, ".")
	for i, token := range tokens {
		if token == "" || (token == ">" && i < len(tokens)-1) || (len(token) > 1 && strings.ContainsAny(token, "*>")) {
			return false
		}
	}
	return true
}

func (s *Settings) checkBroker(inbox *config.Inbox) error {
	u, err := url.Parse(s.Broker)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || (u.Path != "" && u.Path != "/"):
		return errors.New("broker is an address such as mqtts://broker.example.com:8883")
	case u.Scheme != "mqtts" && u.Scheme != "mqtt":
		return errors.New("broker begins with mqtts://")
	case u.Scheme == "mqtt" && !s.AllowPrivate:
		return errors.New("broker begins with mqtts://: without encryption it needs allow_private")
	case s.User != "" && strings.TrimSpace(inbox.Secrets["password"]) == "":
		return errors.New("a user needs the secret password")
	}
	if !topic(s.Topic) {
		return errors.New("topic is a filter of MQTT such as app/+/events")
	}
	if s.ClientID == "" {
		s.ClientID = "tributary-" + string(inbox.ID)
	}
	if len(s.ClientID) > 128 {
		return errors.New("client_id is over 128 bytes")
	}
	return nil
}

func topic(s string) bool {
	if s == "" || len(s) > 256 || strings.ContainsAny(s, "\x00\r\n") {
		return false
	}
	levels := strings.Split(s, "/")
	for i, level := range levels {
		if (level == "#" && i < len(levels)-1) || (len(level) > 1 && strings.ContainsAny(level, "#+")) {
			return false
		}
	}
	return true
}
