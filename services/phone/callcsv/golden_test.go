package callcsv_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/calls"
)

// TestGolden reads each list in testdata by the settings that stand beside it:
// every row is a leg, or rejected with a reason.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatal("no lists", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		settings, err := os.ReadFile(strings.TrimSuffix(file, ".csv") + ".settings.json")
		if err != nil {
			t.Fatal(err)
		}
		got := read(t, reader(t, string(settings)), string(data))
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(struct {
			Legs     []calls.Leg    `json:"legs"`
			Rejected map[int]string `json:"rejected_lines"`
		}{got.legs, got.rejected}); err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, strings.Replace(strings.TrimSuffix(file, ".csv"), "testdata", "testdata/golden", 1)+".json", out.Bytes())
	}
}
