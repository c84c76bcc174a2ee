package surveylink_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func table(t *testing.T) *kv.Table[config.FileKeys] {
	t.Helper()
	s := testkit.NATS(t)
	log, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: s.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	keys, err := kv.Open[config.FileKeys](t.Context(), s.Conn(t), log, events.ConfigBucket, config.KindFileKeys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(keys.Close)
	return keys
}

func TestAnAddressNamesOneSurvey(t *testing.T) {
	keys := table(t)
	at := clock.NewFake(time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC))
	links := surveylink.New(keys, "https://inbox.example.com/", at.Now)
	address, err := links.Link(t.Context(), "cv01ABC", "sv01DEF")
	if err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(address, "https://inbox.example.com/s/")
	if !ok || len(token) > 80 || strings.ContainsAny(token, "/?#+") {
		t.Fatalf("the address is %s", address)
	}
	check := func(when string) {
		t.Helper()
		if c, s, err := links.Open(token); err != nil || c != "cv01ABC" || s != "sv01DEF" {
			t.Errorf("%s it names %s and %s, %v", when, c, s, err)
		}
	}
	check("at once")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 1
		if _, _, err := links.Open(base64.RawURLEncoding.EncodeToString(raw)); !errors.Is(err, surveylink.ErrForged) {
			t.Errorf("with byte %d changed: %v", i, err)
		}
		raw[i] ^= 1
	}
	for _, bad := range []string{"", "x", token + "A", token[:20], token + "=", strings.Repeat("A", 5000)} {
		if _, _, err := links.Open(bad); !errors.Is(err, surveylink.ErrForged) {
			t.Errorf("%.30q: %v", bad, err)
		}
	}
	files := filelink.Links{Keys: &filelink.Keys{Table: keys, Now: at.Now}}
	if _, err := files.Keys.Unseal("survey", token); !errors.Is(err, filelink.ErrForged) {
		t.Errorf("the keys of files open it: %v", err)
	}
	for range 3 { // keys change each month, and the address holds as long as a survey may
		at.Advance(31 * 24 * time.Hour)
		if _, err := links.Token(t.Context(), "cv2", "sv2"); err != nil {
			t.Fatal(err)
		}
		check(at.Now().Format(time.DateOnly))
	}
}

func TestWithoutAPublicAddressThereIsNoLink(t *testing.T) {
	keys := table(t)
	for _, base := range []string{"", "inbox.example.com", "ftp://x", "://"} {
		if link, err := surveylink.New(keys, base, nil).Link(t.Context(), "cv1", "sv1"); err != nil || link != "" {
			t.Errorf("%q: %q, %v", base, link, err)
		}
	}
}

// Whatever a stranger puts into an address, it names nothing.
func FuzzOpen(f *testing.F) {
	s := testkit.NATS(f)
	log, err := eventlog.Open(f.Context(), s.Conn(f), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: s.Commit})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(log.Close)
	keys, err := kv.Open[config.FileKeys](f.Context(), s.Conn(f), log, events.ConfigBucket, config.KindFileKeys)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(keys.Close)
	links := surveylink.New(keys, "", nil)
	good, err := links.Token(f.Context(), "cv1", "sv1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:len(good)-1])
	f.Add("")
	f.Add("AgAA")
	f.Fuzz(func(t *testing.T, token string) {
		if c, s, err := links.Open(token); err == nil && token != good {
			t.Fatalf("%q names %s and %s", token, c, s)
		}
	})
}
