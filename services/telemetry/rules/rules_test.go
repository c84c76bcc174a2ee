package rules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/telemetry/rules"
)

func set(t testing.TB, text string) *rules.Set {
	t.Helper()
	s := new(rules.Set)
	if err := json.Unmarshal([]byte(text), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

func event(t testing.TB, text string) any {
	t.Helper()
	doc, err := rules.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const sample = `{"id":"/eid","time":"/at","customer":{"pointer":"/user/id","kind":"external","name":"/user/name"},"default_region":"KR","rules":[
	{"name":"battery","when":{"all":[{"pointer":"/battery","op":"lte","value":10},{"pointer":"/charging","op":"ne","value":true}]},"text":"Battery of {{/device/name}} at {{/battery}} %","once_per":"24h"},
	{"name":"plan","when":{"any":[{"pointer":"/kind","op":"eq","value":"upgraded"},{"pointer":"/kind","op":"prefix","value":"down"}]},"attributes":{"plan":"{{/plan}}","seats":"{{/seats}} seats"}},
	{"name":"crash","when":{"all":[{"pointer":"/error","op":"contains","value":"panic"}]},"customer":{"pointer":"/contact","kind":"email"},"id":"/crash","text":"It crashed: {{/error}}"},
	{"name":"ring","when":{"all":[{"pointer":"/ring","op":"exists"},{"pointer":"/mute","op":"missing"}]},"customer":{"pointer":"/ring","kind":"phone"},"text":"Ring"}]}`

func TestGolden(t *testing.T) {
	s := set(t, sample)
	type result struct {
		Event   json.RawMessage
		Matches []rules.Match
		Error   string `json:",omitempty"`
	}
	var out []result
	for _, text := range []string{
		`{"eid":9007199254740993,"at":"2026-03-01T10:00:00+09:00","user":{"id":17,"name":"Kim"},"battery":9.5,"device":{"name":"Watch"}}`,
		`{"eid":"e2","at":1772357400,"user":{"id":"u"},"battery":10,"charging":true}`,
		`{"eid":"e3","at":1772357400123,"user":{"id":"u"},"kind":"downgraded","plan":"free","seats":3,"battery":"5"}`,
		`{"eid":"e4","user":{"id":"u"},"kind":"upgraded"}`,
		`{"crash":"c1","contact":"Kim@Example.com","error":"a panic\u0000 happened"}`,
		`{"eid":"e5","error":"panic"}`,
		`{"eid":"e6","ring":"02-1234-5678"}`,
		`{"user":{"id":"u"},"kind":"upgraded","plan":"x"}`,
		`[]`,
	} {
		matches, err := s.Match(event(t, text))
		r := result{Event: json.RawMessage(text), Matches: matches}
		if err != nil {
			r.Error = err.Error()
		}
		out = append(out, r)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/golden/matches.json", b.Bytes())
}

func TestRulesThatCannotWorkAreRefused(t *testing.T) {
	rule := func(s string) string {
		return `{"customer":{"pointer":"/u","kind":"external"},"rules":[{"name":"r","text":"x","once_per":"1h",` + s + `}]}`
	}
	for _, text := range []string{
		`{}`, `{"rules":[{"name":"r","text":"x","once_per":"1h"}]}`, `{"customer":{"pointer":"/u","kind":"external"},"rules":[{"name":"r","text":"x"}]}`,
		`{"customer":{"pointer":"/u","kind":"pigeon"},"rules":[{"name":"r","text":"x","once_per":"1h"}]}`, `{"customer":{"pointer":"u","kind":"email"},"rules":[{"name":"r","text":"x","once_per":"1h"}]}`,
		`{"id":"/i","customer":{"pointer":"/u","kind":"email"},"rules":[{"name":"r"}]}`, `{"id":"/i","customer":{"pointer":"/u","kind":"email"},"rules":[{"name":"r","text":"x"},{"name":"r","text":"y"}]}`,
		rule(`"when":{"all":[{"pointer":"/a","op":"like","value":1}]}`), rule(`"when":{"all":[{"pointer":"/a","op":"lt","value":"1"}]}`), rule(`"when":{"all":[{"pointer":"/a","op":"lt","value":1e999999}]}`),
		rule(`"when":{"any":[{"pointer":"/a","op":"eq"}]}`), rule(`"when":{"any":[{"pointer":"/a","op":"eq","value":[1]}]}`), rule(`"when":{"any":[{"op":"exists"}]}`), rule(`"when":{"any":[{"pointer":"/a","op":"prefix","value":""}]}`),
		strings.Replace(rule(`"id":"/x"`), `"x"`, `"{{/a"`, 1), strings.Replace(rule(`"id":"/x"`), `"x"`, `"{{}}"`, 1), strings.Replace(rule(`"id":"/x"`), `"x"`, `"{{a}}"`, 1),
		strings.Replace(rule(`"id":"/x"`), `"1h"`, `"-1h"`, 1),
	} {
		s := new(rules.Set)
		if err := json.Unmarshal([]byte(text), s); err != nil {
			t.Errorf("%s does not parse: %v", text, err)
			continue
		}
		if err := s.Check(); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestNumbersCompareExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		if rapid.Bool().Draw(t, "near") && a < 1<<62 {
			b = a + rapid.Int64Range(-1, 1).Draw(t, "step")
		}
		for op, want := range map[string]bool{"lt": a < b, "lte": a <= b, "gt": a > b, "gte": a >= b, "eq": a == b, "ne": a != b} {
			s := new(rules.Set)
			text := fmt.Sprintf(`{"id":"/n","customer":{"pointer":"/n","kind":"external"},"rules":[{"name":"r","when":{"all":[{"pointer":"/n","op":%q,"value":%d}]},"text":"x"}]}`, op, b)
			if err := errors.Join(json.Unmarshal([]byte(text), s), s.Check()); err != nil {
				t.Fatal(err)
			}
			doc, err := rules.Decode(fmt.Appendf(nil, `{"n":%d}`, a))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.Match(doc); err != nil || (len(got) == 1) != want {
				t.Fatalf("%d %s %d: %v %v", a, op, b, got, err)
			}
		}
	})
}

func TestANumberThatWouldFillTheMemoryIsNone(t *testing.T) {
	s := set(t, sample)
	if got, err := s.Match(event(t, `{"eid":"e","user":{"id":"u"},"battery":-1e999999999}`)); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte(`{"eid":"e","user":{"id":"u"},"battery":1}`))
	for _, g := range conformance.Garbage() {
		if len(g) < 10_000 {
			f.Add(g)
		}
	}
	s := set(f, sample)
	f.Fuzz(func(t *testing.T, payload []byte) {
		doc, err := rules.Decode(payload)
		if err != nil {
			return
		}
		got, _ := s.Match(doc)
		for _, m := range got {
			if m.Point.Value == "" || (m.ID == "" && m.Once == 0) || !utf8.ValidString(m.Text) || len(m.Text) > 8<<10 || len(m.ID) > 256 {
				t.Errorf("%q makes %+v", payload, m)
			}
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add(sample, `{"eid":"e","user":{"id":"u"},"battery":1}`)
	f.Fuzz(func(_ *testing.T, settings, payload string) {
		s := new(rules.Set)
		if json.Unmarshal([]byte(settings), s) != nil || s.Check() != nil {
			return
		}
		if doc, err := rules.Decode([]byte(payload)); err == nil {
			_, _ = s.Match(doc)
		}
	})
}
