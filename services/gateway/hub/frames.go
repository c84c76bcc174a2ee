package hub

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// maxFrame bounds an event frame. A message that makes it larger is sent
// without its HTML, then without what it quotes, then cut, and the frame says
// "partial": the whole message is one REST request away. Otherwise one newsletter
// could fill the queue of every socket at once.
const (
	maxFrame    = 128 << 10
	partialText = 32 << 10
)

// prepareFrom is how many sockets have to want an event before it is framed
// once for all. Below that, keeping the framed form costs more than it saves.
const prepareFrom = 30

// eventBody is an event without what differs between subscriptions. It has the
// fields of live.Event.
type eventBody struct {
	Place        string          `json:"place"`
	Fact         string          `json:"fact"`
	Conversation json.RawMessage `json:"conversation"`
	Message      *events.Message `json:"message,omitempty"`
	Actor        *events.Author  `json:"actor,omitempty"`
	Data         any             `json:"data,omitempty"`
	Partial      bool            `json:"partial,omitempty"`
	At           *time.Time      `json:"at,omitempty"`
}

// frames encodes the events of one decision, each at most once for each way it
// is sent: to a subscription id, moving the cursor or not.
type frames struct {
	seq        uint64
	actor      *events.Author
	at         *time.Time
	items      []item
	still      string // the cursor before the decision
	moved      string // the cursor after it
	prepare    bool
	bodies     [2][][]byte // with data, and without what is kept from some
	conversion map[*events.Conversation]json.RawMessage
	done       map[frameKey]*frame
}

type frameKey struct {
	item  int // negative: hidden, of conversation -item-1
	id    string
	moves bool
	bare  bool // without data
}

type frame struct {
	bytes    []byte
	prepared *websocket.PreparedMessage
}

func newFrames(seq uint64, d *events.Decision, items []item, receivers int) *frames {
	return &frames{
		seq: seq, actor: &d.Actor, at: &d.At, items: items, still: Cursor(seq - 1), moved: Cursor(seq), prepare: receivers >= prepareFrom,
		bodies: [2][][]byte{make([][]byte, len(items)), make([][]byte, len(items))}, conversion: map[*events.Conversation]json.RawMessage{}, done: map[frameKey]*frame{},
	}
}

// send gives item i to a subscription; bare leaves out its data.
func (f *frames) send(s *Subscription, i int, moves, bare bool) error {
	bodies := f.bodies[0]
	if bare {
		bodies = f.bodies[1]
	}
	if bodies[i] == nil {
		body, err := f.encode(i, bare)
		if err != nil {
			return err
		}
		bodies[i] = body
	}
	return f.deliver(s, frameKey{i, s.id, moves, bare}, bodies[i])
}

// hide takes conversation c, the n-th of the decision, off a subscription.
func (f *frames) hide(s *Subscription, place, n int, c *events.Conversation, moves bool) error {
	id, err := json.Marshal(struct {
		ID events.ConversationID `json:"id"`
	}{c.ID})
	if err != nil {
		return fmt.Errorf("encode hidden: %w", err)
	}
	body, err := json.Marshal(eventBody{Place: f.place(place), Fact: FactHidden, Conversation: id})
	if err != nil {
		return fmt.Errorf("encode hidden: %w", err)
	}
	return f.deliver(s, frameKey{-n - 1, s.id, moves, false}, body)
}

// place is "sequence.number": the event's own name, the same at every gateway.
func (f *frames) place(i int) string {
	return strconv.FormatUint(f.seq, 10) + "." + strconv.Itoa(i)
}

func (f *frames) deliver(s *Subscription, key frameKey, body []byte) error {
	fr := f.done[key]
	if fr == nil {
		cursor := f.still
		if key.moves {
			cursor = f.moved
		}
		b := make([]byte, 0, len(s.prefix)+len(cursor)+len(body)+16)
		b = append(b, s.prefix...)
		b = append(b, `,"cursor":`...)
		b = strconv.AppendQuote(b, cursor)
		b = append(b, ',')
		b = append(b, body[1:]...)
		fr = &frame{bytes: b}
		if f.prepare {
			prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
			if err != nil {
				return fmt.Errorf("prepare frame: %w", err)
			}
			fr.prepared = prepared
		}
		f.done[key] = fr
	}
	if fr.prepared != nil {
		return s.out.SendPrepared(fr.prepared, len(fr.bytes))
	}
	return s.out.Send(fr.bytes)
}

// encode writes by hand what nearly every frame is made of; the rest, and what
// is too large, goes through package json. Both give the same bytes.
func (f *frames) encode(i int, bare bool) ([]byte, error) {
	it, data := &f.items[i], f.items[i].data
	if bare {
		data = nil
	}
	conversation, ok := f.conversion[it.conv]
	if !ok {
		if conversation = it.conv.AppendJSON(nil); conversation == nil {
			return nil, fmt.Errorf("encode conversation %s: not possible", it.conv.ID)
		}
		f.conversion[it.conv] = conversation
	}
	if data == nil {
		if out := f.quick(i, it, conversation); out != nil && len(out) <= maxFrame {
			return out, nil
		}
	}
	body := eventBody{
		Place: f.place(i), Fact: it.fact, Conversation: conversation,
		Message: it.message, Actor: f.actor, Data: data, At: f.at,
	}
	out, err := json.Marshal(&body)
	if err == nil && len(out) > maxFrame {
		out, err = shrink(&body)
	}
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return out, nil
}

func (f *frames) quick(i int, it *item, conversation []byte) []byte {
	b := make([]byte, 0, len(conversation)+1024)
	b = append(b, `{"place":"`...)
	b = append(b, f.place(i)...)
	b = append(b, `","fact":"`...)
	b = append(b, it.fact...) // a name of ours, without anything to escape
	b = append(b, `","conversation":`...)
	b = append(b, conversation...)
	if it.message != nil {
		if b = it.message.AppendJSON(append(b, `,"message":`...)); b == nil {
			return nil
		}
	}
	b = f.actor.AppendJSON(append(b, `,"actor":`...))
	at, err := f.at.MarshalJSON()
	if err != nil {
		return nil
	}
	return append(append(append(b, `,"at":`...), at...), '}')
}

// shrink leaves out what is largest until the frame fits.
func shrink(body *eventBody) ([]byte, error) {
	body.Partial = true
	body.Data = nil
	steps := []func(m *events.Message){
		func(m *events.Message) { m.HTML = "" },
		func(m *events.Message) { m.Quoted = "" },
		func(m *events.Message) { m.Text = Cut(m.Text, partialText); m.ThreadIDs, m.InReplyTo = nil, nil },
		func(m *events.Message) { m.Attachments = m.Attachments[:min(len(m.Attachments), 20)] },
	}
	if body.Message != nil {
		small := *body.Message // the decision is shared, so only a copy is changed
		body.Message = &small
		for _, step := range steps {
			step(&small)
			if out, err := json.Marshal(body); err != nil || len(out) <= maxFrame {
				return out, err
			}
		}
		body.Message = nil
	}
	return json.Marshal(body)
}

// Cut shortens a text to at most n bytes, between characters.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
