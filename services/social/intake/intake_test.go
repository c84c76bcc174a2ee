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
