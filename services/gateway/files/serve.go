package files

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
)

const (
	// SniffBytes is how much of a file tells its type.
	SniffBytes = 3072
	// Patience bounds one transfer. A small file has less: so long as its bytes take
	// at leastPace, and a while to begin.
	Patience  = 5 * time.Minute
	leastPace = 32 << 10 // bytes a second
	toBegin   = 20 * time.Second
)

// ErrGone means that the bytes of a file are not there any more.
var ErrGone = errors.New("the file is not there any more")

// File is what Serve serves.
type File struct {
	Hash, Name string
	// Public is for programs that fetch a file to show it themselves: they are
	// told its type even where a browser must not show it, and nobody keeps a
	// copy. Pages of other sites may embed it.
	Public bool
}

// inline are the types that a browser may show by itself: it cannot be made to
// run a script by any of them. Everything else is only saved.
var inline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/mp4": true, "audio/x-m4a": true, "audio/aac": true, "audio/flac": true,
	"audio/amr": true, "video/mp4": true, "video/webm": true, "video/3gpp": true,
	"text/plain": true,
}

const anyBytes = "application/octet-stream"

// Serve answers a GET or HEAD with a file. An error means that nothing was
// answered yet: ErrGone, or a store that does not answer.
func Serve(w http.ResponseWriter, r *http.Request, blobs blob.Store, f File) error {
	c, err := open(r.Context(), blobs, f.Hash)
	if err != nil {
		return err
	}
	defer c.close()
	kind, err := c.kind()
	if err != nil {
		return err
	}
	disposition := "attachment"
	base, _, _ := mime.ParseMediaType(kind)
	if inline[base] {
		disposition = "inline"
	} else if !f.Public || active(base) {
		kind = anyBytes
	}
	harden(w.Header(), f.Public)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": filelink.Name(f.Name)}))
	h.Set("Etag", `"`+f.Hash+`"`)
	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // many ranges would each begin to read anew; the whole is a right answer too
	}
	// The server's own deadline is for small answers. A writer that has none is a
	// test's.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience(c.size)))
	http.ServeContent(w, r, "", time.Time{}, c)
	return nil
}

func patience(size int64) time.Duration {
	return min(Patience, toBegin+time.Duration(size/leastPace)*time.Second)
}

// harden sets what keeps a file from doing anything in a browser.
func harden(h http.Header, public bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	if public {
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex")
		return
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// Asked for again each time, and then mostly answered with 304: what was taken
	// back is gone at once.
	h.Set("Cache-Control", "private, no-cache")
}

// active reports a type that can hold a script or a page.
func active(kind string) bool {
	switch {
	case kind == "text/csv", kind == "text/vcard", kind == "text/calendar":
		return false
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+xml"), strings.HasSuffix(kind, "/xml"):
		return true
	}
	return strings.Contains(kind, "script") || strings.Contains(kind, "html") || strings.Contains(kind, "flash")
}

// kind sniffs the type and goes back to the start.
func (c *content) kind() (string, error) {
	head := make([]byte, SniffBytes)
	n, err := io.ReadFull(c, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read file: %w", err)
	}
	_, err = c.Seek(0, io.SeekStart)
	return mimetype.Detect(head[:n]).String(), err
}
