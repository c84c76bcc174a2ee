package session

import (
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
)

func TestSlimKeepsTheNewestWhole(t *testing.T) {
	page := []events.Message{{HTML: strings.Repeat("a", slimTo)}, {HTML: strings.Repeat("b", slimTo/2)}, {HTML: "c", Quoted: "d"}}
	got := slim(page)
	if got[2].HTML != "c" || got[1].HTML == "" || got[0].HTML != "" || !got[0].HasFlag("partial") || got[1].HasFlag("partial") {
		t.Errorf("kept %d, %d, %d bytes", len(got[0].HTML), len(got[1].HTML), len(got[2].HTML))
	}
}

func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{"type":"subscribe","id":"1","view":"all","filter":{"status":"open"},"cursor":"c1.5.0000"}`,
		`{"type":"command","name":"reply","conversation":"cv1","version":3,"body":{"text":"x","client_id":"k"}}`,
		`{"type":"command","name":"snooze","body":{"until":"2030-01-01T00:00:00Z"}}`,
		`{"type":"typing","on":true}`, `[]`, `{`, "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := decode(data)
		if err != nil {
			explained(t, err)
			return
		}
		if _, err := decodeFilter(fr.Filter); err != nil {
			explained(t, err)
		}
		if body, err := desk.Decode(fr.Name, fr.Body); err != nil {
			explained(t, err)
		} else if body == nil {
			t.Fatal("neither a body nor an error")
		}
	})
}

// explained wants a refusal that a person can be shown.
func explained(t *testing.T, err error) {
	t.Helper()
	if p, known := ask.AsProblem(err); !known || p.Detail == "" || len(p.Detail) > 300 {
		t.Fatalf("not a refusal: %v", err)
	}
}
