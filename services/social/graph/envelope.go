package graph

import (
	"bytes"
	"encoding/json"
	"time"
)

// maxItems bounds the items of one request. Meta sends a thousand at most.
const maxItems = 4000

// Item is one event out of an envelope. Object is what the envelope is about
// (page, instagram, whatsapp_business_account), Account the id of the entry.
// List says where it stood: messaging, standby or changes. Field is the name of a
// change. Raw is the whole item.
type Item struct {
	Object  string
	Account ID
	List    string
	Field   string
	Raw     json.RawMessage
	// Value is what a change says; for the other lists it is Raw.
	Value json.RawMessage
	// At is the time of the entry, nought where it has none.
	At time.Time
	// Odd is why the item cannot be read any further; empty for a good one.
	Odd string
}

type envelope struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type entry struct {
	ID        ID                `json:"id"`
	Time      Stamp             `json:"time"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
	Changes   []json.RawMessage `json:"changes"`
}

// Items takes a verified body apart. It never loses anything: a body, an entry or
// an item that cannot be read comes back as one Item with Odd set, and so does
// each item of an envelope that is about another kind of object.
func Items(body []byte, object string) []Item {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	whole := func(odd string) []Item { return []Item{{Raw: body, Value: body, Odd: odd}} }
	var e envelope
	switch {
	case json.Unmarshal(body, &e) != nil:
		return whole("malformed")
	case e.Object != object && kinds[e.Object] == "":
		return whole("foreign-object")
	case len(e.Entry) == 0:
		return whole("empty")
	}
	var out []Item
	for _, raw := range e.Entry {
		out = append(out, items(raw)...)
		if len(out) > maxItems {
			return whole("too-many-items")
		}
	}
	for i := range out {
		out[i].Object = e.Object
		if e.Object != object && out[i].Odd == "" {
			out[i].Odd = "foreign-object"
		}
	}
	return out
}

func items(raw json.RawMessage) []Item {
	var e entry
	if json.Unmarshal(raw, &e) != nil {
		return []Item{{Raw: raw, Value: raw, Odd: "malformed"}}
	}
	at := e.Time.Time(time.Time{})
	out := make([]Item, 0, len(e.Messaging)+len(e.Standby)+len(e.Changes))
	for _, item := range e.Messaging {
		out = append(out, Item{Account: e.ID, List: "messaging", Raw: item, Value: item, At: at})
	}
	for _, item := range e.Standby {
		out = append(out, Item{Account: e.ID, List: "standby", Raw: item, Value: item, At: at})
	}
	for _, item := range e.Changes {
		out = append(out, change(Item{Account: e.ID, List: "changes", Raw: item, Value: item, At: at}))
	}
	if len(out) == 0 {
		return []Item{{Account: e.ID, Raw: raw, Value: raw, At: at, Odd: "empty"}}
	}
	return out
}

func change(item Item) Item {
	var c struct {
		Field string          `json:"field"`
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal(item.Raw, &c) != nil || len(c.Value) == 0 {
		item.Odd = "malformed"
		return item
	}
	item.Field, item.Value = c.Field, c.Value
	return item
}
