package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"
)

// Mapping describes a body field by field. Every pointer is relative to the
// item: the whole document, or an element of the array at Batch.
type Mapping struct {
	// Batch points to an array whose elements are items ("#" when the document
	// itself is the array). Empty: the document is the one item.
	Batch string `json:"batch,omitempty"`
	// When tells messages from everything else; what does not meet it is kept
	// as unknown.
	When []Condition `json:"when,omitempty"`

	// ExternalID is the source's id of the message. Without it an id is derived
	// from the item's bytes, so that two equal items are one message.
	ExternalID  Field `json:"external_id,omitzero"`
	ThreadID    Field `json:"thread_id,omitzero"`
	ReplyTo     Field `json:"reply_to,omitzero"`
	SenderID    Field `json:"sender_id,omitzero"`
	SenderName  Field `json:"sender_name,omitzero"`
	SenderEmail Field `json:"sender_email,omitzero"`
	SenderPhone Field `json:"sender_phone,omitzero"`
	Subject     Field `json:"subject,omitzero"`
	Text        Field `json:"text,omitzero"`
	HTML        Field `json:"html,omitzero"`
	// Pressed is the value of a button that the customer pressed instead of
	// writing, with its label in Text.
	Pressed Field `json:"pressed,omitzero"`

	OccurredAt  TimeField        `json:"occurred_at,omitzero"`
	Direction   DirectionField   `json:"direction,omitzero"`
	Attachments AttachmentsField `json:"attachments,omitzero"`
	// Attributes are shown on the contact page: at most 32.
	Attributes map[string]Field `json:"attributes,omitempty"`

	batch *Pointer
}

// Field is where a value stands: "/a/b", or ["/a","/b"] (the first that holds
// something), or {"at": either of these, "or": "a constant fall-back"}.
type Field struct {
	At []string `json:"at,omitempty"`
	Or string   `json:"or,omitempty"`

	pointers []Pointer
}

// UnmarshalJSON reads the three spellings.
func (f *Field) UnmarshalJSON(data []byte) error {
	type pointers struct {
		At json.RawMessage `json:"at"`
		Or string          `json:"or"`
	}
	at := json.RawMessage(data)
	if len(data) > 0 && data[0] == '{' {
		var p pointers
		if err := strictly(data, &p); err != nil {
			return err
		}
		at, f.Or = p.At, p.Or
	}
	if len(at) == 0 {
		return nil
	}
	var one string
	if err := json.Unmarshal(at, &one); err == nil {
		f.At = []string{one}
		return nil
	}
	if err := json.Unmarshal(at, &f.At); err != nil {
		return errors.New("a field is a pointer, a list of pointers or {at, or}")
	}
	return nil
}

func strictly(data []byte, into any) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func (f *Field) set() bool { return len(f.At) > 0 || f.Or != "" }

func (f *Field) complete(name string) error {
	if len(f.At) > 8 {
		return fmt.Errorf("mapping.%s: more than 8 pointers", name)
	}
	for _, text := range f.At {
		p, err := ParsePointer(text)
		if err != nil {
			return fmt.Errorf("mapping.%s: %w", name, err)
		}
		f.pointers = append(f.pointers, p)
	}
	return nil
}

// Condition holds where the value at At is one of Equals, or, with Equals
// empty, where anything but null stands there. Not turns it round.
type Condition struct {
	At     string   `json:"at"`
	Equals []string `json:"equals,omitempty"`
	Not    bool     `json:"not,omitempty"`

	pointer Pointer
}

func (c *Condition) holds(item any) bool {
	v, found := c.pointer.Find(item)
	text, scalar := scalarText(v)
	ok := found && v != nil && len(c.Equals) == 0
	for _, want := range c.Equals {
		ok = ok || (found && scalar && text == want)
	}
	return ok != c.Not
}

// TimeField is a time and how it is written. Format is rfc3339 (the default),
// unix, unix_ms, unix_us, unix_ns, or "layout:" and a Go layout. Zone (an IANA
// name) counts for layouts that have none; UTC when empty.
type TimeField struct {
	Field
	Format string
	Zone   string

	location *time.Location
}

// UnmarshalJSON reads a pointer, a list of pointers or an object.
func (f *TimeField) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '{' {
		return f.Field.UnmarshalJSON(data)
	}
	var w struct {
		At     json.RawMessage `json:"at"`
		Or     string          `json:"or"`
		Format string          `json:"format"`
		Zone   string          `json:"zone"`
	}
	if err := strictly(data, &w); err != nil {
		return err
	}
	f.Format, f.Zone, f.Or = w.Format, w.Zone, w.Or
	if len(w.At) == 0 {
		return nil
	}
	at := Field{}
	if err := at.UnmarshalJSON(w.At); err != nil {
		return err
	}
	f.At = at.At
	return nil
}

