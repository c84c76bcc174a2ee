package profile

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// errOther marks an item that is not a message by the mapping's own word.
var errOther = errors.New("not a message")

// readMapped reads an item by the mapping. Its error keeps the item as unknown.
func (m *Mapping) readMapped(item any, tr *trace) (*said, error) {
	for i := range m.When {
		if !m.When[i].holds(item) {
			tr.note("when", "the condition at "+m.When[i].pointer.String()+" does not hold: kept as unknown")
			return nil, errOther
		}
	}
	get := func(name string, f *Field) string { return f.find(item, name, tr) }
	d := &said{
		lenient: true,
		id:      get("id", &m.ExternalID), thread: get("thread", &m.ThreadID), replyTo: get("reply_to", &m.ReplyTo),
		contact: get("contact.id", &m.SenderID), name: get("contact.name", &m.SenderName),
		email: get("contact.email", &m.SenderEmail), phone: get("contact.phone", &m.SenderPhone),
		subject: get("subject", &m.Subject), text: get("text", &m.Text), html: get("html", &m.HTML),
		pressed: get("pressed", &m.Pressed),
	}
	if v, found := m.Direction.pointer.Find(item); m.Direction.At != "" && found {
		text, _ := scalarText(v)
		for _, out := range m.Direction.Out {
			d.outbound = d.outbound || text == out
		}
		tr.given("direction", m.Direction.pointer.String(), text)
	}
	d.at = m.time(item, d, tr)
	m.attributes(item, d, tr)
	m.files(item, d, tr)
	return d, nil
}

// find is the first pointer that holds something, or the constant.
func (f *Field) find(item any, name string, tr *trace) string {
	for _, p := range f.pointers {
		v, found := p.Find(item)
		if !found || v == nil {
			continue
		}
		text, scalar := scalarText(v)
		if !scalar {
			tr.note(name, p.String()+" holds "+kindOf(v)+", not a value")
			continue
		}
		if text != "" {
			tr.given(name, p.String(), text)
			return text
		}
	}
	if f.Or != "" {
		tr.given(name, "constant", f.Or)
	} else if len(f.pointers) > 0 {
		tr.note(name, "nothing stands at "+strings.Join(f.At, ", "))
	}
	return f.Or
}

func (m *Mapping) time(item any, d *said, tr *trace) time.Time {
	text := m.OccurredAt.find(item, "occurred_at", tr)
	if text == "" {
		return time.Time{}
	}
	at, err := m.OccurredAt.parse(text)
	if err != nil {
		d.flags = append(d.flags, "time-unreadable")
		tr.note("occurred_at", "not "+m.OccurredAt.Format+": the time of receipt stands instead")
		return time.Time{}
	}
	return at
}

func (f *TimeField) parse(text string) (time.Time, error) {
	switch f.Format {
	case "unix", "unix_ms", "unix_us", "unix_ns":
		return epoch(text, f.Format)
	case "rfc3339":
		return time.Parse(time.RFC3339Nano, text)
	}
	return time.ParseInLocation(strings.TrimPrefix(f.Format, "layout:"), text, f.location)
}

// epoch reads a number of units since 1970, whole or with a fraction
// ("1531420618.000200", as Slack writes it).
func epoch(text, unit string) (time.Time, error) {
	per := map[string]int64{"unix": 1e9, "unix_ms": 1e6, "unix_us": 1e3, "unix_ns": 1}[unit]
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		f, ferr := json.Number(text).Float64()
		if ferr != nil || f > 9e18 || f < -9e18 {
			return time.Time{}, err
		}
		n, fraction = int64(f), ""
	}
	if limit := int64(9e18) / per; n > limit || n < -limit {
		return time.Time{}, errors.New("out of range")
	}
	ns := n * per
	if fraction != "" {
		part, err := strconv.ParseFloat("0."+fraction, 64)
		if err != nil {
			return time.Time{}, err
		}
		ns += int64(part * float64(per))
	}
	return time.Unix(0, ns), nil
}

func (m *Mapping) attributes(item any, d *said, tr *trace) {
	for _, name := range m.attributeNames() {
		f := m.Attributes[name]
		if v := f.find(item, "contact.attributes."+name, tr); v != "" {
			if d.attributes == nil {
				d.attributes = map[string]string{}
			}
			d.attributes[name] = cut(line(v), maxAttribute)
		}
	}
}

// files reads attachments; one that has no usable address is left out and the
// message flagged.
func (m *Mapping) files(item any, d *said, tr *trace) {
	a := &m.Attachments
	v, _ := a.at.Find(item)
	list, ok := v.([]any)
	if a.At == "" || !ok {
		return
	}
	for i, element := range list {
		if i == MaxAttachments {
			d.flags = append(d.flags, "attachments-cut")
			break
		}
		address, isText := element.(string)
		name, kind := "", ""
		if !isText {
			address, name, kind = a.value(element, a.URL, a.url), a.value(element, a.Name, a.name), a.value(element, a.Type, a.kind)
		}
		file, err := attachment(name, kind, address)
		if err != nil {
			d.flags = append(d.flags, "attachment-unreadable")
			tr.note("attachments", "element "+strconv.Itoa(i)+" has no usable address")
			continue
		}
		tr.given("attachments", a.at.String()+"/"+strconv.Itoa(i), address)
		d.attachments = append(d.attachments, file)
	}
}

func (a *AttachmentsField) value(element any, set string, p Pointer) string {
	if set == "" {
		return ""
	}
	v, _ := p.Find(element)
	text, _ := scalarText(v)
	return text
}

// reasonOf is the machine word of an error, for the flags of what is kept as
// unknown.
func reasonOf(err error) string {
	var refusal *channel.Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return "other"
}
