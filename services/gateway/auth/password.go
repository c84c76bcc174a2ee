package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// MinPassword and MaxPassword bound a password in bytes. The upper bound keeps
// the work of hashing it small.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// ErrBusy says that too many passwords are being checked; try again in a second.
var ErrBusy = errors.New("too many sign-ins at once")

// ErrHash says that a stored hash is not argon2id in PHC form, or asks for more
// work than this program gives to one sign-in.
var ErrHash = errors.New("password hash is not usable")

const (
	saltSize   = 16
	keySize    = 32
	hashMemory = 19 << 10 // KiB
	hashPasses = 2
	hashLanes  = 1

	maxMemory = 64 << 10 // KiB, of a stored hash
	maxPasses = 10
	maxLanes  = 4

	hashersAtOnce  = 2
	hashersWaiting = 64
)

// hashers bounds how many hashes are computed and how many wait for it.
type hashers struct {
	running chan struct{}
	waiting chan struct{}
}

func newHashers() *hashers {
	return &hashers{running: make(chan struct{}, hashersAtOnce), waiting: make(chan struct{}, hashersAtOnce+hashersWaiting)}
}

func (h *hashers) do(ctx context.Context, work func()) error {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return ErrBusy
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return ctx.Err()
	}
	work()
	return nil
}

// hash makes a PHC string with a new salt.
func (h *hashers) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	var key []byte
	err := h.do(ctx, func() {
		key = argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, keySize)
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashPasses, hashLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// verify compares in constant time. A hash that cannot be used gives ErrHash.
func (h *hashers) verify(ctx context.Context, phc, password string) (bool, error) {
	p, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	var key []byte
	err = h.do(ctx, func() {
		key = argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
	})
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

type phcHash struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// parsePHC reads $argon2id$v=19$m=…,t=…,p=…$salt$key, within bounds, so that a
// hash put there by hand cannot take the machine's memory.
func parsePHC(s string) (phcHash, error) {
	var p phcHash
	fields := strings.Split(s, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, ErrHash
	}
	if n, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil || n != 3 {
		return p, ErrHash
	}
	var errSalt, errKey error
	p.salt, errSalt = base64.RawStdEncoding.DecodeString(fields[4])
	p.key, errKey = base64.RawStdEncoding.DecodeString(fields[5])
	switch {
	case errSalt != nil, errKey != nil, len(p.salt) < 8, len(p.salt) > 64, len(p.key) < 16, len(p.key) > 64:
		return p, ErrHash
	case p.memory < 8*uint32(p.lanes), p.memory > maxMemory, p.passes < 1, p.passes > maxPasses, p.lanes < 1, p.lanes > maxLanes:
		return p, ErrHash
	}
	return p, nil
}
