// Package intake turns what an adapter has verified into statements: the fields
// that every statement has, times that a log can hold, ids and texts of bounded
// length, and the raw form of what was not understood.
//
// It knows no provider and keeps nothing between calls.
package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// MaxID and MaxName bound ids and names in bytes.
const (
	MaxID   = 512
	MaxName = 256
)

// MaxPressed bounds the value of a button in bytes: a thousand characters, which
// is the most that any provider takes.
const MaxPressed = 4000

// FlagButton marks a message that is the press of a button, where the provider
// has no word of its own for it.
const FlagButton = "button"

// MaxItems bounds how many statements one request may become. A request with
// more items than any provider batches is kept whole, raw.
const MaxItems = 1000

// Maker makes the statements of one request.
type Maker struct {
	Kind  string
	Inbox config.Inbox
	At    time.Time
}

// New makes statements for a request to an inbox.
func New(inbox config.Inbox, req *channel.Request) Maker {
	return Maker{Kind: inbox.Channel, Inbox: inbox, At: req.At}
}

// Make begins a statement. A nought time means that the provider gave none. An id
// longer than MaxID is replaced by its hash.
func (m Maker) Make(kind events.InboundType, id string, at time.Time, sender events.Sender) *events.Inbound {
	if at.IsZero() {
		at = m.At
	}
	if len(id) > MaxID {
		sum := sha256.Sum256([]byte(id))
		id = "sha256:" + hex.EncodeToString(sum[:16])
	}
	return &events.Inbound{
		Type: kind, Channel: m.Kind, Inbox: m.Inbox.ID, ProviderID: id,
		OccurredAt: at.UTC(), ReceivedAt: m.At.UTC(), Sender: sender,
	}
}

// Unknown keeps raw bytes. The id derives from the bytes where it is empty, so
// that a second delivery is the same statement.
func (m Maker) Unknown(id string, at time.Time, raw []byte, flags ...string) *events.Inbound {
	if len(raw) == 0 {
		raw = []byte{' '} // an empty body is kept as something that can be looked at
	}
	if id == "" {
		id = Digest(raw)
		flags = append(flags, channel.FlagDerivedID)
	}
	in := m.Make(events.Unknown, id, at, events.Sender{})
	in.Raw, in.Flags = Raw(bytes.Clone(raw)), flags
	return in
}

// Raw is the raw form of a statement, JSON or XML by how it begins. The bytes
// are not copied.
func Raw(data []byte) *events.Raw {
	kind := "application/json"
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && text[0] == '<' {
		kind = "application/xml"
	}
	return &events.Raw{Type: kind, Bytes: data, Size: int64(len(data))}
}

// Digest is a short name for bytes that have none.
func Digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "raw:" + hex.EncodeToString(sum[:16])
}

// Items cuts a JSON array into its elements. It says no for anything else and
// for more than MaxItems.
func Items(raw json.RawMessage) ([]json.RawMessage, bool) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || len(items) > MaxItems || items == nil {
		return nil, false
	}
	return items, true
}

// Unix is the moment of so many seconds since 1970, and the zero time for what
// no clock says: a time that cannot be written into the log would hold up
// everything behind it.
func Unix(seconds int64) time.Time { return sane(time.Unix(seconds, 0)) }

// Millis is Unix for milliseconds.
func Millis(ms int64) time.Time { return sane(time.UnixMilli(ms)) }

func sane(t time.Time) time.Time {
	if y := t.UTC().Year(); y < 2000 || y > 2200 {
		return time.Time{}
	}
	return t.UTC()
}

// ID says whether an id may stand in a statement: not empty, not over MaxID, no
// control characters.
func ID(ids ...string) bool {
	for _, id := range ids {
		if id == "" || len(id) > MaxID || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return false
		}
	}
	return true
}

// Value is the value of a button as it stands in JSON: a string, or a number or
// anything else as it is written, since no message is worth losing for it.
type Value string

// UnmarshalJSON never fails; null is the empty value.
func (v *Value) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(bytes.TrimSpace(data))
	}
	*v = Value(text)
	return nil
}

// Press makes the message of a statement the press of a button, with a flag that
// says so. A value that no provider lets through is left out, since a cut one
// would be another button's. A message that says nothing says the value.
func Press(in *events.Inbound, value, flag string) {
	if value == "" || in.Message == nil {
		return
	}
	if !slices.Contains(in.Flags, flag) {
		in.Flags = append(in.Flags, flag)
	}
	if in.Message.Text == "" {
		in.Message.Text = Clip(value, MaxPressed)
	}
	if len(value) <= MaxPressed && utf8.ValidString(value) {
		in.Message.Pressed = value
	}
}

// Name is a display name, cut and on one line.
func Name(parts ...string) string {
	return Clip(strings.Join(strings.Fields(strings.Join(parts, " ")), " "), MaxName)
}

// Clip cuts a text to so many bytes at the edge of a character.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// FileName is a file's name without folders and control characters; a file
// that has none is named by its id.
func FileName(name, id string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, name)
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	if name = Clip(strings.Trim(name, ". "), 200); name == "" {
		return Clip(id, 200)
	}
	return name
}
