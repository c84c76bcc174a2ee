package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Match is a rule that an event has met.
type Match struct {
	Rule string
	// Point is the customer's address, always stated: whoever publishes events
	// is believed as an integration is.
	Point events.Point
	Name  string
	// ID is what the event is known by, or empty where only Once keeps it from
	// speaking twice.
	ID string
	// Text is empty for a fact about the customer.
	Text       string
	Attributes map[string]string
	Once       time.Duration
	// At is the event's own time; the zero time where it has none.
	At time.Time
}

// Bounds of what one event may say, in bytes.
const (
	maxText      = 8 << 10
	maxAttribute = 512
	maxID        = 256
)

// ErrNoCustomer says that a rule held for an event that names nobody, or that a
// rule which needs the event's id found none.
var ErrNoCustomer = errors.New("a rule holds, but the event does not say for whom, or which event it is")

// Decode reads one JSON value and keeps every digit of its numbers.
func Decode(data []byte) (doc any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return doc, nil
}

// Match gives what the rules make of an event, in their order. ErrNoCustomer may
// come beside matches of other rules.
func (s *Set) Match(doc any) (out []Match, err error) {
	for i := range s.Rules {
		r := &s.Rules[i]
		if !r.When.holds(doc) {
			continue
		}
		m := Match{
			Rule: r.Name, ID: clean(s.id(r).text(doc), maxID), Once: r.OncePer.Duration, At: moment(s.Time.text(doc)),
			Text: fill(r.Text, doc, maxText), Name: clean(s.customer(r).Name.text(doc), maxAttribute),
		}
		var known bool
		if m.Point, known = s.point(s.customer(r), doc); !known || (m.ID == "" && m.Once == 0) || (r.Text != "" && m.Text == "") {
			err = ErrNoCustomer
			continue
		}
		for name, text := range r.Attributes {
			if value := fill(text, doc, maxAttribute); value != "" {
				if m.Attributes == nil {
					m.Attributes = map[string]string{}
				}
				m.Attributes[name] = value
			}
		}
		if m.Text != "" || len(m.Attributes) > 0 {
			out = append(out, m)
		}
	}
	return out, err
}

func (s *Set) point(c Customer, doc any) (events.Point, bool) {
	p := events.Point{Kind: c.Kind, Trust: events.Stated}
	given := clean(c.Pointer.text(doc), maxID)
	switch c.Kind {
	case "external":
		p.Value, p.Scope = given, s.ExternalScope
	case "email":
		p.Value = strings.ToLower(given)
		local, host, ok := strings.Cut(p.Value, "@")
		if !ok || local == "" || !strings.Contains(host, ".") || strings.ContainsAny(p.Value, " \t\n<>\",;:") || strings.Contains(host, "@") {
			return p, false
		}
	case "phone":
		region := s.DefaultRegion
		if region == "" && !strings.HasPrefix(given, "+") {
			return p, false
		}
		n, err := phonenumbers.Parse(given, region)
		if err != nil || !phonenumbers.IsValidNumber(n) {
			return p, false
		}
		p.Value = phonenumbers.Format(n, phonenumbers.E164)
	}
	return p, p.Value != ""
}

// moment reads RFC 3339, Unix seconds, or Unix milliseconds, told apart by their
// size.
func moment(s string) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil && at.Year() >= 1970 && at.Year() < 9999 {
		return at.UTC()
	}
	n, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(n) || n < 1e8 || n > 1e14:
		return time.Time{}
	case n < 1e11:
		return time.UnixMilli(int64(math.Round(n * 1000))).UTC()
	}
	return time.UnixMilli(int64(n)).UTC()
}
