package console

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestPageIsNeverStaleAndHashedFilesAreKept(t *testing.T) {
	page := get(t, "/")
	if page.Code != 200 || page.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("page: %d, cache %q", page.Code, page.Header().Get("Cache-Control"))
	}
	assets := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(assets) < 2 {
		t.Fatalf("want a script and a style sheet, found %v", assets)
	}
	for _, a := range assets {
		w := get(t, a[1])
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, cache %q", a[1], w.Code, w.Header().Get("Cache-Control"))
		}
	}
	again := get(t, "/", "If-None-Match", page.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("unchanged page: %d with %d bytes", again.Code, again.Body.Len())
	}
}

func TestPageObeysItsOwnPolicy(t *testing.T) {
	page := get(t, "/")
	policy := page.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "default-src 'none'") {
		t.Fatalf("policy: %q", policy)
	}
	html := page.Body.String()
	for what, re := range map[string]string{
		"inline script": `<script(?:\s+(?:type|crossorigin)(?:="[^"]*")?)*>`,
		"style element": `<style`, "style attribute": `\sstyle=`, "event attribute": `\son[a-z]+=`, "foreign address": `(?:src|href)="(?:https?:)?//`,
	} {
		if m := regexp.MustCompile(re).FindString(html); m != "" {
			t.Errorf("%s in the page: %q", what, m)
		}
	}
}

func TestPathsThatAreNotFiles(t *testing.T) {
	for path, want := range map[string]int{
		"/": 200, "/index.html": 200, "/favicon.svg": 200, "/mail.css": 200,
		"/c/cv1": 404, "/admin": 404, "/nope": 404, "/debug/pprof/": 404, "/hooks/nope/x": 404, "/hooks/webhook/x/": 404, "/assets": 404, "/assets/": 404, "//": 404,
		"/assets/none.js": 404, "/favicon.ico": 404, "/..%2f..%2fembed.go": 404, "/assets/../../embed.go": 404, "/favicon.svg/": 404,
	} {
		if w := get(t, path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	for path, want := range map[string]int{"/": 405, "/favicon.svg": 405, "/nope": 404, "/hooks/nope/x": 404, "/hooks/webhook/x/": 404} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, nil))
		if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("POST %s: %d %s, want %d", path, w.Code, w.Header().Get("Content-Type"), want)
		}
	}
}
