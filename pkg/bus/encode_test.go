package bus

import (
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

// Headers come from whoever can publish.
func FuzzDecode(f *testing.F) {
	f.Add("Bus-More", "W10=", "id")
	f.Add("Bus-More", "{", "")
	f.Add("traceparent", "x", "id")
	f.Fuzz(func(t *testing.T, key, value, id string) {
		h := nats.Header{key: {value}, headerID: {id}, "Empty": nil}
		m := decode(h, nil)
		again, err := encode(m)
		if err != nil {
			return // a uuid that a header cannot carry was never sent by us
		}
		if back := decode(again, nil); !back.Equals(m) {
			t.Fatalf("%v became %v", m.Metadata, back.Metadata)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("id", "key", "value")
	f.Add("id", "Nats-Expected-Last-Sequence", "1")
	f.Add("id", "a b", "\r\nNats-Rollup: all")
	f.Fuzz(func(t *testing.T, id, key, value string) {
		m := message.NewMessage(id, nil)
		m.Metadata.Set(key, value)
		h, err := encode(m)
		if err != nil {
			return
		}
		for k, vs := range h {
			if k != headerID && k != headerMore && (!plainKey(k) || !plainValue(vs[0])) {
				t.Fatalf("header %q: %q", k, vs)
			}
		}
		if back := decode(h, nil); !back.Equals(m) {
			t.Fatalf("%q %q became %q", key, value, back.Metadata)
		}
	})
}
