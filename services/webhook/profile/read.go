package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// MaxItems bounds the items of one batch.
const MaxItems = 1000

// item is one thing that a request says, before it is understood.
type item struct {
	doc   any
	raw   []byte
	env   *envelope
	batch bool
	err   error
}

// Read turns a verified request into statements, in the order of the body. An
// error is a [*channel.Refusal] and means that nothing was taken. What a batch
// or a mapped source says and cannot be understood becomes events.Unknown with
// the raw bytes and a flag "reason:…".
func (s *Settings) Read(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, error) {
	return s.read(inbox, req, nil)
}

func (s *Settings) read(inbox config.Inbox, req *channel.Request, traces *[]*trace) ([]*events.Inbound, error) {
	items, err := s.items(req)
	if err != nil {
		return nil, err
	}
	out := make([]*events.Inbound, 0, len(items))
	for i := range items {
		var tr *trace
		if traces != nil {
			tr = &trace{doc: items[i].doc}
			*traces = append(*traces, tr)
		}
		in, err := s.one(&items[i], req, tr)
		if err != nil {
			if !s.keeps(&items[i], err) {
				return nil, err
			}
			in = unknown(&items[i], err, req)
			tr.note("type", "kept as unknown, raw: "+err.Error())
		}
		in.Channel, in.Inbox = inbox.Channel, inbox.ID
		in.Trace = cut(req.Header.Get("Traceparent"), 128)
		in.Raw = &events.Raw{Type: "application/json", Bytes: items[i].raw, Size: int64(len(items[i].raw))}
		in.Content = channel.ContentHash(in)
		out = append(out, in)
	}
	return out, nil
}

// keeps says whether an item that was not understood is kept as unknown rather
// than refused.
func (s *Settings) keeps(it *item, err error) bool {
	return it.batch || s.Profile == Mapped || errors.Is(err, errOther)
}

// items takes the request apart: the CloudEvents envelope, then the batch of
// the mapping.
func (s *Settings) items(req *channel.Request) ([]item, error) {
	if len(req.Body) == 0 {
		return nil, channel.Refuse(http.StatusBadRequest, "empty-body", "the body is empty")
	}
	doc, err := Decode(req.Body)
	if err != nil {
		return nil, err
	}
	switch cloudEventsMode(req.Header) {
	case batchMode:
		return split(doc, func(event any) item {
			it := item{raw: encode(event), batch: true}
			it.env, it.doc, it.err = structuredEnvelope(event)
			return it
		})
	case structuredMode:
		env, data, err := structuredEnvelope(doc)
		if err != nil {
			return nil, err
		}
		return []item{{doc: data, raw: req.Body, env: env}}, nil
	case binaryMode:
		env, err := binaryEnvelope(req.Header)
		if err != nil {
			return nil, err
		}
		return []item{{doc: doc, raw: req.Body, env: env}}, nil
	}
	if s.Mapping == nil || s.Mapping.batch == nil {
		return []item{{doc: doc, raw: req.Body}}, nil
	}
	list, found := s.Mapping.batch.Find(doc)
	if _, isList := list.([]any); !found || !isList {
		// Not the batch that the mapping describes: one item, kept as unknown.
		return []item{{doc: doc, raw: req.Body, batch: true, err: refuse("no-batch", "no array stands at mapping.batch")}}, nil
	}
	return split(list, func(v any) item { return item{doc: v, raw: encode(v), batch: true} })
}

func split(doc any, make func(any) item) ([]item, error) {
	list, ok := doc.([]any)
	switch {
	case !ok:
		return nil, refuse("wrong-type", "a batch must be a JSON array, it is %s", kindOf(doc))
	case len(list) > MaxItems:
		return nil, channel.Refuse(http.StatusRequestEntityTooLarge, "too-many-items", "a batch holds at most %d items", MaxItems)
	}
	out := []item{}
	for _, v := range list {
		out = append(out, make(v))
	}
	return out, nil
}

// encode spells a value of [Decode] again: names in sorted order, so that equal
// items have equal bytes.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // a tree of Decode always encodes
		return nil
	}
	return data
}

