package wording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
)

// Door has every problem that next answers said in the language asked for, with
// Content-Language, and Vary so that no cache gives it to the next. Whatever is not a
// problem passes as it is written.
func Door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := &door{ResponseWriter: w, asked: r.Header.Values("Accept-Language")}
		next.ServeHTTP(d, r)
		d.finish()
	})
}

// door holds a problem back until all of it is there.
type door struct {
	http.ResponseWriter
	asked    []string // of Accept-Language
	language Language // of a problem; only those have one
	began    bool
	status   int // of a problem that is held back; nought otherwise
	held     bytes.Buffer
}

// Unwrap lets http.ResponseController through.
func (d *door) Unwrap() http.ResponseWriter { return d.ResponseWriter }

// Hijack is for sockets; it fails where the server has none.
func (d *door) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(d.ResponseWriter).Hijack()
}

// WriteHeader decides by the content type.
func (d *door) WriteHeader(status int) {
	if d.began {
		return
	}
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		d.ResponseWriter.WriteHeader(status)
		return
	}
	d.began = true
	if kind, _, _ := strings.Cut(d.Header().Get("Content-Type"), ";"); kind == "application/problem+json" {
		d.language = Preferred(strings.Join(d.asked, ","))
		d.Header().Add("Vary", "Accept-Language")
		d.Header().Set("Content-Language", string(d.language))
		if d.language != English {
			d.status = status
			return
		}
	}
	d.ResponseWriter.WriteHeader(status)
}

// Write holds back what belongs to a problem.
func (d *door) Write(p []byte) (int, error) {
	if !d.began {
		d.WriteHeader(http.StatusOK)
	}
	if d.status != 0 {
		return d.held.Write(p)
	}
	return d.ResponseWriter.Write(p)
}

// ReadFrom keeps the server's own way to send a file.
func (d *door) ReadFrom(r io.Reader) (int64, error) {
	if !d.began {
		d.WriteHeader(http.StatusOK)
	}
	if d.status != 0 {
		return d.held.ReadFrom(r)
	}
	return io.Copy(d.ResponseWriter, r)
}

func (d *door) finish() {
	if d.status == 0 {
		return
	}
	body, whole := d.language.Problem(d.held.Bytes())
	if !whole {
		d.Header().Set("Content-Language", string(d.language)+", "+string(English))
	}
	d.Header().Del("Content-Length")
	d.ResponseWriter.WriteHeader(d.status)
	// A peer that is gone cannot be told.
	_, _ = d.ResponseWriter.Write(body)
}

// Problem puts title, detail and the messages of a problem's errors into the language
// and leaves all else as it is. The second result is false where a sentence stayed
// English.
func (l Language) Problem(body []byte) ([]byte, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return body, false
	}
	whole := true
	say := func(s string) string {
		said, known := l.say(s)
		whole = whole && known
		return said
	}
	status := 0
	_ = json.Unmarshal(fields["status"], &status) // one without has no title of ours
	replace(fields, "title", func(s string) string { return l.Title(status, s) })
	replace(fields, "detail", say)
	var faults []map[string]json.RawMessage
	if json.Unmarshal(fields["errors"], &faults) == nil && len(faults) > 0 {
		for _, f := range faults {
			replace(f, "message", say)
		}
		if data, err := json.Marshal(faults); err == nil {
			fields["errors"] = data
		}
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return body, false
	}
	return append(out, '\n'), whole
}

func replace(fields map[string]json.RawMessage, name string, say func(string) string) {
	var s string
	if json.Unmarshal(fields[name], &s) != nil || s == "" {
		return
	}
	if data, err := json.Marshal(say(s)); err == nil {
		fields[name] = data
	}
}
