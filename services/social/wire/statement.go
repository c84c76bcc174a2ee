package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// Source makes the statements of one request to one inbox.
type Source struct {
	intake.Maker
	Req *channel.Request
}

// From makes the statements of a request to an inbox.
func From(inbox config.Inbox, req *channel.Request) Source {
	return Source{intake.New(inbox, req), req}
}

// State begins a statement together with its raw form, the part of the body it
// was read from. A zero time is the time of arrival.
func (s Source) State(kind events.InboundType, id string, at time.Time, raw []byte) *events.Inbound {
	in := s.Make(kind, id, at, events.Sender{})
	in.Raw = intake.Raw(raw)
	return in
}

// Keep states what could not be understood, raw. The same bytes are the same
// statement. Why is a short machine word.
func (s Source) Keep(raw []byte, why string) *events.Inbound {
	return s.Unknown("", time.Time{}, raw, why)
}

// Own is an address that means something in this inbox only, of the kind of the
// channel.
func (s Source) Own(value string, trust events.Trust) events.Point {
	return events.Point{Kind: s.Kind, Value: value, Scope: string(s.Inbox.ID), Trust: trust}
}

// Hash is a short digest over parts that cannot run into one another: 32
// hexadecimal digits.
func Hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Canonical is the same JSON value in one spelling: names sorted, no spaces. What
// is no JSON stays as it is.
func Canonical(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return string(raw)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(out)
}

// Millis reads a time in milliseconds. Noughts, and times a day and more after
// the arrival, are not believed: the zero time stands for them.
func (s Source) Millis(ms int64) time.Time {
	if ms <= 0 || ms > s.Req.At.Add(24*time.Hour).UnixMilli() {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// Attributes pairs names with values, leaves out what is empty, and cuts a value
// at 512 bytes. It is nil when nothing is left.
func Attributes(pairs ...string) map[string]string {
	var out map[string]string
	for i := 0; i+1 < len(pairs); i += 2 {
		value := strings.TrimSpace(pairs[i+1])
		if value == "" {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[pairs[i]] = cut(value, 512)
	}
	return out
}

func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// Phone is a number in E.164, or empty when it is none. Region is the country
// that a number without a country's code is in.
func Phone(number, region string) string {
	if len(number) > 64 {
		return ""
	}
	n, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// YesNo is how attributes say it.
func YesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
