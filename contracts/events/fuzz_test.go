package events

import (
	"bytes"
	"encoding/json"
	old "math/rand"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

func seed(f *testing.F, prefix string) {
	f.Helper()
	entries, err := os.ReadDir(goldenDir)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(goldenDir, e.Name()))
		if err != nil {
			f.Fatal(err)
		}
		if bytes.Contains(data, []byte(`"data"`)) {
			data = []byte(`{"id":"d","facts":[` + string(data) + `]}`)
		}
		f.Add(data)
	}
}

// Whatever stands in the log, reading it gives a decision or an error, and a
// decision that was read is written and read again as the same.
func FuzzDecodeDecision(f *testing.F) {
	seed(f, "")
	f.Add([]byte(`{"facts":[{"type":"no.such","v":9,"data":{"x":[1]}},{"type":"conversation.read","v":99,"data":null}]}`))
	f.Add([]byte(`{"facts":[{"type":"no.such"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := DecodeDecision(data)
		if err != nil {
			return
		}
		roundTrip(t, d, func(b []byte) (any, error) { return DecodeDecision(b) })
	})
}

// As FuzzDecodeDecision, for statements; the subject they would be published on
// stays one of the stream's whatever they say.
func FuzzDecodeInbound(f *testing.F) {
	seed(f, "statement.")
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := DecodeInbound(data)
		if err != nil {
			return
		}
		if subject := InboundSubject(in); !plainSubject(subject, 4) {
			t.Errorf("published on %q", subject)
		}
		roundTrip(t, in, func(b []byte) (any, error) { return DecodeInbound(b) })
	})
}

// roundTrip writes v, reads it, writes it again, and expects the same bytes. A
// time outside the years 0 to 9999 cannot be written, which is an error and no
// harm.
func roundTrip(t *testing.T, v any, decode func([]byte) (any, error)) {
	t.Helper()
	first, err := json.Marshal(v)
	if err != nil {
		if strings.Contains(err.Error(), "Time.MarshalJSON") {
			return
		}
		t.Fatalf("cannot be written again: %v", err)
	}
	back, err := decode(first)
	if err != nil {
		t.Fatalf("cannot be read again: %v\n%s", err, first)
	}
	second, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Errorf("written as\n%s\nand then as\n%s", first, second)
	}
}

// randomDecision and randomInbound are values as quick wants them.
type (
	randomDecision struct{ *Decision }
	randomInbound  struct{ *Inbound }
)

func (randomDecision) Generate(r *old.Rand, _ int) reflect.Value {
	f := filler{rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))}
	d := &Decision{ID: f.text(reflect.TypeFor[string](), ""), Contact: "ct000000a7"}
	f.fill(reflect.ValueOf(&d.At).Elem(), "")
	f.fill(reflect.ValueOf(&d.Conversations).Elem(), "")
	for name := range Types() {
		if f.random.IntN(3) == 0 {
			body := New(name)
			f.fill(reflect.ValueOf(body).Elem(), "")
			d.Facts = append(d.Facts, NewFact(body))
		}
	}
	return reflect.ValueOf(randomDecision{d})
}

func (randomInbound) Generate(r *old.Rand, _ int) reflect.Value {
	f := filler{rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))}
	in := new(Inbound)
	f.fill(reflect.ValueOf(in).Elem(), "")
	return reflect.ValueOf(randomInbound{in})
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	same := func(d randomDecision) bool {
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeDecision(data)
		return err == nil && reflect.DeepEqual(back, d.Decision)
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 300}); err != nil {
		t.Error(err)
	}
	sameIn := func(in randomInbound) bool {
		data, err := in.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeInbound(data)
		return err == nil && reflect.DeepEqual(back, in.Inbound)
	}
	if err := quick.Check(sameIn, &quick.Config{MaxCount: 300}); err != nil {
		t.Error(err)
	}
}
