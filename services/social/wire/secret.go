package wire

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Same compares a shared secret with what came in, in a time that tells neither
// where they differ nor how long the secret is. An empty secret equals nothing.
func Same(secret, given string) bool {
	a, b := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(given))
	return secret != "" && hmac.Equal(a[:], b[:])
}
