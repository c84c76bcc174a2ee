// Package console holds the agents' console: a single page written in
// TypeScript (src/), built by Vite into dist/, and embedded here so that
// running Tributary needs only Go. dist/ is committed; CI builds it again and
// fails if the bytes differ.
//
// The package owns static files and the headers under which they are safe. It
// knows nothing of sessions, REST or sockets: the page speaks to those by
// itself, on the same origin, with the session cookie.
package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed dist
var built embed.FS

// ContentSecurityPolicy is the policy of the console's page. Scripts and style
// sheets come only from the console's own files. Two things are wider than one
// would wish, because a frame built from srcdoc inherits the page's policy, and
// a customer's HTML mail is shown in such a frame: style attributes, and images
// from anywhere. The frame itself narrows images again (a meta policy) until
// the agent asks to see them; scripts run in it under no circumstances.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
	"img-src 'self' data: blob: https: http:; media-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type file struct {
	body []byte
	kind string
	etag string
}

// Handler serves the console at "/". Files under /assets/ carry a hash of their
// content in their name and may be kept for ever; everything else is asked for
// again and answered 304 by ETag. The page finds its way by what stands behind the
// #, so it is at "/" alone, and every path that is no file is 404, however it is
// asked. What is there is only read: 405 to all but GET and HEAD. It panics if the
// embedded files are broken, which only a broken build can cause.
func Handler() http.Handler {
	files, err := load()
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "index.html"
		if r.URL.Path != "/" {
			name = strings.TrimPrefix(r.URL.Path, "/")
		}
		f := files[name]
		if f == nil {
			refuse(w, http.StatusNotFound, "not_found", "there is nothing at this address")
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "invalid", "this address is only read")
			return
		}
		serve(w, r, name, f)
	})
}

// refuse answers as the rest of the gateway does.
func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// A peer that is gone cannot be told.
	_, _ = fmt.Fprintf(w, `{"title":%q,"status":%d,"code":%q,"detail":%q}`, http.StatusText(status), status, code, detail)
}

func serve(w http.ResponseWriter, r *http.Request, name string, f *file) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("ETag", f.etag)
	if name == "index.html" {
		h.Set("Content-Security-Policy", ContentSecurityPolicy)
		h.Set("X-Frame-Options", "DENY")
	}
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

func load() (map[string]*file, error) {
	files := make(map[string]*file)
	err := fs.WalkDir(built, "dist", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := built.ReadFile(p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		files[strings.TrimPrefix(p, "dist/")] = &file{body: body, kind: contentType(p), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read embedded console: %w", err)
	}
	if files["index.html"] == nil {
		return nil, fmt.Errorf("read embedded console: no index.html; run npm run build")
	}
	return files, nil
}

// contentType knows the few types of a build by itself: the table of the
// machine differs from one to the next, and a script under a wrong type does
// not run.
func contentType(p string) string {
	switch path.Ext(p) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return "application/octet-stream"
}
