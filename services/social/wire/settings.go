package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// Need refuses an inbox one of whose secrets is missing or blank.
func Need(inbox config.Inbox, names ...string) error {
	for _, name := range names {
		if strings.TrimSpace(inbox.Secrets[name]) == "" {
			return fmt.Errorf("the setting %s is missing", name)
		}
	}
	return nil
}

// Same compares a shared secret with what came in, in a time that tells neither
// where they differ nor how long the secret is. An empty secret equals nothing.
func Same(secret, given string) bool {
	a, b := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(given))
	return secret != "" && hmac.Equal(a[:], b[:])
}
