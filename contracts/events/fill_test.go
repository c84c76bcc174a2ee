package events

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"
)

// filler makes values of any type of this package. With random nil every field
// is set, always to the same; else fields are left out, repeated and made
// hostile by chance.
type filler struct{ random *rand.Rand }

// words says what stands in a field, by "Type.Field" or "Field"; any other
// text field holds its own name.
var words = map[string]string{
	"Text": "배송이 언제 시작되나요?", "HTML": "<p>배송이 언제 시작되나요?</p>", "Quoted": "> ご注文ありがとうございます", "Name": "김하늘",
	"Subject": "注文 #1042 について", "Channel": "email", "Channels": "email", "Inboxes": "in01", "Tags": "urgent", "Added": "urgent", "Removed": "waiting",
	"Hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "URL": "https://cdn.example/1.png",
	"Trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Content": "5d41402abc4b2a76b9719d911017c592",
	"Key": "ms3f2a9c", "ProviderID": "<m1@mail.example>", "ProviderIDs": "<m1@mail.example>", "ThreadIDs": "<m1@mail.example>",
	"InReplyTo": "<m0@mail.example>", "References": "<m0@mail.example>", "Target": "<m1@mail.example>", "Reason": "the contact's open conversation",
	"Detail": "250 2.0.0 queued", "StatusDetail": "250 2.0.0 queued", "Author": "김하늘", "ClientID": "4f7c1d9e", "CommandID": "4f7c1d9e",
	"Order": "0000000042", "Thread": "t-1042", "Note": "VIP", "Flags": "automatic", "Attributes": "gold", "Token": "cv01.5f1c",
	"Decision.ID": "dc01", "Author.Kind": "agent", "Author.ID": "ag01", "Cause.Kind": "command", "Point.Kind": "email",
	"Point.Value": "haneul@example.com", "Point.Scope": "in01", "Attachment.ID": "at1", "Attachment.Name": "영수증.png", "Attachment.Type": "image/png",
	"Attachment.ContentID": "img1@mail.example", "Raw.Type": "message/rfc822", "Call.Outcome": "answered",
	"Call.From": "+821012345678", "Call.To": "+8215881234", "Call.Agent": "204", "Call.Legs": "1763000000.42", "Number": "+821012345678",
	"Order.ID": "1042", "Order.Number": "#1042", "Order.Currency": "KRW", "Order.Total": "403.00", "Order.Refunded": "0.00", "Order.Shop": "shop.example",
	"Emoji": "👍", "Params": "김하늘", "Code": CodeWindowClosed, "Outcome": "reached", "What": "phone", "Failed": "gone",
	"Call.Recording": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "Call.Transcript": "네, 확인해 드리겠습니다.",
}

var choices = map[reflect.Type][]string{
	reflect.TypeFor[Trust]():              {string(Proved), string(Claimed), string(Stated)},
	reflect.TypeFor[Direction]():          {string(In), string(Out)},
	reflect.TypeFor[Kind]():               {string(KindMessage), string(KindNote), string(KindCall), string(KindEvent)},
	reflect.TypeFor[Status]():             {string(StatusDelivered), string(StatusQueued), string(StatusUnknown)},
	reflect.TypeFor[ConversationStatus](): {string(Open), string(Snoozed), string(Resolved), string(Merged)},
	reflect.TypeFor[SendOutcome]():        {string(Sent), string(Retry), string(Rejected), string(Unclear)},
	reflect.TypeFor[InboundType]():        {string(MessageReceived)},
	reflect.TypeFor[ContactID]():          {"ct01jd0000000000000000a7"},
	reflect.TypeFor[ConversationID]():     {"cv01jd0000000000000000"},
	reflect.TypeFor[MessageID]():          {"ms3f2a9c"},
	reflect.TypeFor[InboxID]():            {"in01"},
	reflect.TypeFor[AgentID]():            {"ag01"},
	reflect.TypeFor[TeamID]():             {"tm01"},
	reflect.TypeFor[QueueID]():            {"qu01"},
	reflect.TypeFor[CallbackID]():         {"cb01"},
	reflect.TypeFor[SkillID]():            {"korean"},
	reflect.TypeFor[OfferID]():            {"of01"},
	reflect.TypeFor[PolicyID]():           {"gold"},
	reflect.TypeFor[ClockKind]():          {string(FirstResponse), string(NextResponse), string(Resolution)},
	reflect.TypeFor[AgentState]():         {string(AgentAvailable), string(AgentWrapUp), string(AgentAway), string(AgentOffline)},
	reflect.TypeFor[SurveyKind]():         {string(CSAT), string(NPS), string(CES)},
}

var hostile = []string{"", " ", "\x00", "\"\\\n", "<script>", "한국어 日本語", strings.Repeat("a", 300), "*.>", "e\u0301", "\u2028"}

func (f filler) fill(v reflect.Value, name string) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		at := time.Date(2026, 3, 14, 9, 26, 53, 589000000, time.UTC)
		if f.random != nil {
			at = time.Unix(f.random.Int64N(4e9), f.random.Int64N(1e9)).UTC()
		}
		v.Set(reflect.ValueOf(at))
		return
	case reflect.TypeFor[[]byte]():
		v.SetBytes([]byte("From: a@example.com\r\n"))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"a":1}`))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			sf := v.Type().Field(i)
			tag := sf.Tag.Get("json")
			if tag == "-" || f.random != nil && strings.Contains(tag, ",omitempty") && f.random.IntN(2) == 0 {
				continue
			}
			f.fill(v.Field(i), v.Type().Name()+"."+sf.Name)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), name)
	case reflect.Slice:
		n := 1
		if f.random != nil {
			n += f.random.IntN(3)
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i), name)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value, name)
		v.SetMapIndex(reflect.ValueOf("plan").Convert(v.Type().Key()), value)
	case reflect.String:
		v.SetString(f.text(v.Type(), name))
	case reflect.Int, reflect.Int64:
		v.SetInt(f.number())
	case reflect.Uint64:
		v.SetUint(uint64(f.number()))
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("no way to fill a " + v.Type().String())
	}
}

func (f filler) text(t reflect.Type, name string) string {
	list := choices[t]
	if f.random != nil && len(list) == 0 {
		list = hostile
	}
	switch {
	case f.random != nil:
		return list[f.random.IntN(len(list))]
	case len(list) > 0:
		return list[0]
	case words[name] != "":
		return words[name]
	}
	_, field, _ := strings.Cut(name, ".")
	if words[field] != "" {
		return words[field]
	}
	return strings.ToLower(field)
}

func (f filler) number() int64 {
	if f.random == nil {
		return 7
	}
	return 1 + f.random.Int64N(1<<40)
}
