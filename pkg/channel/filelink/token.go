package filelink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

var (
	// ErrForged means that no key of ours signed this token with this name.
	ErrForged = errors.New("not an address of a file")
	// ErrExpired means that we made it, and that its time is over.
	ErrExpired = errors.New("the address of the file has ended")
)

// Claim is what a token says: these bytes, as a file of this message.
type Claim struct {
	Message events.MessageID
	// Hash is the SHA-256 of the bytes in lower-case hexadecimal.
	Hash    string
	Type    string
	Expires time.Time // whole seconds
}

const (
	version   = 1
	keyBytes  = 8
	hashAt    = 1 + keyBytes + 8
	messageAt = hashAt + sha256.Size + 2
	// maxToken bounds the text of a token that is looked at.
	maxToken = 1024
	// maxField bounds a message's id and a type within a token.
	maxField = 255
)

var encoding = base64.RawURLEncoding.Strict()

// seal makes a token.
func seal(key config.FileKey, c Claim, name string) (string, error) {
	id, err := hex.DecodeString(key.ID)
	if err != nil || len(id) != keyBytes || len(key.Secret) < sha256.Size {
		return "", errors.New("make address of a file: the key is not whole")
	}
	hash, err := hex.DecodeString(c.Hash)
	if err != nil || len(hash) != sha256.Size {
		return "", errors.New("make address of a file: it has no bytes of ours")
	}
	if len(c.Message) > maxField || len(c.Type) > maxField {
		return "", fmt.Errorf("make address of a file: id or type has more than %d bytes", maxField)
	}
	body := append(make([]byte, 0, 256), version)
	body = append(body, id...)
	body = binary.BigEndian.AppendUint64(body, uint64(max(c.Expires.Unix(), 0)))
	body = append(body, hash...)
	body = binary.BigEndian.AppendUint16(body, uint16(len(c.Message)))
	body = append(append(body, c.Message...), c.Type...)
	return encoding.EncodeToString(append(body, sign(key, body, name)...)), nil
}

// open undoes seal. Nothing of a token is believed before its HMAC holds.
func open(keys []config.FileKey, token, name string, now time.Time) (Claim, error) {
	if len(token) > maxToken {
		return Claim{}, ErrForged
	}
	raw, err := encoding.DecodeString(token)
	// The decoder passes over line ends; a token has one spelling.
	if err != nil || len(raw) < messageAt+sha256.Size || raw[0] != version || encoding.EncodeToString(raw) != token {
		return Claim{}, ErrForged
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	id := hex.EncodeToString(body[1 : 1+keyBytes])
	for _, key := range keys {
		if key.ID == id && len(key.Secret) >= sha256.Size && hmac.Equal(mac, sign(key, body, name)) {
			return read(body, now)
		}
	}
	return Claim{}, ErrForged
}

func read(body []byte, now time.Time) (Claim, error) {
	seconds := binary.BigEndian.Uint64(body[1+keyBytes:])
	n := int(binary.BigEndian.Uint16(body[messageAt-2:]))
	rest := body[messageAt:]
	if n > len(rest) || seconds > math.MaxInt64/2 {
		return Claim{}, ErrForged // signed, and yet not by seal
	}
	c := Claim{
		Message: events.MessageID(rest[:n]), Hash: hex.EncodeToString(body[hashAt : hashAt+sha256.Size]),
		Type: string(rest[n:]), Expires: time.Unix(int64(seconds), 0),
	}
	if !now.Before(c.Expires) {
		return Claim{}, ErrExpired
	}
	return c, nil
}

// sign covers the body with its length, so that nothing can be moved between it
// and the name.
func sign(key config.FileKey, body []byte, name string) []byte {
	mac := hmac.New(sha256.New, key.Secret)
	_, _ = mac.Write([]byte("tributary file link")) // a hash takes everything
	_, _ = mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(body))))
	_, _ = mac.Write(body)
	_, _ = mac.Write([]byte(name))
	return mac.Sum(nil)
}
