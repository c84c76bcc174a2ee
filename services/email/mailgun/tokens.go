package mailgun

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// maxTokens bounds the memory of tokens, about 200 bytes each. Beyond it the
// oldest are forgotten.
const maxTokens = 100_000

// use is what came under a token.
type use struct {
	content [sha256.Size]byte
	at      time.Time
}

// tokens remembers which tokens were used for what.
type tokens struct {
	mu    sync.Mutex // guards what follows
	seen  map[string]use
	order []string // oldest first
}

// use notes a token. A token that came with other content is refused.
func (t *tokens) use(token string, content [sha256.Size]byte, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.order) > 0 && (len(t.order) >= maxTokens || now.Sub(t.seen[t.order[0]].at) > maxAge+time.Hour) {
		delete(t.seen, t.order[0])
		t.order = t.order[1:]
	}
	known, ok := t.seen[token]
	switch {
	case !ok:
		t.seen[token] = use{content, now}
		t.order = append(t.order, token)
	case known.content != content:
		return channel.Refuse(http.StatusNotAcceptable, "replayed", "this token came with another request")
	}
	return nil
}
