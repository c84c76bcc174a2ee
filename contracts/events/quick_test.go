package events

import (
	"encoding/json"
	old "math/rand"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The lists of fields are those of the types, in their order: a field that is
// added to a type and not here would send every message the slow way.
func TestQuickFieldsAreTheTypes(t *testing.T) {
	for typ, fields := range map[reflect.Type][]fieldName{
		reflect.TypeFor[Decision](): decisionFields, reflect.TypeFor[Cause](): causeFields, reflect.TypeFor[wireFact](): factFields,
		reflect.TypeFor[Conversation](): conversationFields, reflect.TypeFor[ContactRef](): contactRefFields,
		reflect.TypeFor[LastMessage](): lastMessageFields, reflect.TypeFor[Message](): messageFields, reflect.TypeFor[Author](): authorFields,
		reflect.TypeFor[Point](): pointFields, reflect.TypeFor[MessageAdded](): messageAddedFields,
		reflect.TypeFor[ConversationOpened](): openedFields, reflect.TypeFor[InboundStored](): storedFields,
		reflect.TypeFor[Inbound](): inboundFields, reflect.TypeFor[Sender](): senderFields,
		reflect.TypeFor[ReceivedMessage](): receivedFields, reflect.TypeFor[Wait](): waitFields, reflect.TypeFor[Need](): needFields,
		reflect.TypeFor[Passed](): passedFields, reflect.TypeFor[Offer](): offerFields, reflect.TypeFor[Clock](): clockFields, reflect.TypeFor[Raw](): rawFields,
	} {
		var want, have []string
		for i := range typ.NumField() {
			if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "-" {
				want = append(want, name)
			}
		}
		for _, f := range fields {
			have = append(have, f.name)
		}
		if !reflect.DeepEqual(want, have) {
			t.Errorf("%v has the fields %v, the quick reader knows %v", typ, want, have)
		}
	}
}

// agree holds the quick reader against the general decoder; quick says that it
// took the bytes at all.
func agree(t *testing.T, data []byte) (decision, statement bool) {
	t.Helper()
	if d, ok := quickDecision(data); ok {
		decision = true
		want := new(Decision)
		if err := json.Unmarshal(data, want); err != nil {
			t.Fatalf("the quick reader takes what is none: %v\n%q", err, data)
		}
		same(t, d, want, data)
	}
	if in, ok := quickInbound(data); ok {
		statement = true
		want := new(Inbound)
		if err := json.Unmarshal(data, want); err != nil {
			t.Fatalf("the quick reader takes what is none: %v\n%q", err, data)
		}
		same(t, in, want, data)
	}
	return decision, statement
}

func same(t *testing.T, have, want any, data []byte) {
	t.Helper()
	if !reflect.DeepEqual(have, want) {
		h, _ := json.Marshal(have)
		w, _ := json.Marshal(want)
		t.Fatalf("the quick reader reads\n%s\nwant\n%s\nof\n%q", h, w, data)
	}
}

// What this program writes is read the quick way, and as the general decoder
// would read it. To see this fail, leave a field out of quicktalk.go.
func TestQuickReaderAgrees(t *testing.T) {
	r := old.New(old.NewSource(7))
	for range 2000 {
		d := randomDecision{}.Generate(r, 0).Interface().(randomDecision)
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if quick, _ := agree(t, data); !quick {
			t.Fatalf("a decision of ours went the slow way: %s", data)
		}
		in := randomInbound{}.Generate(r, 0).Interface().(randomInbound)
		if data, err = in.Encode(); err != nil {
			t.Fatal(err)
		}
		if _, quick := agree(t, data); !quick {
			t.Fatalf("a statement of ours went the slow way: %s", data)
		}
	}
}

// What is written the quick way is, byte for byte, what the general encoder
// writes. To see this fail, leave a field out of quickencode.go.
func TestQuickWriterAgrees(t *testing.T) {
	hold := func(have []byte, err error, v any) {
		t.Helper()
		want, wantErr := json.Marshal(v)
		if (err == nil) != (wantErr == nil) || string(have) != string(want) {
			t.Fatalf("written quickly (%v)\n%s\nwant (%v)\n%s", err, have, wantErr, want)
		}
	}
	r := old.New(old.NewSource(11))
	for range 2000 {
		d := randomDecision{}.Generate(r, 0).Interface().(randomDecision)
		data, err := d.Encode()
		hold(data, err, d.Decision)
		in := randomInbound{}.Generate(r, 0).Interface().(randomInbound)
		data, err = in.Encode()
		hold(data, err, in.Inbound)
		for i := range d.Conversations {
			hold(d.Conversations[i].AppendJSON(nil), nil, d.Conversations[i])
		}
		hold(d.Actor.AppendJSON(nil), nil, d.Actor)
	}
	var m Message
	hold(m.AppendJSON(nil), nil, m)
	for _, d := range []*Decision{{}, {Facts: []Fact{}}, {Facts: []Fact{{}}}, {Actor: Author{Name: "\xff\x00\x7f\u2028<&>\"\\\b\f\n\r\t\x1f"}}, typicalDecision(), {At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		data, err := d.Encode()
		hold(data, err, d)
	}
	for _, in := range []*Inbound{{}, {Message: &ReceivedMessage{}}, {Sender: Sender{Points: []Point{}}}, {Raw: &Raw{}}, {OccurredAt: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		data, err := in.Encode()
		hold(data, err, in)
	}
}

// Bytes that differ a little from ours are read the same by both, or left to the
// general decoder.
func FuzzQuickReader(f *testing.F) {
	seed(f, "")
	d := typicalDecision()
	data, err := d.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"id":"\ud800","facts":null,"conversations":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) { agree(t, data) })
}

func typicalDecision() *Decision {
	now := time.Date(2026, 3, 14, 9, 26, 53, 589000000, time.UTC)
	text := "안녕하세요. 지난주에 주문한 상품이 아직 배송되지 않았습니다. 확인해 주실 수 있을까요? 감사합니다."
	from := Point{Kind: "external", Value: "c-1042", Trust: Stated}
	conv := Conversation{
		ID: "cv01jd0000000000000000", Version: 3, Status: Open, Contact: ContactRef{"ct01jd0000000000000000a7", "김하늘"}, Channels: []string{"webhook"},
		Inboxes: []InboxID{"in01"}, Tags: []string{}, Unread: 3, WaitingSince: &now, CreatedAt: now, UpdatedAt: now,
		LastMessage: &LastMessage{ID: "ms3f2a9c", Direction: In, Kind: KindMessage, Channel: "webhook", Text: text, Author: "김하늘", OccurredAt: now},
	}
	m := Message{
		ID: "ms3f2a9c", ConversationID: conv.ID, ContactID: conv.Contact.ID, Direction: In, Kind: KindMessage, Channel: "webhook", InboxID: "in01",
		ProviderID: "m-1", Author: Author{"contact", string(conv.Contact.ID), "김하늘"}, Text: text, Attachments: []Attachment{},
		Status: StatusReceived, From: &from, ThreadIDs: []string{"m-1"}, OccurredAt: now, ReceivedAt: now,
	}
	return &Decision{
		ID: "in1042", Contact: conv.Contact.ID, At: now, Cause: Cause{Kind: "inbound", InboundSeq: 1042}, Actor: Author{Kind: "system"},
		Facts: []Fact{
			NewFact(&MessageAdded{Message: m, Reason: "the contact's open conversation"}),
			NewFact(&InboundStored{Inbox: "in01", Key: "ms3f2a9c", ProviderID: "m-1", Content: "5d41402abc4b2a76b9719d911017c592"}),
		},
		Conversations: []Conversation{conv},
	}
}

// BenchmarkDecodeDecision is a webhook's message as the feed reads it, beside
// the general decoder.
func BenchmarkDecodeDecision(b *testing.B) {
	data, err := typicalDecision().Encode()
	if err != nil {
		b.Fatal(err)
	}
	for name, decode := range map[string]func([]byte) (*Decision, error){
		"quick": DecodeDecision, "general": func(data []byte) (*Decision, error) {
			d := new(Decision)
			return d, json.Unmarshal(data, d)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEncodeDecision is the same, written.
func BenchmarkEncodeDecision(b *testing.B) {
	d := typicalDecision()
	for name, encode := range map[string]func() ([]byte, error){"quick": d.Encode, "general": func() ([]byte, error) { return json.Marshal(d) }} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
