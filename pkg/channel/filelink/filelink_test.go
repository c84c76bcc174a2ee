package filelink_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// house is the table of keys on a server, as several processes see it.
type house struct {
	nats *testkit.Server
	log  *eventlog.Log
	at   *clock.Fake
}

func build(t testing.TB) *house {
	t.Helper()
	s := testkit.NATS(t)
	log, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: s.Commit})
	must(t, err)
	t.Cleanup(log.Close)
	return &house{s, log, clock.NewFake(time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC))}
}

func (h *house) process(t testing.TB) *filelink.Keys {
	t.Helper()
	table, err := kv.Open[config.FileKeys](t.Context(), h.nats.Conn(t), h.log, events.ConfigBucket, config.KindFileKeys)
	must(t, err)
	t.Cleanup(table.Close)
	return &filelink.Keys{Table: table, Now: h.at.Now}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var picture = events.Attachment{ID: "a", Name: "사진 1.jpg", Type: "image/jpeg", Hash: strings.Repeat("0123456789abcdef", 4)}

// parts takes an address apart as a server's router does.
func parts(t testing.TB, address string) (token, name string) {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	rest, ok := strings.CutPrefix(u.Path, filelink.Root)
	token, name, cut := strings.Cut(rest, "/")
	if !ok || !cut || strings.Contains(name, "/") {
		t.Fatalf("the address %s has no token and name", address)
	}
	return token, name
}

func TestAnAddressOpensOneFile(t *testing.T) {
	h := build(t)
	keys := h.process(t)
	links := filelink.Links{Keys: keys, Base: "https://inbox.example.com/"}
	address, err := links.Link(t.Context(), "ms-1", picture, false)
	must(t, err)
	if !strings.HasPrefix(address, "https://inbox.example.com/files/") || len(address) > 400 {
		t.Errorf("the address is %s", address)
	}
	token, name := parts(t, address)
	got, err := keys.Open(token, name)
	must(t, err)
	if got.Hash != picture.Hash || got.Message != "ms-1" || got.Type != picture.Type {
		t.Errorf("it opens %+v", got)
	}
	for what, try := range map[string][2]string{
		"another name": {token, "b.jpg"}, "no name": {token, ""}, "no token": {"", name}, "half a token": {token[:len(token)/2], name},
		"padding": {token + "=", name}, "a line break": {token[:10] + "\n" + token[10:], name}, "a longer token": {token + "AAAA", name},
	} {
		if _, err := keys.Open(try[0], try[1]); !errors.Is(err, filelink.ErrForged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	must(t, err)
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if _, err := keys.Open(base64.RawURLEncoding.EncodeToString(changed), name); !errors.Is(err, filelink.ErrForged) {
			t.Errorf("with byte %d changed: %v", i, err)
		}
	}
}

func TestAnAddressEnds(t *testing.T) {
	h := build(t)
	keys := h.process(t)
	links := filelink.Links{Keys: keys}
	first, err := links.Path(t.Context(), "ms-1", picture)
	must(t, err)
	h.at.Advance(time.Hour)
	again, err := links.Path(t.Context(), "ms-1", picture)
	must(t, err)
	if first != again {
		t.Error("an attempt that is made again an hour later sends another address")
	}
	token, name := parts(t, first)
	h.at.Advance(filelink.Life - time.Hour)
	if _, err := keys.Open(token, name); err != nil {
		t.Errorf("after its least life: %v", err)
	}
	h.at.Advance(24 * time.Hour)
	if _, err := keys.Open(token, name); !errors.Is(err, filelink.ErrExpired) {
		t.Errorf("a day later: %v", err)
	}
}

// Whoever comes first makes the key, and everybody else uses it: none of the
// addresses made at once is void.
func TestProcessesShareTheKeys(t *testing.T) {
	h := build(t)
	var processes []*filelink.Keys
	for range 4 {
		processes = append(processes, h.process(t))
	}
	addresses := make(chan string, len(processes))
	var work sync.WaitGroup
	for _, keys := range processes {
		work.Go(func() {
			links := filelink.Links{Keys: keys}
			address, err := links.Path(t.Context(), "ms-1", picture)
			if err != nil {
				t.Error(err)
			}
			addresses <- address
		})
	}
	work.Wait()
	close(addresses)
	made := map[string]bool{}
	for address := range addresses {
		made[address] = true
	}
	if len(made) != 1 {
		t.Errorf("%d addresses of one file: there is more than one key", len(made))
	}
}

func TestKeysChange(t *testing.T) {
	h := build(t)
	keys, other := h.process(t), h.process(t)
	links := filelink.Links{Keys: keys}
	make := func() (token, name string) {
		address, err := links.Path(t.Context(), "ms-1", picture)
		must(t, err)
		return parts(t, address)
	}
	_, _ = make()
	h.at.Advance(30*24*time.Hour - time.Minute)
	old, name := make() // the old key's last
	h.at.Advance(time.Hour)
	young, _ := make()
	if len(keyring(t, keys)) != 2 {
		t.Errorf("after a month there are %d keys", len(keyring(t, keys)))
	}
	for what, token := range map[string]string{"the old key's": old, "the new key's": young} {
		if _, err := keys.Open(token, name); err != nil {
			t.Errorf("%s address: %v", what, err)
		}
	}
	h.at.Advance(30 * 24 * time.Hour)
	_, _ = make()
	if n := len(keyring(t, keys)); n != 2 {
		t.Errorf("after two months there are %d keys, want the last two", n)
	}
	recent, _ := make()
	must(t, other.Revoke(t.Context()))
	testkit.Eventually(t, time.Minute, func() error {
		if _, err := keys.Open(recent, name); !errors.Is(err, filelink.ErrForged) {
			return fmt.Errorf("a revoked address still opens: %v", err)
		}
		return nil
	})
	fresh, _ := make()
	if _, err := keys.Open(fresh, name); err != nil {
		t.Errorf("an address made after that: %v", err)
	}
}

func keyring(t *testing.T, keys *filelink.Keys) []config.FileKey {
	t.Helper()
	all, _, ok := keys.Table.Get(config.FileKeysID)
	if !ok {
		t.Fatal("there are no keys")
	}
	return all.Keys
}

func TestWhoGetsAnAddress(t *testing.T) {
	keys := build(t).process(t)
	for _, c := range []struct {
		base    string
		private bool
		want    bool
	}{
		{"https://inbox.example.com", false, true}, {"https://inbox.example.com/sub/", false, true}, {"http://inbox.example.com", false, false},
		{"http://127.0.0.1:8080", true, true}, {"", false, false}, {"", true, false}, {"inbox.example.com", true, false}, {"ftp://inbox.example.com", true, false},
	} {
		links := filelink.Links{Keys: keys, Base: c.base}
		address, err := links.Link(t.Context(), "ms-1", picture, c.private)
		if (err == nil) != c.want || err != nil && !errors.Is(err, channel.ErrNoAddress) || c.want && strings.Contains(address, "//files") {
			t.Errorf("base %q, private %v: %q, %v", c.base, c.private, address, err)
		}
	}
	links := filelink.Links{Keys: keys, Base: "https://inbox.example.com"}
	for what, file := range map[string]events.Attachment{
		"no bytes": {Name: "a"}, "half a hash": {Hash: "abcd"}, "a type without end": {Hash: picture.Hash, Type: strings.Repeat("x", 300)},
	} {
		if address, err := links.Link(t.Context(), "ms-1", file, false); err == nil {
			t.Errorf("%s: %s", what, address)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&filelink.Links{Keys: build(t).process(t), Base: links.Base}).Link(ended, "ms-1", picture, false); err == nil {
		t.Error("a key was made although nobody waits any more")
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"": "file", ".": "file", "..": "file", "...": "file", "/": "file", `C:\a\b.txt`: "b.txt", "../../etc/passwd": "passwd", "a\r\nX: y": "aX: y",
		"invoice\u202efdp.exe": "invoicefdp.exe", "사진.jpg": "사진.jpg", "a\xff.jpg": "a.jpg",
	} {
		if got := filelink.Name(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	if got := filelink.Name(strings.Repeat("가", 300) + ".jpg"); len(got) > 255 || !strings.HasSuffix(got, "가.jpg") {
		t.Errorf("a long name becomes %q", got)
	}
}

// Whatever a file is called, its address leads back to it.
func TestEveryNameComesBack(t *testing.T) {
	keys := build(t).process(t)
	links := filelink.Links{Keys: keys, Base: "https://inbox.example.com"}
	rapid.Check(t, func(r *rapid.T) {
		file := picture
		file.Name, file.Type = rapid.String().Draw(r, "name"), rapid.StringN(0, 40, 250).Draw(r, "type")
		message := events.MessageID(rapid.StringN(0, 40, 200).Draw(r, "message"))
		address, err := links.Link(t.Context(), message, file, false)
		if err != nil {
			r.Fatal(err)
		}
		token, name := parts(t, address)
		got, err := keys.Open(token, name)
		if err != nil || got.Message != message || got.Type != file.Type {
			r.Fatalf("%q: %+v, %v", file.Name, got, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	keys := build(f).process(f)
	links := filelink.Links{Keys: keys}
	address, err := links.Path(f.Context(), "ms-1", picture)
	must(f, err)
	good, name := parts(f, address)
	f.Add(good, name)
	f.Add("AQ", "a")
	f.Add(strings.Repeat("A", 300), "a")
	f.Fuzz(func(t *testing.T, token, called string) {
		c, err := keys.Open(token, called)
		switch {
		case err == nil && (token != good || called != name):
			t.Fatalf("%q opens %+v", token, c)
		case err != nil && !errors.Is(err, filelink.ErrForged):
			t.Fatal(err)
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"", ".", "..", "../../etc/passwd", `C:\a\b`, "a\r\nX: y", "\u202etxt.exe", strings.Repeat("가", 200), "\xff\xfe", "a/", "a/.."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := filelink.Name(s)
		if got == "" || len(got) > 255 || strings.ContainsAny(got, "/\\\r\n\x00") || !utf8.ValidString(got) || got == "." || got == ".." ||
			strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
