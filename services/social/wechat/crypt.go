package wechat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // WeChat's signature is SHA-1
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Signature is WeChat's: hexadecimal SHA-1 over the parts, sorted and joined.
// The parts are token, timestamp and nonce, and in secure mode the encrypted
// text.
func Signature(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, ""))) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

func verify(given, token string, parts ...string) bool {
	if token == "" || given == "" {
		return false
	}
	got, err := hex.DecodeString(given)
	want, werr := hex.DecodeString(Signature(append(parts, token)...))
	return err == nil && werr == nil && hmac.Equal(got, want)
}

var errCipher = errors.New("the encrypted text cannot be read")

// decrypt opens the text of a request in secure mode: AES-256 in CBC, the first
// half of the key being the initial vector; padding to 32 bytes; 16 random bytes,
// the length, the XML, the app's id.
func decrypt(key []byte, text string) (body []byte, app string, err error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, "", errCipher
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, "", errCipher
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > 32 || pad > len(data)-20 {
		return nil, "", errCipher
	}
	data = data[16 : len(data)-pad]
	n := int(binary.BigEndian.Uint32(data))
	if n < 0 || n > len(data)-4 {
		return nil, "", errCipher
	}
	return data[4 : 4+n], string(data[4+n:]), nil
}
