package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the samples that are missing; a sample that is there is never touched")

const (
	goldenDir = "testdata/golden"
	sums      = "SHA256SUMS"
)

// sampleName is what a sample is called: what it is of, the version, and a word
// that tells later samples of the same version apart.
var sampleName = regexp.MustCompile(`^(.+)\.v([0-9]+)(-[a-z0-9_]+)?\.json$`)

// statements are the things beside facts that are stored or sent as they are.
// Each is a fresh value to decode into.
func statements() map[string]func() any {
	out := map[string]func() any{
		"decision":     func() any { return new(Decision) },
		"send_request": func() any { return new(SendRequest) },
		"send_result":  func() any { return new(SendResult) },
	}
	for _, t := range []InboundType{
		MessageReceived, MessageWasEdited, MessageWasRemoved, MessageWasReacted, DeliveryReported, CallLogged, CallWasAmended,
		CallbackWanted, OrderWasStated, ContactWasStated, ContactWasErased, ChatWasEnded, Unknown,
	} {
		out["statement."+string(t)] = func() any { return new(Inbound) }
	}
	return out
}

// blank is a fresh value for a sample's name, or nil.
func blank(name string) any {
	if _, known := Types()[name]; known {
		return new(Fact)
	}
	if fresh := statements()[name]; fresh != nil {
		return fresh()
	}
	return nil
}

// wanted lists the samples there must be: one of each type's present version,
// and one of each version it ever had.
func wanted() []string {
	var out []string
	for name, version := range Types() {
		for v := 1; v <= version; v++ {
			out = append(out, fmt.Sprintf("%s.v%d.json", name, v))
		}
	}
	for name := range statements() {
		out = append(out, name+".v1.json")
	}
	out = append(out, later...)
	slices.Sort(out)
	return out
}

// later are samples of types whose first sample is older than some of their
// fields.
var later = []string{
	"decision.v1-callback.json", "decision.v1-wait.json", "decision.v1-survey.json", "conversation.opened.v1-route.json", "conversation.assigned.v1-choice.json", "message.added.v1-template.json",
	"message.added.v1-steps.json", "message.added.v1-quick.json", "statement.message.received.v1-pressed.json", "send_result.v1-code.json",
	"statement.delivery.reported.v1-until.json", "statement.call.logged.v1-legs.json",
	"statement.order.stated.v1-refunds.json", "contact.order_stated.v1-refunds.json", "agent.presence_changed.v1-before.json",
	"contact.merge_reversed.v1-moved.json", "contact.point_added.v1-of.json",
	"conversation.queued.v1-overflowed.json", "conversation.transferred.v1-choice.json", "conversation.assigned.v1-byhand.json",
}

