package sketch_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/sketch"
)

// Values split over any number of sketches and merged say what one that saw them
// all says, and that is within the promised accuracy of the truth.
func TestAMergeIsWhatOneSketchWouldSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 1<<50), 1, 200).Draw(t, "values")
		parts := make([]sketch.Sketch, rapid.IntRange(1, 5).Draw(t, "parts"))
		var one, merged sketch.Sketch
		sum := int64(0)
		for i, v := range values {
			parts[i%len(parts)].Add(v)
			one.Add(v)
			sum += v
		}
		for i := range parts {
			merged.Merge(&parts[len(parts)-1-i])
		}
		a, _ := one.AppendBinary(nil)
		b, _ := merged.AppendBinary(nil)
		if !bytes.Equal(a, b) {
			t.Fatal("the merge has other bytes")
		}
		slices.Sort(values)
		if merged.Count() != int64(len(values)) || merged.Sum() != sum || merged.Least() != values[0] || merged.Most() != values[len(values)-1] {
			t.Fatalf("count %d sum %d least %d most %d", merged.Count(), merged.Sum(), merged.Least(), merged.Most())
		}
		for _, q := range []float64{0, 0.5, 0.9, 1} {
			want := values[int(q*float64(len(values)-1))]
			if got := merged.Quantile(q); math.Abs(float64(got-want)) > sketch.Accuracy*float64(want)+1 {
				t.Fatalf("quantile %v is %d, not %d", q, got, want)
			}
		}
		back, rest, err := sketch.Read(append(a, "rest"...))
		if err != nil || string(rest) != "rest" {
			t.Fatalf("read: %v, %q left", err, rest)
		}
		if c, _ := back.AppendBinary(nil); !bytes.Equal(a, c) || back.Quantile(0.9) != one.Quantile(0.9) {
			t.Fatal("what is read is another sketch")
		}
	})
}

func TestAnEmptySketchSaysNought(t *testing.T) {
	var s, other sketch.Sketch
	s.Merge(&other)
	data, _ := s.AppendBinary(nil)
	back, rest, err := sketch.Read(data)
	if err != nil || len(rest) != 0 || back.Count() != 0 || back.Quantile(0.5) != 0 {
		t.Fatalf("%+v %v", back, err)
	}
	s.Add(-5)
	if s.Count() != 1 || s.Sum() != 0 || s.Quantile(1) != 0 {
		t.Fatalf("a negative value is %d", s.Sum())
	}
}

// Any bytes give a sketch or an error, and what is read is written the same.
func FuzzRead(f *testing.F) {
	var s sketch.Sketch
	for _, v := range []int64{0, 1, 5, 1000, 1 << 40} {
		s.Add(v)
	}
	data, _ := s.AppendBinary(nil)
	f.Add(data)
	f.Add(data[:4])
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, _, err := sketch.Read(data)
		if err != nil {
			return
		}
		again, _ := s.AppendBinary(nil)
		back, _, err := sketch.Read(again)
		if err != nil {
			t.Fatal(err)
		}
		if twice, _ := back.AppendBinary(nil); !bytes.Equal(again, twice) || s.Quantile(0.5) > s.Most() {
			t.Fatal("what was read is written otherwise")
		}
	})
}
