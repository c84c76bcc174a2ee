package twiliovoice_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice"
)

// TestGolden reads the posts of each story in testdata and states the call that
// they make together, beside what each post said by itself.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	in := inbox(t, `,"settle":"0s"`)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var posts []struct {
			At     int    `json:"at"`
			Step   string `json:"step"`
			Fields string `json:"fields"`
		}
		if err := json.Unmarshal(data, &posts); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var story struct {
			Legs []calls.Leg       `json:"legs"`
			Kept []*events.Inbound `json:"kept"`
			Call *events.Inbound   `json:"call"`
		}
		for _, p := range posts {
			legs, kept, _, err := twiliovoice.New(nil).ReceiveLegs(in, post(p.Step, p.At, p.Fields))
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
