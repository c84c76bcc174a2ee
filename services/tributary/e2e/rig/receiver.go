package rig

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Post is a request that reached a receiver of answers.
type Post struct {
	ID        string `json:"-"` // webhook-id
	Timestamp string `json:"-"`
	Signature string `json:"-"`
	Body      []byte `json:"-"`
	Type      string
	Data      struct {
		ID      string
		Text    string
		ReplyTo string `json:"reply_to"`
		Contact struct{ ID, Email string }
	}
}

// Receiver is a shop's own server, which takes the answers of a webhook inbox.
type Receiver struct {
	URL   string
	Posts chan Post

	mu     sync.Mutex // guards answer
	answer func(http.ResponseWriter, Post)
}

// NewReceiver starts a receiver that takes everything. It ends with the test.
func NewReceiver(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{Posts: make(chan Post, 4096)}
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r.URL = server.URL + "/answers"
	return r
}

// Answering sets how a post is answered; panicking with http.ErrAbortHandler
// cuts the connection without an answer.
func (r *Receiver) Answering(answer func(http.ResponseWriter, Post)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// ServeHTTP takes a post.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	p := Post{ID: req.Header.Get("webhook-id"), Timestamp: req.Header.Get("webhook-timestamp"), Signature: req.Header.Get("webhook-signature"), Body: body}
	if json.Unmarshal(body, &p) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	answer := r.answer
	r.mu.Unlock()
	r.Posts <- p
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, p)
}

// SignedBy checks a post as the Standard Webhooks specification tells a
// receiver to: HMAC-SHA256 over id, timestamp and body, joined by full stops.
func (p Post) SignedBy(secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(p.ID + "." + p.Timestamp + "."))
	mac.Write(p.Body)
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(p.Signature) {
		if version, sum, ok := strings.Cut(given, ","); ok && version == "v1" && hmac.Equal([]byte(sum), []byte(want)) {
			return true
		}
	}
	return false
}
