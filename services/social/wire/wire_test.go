package wire_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/wire"
	"github.com/tributary-inbox/tributary/services/social/wire/wiretest"
)

func TestSecretsAreComparedWhole(t *testing.T) {
	if !wire.Same("s", "s") || wire.Same("s", "") || wire.Same("", "") || wire.Same("s", "ss") {
		t.Error("comparison is wrong")
	}
}

func TestStatements(t *testing.T) {
	s := wire.From(config.Inbox{ID: "in", Channel: "k"}, wiretest.Request(nil, nil, "", wiretest.At))
	if in := s.State(events.MessageReceived, strings.Repeat("x", 600), time.Time{}, []byte(" <xml/>")); len(in.ProviderID) > 64 || !in.OccurredAt.Equal(wiretest.At) || in.Raw.Type != "application/xml" {
		t.Errorf("%+v", in)
	}
	if a, b := s.Keep([]byte("x"), "w"), s.Keep([]byte("y"), "w"); a.ProviderID == b.ProviderID || a.ProviderID != s.Keep([]byte("x"), "w").ProviderID {
		t.Error("ids of what is kept do not follow the bytes")
	}
	for ms, zero := range map[int64]bool{0: true, -5: true, 4977069964384421269: true, wiretest.At.UnixMilli() + 25*3600*1000: true, wiretest.At.UnixMilli(): false} {
		if s.Millis(ms).IsZero() != zero {
			t.Errorf("%d: %v", ms, s.Millis(ms))
		}
	}
	if wire.Canonical([]byte(`{"b":1, "a":12345678901234567890}`)) != `{"a":12345678901234567890,"b":1}` || wire.Canonical([]byte("x")) != "x" {
		t.Error("canonical form is wrong")
	}
	if wire.Hash("ab", "c") == wire.Hash("a", "bc") {
		t.Error("parts run into one another")
	}
	for number, want := range map[string]string{"010-9876-5432": "+821098765432", "+14155552671": "+14155552671", "123": "", "x": "", strings.Repeat("1", 100): ""} {
		if got := wire.Phone(number, "KR"); got != want {
			t.Errorf("%s: %q", number, got)
		}
	}
}

func TestAttributesAreShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		text = strings.Repeat(text, rapid.IntRange(1, 600).Draw(t, "times"))
		got := wire.Attributes("a", text, "b", "")["a"]
		if len(got) > 512 || !utf8.ValidString(got) || !strings.HasPrefix(strings.TrimSpace(text), got) {
			t.Fatalf("%d bytes", len(got))
		}
	})
}

func TestShelf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shelf := wire.Shelf[int]{Max: 50}
		now := time.Unix(1_000_000, 0)
		kept := map[string][]int{}
		until := map[int]time.Time{}
		for i := range rapid.IntRange(0, 40).Draw(t, "puts") {
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			until[i] = now.Add(time.Duration(rapid.IntRange(-5, 5).Draw(t, "seconds")) * time.Second)
			shelf.Put(key, i, now, until[i])
			kept[key] = append(kept[key], i)
		}
		for key, all := range kept {
			live := slices.DeleteFunc(all, func(i int) bool { return !now.Before(until[i]) })
			for _, want := range live {
				if got, _, ok := shelf.Take(key, now); !ok || got != want {
					t.Fatalf("got %d, %v; want %d", got, ok, want)
				}
			}
			if _, _, ok := shelf.Take(key, now); ok {
				t.Fatal("something was taken twice, or after its time")
			}
		}
	})
}

func TestShelfIsBounded(t *testing.T) {
	shelf := wire.Shelf[int]{Max: 10}
	now := time.Unix(1_000_000, 0)
	for i := range 1000 {
		shelf.Put(string(rune('a'+i%26)), i, now, now.Add(time.Minute))
	}
	n := 0
	for i := range 26 {
		for _, _, ok := shelf.Take(string(rune('a'+i)), now); ok; _, _, ok = shelf.Take(string(rune('a'+i)), now) {
			n++
		}
	}
	if n == 0 || n > 10 {
		t.Errorf("%d things are kept, want 1 to 10", n)
	}
	shelf.Back("k", 7, now.Add(time.Minute))
	shelf.Put("k", 8, now, now.Add(time.Minute))
	shelf.Back("k", 6, now.Add(time.Minute))
	if v, _, ok := shelf.Take("k", now); !ok || v != 6 {
		t.Errorf("what was given back is not first: %d", v)
	}
}

func TestOpenURL(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "file")
	}))
	defer server.Close()
	for s, gone := range map[int]bool{http.StatusNotFound: true, http.StatusGone: true, http.StatusForbidden: true, http.StatusServiceUnavailable: false, http.StatusFound: false} {
		status = s
		if _, err := wire.OpenURL(t.Context(), server.Client(), server.URL+"/?secret"); err == nil || errors.Is(err, channel.ErrMediaGone) != gone || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", s, err)
		}
	}
	status = http.StatusOK
	media, err := wire.OpenURL(t.Context(), server.Client(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = media.Body.Close() }()
	if data, err := io.ReadAll(media.Body); err != nil || string(data) != "file" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestUploads(t *testing.T) {
	file := wiretest.Blob("a\"\r\n/b.png", "image/png")
	data, err := wire.Bytes(t.Context(), wiretest.Blobs{}, file, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.Bytes(t.Context(), wiretest.Blobs{}, file, int64(len(data))-1); !errors.Is(err, wire.ErrNoBytes) {
		t.Errorf("too large a file: %v", err)
	}
	lying := file
	lying.Size = 1
	if _, err := wire.Bytes(t.Context(), wiretest.Blobs{}, lying, int64(len(data))-1); !errors.Is(err, wire.ErrNoBytes) {
		t.Errorf("a file that lies about its size: %v", err)
	}
	if _, err := wire.Bytes(t.Context(), nil, file, 100); !errors.Is(err, wire.ErrNoBytes) || wire.NotRead(err).Code != events.CodeBadMedia {
		t.Errorf("no store: %v", err)
	}
	call, err := wire.Upload("https://a.example", "media", file, data)
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(call.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	part, err := multipart.NewReader(strings.NewReader(string(call.Body)), params["boundary"]).NextPart()
	if err != nil || part.FormName() != "media" || strings.ContainsAny(part.FileName(), "\r\n\"/") {
		t.Errorf("%+v, %v", part, err)
	}
	if got, err := io.ReadAll(part); err != nil || string(got) != string(data) {
		t.Errorf("%q, %v", got, err)
	}
}