func TestEveryTypeHasASample(t *testing.T) {
	for _, name := range wanted() {
		path := filepath.Join(goldenDir, name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if !*update {
			t.Errorf("%s is missing: run this test with -update, read what it wrote, and commit it", path)
			continue
		}
		if err := os.WriteFile(path, draft(t, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range samples(t) {
		if m := sampleName.FindStringSubmatch(name); m == nil || blank(m[1]) == nil {
			t.Errorf("%s is a sample of nothing that exists: a type that was written once stays readable", name)
		}
	}
}

// draft is a first sample with every field set.
func draft(t *testing.T, file string) []byte {
	t.Helper()
	m := sampleName.FindStringSubmatch(file)
	name, version := m[1], m[2]
	if strconv.Itoa(currentVersion(name)) != version {
		t.Fatalf("%s is of a former version: it should have been kept when the version was raised", file)
	}
	if body := New(name); body != nil {
		filler{}.fill(reflect.ValueOf(body).Elem(), "")
		return indented(t, NewFact(body))
	}
	v := blank(name)
	switch v := v.(type) {
	case *Decision:
		filler{}.fill(reflect.ValueOf(&v.Conversations).Elem(), "")
		filler{}.fill(reflect.ValueOf(&v.Cause).Elem(), "")
		filler{}.fill(reflect.ValueOf(&v.Actor).Elem(), "")
		filler{}.fill(reflect.ValueOf(&v.At).Elem(), "")
		v.ID, v.Contact = "dc01", "ct01jd0000000000000000a7"
		v.Facts = []Fact{NewFact(&ConversationRead{Conversation: v.Conversations[0].ID})}
	case *Inbound:
		filler{}.fill(reflect.ValueOf(v).Elem(), "")
		v.V, v.Type = 1, InboundType(strings.TrimPrefix(name, "statement."))
		strip(v)
	default:
		filler{}.fill(reflect.ValueOf(v).Elem(), "")
	}
	return indented(t, v)
}

// strip takes away what a statement of its type does not carry.
func strip(in *Inbound) {
	if in.Type != MessageReceived && in.Type != MessageWasEdited {
		in.Message = nil
	}
	if in.Type != DeliveryReported {
		in.Delivery = nil
	}
	if in.Type != CallLogged && in.Type != CallWasAmended {
		in.Call = nil
	}
	if in.Type != MessageWasEdited && in.Type != MessageWasRemoved && in.Type != MessageWasReacted && in.Type != CallWasAmended {
		in.Target = ""
	}
	if in.Type != MessageWasReacted {
		in.Reaction = nil
	}
	if in.Type != CallbackWanted {
		in.Callback = nil
	}
	if in.Type != OrderWasStated {
		in.Purchase = nil
	}
	if in.Type != ContactWasErased {
		in.Erasure = nil
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func samples(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.Name() != sums {
			out = append(out, e.Name())
		}
	}
	if len(out) == 0 {
		t.Fatal("no samples")
	}
	return out
}

// Breaks when a field is renamed or changes its type or its tag, or when an
// upcaster loses something: what was stored must be read, and what is read of a
// present version must be written as it was.
func TestSamplesReadAndWrite(t *testing.T) {
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(goldenDir, name))
			if err != nil {
				t.Fatal(err)
			}
			m := sampleName.FindStringSubmatch(name)
			v := blank(m[1])
			dec := json.NewDecoder(bytes.NewReader(data))
			if err := dec.Decode(v); err != nil {
				t.Fatal(err)
			}
			if fact, ok := v.(*Fact); ok {
				if _, opaque := fact.Body.(*Opaque); opaque || fact.Type != m[1] || fact.V != currentVersion(m[1]) {
					t.Fatalf("decoded to %T of %s v%d", fact.Body, fact.Type, fact.V)
				}
			}
			if m[2] != strconv.Itoa(currentVersion(m[1])) {
				return
			}
			if got := indented(t, v); !bytes.Equal(got, data) {
				t.Errorf("written again it is\n%s\nand was\n%s", got, data)
			}
		})
	}
}

// A field that no sample sets could be renamed unseen. A new optional field
// needs a further sample, <type>.v<version>-<word>.json.
func TestSamplesSetEveryField(t *testing.T) {
	set := map[string]bool{}
	for _, name := range samples(t) {
		data, err := os.ReadFile(filepath.Join(goldenDir, name))
		if err != nil {
			t.Fatal(err)
		}
		v := blank(sampleName.FindStringSubmatch(name)[1])
		if err := json.Unmarshal(data, v); err != nil {
			t.Fatal(err)
		}
		visit(reflect.ValueOf(v), func(field string, value reflect.Value) {
			set[field] = set[field] || !value.IsZero()
		})
	}
	for field, ok := range set {
		if !ok {
			t.Errorf("no sample sets %s", field)
		}
	}
	if len(set) < 100 {
		t.Errorf("only %d fields were looked at", len(set))
	}
}

// visit calls see for every field of every struct of this package within v.
func visit(v reflect.Value, see func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			visit(v.Elem(), see)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), see)
		}
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[Fact]().PkgPath() {
			return
		}
		for i := range v.NumField() {
			if sf := v.Type().Field(i); sf.Tag.Get("json") != "-" {
				see(v.Type().Name()+"."+sf.Name, v.Field(i))
				visit(v.Field(i), see)
			}
		}
	}
}

// The list of checksums only grows. An edit of a sample shows here, and an edit
// of the list shows in review: no change may remove or alter a line of it.
func TestSamplesAreNeverEdited(t *testing.T) {
	path := filepath.Join(goldenDir, sums)
	list, err := os.ReadFile(path)
	if err != nil && !(*update && os.IsNotExist(err)) {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(list)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok || listed[name] != "" {
			t.Fatalf("bad line %q", line)
		}
		listed[name] = sum
	}
	for _, name := range samples(t) {
		data, err := os.ReadFile(filepath.Join(goldenDir, name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		got := hex.EncodeToString(sum[:])
		switch was := listed[name]; {
		case was == "" && *update:
			list = append(list, got+"  "+name+"\n"...)
		case was == "":
			t.Errorf("%s is not in %s: run this test with -update", name, sums)
		case was != got:
			t.Errorf("%s was edited: a sample stands for what logs hold already", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("%s was removed: a sample stands for what logs hold already", name)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(path, list, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
