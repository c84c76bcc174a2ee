package asterisk_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/calls"
)

func lines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/golden/"+name, out.Bytes())
}

// TestGoldenColumns reads one call in every layout that cdr.conf can make: each
// line of the sample has the settings before a bar.
func TestGoldenColumns(t *testing.T) {
	type read struct {
		Settings json.RawMessage `json:"settings"`
		Leg      calls.Leg       `json:"leg"`
	}
	var out []read
	for _, line := range lines(t, "testdata/columns.txt") {
		settings, record, _ := strings.Cut(line, "|")
		more := strings.TrimSuffix(strings.TrimPrefix(settings, "{"), "}")
		if more != "" {
			more = "," + more
		}
		l, err := reader(t, `{"zone":"Asia/Seoul","file":"Master.csv"`+more+`}`).Leg([]byte(record), time.Time{})
		if err != nil {
			t.Fatalf("%s: %v", settings, err)
		}
		out = append(out, read{json.RawMessage(settings), l})
	}
	golden(t, "columns.json", out)
}

// TestGoldenEventLog names the calls that the channel event log closes.
func TestGoldenEventLog(t *testing.T) {
	r := reader(t, `{"zone":"Asia/Seoul","file":"Master.csv","cel_file":"cel.csv"}`)
	var out []map[string]string
	for _, line := range lines(t, "testdata/cel.csv") {
		ended, err := r.Ended([]byte(line))
		kind, _, _ := strings.Cut(line, ",")
		said := map[string]string{"event": strings.Trim(kind, `"`), "ends": ended}
		if err != nil {
			said["refused"] = err.Error()
		}
		out = append(out, said)
	}
	golden(t, "cel.json", out)
}

// TestGoldenManager reads a stretch of the manager interface, for an inbox that
// has no file.
func TestGoldenManager(t *testing.T) {
	data, err := os.ReadFile("testdata/manager.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := config.Inbox{ID: "inami", Channel: asterisk.Kind, Secrets: map[string]string{asterisk.SecretAMI: "s"},
		Settings: []byte(`{"zone":"Asia/Seoul","ami":"pbx.example:5038","ami_user":"u"}`)}
	r, err := asterisk.NewReader(c)
	if err != nil {
		t.Fatal(err)
	}
	type heard struct {
		Event   string     `json:"event"`
		Leg     *calls.Leg `json:"leg,omitempty"`
		Refused string     `json:"refused,omitempty"`
	}
	var out []heard
	in := bufio.NewReader(bytes.NewReader(data))
	for {
		e, err := asterisk.ReadEvent(in)
		if err != nil {
			break // the end of the sample
		}
		h := heard{Event: e["Event"]}
		leg, ok, err := r.Event(e, time.Date(2026, 3, 4, 0, 10, 0, 0, time.UTC))
		switch {
		case err != nil:
			h.Refused = err.Error()
		case ok:
			h.Leg = &leg
		}
		out = append(out, h)
	}
	golden(t, "manager.json", out)
}
