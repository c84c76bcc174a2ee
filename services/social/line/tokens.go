package line

import (
	"sync"
	"time"
)

// A token lives about a minute at LINE; the rest is for the way there. The
// numbers bound memory: a chat keeps its newest token only.
const (
	tokenLife = 50 * time.Second
	maxTokens = 8192
)

// tokens are the reply tokens that may still be used, each once.
type tokens struct {
	mu    sync.Mutex // guards chats
	chats map[chat]token
}

type token struct {
	value string
	until time.Time
}

// put remembers the token of an event that happened at a moment.
func (t *tokens) put(c chat, value string, at, now time.Time) {
	until := at.Add(tokenLife)
	if at.After(now) {
		until = now.Add(tokenLife)
	}
	if value == "" || !until.After(now) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.chats == nil {
		t.chats = map[chat]token{}
	}
	if old, ok := t.chats[c]; ok && old.until.After(until) {
		return
	}
	if len(t.chats) >= maxTokens {
		for c, old := range t.chats {
			if !old.until.After(now) {
				delete(t.chats, c)
			}
		}
	}
	if _, ok := t.chats[c]; !ok && len(t.chats) >= maxTokens {
		return // a push will do
	}
	t.chats[c] = token{value, until}
}

// take hands out a chat's token, and never again.
func (t *tokens) take(c chat, now time.Time) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	have, ok := t.chats[c]
	delete(t.chats, c)
	return have.value, ok && have.until.After(now)
}
