// Package widget is the chat that a shop puts on its pages with one script tag.
// It holds the built file and serves it; the TypeScript it is built from stands
// in src, and "npm ci && npm run build" writes dist/widget.js from it.
package widget

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

//go:embed dist/widget.js
var script []byte

// Script is the built widget. The caller must not change it.
func Script() []byte { return script }

// Handler serves the widget with an ETag over its content, so that a new build
// is seen at the next load and an old one costs a 304.
func Handler() http.Handler {
	sum := sha256.Sum256(script)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(script) // a bytes.Buffer takes everything
	_ = z.Close()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "public, max-age=300, stale-while-revalidate=86400")
		h.Set("X-Content-Type-Options", "nosniff")
		// Any site may load it: that is what it is for.
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", `W/`+etag)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed.Bytes()))
			return
		}
		h.Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(script))
	})
}
