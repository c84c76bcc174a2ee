package profile

import (
	"encoding/json"
	"fmt"
	"sort"
	"time"
)

// readPlain reads one message of our own shape. Names that it does not know are
// left alone, so that a sender may carry more than we read.
func readPlain(doc any, tr *trace) (*said, error) {
	top, ok := doc.(map[string]any)
	if !ok {
		return nil, refuse("wrong-type", "the body must be a JSON object, it is %s", kindOf(doc))
	}
	r := reader{tr: tr}
	d := &said{
		id: r.text(top, "", "id"), text: r.text(top, "", "text"), html: r.text(top, "", "html"),
		subject: r.text(top, "", "subject"), thread: r.text(top, "", "thread"), replyTo: r.text(top, "", "reply_to"),
		pressed: r.text(top, "", "pressed"),
	}
	contact := r.object(top, "", "contact")
	d.contact, d.name = r.text(contact, "contact.", "id"), r.text(contact, "contact.", "name")
	d.email, d.phone = r.text(contact, "contact.", "email"), r.text(contact, "contact.", "phone")
	d.attributes = r.attributes(contact)
	d.at = r.time(top)
	r.direction(top, d)
	r.attachments(top, d)
	if r.err != nil {
		return nil, r.err
	}
	return d, nil
}

// reader takes values of the right type and keeps the first error.
type reader struct {
	tr  *trace
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// text reads a string; absent and null are empty.
func (r *reader) text(in map[string]any, path, name string) string {
	v, found := in[name]
	if !found || v == nil {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		r.fail(refuse("wrong-type", "%s%s must be a string, it is %s", path, name, kindOf(v)))
		return ""
	}
	if r.tr != nil { // names are put together only for somebody who asks
		r.tr.given(path+name, pointerOf(path, name), s)
	}
	return s
}

func (r *reader) object(in map[string]any, path, name string) map[string]any {
	v, found := in[name]
	if !found || v == nil {
		return nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		r.fail(refuse("wrong-type", "%s%s must be an object, it is %s", path, name, kindOf(v)))
	}
	return o
}

func (r *reader) time(top map[string]any) time.Time {
	s := r.text(top, "", "occurred_at")
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		r.fail(refuse("bad-time", "occurred_at is not an RFC 3339 time with a zone, like 2026-01-31T09:30:00Z"))
	}
	return at
}

func (r *reader) direction(top map[string]any, d *said) {
	switch s := r.text(top, "", "direction"); s {
	case "", "in":
	case "out":
		d.outbound = true
	default:
		r.fail(refuse("bad-direction", "direction must be in or out"))
	}
}

func (r *reader) attributes(contact map[string]any) map[string]string {
	given := r.object(contact, "contact.", "attributes")
	if len(given) == 0 {
		return nil
	}
	if len(given) > maxAttributes {
		r.fail(refuse("too-many-attributes", "contact.attributes has more than %d names", maxAttributes))
		return nil
	}
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	sort.Strings(names)
	out := map[string]string{}
	for _, name := range names {
		s, scalar := scalarText(given[name])
		if !scalar || name == "" || len(name) > maxAttributeName || len(s) > maxAttribute {
			r.fail(refuse("bad-attribute", "contact.attributes: %q must be a short text, number or boolean", cut(name, 40)))
			return nil
		}
		out[name] = line(s)
		r.tr.given("contact.attributes."+name, Pointer{[]string{"contact", "attributes", name}}.String(), s)
	}
	return out
}

func (r *reader) attachments(top map[string]any, d *said) {
	v, found := top["attachments"]
	if !found || v == nil {
		return
	}
	list, ok := v.([]any)
	if !ok {
		r.fail(refuse("wrong-type", "attachments must be an array, it is %s", kindOf(v)))
		return
	}
	if len(list) > MaxAttachments {
		r.fail(refuse("too-many-attachments", "attachments has more than %d elements", MaxAttachments))
		return
	}
	for i, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			r.fail(refuse("wrong-type", "attachments[%d] must be an object, it is %s", i, kindOf(v)))
			return
		}
		path := fmt.Sprintf("attachments[%d].", i)
		a, err := attachment(r.text(o, path, "name"), r.text(o, path, "type"), r.text(o, path, "url"))
		if err != nil {
			r.fail(err)
			return
		}
		d.attachments = append(d.attachments, a)
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	}
	return "an object"
}

// scalarText spells a string, number or boolean as text; numbers keep their
// digits.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