func (s *Settings) one(it *item, req *channel.Request, tr *trace) (*events.Inbound, error) {
	if it.err != nil {
		return nil, it.err
	}
	var d *said
	var err error
	switch s.Profile {
	case Mapped:
		d, err = s.Mapping.readMapped(it.doc, tr)
	case Standard:
		d, err = readStandard(it.doc, tr)
	default:
		d, err = readPlain(it.doc, tr)
	}
	if err != nil {
		return nil, err
	}
	s.fallBack(d, it, req, tr)
	in, err := s.statement(d, req.At, tr)
	if err != nil {
		return nil, err
	}
	change(in, d, req)
	tr.statement(in)
	return in, nil
}

// fallBack fills what the item leaves open from its envelope: the event, the
// id of the delivery, and in the last resort the content.
func (s *Settings) fallBack(d *said, it *item, req *channel.Request, tr *trace) {
	if it.env != nil && d.at.IsZero() {
		d.at = it.env.at
	}
	if d.id != "" {
		return
	}
	header := s.Signature.IDHeader
	switch {
	case it.env != nil:
		d.id = it.env.key
		tr.given("id", "the event's source and id", d.id)
	case it.batch && s.Profile != Mapped:
	case (s.Auth == "standard" || s.Profile == Standard) && !it.batch:
		d.id = standardHeader(req.Header, "id")
		tr.given("id", "header webhook-id", d.id)
	case header != "" && !it.batch && s.signsID():
		d.id = req.Header.Get(header)
		tr.given("id", "header "+header, d.id)
	case s.Profile == Mapped && !s.Mapping.ExternalID.set():
		d.id = derived(it.raw)
		d.flags = append(d.flags, channel.FlagDerivedID)
		tr.given("id", "derived from the content", d.id)
	}
}

// signsID says whether the id header is part of what was signed, so that it can
// be believed.
func (s *Settings) signsID() bool { return strings.Contains(s.Signature.Template, "{id}") }

func derived(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256-" + hex.EncodeToString(sum[:16])
}

// change makes the statement of an edit or a removal. The delivery has an id of
// its own, because the message's id is that of its first statement.
func change(in *events.Inbound, d *said, req *channel.Request) {
	if !d.edits && !d.removes {
		return
	}
	in.Target = d.id
	in.Type = events.MessageWasEdited
	if d.removes {
		in.Type = events.MessageWasRemoved
		in.Message = nil
	}
	if id := standardHeader(req.Header, "id"); id != "" {
		in.ProviderID = id
		return
	}
	in.ProviderID = derived(req.Body)
	in.Flags = append(in.Flags, channel.FlagDerivedID)
}

// readStandard reads a plain message, alone or in the recommended body
// {"type","timestamp","data"}.
func readStandard(doc any, tr *trace) (*said, error) {
	top, ok := doc.(map[string]any)
	if !ok {
		return nil, refuse("wrong-type", "the body must be a JSON object, it is %s", kindOf(doc))
	}
	kind, typed := top["type"].(string)
	data, wrapped := top["data"].(map[string]any)
	if !typed || !wrapped {
		return readPlain(doc, tr)
	}
	verb, ours := strings.CutPrefix(kind, "message.")
	if !ours && kind != "message" {
		return nil, errOther
	}
	tr.under("data")
	d, err := readPlain(data, tr)
	if err != nil {
		return nil, err
	}
	switch verb {
	case "message", "created", "received", "sent":
	case "updated", "edited":
		d.edits = true
	case "deleted", "removed":
		d.removes = true
	default:
		return nil, errOther
	}
	if text, ok := top["timestamp"].(string); ok && d.at.IsZero() {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			d.at = at
		}
	}
	return d, nil
}

// unknown keeps what was not understood. Its id derives from the bytes, so the
// same thing delivered again is the same statement.
func unknown(it *item, err error, req *channel.Request) *events.Inbound {
	in := &events.Inbound{
		Type: events.Unknown, ProviderID: derived(it.raw),
		OccurredAt: req.At, ReceivedAt: req.At,
		Flags: []string{channel.FlagDerivedID, "reason:" + reasonOf(err)},
	}
	if it.env != nil {
		in.ProviderID = it.env.key
		in.Flags = in.Flags[1:]
	}
	return in
}
