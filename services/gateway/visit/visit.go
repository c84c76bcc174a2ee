// Package visit is the channel of what people enter by hand: a customer who
// came in person, a call nobody's exchange recorded. It owns the adapter of the
// kind "visit" and how an entry becomes a statement.
//
// A visit inbox has no provider: nothing is received by HTTP and nothing can be
// sent, so it is one-way and answers go by another channel of the customer.
// An entry is stated, never proved: it is somebody's word. Its provider id is
// made of the agent and their own id for the entry, so that the same entry sent
// twice is one.
package visit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Kind is the channel's name.
const Kind = "visit"

// Phone is the channel of an entry that tells of a call.
const Phone = "phone"

// DefaultRegion is where a number without a country code is taken to be.
const DefaultRegion = "KR"

// Settings of a visit inbox.
type Settings struct {
	// Region is the country (ISO 3166, two letters) of numbers that are entered
	// without a country code.
	Region string `json:"region,omitempty"`
}

// Adapter is the kind "visit". The zero value works.
type Adapter struct{}

// Kind is "visit".
func (Adapter) Kind() string { return Kind }

// SecretNames are none: there is nobody to sign in with.
func (Adapter) SecretNames(config.Inbox) []string { return nil }

// Check fills in the region and marks the inbox as one that nothing goes out by.
func (Adapter) Check(inbox *config.Inbox) error {
	s, err := read(*inbox)
	if err != nil {
		return err
	}
	if phonenumbers.GetCountryCodeForRegion(s.Region) == 0 {
		return fmt.Errorf("region %q is not a country code of two letters", shorten(s.Region))
	}
	if inbox.Settings, err = json.Marshal(s); err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	inbox.OneWay = true
	return nil
}

func read(inbox config.Inbox) (Settings, error) {
	var s Settings
	if len(bytes.TrimSpace(inbox.Settings)) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(inbox.Settings))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&s); err != nil {
			return s, errors.New("settings of a visit inbox hold a region and nothing else")
		}
	}
	if s.Region = strings.ToUpper(strings.TrimSpace(s.Region)); s.Region == "" {
		s.Region = DefaultRegion
	}
	return s, nil
}

// Entry is what somebody typed. Point is whom it is about; Call is set exactly
// when Channel is [Phone].
type Entry struct {
	ClientID   string
	Channel    string
	Direction  events.Direction
	Point      events.Point
	Name       string
	Text       string
	OccurredAt time.Time
	Call       *Call
	Agent      events.AgentID
	AgentName  string
}

// Call is what is known of a call that was entered. Seconds are whole seconds.
type Call struct {
	Outcome string
	RingS   int
	TalkS   int
}

// Outcomes are those a call can end with, as in events.Call.
var Outcomes = []string{"answered", "missed", "abandoned", "voicemail", "busy", "failed", "rejected"}

// State makes the statement of an entry. The caller has checked limits and who
// may enter it.
func State(inbox config.Inbox, e Entry, now time.Time) *events.Inbound {
	in := &events.Inbound{
		V: 1, Type: events.MessageReceived, Channel: e.Channel, Inbox: inbox.ID,
		ProviderID: "entry:" + string(e.Agent) + ":" + e.ClientID, OccurredAt: e.OccurredAt.UTC(), ReceivedAt: now.UTC(),
		Direction: e.Direction, Sender: events.Sender{Points: []events.Point{e.Point}, Name: e.Name},
		Flags: []string{"entered-by:" + string(e.Agent)},
	}
	if e.Text != "" || e.Call == nil {
		in.Message = &events.ReceivedMessage{Text: e.Text}
	}
	if e.Call != nil {
		in.Type, in.Call = events.CallLogged, call(e)
	}
	return in
}

func call(e Entry) *events.Call {
	began := e.OccurredAt.UTC()
	answered := began.Add(time.Duration(e.Call.RingS) * time.Second)
	out := &events.Call{
		Direction: e.Direction, Outcome: e.Call.Outcome, RingS: e.Call.RingS, TalkS: e.Call.TalkS,
		StartedAt: &began, EndedAt: answered.Add(time.Duration(e.Call.TalkS) * time.Second),
	}
	if e.Call.Outcome == "answered" {
		out.AnsweredAt, out.Agent = &answered, e.AgentName
	}
	if e.Point.Kind == "phone" {
		if e.Direction == events.Out {
			out.To = e.Point.Value
		} else {
			out.From = e.Point.Value
		}
	}
	return out
}

// Number brings a phone number into E.164, taking one without a country code to
// be of the inbox's region.
func Number(inbox config.Inbox, typed string) (string, error) {
	s, err := read(inbox)
	if err != nil {
		return "", err
	}
	parsed, err := phonenumbers.Parse(typed, s.Region)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", errors.New("this is not a phone number")
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), nil
}

func shorten(s string) string {
	if len(s) > 8 {
		return s[:8]
	}
	return s
}
