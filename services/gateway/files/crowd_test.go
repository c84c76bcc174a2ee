package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
)

// slow is a store whose files do not come before they are let go.
type slow struct {
	blob.Store
	asked, free chan struct{}
}

func (s slow) Open(ctx context.Context, _ string) (io.ReadCloser, error) {
	s.asked <- struct{}{}
	select {
	case <-s.free:
		return nil, blob.ErrNotFound
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type known struct{}

func (known) Open(token, _ string) (filelink.Claim, error) {
	if token != "good" {
		return filelink.Claim{}, filelink.ErrForged
	}
	return filelink.Claim{Message: "ms1", Hash: "h", Type: "image/png"}, nil
}

// One address that takes all it can leaves room for the others, whether it reads
// slowly or waits for previews; and nobody waits for a preview for long.
func TestOneAddressDoesNotFillTheDoor(t *testing.T) {
	store := slow{asked: make(chan struct{}, 100), free: make(chan struct{})}
	door := New(Deps{
		Keys: known{}, Blobs: store, Now: time.Now, Log: zerolog.Nop(),
		IP: func(r *http.Request) string { return r.Header.Get("From") },
		Message: func(context.Context, events.MessageID) (*events.Message, error) {
			return &events.Message{Attachments: []events.Attachment{{Hash: "h"}}}, nil
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/files/{token}/{name}", door)
	results := make(chan int, 200)
	ask := func(from, query string) {
		req := httptest.NewRequest("GET", "/files/good/a.png"+query, nil)
		req.Header.Set("From", from)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, req)
		results <- w.Code
	}
	wait := func() int {
		select {
		case status := <-results:
			return status
		case <-time.After(time.Minute):
			t.Fatal("no answer")
			return 0
		}
	}
	const many = 30
	for range many {
		go ask("198.51.100.7", "")
	}
	for range many - maxOfOne {
		if status := wait(); status != http.StatusTooManyRequests {
			t.Fatalf("one more of the same address: %d", status)
		}
	}
	for range maxOfOne {
		<-store.asked
	}
	// Two of others make previews, and a third has to go when its turn does not come.
	for n := range maxPreviews + 1 {
		go ask(fmt.Sprintf("203.0.113.%d", n), "?preview")
	}
	if status := wait(); status != http.StatusServiceUnavailable {
		t.Errorf("a preview whose turn does not come: %d", status)
	}
	for range maxPreviews {
		<-store.asked
	}
	go ask("203.0.113.99", "")
	<-store.asked // it got in
	close(store.free)
	for range maxOfOne + maxPreviews + 1 {
		if status := wait(); status != http.StatusGone {
			t.Errorf("in the end: %d", status)
		}
	}
	if len(door.crowd.busy) != 0 || len(door.transfers) != 0 {
		t.Errorf("%d addresses and %d transfers are still counted", len(door.crowd.busy), len(door.transfers))
	}
}

func TestPatienceGrowsWithTheFile(t *testing.T) {
	for size, want := range map[int64]time.Duration{0: toBegin, 1 << 20: toBegin + 32*time.Second, 1 << 40: Patience} {
		if got := patience(size); got != want {
			t.Errorf("%d bytes: %v, want %v", size, got, want)
		}
	}
}

// What stands in the name of a file, in a range or in an address opens nothing and
// writes no header.
func TestHostileRequestsForAFile(t *testing.T) {
	const text = "0123456789"
	names := []string{"a\r\nSet-Cookie: x=1.txt", `a".html`, "a;filename=b.html", "../../etc/passwd", "\u202egpj.exe", strings.Repeat("가", 300), "\xff\xfe.txt", "..", "", "%0d%0aX:1"}
	for _, name := range names {
		w := serve(t, text, name, "")
		d := w.Header().Get("Content-Disposition")
		if w.Body.String() != text || !strings.HasPrefix(d, "inline; filename") || strings.ContainsAny(d, "\r\n") || len(w.Header()["Set-Cookie"]) != 0 || strings.Contains(d, "..") {
			t.Errorf("%q: %q, %v", name, w.Body.String(), w.Header())
		}
	}
	for header, want := range map[string]struct {
		status int
		body   string
	}{
		"bytes=2-3": {206, "23"}, "bytes=-2": {206, "89"}, "bytes=0-0,2-3": {200, text}, "bytes=" + strings.Repeat("0-,", 5000) + "0-": {200, text}, "bytes=9-99999999999999999999": {416, ""},
		"bytes=-9223372036854775808": {416, ""}, "bytes=10-": {416, ""}, "bytes=5-2": {416, ""}, "bytes=-": {416, ""}, "lines=1-2": {416, ""}, "bytes=18446744073709551615-": {416, ""},
	} {
		w := serve(t, text, "a.txt", header)
		if w.Code != want.status || want.body != "" && w.Body.String() != want.body || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%.40s: %d %q", header, w.Code, w.Body.String())
		}
	}
}

type one string

func (o one) Put(context.Context, io.Reader, int64) (blob.Ref, error) {
	return blob.Ref{}, errors.New("full")
}
func (o one) Delete(context.Context, string) error { return errors.New("kept") }
func (o one) Open(context.Context, string) (io.ReadCloser, error) {
	return sizedReader{strings.NewReader(string(o))}, nil
}

type sizedReader struct{ *strings.Reader }

func (sizedReader) Close() error { return nil }

func serve(t *testing.T, text, name, ranges string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest("GET", "/", nil)
	if ranges != "" {
		req.Header.Set("Range", ranges)
	}
	w := httptest.NewRecorder()
	if err := Serve(w, req, one(text), File{Hash: "h", Name: name, Public: true}); err != nil {
		t.Fatal(err)
	}
	return w
}
