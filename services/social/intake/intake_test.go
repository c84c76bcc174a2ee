package intake_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

func maker() intake.Maker {
	return intake.New(config.Inbox{ID: "in", Channel: "x"}, &channel.Request{At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)})
}

func TestUnknownIsTheSameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw, other := rapid.SliceOf(rapid.Byte()).Draw(t, "raw"), rapid.SliceOf(rapid.Byte()).Draw(t, "other")
		a, b := maker().Unknown("", time.Time{}, raw), maker().Unknown("", time.Time{}, raw)
		if a.ProviderID != b.ProviderID || channel.ContentHash(a) != channel.ContentHash(b) || len(a.Raw.Bytes) == 0 {
			t.Fatalf("%+v\n%+v", a, b)
		}
		if c := maker().Unknown("", time.Time{}, other); string(other) != string(raw) && string(c.Raw.Bytes) != string(a.Raw.Bytes) && c.ProviderID == a.ProviderID {
			t.Fatal("other bytes have the same id")
		}
		if _, err := a.Encode(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnyTimeCanBeStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		for _, at := range []time.Time{intake.Unix(n), intake.Millis(n)} {
			in := maker().Make(events.MessageReceived, "1", at, events.Sender{})
			if _, err := in.Encode(); err != nil || in.OccurredAt.IsZero() {
				t.Fatalf("%d: %v", n, err)
			}
		}
	})
	if got := intake.Millis(1763630000123); got.UnixMilli() != 1763630000123 {
		t.Errorf("a good time became %v", got)
	}
}

func TestTextIsCutAtCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, most := rapid.String().Draw(t, "s"), rapid.IntRange(0, 40).Draw(t, "most")
		if got := intake.Clip(s, most); len(got) > most || !strings.HasPrefix(s, got) || !utf8.ValidString(got) || len(s) <= most && got != s {
			t.Fatalf("%q cut to %d is %q", s, most, got)
		}
		if name := intake.FileName(s, "id"); name == "" || strings.ContainsAny(name, "/\\\x00\n") || len(name) > 200 {
			t.Fatalf("file name %q of %q", name, s)
		}
	})
}

func TestItems(t *testing.T) {
	for text, want := range map[string]int{"[]": 0, "[1,2]": 2, "null": -1, "{}": -1, "": -1, "[" + strings.Repeat("0,", intake.MaxItems) + "0]": -1} {
		got, ok := intake.Items(json.RawMessage(text))
		if ok != (want >= 0) || ok && len(got) != want {
			t.Errorf("%.20s: %d, %v", text, len(got), ok)
		}
	}
	for id, want := range map[string]bool{"": false, "a": true, "a\nb": false, "\xff": false, strings.Repeat("a", 513): false} {
		if intake.ID(id) != want {
			t.Errorf("id %.10q: %v", id, !want)
		}
	}
}

func TestAValueIsReadWhateverItIs(t *testing.T) {
	for data, want := range map[string]string{`"sv1:4"`: "sv1:4", `17`: "17", ` {"a":1}`: `{"a":1}`, `null`: "", `""`: ""} {
		var got struct{ V intake.Value }
		if err := json.Unmarshal([]byte(`{"V":`+data+`}`), &got); err != nil || string(got.V) != want {
			t.Errorf("%s: %q, %v", data, got.V, err)
		}
	}
}

func TestAPressHasItsValueOrNone(t *testing.T) {
	long := strings.Repeat("v", intake.MaxPressed+1)
	for name, c := range map[string]struct {
		value, text      string
		pressed, said    string
		flagged, content bool
	}{
		"a label and a value": {"sv1:4", "Good", "sv1:4", "Good", true, true},
		"no label":            {"sv1:4", "", "sv1:4", "sv1:4", true, true},
		"no value":            {"", "Good", "", "Good", false, true},
		"too long a value":    {long, "Good", "", "Good", true, true},
		"no text":             {"\xff", "Good", "", "Good", true, true},
		"no message":          {"sv1:4", "", "", "", false, false},
	} {
		in := &events.Inbound{}
		if c.content {
			in.Message = &events.ReceivedMessage{Text: c.text}
		}
		intake.Press(in, c.value, intake.FlagButton)
		intake.Press(in, c.value, intake.FlagButton) // the flag stands there once
		if got := len(in.Flags) == 1; got != c.flagged {
			t.Errorf("%s: flags %q", name, in.Flags)
		}
		if m := in.Message; m != nil && (m.Pressed != c.pressed || m.Text != c.said) {
			t.Errorf("%s: pressed %q, text %q", name, m.Pressed, m.Text)
		}
	}
}
