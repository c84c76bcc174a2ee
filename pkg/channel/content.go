package channel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"sort"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// ContentHash is the canonical hash over what a statement says: it leaves out
// when we received it and the raw form, so the same event delivered twice has
// one hash, and a reused id with another text has two.
func ContentHash(in *events.Inbound) string {
	h := sha256.New()
	put := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	put(string(in.Type))
	put(in.Target)
	for _, p := range in.Sender.Points {
		put(p.Key())
	}
	if m := in.Message; m != nil {
		put(m.Subject)
		put(m.Text)
		put(m.HTML)
		put(m.Quoted)
		for _, a := range m.Attachments {
			put(a.Name)
			put(a.Hash)
			put(a.URL)
		}
		if m.Pressed != "" { // else as it was before there were buttons
			put("pressed")
			put(m.Pressed)
		}
	}
	if d := in.Delivery; d != nil {
		put(string(d.Message))
		ids := append([]string(nil), d.ProviderIDs...)
		sort.Strings(ids)
		for _, id := range ids {
			put(id)
		}
		put(string(d.Status))
		if d.Until != nil {
			put(d.Until.UTC().String())
		}
	}
	if c := in.Call; c != nil {
		put(c.Outcome)
		put(c.EndedAt.UTC().String())
	}
	for _, part := range []any{in.Reaction, in.Callback, in.Purchase, in.Erasure} {
		if !reflect.ValueOf(part).IsNil() {
			data, _ := json.Marshal(part) // plain fields always encode
			put(string(data))
		}
	}
	if in.Type == events.CallWasAmended || in.Type == events.CallLogged && (in.Call != nil && len(in.Call.Legs) > 0) {
		data, _ := json.Marshal(in.Call)
		put(string(data))
	}
	if in.Type == events.ContactWasStated {
		put(in.Sender.Name)
		data, _ := json.Marshal(in.Sender.Attributes) // keys are sorted
		put(string(data))
	}
	if in.Type == events.Unknown && in.Raw != nil {
		put(in.Raw.Hash)
		put(string(in.Raw.Bytes))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// EventID names a statement: it derives from inbox, type and provider id, so
// every delivery of one event has one id on every node.
func EventID(in *events.Inbound) string {
	h := sha256.New()
	for _, s := range []string{string(in.Inbox), string(in.Type), in.ProviderID} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return "ev" + hex.EncodeToString(h.Sum(nil)[:16])
}
