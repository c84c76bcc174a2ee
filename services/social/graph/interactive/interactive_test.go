package interactive_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
	"github.com/tributary-inbox/tributary/services/social/graph/interactive"
)

func scores(n int) (out []events.QuickReply) {
	for i := range n {
		out = append(out, events.QuickReply{Label: fmt.Sprint("score ", i), Value: fmt.Sprint("sv1:", i)})
	}
	return out
}

func TestWrittenAsTheProviderReadsIt(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		replies []events.QuickReply
		want    string
	}{
		"buttons": {"How was it?", scores(2), `{"type":"button","body":{"text":"How was it?"},"action":{"buttons":[{"type":"reply","reply":{"id":"sv1:0","title":"score 0"}},{"type":"reply","reply":{"id":"sv1:1","title":"score 1"}}]}}`},
		"a list":  {"How was it?", scores(4), `{"type":"list","body":{"text":"How was it?"},"action":{"button":"Choose","sections":[{"rows":[{"id":"sv1:0","title":"score 0"},{"id":"sv1:1","title":"score 1"},{"id":"sv1:2","title":"score 2"},{"id":"sv1:3","title":"score 3"}]}]}}`},
		"Korean":  {"어떠셨나요?", scores(4)[:4], `{"type":"list","body":{"text":"어떠셨나요?"},"action":{"button":"선택하기","sections":[{"rows":[{"id":"sv1:0","title":"score 0"},{"id":"sv1:1","title":"score 1"},{"id":"sv1:2","title":"score 2"},{"id":"sv1:3","title":"score 3"}]}]}}`},
	} {
		m, ok := interactive.Of(c.text, c.replies)
		if !ok {
			t.Errorf("%s: no buttons", name)
			continue
		}
		if got, err := json.Marshal(m); err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, c.want)
		}
	}
}

func TestWhatDoesNotFitHasNoButtons(t *testing.T) {
	same := []events.QuickReply{{Label: "Good", Value: "1"}, {Label: "Good", Value: "2"}}
	for name, c := range map[string]struct {
		text    string
		replies []events.QuickReply
	}{
		"none":             {"hi", nil},
		"eleven":           {"hi", scores(11)},
		"a long text":      {strings.Repeat("가", 1025), scores(2)},
		"no text":          {"", scores(2)},
		"called alike":     {"hi", same},
		"worth the same":   {"hi", []events.QuickReply{{Label: "a", Value: "1"}, {Label: "b", Value: "1"}}},
		"a blank in an id": {"hi", []events.QuickReply{{Label: "a", Value: " 1"}}},
		"no label":         {"hi", []events.QuickReply{{Value: "1"}}},
		"no value":         {"hi", []events.QuickReply{{Label: "a"}}},
	} {
		if _, ok := interactive.Of(c.text, c.replies); ok {
			t.Errorf("%s: offered", name)
		}
	}
}

// Whatever is offered, the provider takes it and reads the same answers in it.
func TestTheProviderReadsWhatWasOffered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 1200, -1).Draw(t, "text")
		replies := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) events.QuickReply {
			return events.QuickReply{Label: rapid.StringN(0, 20, -1).Draw(t, "label"), Value: rapid.StringN(0, 64, 64).Draw(t, "value")}
		}), 0, 13).Draw(t, "replies")
		m, ok := interactive.Of(text, replies)
		if !ok {
			return
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		said, read, ok := graphfake.ReadInteractive(raw)
		if !ok || said != text || len(read) != len(replies) {
			t.Fatalf("refused: %s", raw)
		}
		for i := range read {
			if read[i] != replies[i] {
				t.Fatalf("reply %d is %+v, was %+v", i, read[i], replies[i])
			}
		}
	})
}
