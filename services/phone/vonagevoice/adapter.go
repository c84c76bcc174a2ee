// Package vonagevoice is the source of calls that a Vonage Voice application
// takes: it answers the application's answer webhook (POST) with an NCCO, and
// turns its event webhook into legs that the phone service folds.
//
// A leg is a uuid, a call a conversation_uuid. The inbound leg is a machine's,
// since the NCCO takes it; a leg to one of the numbers in the setting connect is
// a person of ours; any other outbound leg is a customer whom we called. An
// inbound leg closes its call when it ends; a call of outbound legs only waits
// for the inbox's patience, because no event says that it was the last leg.
//
// With record set a call that is connected is recorded from its first word, and
// one that nobody is connected to becomes a voicemail box; the word of a
// recording is a leg of its call, and its file is fetched with a token of the
// application's.
//
// Vonage repeats an event until it is answered, so a request that nobody signed
// gets 503 and comes again.
package vonagevoice

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/pkg/channel/signature"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

// Kind is the channel's name.
const Kind = "vonagevoice"

// SecretSignature is what Vonage signs with.
const SecretSignature = "signature_secret"

// Settings are those of one application.
type Settings struct {
	exchange.Common
	// Greeting is said to the caller first, in Language (such as ko-KR).
	Greeting string `json:"greeting,omitempty"`
	Language string `json:"language,omitempty"`
	// Connect is the number that rings, in E.164; From the number shown there.
	Connect string `json:"connect,omitempty"`
	From    string `json:"from,omitempty"`
	// Record keeps what is said, or what is left where nobody is connected; it
	// needs PublicURL, the address of this hook as Vonage calls it, to be told
	// of recordings at.
	Record    bool   `json:"record,omitempty"`
	PublicURL string `json:"public_url,omitempty"`
	// Application is the id of the application whose private key fetches
	// recordings; both are needed for that.
	Application string `json:"application_id,omitempty"`
	// APIURL is https://api.nexmo.com when empty. AllowPrivate lets it and
	// PublicURL be plain http, and inside our own network.
	APIURL       string `json:"api_url,omitempty"`
	AllowPrivate bool   `json:"allow_private,omitempty"`
}

func read(inbox config.Inbox) (*Settings, *exchange.House, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, nil, err
	}
	if len(s.Greeting) > 1500 || len(s.Language) > 16 {
		return nil, nil, errors.New("greeting has at most 1500 bytes, language is such as ko-KR")
	}
	if strings.TrimSpace(inbox.Secrets[SecretSignature]) == "" {
		return nil, nil, errors.New("signature_secret: give the signature secret of the account")
	}
	if err := s.checkAPI(inbox); err != nil {
		return nil, nil, err
	}
	house, err := s.Common.Open(false)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range []string{s.Connect, s.From} {
		if n != "" && !strings.HasPrefix(house.Number(n).Value, "+") {
			return nil, nil, errors.New("connect and from: numbers such as +821012345678")
		}
	}
	return &s, house, nil
}

// Adapter is the kind vonagevoice; it is an exchange.Poster, a channel.Receiver,
// a channel.MediaSource and a channel.Tester. It has no state.
type Adapter struct{ client *provider.Client }

// New makes the adapter. Without a client it cannot ask Vonage anything.
func New(client *provider.Client) *Adapter { return &Adapter{client} }

// Kind is "vonagevoice".
func (*Adapter) Kind() string { return Kind }

// SecretNames are the signature secret and the application's private key.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{SecretSignature, SecretKey} }

// Check reads the settings and fills in defaults.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, _, err := read(*inbox)
	if err != nil {
		return err
	}
	return exchange.Encode(inbox, s)
}

