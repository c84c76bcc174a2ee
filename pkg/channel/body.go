package channel

import (
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// budget counts bytes that are held. Nobody waits for it: what does not fit is
// refused, and the sender comes again.
type budget struct {
	mu   sync.Mutex // guards free
	free int64
}

func (b *budget) take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > b.free {
		return false
	}
	b.free -= n
	return true
}

func (b *budget) release(n int64) {
	b.mu.Lock()
	b.free += n
	b.mu.Unlock()
}

// firstBuffer is what a body begins with; most provider requests fit.
const firstBuffer = 4 << 10

// read takes the body whole. The capacity of what it returns, also beside a
// refusal, has been taken from the budget and is the caller's to release.
func (h *Hooks) read(w http.ResponseWriter, r *http.Request) ([]byte, *Refusal) {
	if r.ContentLength > h.MaxBody {
		return nil, tooLarge(h.MaxBody)
	}
	// A test's recorder has no deadlines; a server's connection always has.
	control := http.NewResponseController(w)
	deadline := control.SetReadDeadline(time.Now().Add(h.BodyTimeout)) == nil
	var body []byte
	in := http.MaxBytesReader(w, r.Body, h.MaxBody)
	for {
		if len(body) == cap(body) {
			grown, ok := h.grow(body)
			if !ok {
				return body, Refuse(http.StatusServiceUnavailable, "unavailable", "too many bytes wait")
			}
			body = grown
		}
		n, err := in.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			if deadline {
				_ = control.SetReadDeadline(time.Time{}) // the next request has the server's own
			}
			return body, nil
		case err != nil:
			return body, bodyRefusal(err, h.MaxBody)
		}
	}
}

// grow doubles the buffer. Old and new are counted together while both live.
func (h *Hooks) grow(body []byte) ([]byte, bool) {
	size := min(max(int64(cap(body))*2, firstBuffer), h.MaxBody+1)
	if !h.bytes.take(size) {
		return body, false
	}
	grown := make([]byte, len(body), size)
	copy(grown, body)
	h.bytes.release(int64(cap(body)))
	return grown, true
}

func tooLarge(limit int64) *Refusal {
	return Refuse(http.StatusRequestEntityTooLarge, "too-large", "the body is over %d bytes", limit)
}

func bodyRefusal(err error, limit int64) *Refusal {
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Refuse(http.StatusRequestTimeout, "too-slow", "the body took too long to arrive")
	}
	return Refuse(http.StatusBadRequest, "body-broken", "the body could not be read")
}

// frames names the functions on the stack, without the values that a full trace
// prints.
func frames() []byte {
	pc := make([]uintptr, 24)
	list := runtime.CallersFrames(pc[:runtime.Callers(4, pc)])
	var out []byte
	for {
		f, more := list.Next()
		out = append(out, f.Function...)
		out = append(out, ':')
		out = strconv.AppendInt(out, int64(f.Line), 10)
		if !more {
			return out
		}
		out = append(out, ' ')
	}
}
