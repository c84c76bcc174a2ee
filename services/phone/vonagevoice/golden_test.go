package vonagevoice_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice"
)

// TestGolden reads the posts of each story in testdata and states the call that
// they make together. Stories named box are of an inbox that connects nobody.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var posts []struct {
			At   int             `json:"at"`
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(data, &posts); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		in := inbox(t)
		if strings.HasPrefix(filepath.Base(file), "box-") {
			in.Settings = []byte(`{"greeting":"hello"}`)
		}
		var story struct {
			Legs []calls.Leg       `json:"legs"`
			Kept []*events.Inbound `json:"kept"`
			Call *events.Inbound   `json:"call"`
		}
		for _, p := range posts {
			req := post(string(p.Body))
			req.At = noon.Add(time.Duration(p.At) * time.Second)
			legs, kept, _, err := vonagevoice.New(nil).ReceiveLegs(in, req)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			story.Legs, story.Kept = calls.Merge(story.Legs, legs...), append(story.Kept, kept...)
		}
		if story.Call = exchange.Statement(in, "KR", calls.FoldAll(story.Legs), noon.Add(time.Hour)); story.Call != nil {
			story.Call.Raw = nil // the legs, which stand above
		}
		out, err := json.MarshalIndent(story, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, filepath.Join("testdata", "golden", filepath.Base(file)), append(out, '\n'))
	}
}
