package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

// Common are the settings that every exchange inbox has beside its own.
type Common struct {
	// Region is the country the exchange dials from (ISO 3166); KR when empty.
	Region string `json:"region,omitempty"`
	// Zone is the time zone of times that are written without one.
	Zone string `json:"zone,omitempty"`
	// Extensions is a regular expression over the numbers of our own telephones;
	// two to six digits when empty.
	Extensions string `json:"extensions,omitempty"`
	// OwnNumbers are the numbers customers call us on.
	OwnNumbers []string `json:"own_numbers,omitempty"`
	// Settle is how long a call that is over waits for stragglers before it is
	// stated (Go duration, 500ms when empty, a minute at most). Patience is how
	// long legs wait for the one that ends their call (an hour when empty, a day
	// at most).
	Settle   string `json:"settle,omitempty"`
	Patience string `json:"patience,omitempty"`
}

// The waits of an inbox that sets none.
const (
	DefaultSettle   = 500 * time.Millisecond
	DefaultPatience = time.Hour
)

// House is [Common] made ready.
type House struct {
	Region           string
	Zone             *time.Location
	Settle, Patience time.Duration

	extensions *regexp.Regexp
	own        map[string]bool
}

// Encode writes settings back into the inbox with their defaults filled in, and
// marks it as one way: nothing is sent through a telephone log.
func Encode(inbox *config.Inbox, settings any) error {
	inbox.OneWay = true
	return channel.WriteSettings(inbox, settings)
}

// Open checks the settings, fills in defaults and makes them ready. Where local
// says that records carry local times, a zone must be named: a guess would put
// every call hours beside the truth without anybody noticing.
func (c *Common) Open(local bool) (*House, error) {
	if c.Region == "" {
		c.Region = "KR"
	}
	if len(c.Region) != 2 || c.Region[0] < 'A' || c.Region[0] > 'Z' || c.Region[1] < 'A' || c.Region[1] > 'Z' {
		return nil, errors.New("region: two capital letters, such as KR")
	}
	if c.Extensions == "" {
		c.Extensions = `^[0-9]{2,6}$`
	}
	h := &House{Region: c.Region, Zone: time.UTC, own: map[string]bool{}}
	var err error
	if h.extensions, err = regexp.Compile(c.Extensions); err != nil || len(c.Extensions) > 256 {
		return nil, errors.New("extensions: not a regular expression of at most 256 bytes")
	}
	if c.Zone == "" && local {
		return nil, errors.New("zone: name the time zone the exchange writes its times in, such as Asia/Seoul or UTC")
	}
	if c.Zone != "" {
		if h.Zone, err = time.LoadLocation(c.Zone); err != nil {
			return nil, errors.New("zone: not a time zone that is known")
		}
	}
	for _, n := range c.OwnNumbers {
		h.own[numbers.Parse(n, c.Region).Value] = true
	}
	if h.Settle, err = wait(&c.Settle, DefaultSettle, time.Minute); err != nil {
		return nil, fmt.Errorf("settle: %w", err)
	}
	if h.Patience, err = wait(&c.Patience, DefaultPatience, 24*time.Hour); err != nil {
		return nil, fmt.Errorf("patience: %w", err)
	}
	return h, nil
}

func wait(s *string, otherwise, most time.Duration) (time.Duration, error) {
	if *s == "" {
		*s = otherwise.String()
	}
	d, err := time.ParseDuration(*s)
	if err != nil || d < 0 || d > most {
		return 0, fmt.Errorf("a duration such as %s, at most %s", otherwise, most)
	}
	return d, nil
}

// Waits reads only settle and patience; whatever cannot be read is the default.
func Waits(inbox config.Inbox) (settle, patience time.Duration) {
	var c struct{ Settle, Patience string }
	_ = json.Unmarshal(inbox.Settings, &c) // settings were checked when they were written
	settle, err := wait(&c.Settle, DefaultSettle, time.Minute)
	if err != nil {
		settle = DefaultSettle
	}
	if patience, err = wait(&c.Patience, DefaultPatience, 24*time.Hour); err != nil {
		patience = DefaultPatience
	}
	return settle, patience
}

// Number reads a number as this exchange writes it.
func (h *House) Number(written string) numbers.Number { return numbers.Parse(written, h.Region) }

// Inside says that a number is one of our telephones.
func (h *House) Inside(n numbers.Number) bool {
	return n.Kind == numbers.Local && h.extensions.MatchString(n.Value)
}

// Own says that a number is one that customers call us on.
func (h *House) Own(n numbers.Number) bool { return n.Value != "" && h.own[n.Value] }

// Direction says by the numbers alone who called whom. Two outside numbers are
// an inbound call that was sent on, unless the first is ours; so is a withheld
// caller.
func (h *House) Direction(from, to numbers.Number) events.Direction {
	fromUs, toUs := h.Inside(from) || h.Own(from), h.Inside(to) || h.Own(to)
	switch {
	case fromUs && toUs:
		return "internal"
	case fromUs:
		return events.Out
	}
	return events.In
}
