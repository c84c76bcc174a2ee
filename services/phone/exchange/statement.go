package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/numbers"
)

// maxKey bounds an id that is made of a record's fields, in bytes.
const maxKey = 200

// Key joins fields into an id. One that is too long or holds what an id should
// not is replaced by its hash, so equal fields always give one id.
func Key(fields ...string) string {
	key := strings.Join(fields, ":")
	if len(key) <= maxKey && !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0xfffd || r == 0x7f }) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "h" + hex.EncodeToString(sum[:16])
}

// Statement states a folded call; nil where there is nothing to state: no legs,
// or a call within the house. ProviderID is the call's id, which stays when
// later legs make the call richer. The time is when the call began, which does
// not move when a late leg shows that it lasted longer.
//
// Sender is the customer: who called in, or was called. Raw holds the legs.
func Statement(inbox config.Inbox, region string, f calls.Folded, now time.Time) *events.Inbound {
	if len(f.Legs) == 0 || f.Internal {
		return nil
	}
	call := f.Call
	customer := call.From
	if call.Direction == events.Out {
		customer = call.To
	}
	n := numbers.Parse(customer, region)
	id := f.Legs[0].Call
	in := &events.Inbound{
		V: 1, Type: events.CallLogged, Channel: inbox.Channel, Inbox: inbox.ID, ProviderID: id, Order: id,
		OccurredAt: *call.StartedAt, ReceivedAt: now.UTC(), Direction: call.Direction, Call: &call,
		Sender: events.Sender{Points: []events.Point{n.Point(inbox.ID, id)}, Name: name(f, customer, region)},
		Flags:  n.Flags(),
	}
	if files := recordings(f.Legs); len(files) > 0 {
		in.Message = &events.ReceivedMessage{Attachments: files}
	}
	raw, _ := json.Marshal(f.Legs) // plain fields always encode
	in.Raw = &events.Raw{Type: "application/json", Bytes: raw, Size: int64(len(raw))}
	return in
}

// name is what the network shows of an inbound caller, unless that is the number
// once more or says that it is hidden.
func name(f calls.Folded, customer, region string) string {
	n := numbers.Parse(f.Name, region)
	if f.Call.Direction != events.In || f.Withheld || n.Kind != numbers.Local || n.Value == customer || n.Value == "" {
		return ""
	}
	return n.Value
}

func recordings(legs []calls.Leg) []events.Attachment {
	var out []events.Attachment
	for _, l := range legs {
		if l.Recording == "" {
			continue
		}
		a := events.Attachment{ID: calls.RecordingID(l), Name: "recording", Type: "audio/x-wav"}
		u, err := url.Parse(l.Recording)
		switch {
		case err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
			a.URL, a.Name = l.Recording, path.Base("/"+u.Path)
		default:
			a.Name, a.Failed = path.Base("/"+strings.ReplaceAll(l.Recording, `\`, "/")), "the exchange names a file of its own, which cannot be fetched"
		}
		if a.Name == "/" || a.Name == "." {
			a.Name = "recording"
		}
		switch strings.ToLower(path.Ext(a.Name)) {
		case ".mp3":
			a.Type = "audio/mpeg"
		case ".ogg", ".opus":
			a.Type = "audio/ogg"
		}
		out = append(out, a)
	}
	return out
}

// Kept states a record that could not be read, raw, so that an operator sees
// it. Why is a short machine word. The same bytes always have one id.
func Kept(inbox config.Inbox, raw []byte, mime, why string, now time.Time) *events.Inbound {
	sum := sha256.Sum256(raw)
	return &events.Inbound{
		V: 1, Type: events.Unknown, Channel: inbox.Channel, Inbox: inbox.ID, ProviderID: "raw:" + hex.EncodeToString(sum[:16]),
		OccurredAt: now.UTC(), ReceivedAt: now.UTC(), Flags: []string{why},
		Raw: &events.Raw{Type: mime, Bytes: raw, Size: int64(len(raw))},
	}
}
