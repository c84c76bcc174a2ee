package filelink

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

const (
	// sealed is the version of a token of [Keys.Seal]; sealMAC how many bytes of the
	// HMAC it carries, enough not to be guessed and short enough for a text message.
	sealed  = 2
	sealMAC = 16
)

// Seal makes a token of a few bytes that whoever has it can read, and that nobody
// else can make. A token holds for one purpose.
func (k *Keys) Seal(ctx context.Context, purpose string, body []byte) (string, error) {
	key, err := k.newest(ctx)
	if err != nil {
		return "", err
	}
	id, err := hex.DecodeString(key.ID)
	if err != nil || len(id) != keyBytes || len(key.Secret) < sha256.Size {
		return "", errors.New("seal a token: the key is not whole")
	}
	raw := append(append([]byte{sealed}, id...), body...)
	return encoding.EncodeToString(append(raw, witness(key.Secret, purpose, raw)...)), nil
}

// Unseal is the body of a token of [Keys.Seal]; ErrForged for anything else. It
// holds as long as its key is kept: whether it has ended is the caller's to say.
func (k *Keys) Unseal(purpose, token string) ([]byte, error) {
	if len(token) > maxToken {
		return nil, ErrForged
	}
	raw, err := encoding.DecodeString(token)
	if err != nil || len(raw) < 1+keyBytes+sealMAC || raw[0] != sealed || encoding.EncodeToString(raw) != token {
		return nil, ErrForged
	}
	all, _, _ := k.Table.Get(k.entry())
	raw, mac := raw[:len(raw)-sealMAC], raw[len(raw)-sealMAC:]
	id := hex.EncodeToString(raw[1 : 1+keyBytes])
	for _, key := range all.Keys {
		if key.ID == id && len(key.Secret) >= sha256.Size && hmac.Equal(mac, witness(key.Secret, purpose, raw)) {
			return raw[1+keyBytes:], nil
		}
	}
	return nil, ErrForged
}

func witness(secret []byte, purpose string, raw []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte("tributary token")) // a hash takes everything
	_, _ = mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(purpose))))
	_, _ = mac.Write([]byte(purpose))
	_, _ = mac.Write(raw)
	return mac.Sum(nil)[:sealMAC]
}