// event is a post of either webhook; numbers in it are text.
type event struct {
	Leg       string    `json:"uuid"`
	Call      string    `json:"conversation_uuid"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	Direction string    `json:"direction"`
	Status    string    `json:"status"`
	At        time.Time `json:"timestamp"`
	Start     time.Time `json:"start_time"`
	End       time.Time `json:"end_time"`
	Duration  string    `json:"duration"`
	// RecordingID and Recording stand in the word of a recording, which names no
	// leg.
	RecordingID string `json:"recording_uuid"`
	Recording   string `json:"recording_url"`
}

// results are the ends of a leg that nobody took.
var results = map[string]calls.Result{
	"busy": calls.Busy, "cancelled": calls.Cancelled, "unanswered": calls.NoAnswer, "timeout": calls.NoAnswer, "rejected": calls.Rejected, "failed": calls.Failed,
}

// onTheWay are the states of a leg whose end says more.
var onTheWay = []string{"started", "ringing", "answered", "machine", "human", "disconnected"}

// ReceiveLegs reads one request. An event without what a leg needs is kept raw
// and counts as taken.
func (*Adapter) ReceiveLegs(inbox config.Inbox, req *channel.Request) ([]calls.Leg, []*events.Inbound, channel.Reply, error) {
	s, house, err := read(inbox)
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	var e event
	unreadable := json.Unmarshal(req.Body, &e)
	_, err = signature.Vonage(inbox.Secrets[SecretSignature], req.Header.Get("Authorization"), req.Body, req.At)
	switch {
	case errors.Is(err, signature.ErrMissing) && (e.Leg != "" || e.RecordingID != ""):
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "no-signature", "the request is not signed; send it again signed")
	case err != nil:
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not hold for signature_secret of this inbox")
	}
	done := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	if unreadable == nil && e.RecordingID != "" && e.Recording != "" && e.Call != "" {
		return []calls.Leg{e.recorded(s, req.At)}, nil, done, nil
	}
	if unreadable == nil && e.Leg != "" && e.Call != "" {
		leg, known := e.leg(s, house, req.At)
		switch {
		case e.Status == "":
			done = channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: s.answer(inbox)}
			return []calls.Leg{leg}, nil, done, nil
		case known:
			return []calls.Leg{leg}, nil, done, nil
		case slices.Contains(onTheWay, e.Status):
			return nil, nil, done, nil
		}
	}
	return nil, []*events.Inbound{exchange.Kept(inbox, req.Body, "application/json", "unreadable-record", req.At)}, done, nil
}

// Receive states each leg as a call of its own; see [exchange.Alone].
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	legs, kept, reply, err := a.ReceiveLegs(inbox, req)
	if err != nil {
		return nil, reply, err
	}
	return append(exchange.Alone(inbox, legs, req.At), kept...), reply, nil
}

// leg is known where the leg is over, or has just been answered by the NCCO.
func (e *event) leg(s *Settings, house *exchange.House, now time.Time) (calls.Leg, bool) {
	at := sane(e.At, now)
	from, to := house.Number(e.From), house.Number(e.To)
	l := calls.Leg{ID: exchange.Key(e.Leg), Call: exchange.Key(e.Call), StartedAt: at, EndedAt: at, Untimed: e.At.IsZero(), Result: results[e.Status]}
	inward := e.Direction == "inbound" || e.Status == ""
	ours := !inward && s.Connect != "" && to.Value == house.Number(s.Connect).Value
	switch {
	case ours:
		l.Agent = to.Value
	case inward:
		l.Direction, l.From, l.To, l.Withheld = events.In, from.Value, to.Value, from.Kind == numbers.Withheld
	default:
		l.Direction, l.From, l.To = events.Out, from.Value, to.Value
	}
	if e.Status == "" {
		l.ID, l.Role = exchange.Key(e.Leg, "began"), calls.Machine
		return l, true
	}
	l.Closes = inward
	if e.Status == "completed" {
		length, _ := strconv.Atoi(e.Duration) // none: nought
		l.EndedAt = sane(e.End, at)
		l.AnsweredAt = sane(e.Start, l.EndedAt.Add(-time.Duration(min(max(length, 0), 86400))*time.Second))
		l.StartedAt, l.Untimed = l.AnsweredAt, e.At.IsZero() && e.End.IsZero()
		if inward {
			l.Role = calls.Machine
		}
	}
	return l, e.Status == "completed" || l.Result != ""
}

// recorded is the leg of a recording: what was left in the box where nobody is
// connected.
func (e *event) recorded(s *Settings, now time.Time) calls.Leg {
	end := sane(e.End, sane(e.At, now))
	l := calls.Leg{ID: exchange.Key(e.RecordingID), Call: exchange.Key(e.Call), Role: calls.Machine, StartedAt: sane(e.Start, end), EndedAt: end, Recording: e.Recording}
	if s.Connect == "" {
		l.Role, l.AnsweredAt = calls.Voicemail, l.StartedAt
	}
	return l
}

func sane(t, otherwise time.Time) time.Time {
	if t.Year() < 2000 || t.Year() > 2200 {
		t = otherwise
	}
	return t.UTC()
}

// answer is what a call that came in does, as an NCCO.
func (s *Settings) answer(inbox config.Inbox) []byte {
	acts := []map[string]any{}
	if s.Greeting != "" {
		talk := map[string]any{"action": "talk", "text": s.Greeting}
		if s.Language != "" {
			talk["language"] = s.Language
		}
		acts = append(acts, talk)
	}
	if s.Record {
		act := map[string]any{"action": "record", "eventUrl": []string{s.hook(inbox)}, "format": "mp3"}
		if s.Connect == "" {
			act["beepStart"], act["endOnSilence"] = true, 5
		} else {
			act["split"] = "conversation"
		}
		acts = append(acts, act)
	}
	if s.Connect != "" {
		act := map[string]any{"action": "connect", "endpoint": []map[string]string{{"type": "phone", "number": strings.TrimPrefix(s.Connect, "+")}}}
		if s.From != "" {
			act["from"] = strings.TrimPrefix(s.From, "+")
		}
		acts = append(acts, act)
	}
	data, _ := json.Marshal(acts) // plain values always encode
	return data
}