// DirectionField says who wrote. Values that stand in Out mean that our side
// did (an echo of the source's own console); anything else means the customer.
type DirectionField struct {
	At  string   `json:"at,omitempty"`
	Out []string `json:"out,omitempty"`

	pointer Pointer
}

// AttachmentsField points to an array of files; Name, Type and URL are relative
// to its elements. An element that is a string is itself the URL.
type AttachmentsField struct {
	At   string `json:"at,omitempty"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
	URL  string `json:"url,omitempty"`

	at, name, kind, url Pointer
}

type namedField struct {
	name  string
	field *Field
}

func (m *Mapping) fields() []namedField {
	out := []namedField{
		{"external_id", &m.ExternalID}, {"thread_id", &m.ThreadID}, {"reply_to", &m.ReplyTo},
		{"sender_id", &m.SenderID}, {"sender_name", &m.SenderName}, {"sender_email", &m.SenderEmail},
		{"sender_phone", &m.SenderPhone}, {"subject", &m.Subject}, {"text", &m.Text}, {"html", &m.HTML}, {"pressed", &m.Pressed},
		{"occurred_at", &m.OccurredAt.Field},
	}
	return out
}

func (m *Mapping) complete() error {
	for _, f := range m.fields() {
		if err := f.field.complete(f.name); err != nil {
			return err
		}
	}
	switch {
	case !m.SenderID.set() && !m.SenderEmail.set() && !m.SenderPhone.set():
		return errors.New("mapping needs one of sender_id, sender_email, sender_phone")
	case !m.Text.set() && !m.HTML.set() && m.Attachments.At == "":
		return errors.New("mapping needs one of text, html, attachments")
	}
	if m.Batch != "" {
		p, err := ParsePointer(m.Batch)
		if err != nil {
			return fmt.Errorf("mapping.batch: %w", err)
		}
		m.batch = &p
	}
	for i := range m.When {
		p, err := ParsePointer(m.When[i].At)
		if err != nil {
			return fmt.Errorf("mapping.when: %w", err)
		}
		m.When[i].pointer = p
	}
	if err := m.completeTime(); err != nil {
		return err
	}
	if err := m.completeRest(); err != nil {
		return err
	}
	return m.completeAttributes()
}

func (m *Mapping) completeTime() error {
	f := &m.OccurredAt
	switch {
	case f.Format == "":
		f.Format = "rfc3339"
	case f.Format == "rfc3339", f.Format == "unix", f.Format == "unix_ms", f.Format == "unix_us", f.Format == "unix_ns":
	case strings.HasPrefix(f.Format, "layout:") && len(f.Format) > len("layout:"):
	default:
		return fmt.Errorf("mapping.occurred_at.format %q is none of rfc3339, unix, unix_ms, unix_us, unix_ns, layout:…", cut(f.Format, 40))
	}
	f.location = time.UTC
	if f.Zone != "" {
		zone, err := time.LoadLocation(f.Zone)
		if err != nil {
			return fmt.Errorf("mapping.occurred_at.zone %q is not known", cut(f.Zone, 60))
		}
		f.location = zone
	}
	return nil
}

func (m *Mapping) completeRest() error {
	a, d := &m.Attachments, &m.Direction
	for _, p := range []struct {
		name, text string
		into       *Pointer
	}{
		{"direction", d.At, &d.pointer}, {"attachments.at", a.At, &a.at},
		{"attachments.name", a.Name, &a.name}, {"attachments.type", a.Type, &a.kind}, {"attachments.url", a.URL, &a.url},
	} {
		parsed, err := ParsePointer(p.text)
		if err != nil {
			return fmt.Errorf("mapping.%s: %w", p.name, err)
		}
		*p.into = parsed
	}
	if d.At != "" && len(d.Out) == 0 {
		return errors.New("mapping.direction.out must list the values that mean our side")
	}
	return nil
}

func (m *Mapping) completeAttributes() error {
	if len(m.Attributes) > maxAttributes {
		return fmt.Errorf("mapping.attributes: more than %d", maxAttributes)
	}
	for name, f := range m.Attributes {
		if name == "" || len(name) > maxAttributeName {
			return fmt.Errorf("mapping.attributes: a name is empty or over %d bytes", maxAttributeName)
		}
		if err := f.complete("attributes." + cut(name, 40)); err != nil {
			return err
		}
		m.Attributes[name] = f
	}
	return nil
}

func (m *Mapping) attributeNames() []string {
	names := make([]string, 0, len(m.Attributes))
	for name := range m.Attributes {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
