package profile

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// keys are the secrets of the settings, decoded once. Several of a kind are
// there while a key is being changed.
type keys struct {
	macs    [][]byte
	tokens  [][]byte
	ed      []ed25519.PublicKey
	rsa     *rsa.PublicKey
	pattern []piece
}

func (s *Settings) completeAuth() error {
	switch s.Auth {
	case "none":
		return nil
	case "token":
		return s.completeToken()
	case "basic":
		if s.Username == "" || s.Secrets["password"] == "" {
			return errors.New("auth basic needs username and password")
		}
		return nil
	case "hmac":
		return s.completeHMAC()
	case "ed25519":
		return s.completeEd25519()
	case "jwt":
		return s.completeJWT()
	case "standard":
		return s.completeStandard()
	}
	return fmt.Errorf("auth %q is none of none, token, basic, hmac, jwt, ed25519, standard", cut(s.Auth, 40))
}

// secretTexts are the values of a secret and of its predecessor.
func (s *Settings) secretTexts(name string) []string {
	return append(strings.Fields(s.Secrets[name]), strings.Fields(s.Secrets["previous_"+name])...)
}

func (s *Settings) completeToken() error {
	if s.Signature.Header == "" {
		s.Signature.Header = "Authorization"
	}
	for _, text := range s.secretTexts("token") {
		s.keys.tokens = append(s.keys.tokens, []byte(text))
	}
	if len(s.keys.tokens) == 0 {
		return errors.New("auth token needs a token that is not empty")
	}
	return nil
}

func (s *Settings) completeHMAC() error {
	sig := &s.Signature
	if sig.Algorithm == "" {
		sig.Algorithm = "sha256"
	}
	if newHash(sig.Algorithm) == nil {
		return fmt.Errorf("signature.algorithm %q is none of sha256, sha1, sha512", cut(sig.Algorithm, 40))
	}
	if err := s.completeSigned(); err != nil {
		return err
	}
	for _, name := range []string{"secret", "previous_secret"} {
		text := s.Secrets[name]
		if text == "" {
			continue
		}
		key, err := decodeSecret(text, sig.SecretEncoding)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.keys.macs = append(s.keys.macs, key)
	}
	if len(s.keys.macs) == 0 {
		return errors.New("auth hmac needs a secret that is not empty")
	}
	return nil
}

func decodeSecret(text, encoding string) ([]byte, error) {
	key := []byte(text)
	var err error
	switch encoding {
	case "", "raw":
	case "hex":
		key, err = hex.DecodeString(text)
	case "base64":
		key, err = base64.StdEncoding.DecodeString(text)
	default:
		return nil, fmt.Errorf("signature.secret_encoding %q is none of raw, base64, hex", cut(encoding, 40))
	}
	if err != nil {
		return nil, fmt.Errorf("the secret is not %s", encoding)
	}
	if len(key) == 0 {
		return nil, errors.New("the secret is empty")
	}
	return key, nil
}

// completeSigned checks what hmac and ed25519 have in common.
func (s *Settings) completeSigned() error {
	sig := &s.Signature
	if sig.Header == "" {
		return errors.New("signature.header must name the header of the signature")
	}
	switch sig.Encoding {
	case "":
		sig.Encoding = "hex"
	case "hex", "base64", "base64url":
	default:
		return fmt.Errorf("signature.encoding %q is none of hex, base64, base64url", cut(sig.Encoding, 40))
	}
	if sig.Template == "" {
		sig.Template = "{body}"
	}
	pattern, err := parseTemplate(sig.Template)
	if err != nil {
		return fmt.Errorf("signature.template: %w", err)
	}
	s.keys.pattern = pattern
	uses := func(name string) bool {
		for _, p := range pattern {
			if p.name == name {
				return true
			}
		}
		return false
	}
	switch {
	case !uses("body"):
		return errors.New("signature.template must contain {body}: a signature that leaves it out proves nothing about it")
	case uses("ts") && sig.TimestampHeader == "" && sig.TimestampParam == "":
		return errors.New("signature.template has {ts}, so timestamp_header or timestamp_param must say where it stands")
	case !uses("ts") && (sig.TimestampHeader != "" || sig.TimestampParam != ""):
		return errors.New("signature.template must contain {ts}: a time that is not signed protects from nothing")
	case uses("id") && sig.IDHeader == "":
		return errors.New("signature.template has {id}, so id_header must say where it stands")
	}
	return nil
}

func (s *Settings) completeEd25519() error {
	if err := s.completeSigned(); err != nil {
		return err
	}
	for _, text := range strings.Fields(s.Signature.PublicKey) {
		key, err := edKey(text)
		if err != nil {
			return fmt.Errorf("signature.public_key: %w", err)
		}
		s.keys.ed = append(s.keys.ed, key)
	}
	if len(s.keys.ed) == 0 {
		return errors.New("auth ed25519 needs signature.public_key")
	}
	return nil
}

func edKey(text string) (ed25519.PublicKey, error) {
	plain := strings.TrimPrefix(text, "whpk_")
	key, err := hex.DecodeString(plain)
	if err != nil || len(key) != ed25519.PublicKeySize {
		key, err = base64.StdEncoding.DecodeString(plain)
	}
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("not 32 bytes in hex or base64")
	}
	if bytes.Equal(key, make([]byte, ed25519.PublicKeySize)) {
		return nil, errors.New("the key is all noughts")
	}
	return key, nil
}

func (s *Settings) completeJWT() error {
	sig := &s.Signature
	if sig.Header == "" {
		sig.Header = "Authorization"
	}
	switch sig.Algorithm {
	case "", "HS256":
		sig.Algorithm = "HS256"
		for _, text := range s.secretTexts("secret") {
			key, err := decodeSecret(text, sig.SecretEncoding)
			if err != nil {
				return fmt.Errorf("secret: %w", err)
			}
			s.keys.macs = append(s.keys.macs, key)
		}
		if len(s.keys.macs) == 0 {
			return errors.New("auth jwt with HS256 needs a secret that is not empty")
		}
	case "RS256":
		key, err := jwt.ParseRSAPublicKeyFromPEM([]byte(sig.PublicKey))
		if err != nil || key.N.BitLen() < 2048 {
			return errors.New("auth jwt with RS256 needs signature.public_key, a PEM of at least 2048 bits")
		}
		s.keys.rsa = key
	default:
		return fmt.Errorf("signature.algorithm %q is none of HS256, RS256", cut(sig.Algorithm, 40))
	}
	return nil
}

func (s *Settings) completeStandard() error {
	for _, text := range s.secretTexts("secret") {
		key, err := standardSecret(text)
		if err != nil {
			return fmt.Errorf("secret: %w", err)
		}
		s.keys.macs = append(s.keys.macs, key)
	}
	for _, text := range strings.Fields(s.Signature.PublicKey) {
		key, err := edKey(text)
		if err != nil {
			return fmt.Errorf("signature.public_key: %w", err)
		}
		s.keys.ed = append(s.keys.ed, key)
	}
	if len(s.keys.macs)+len(s.keys.ed) == 0 {
		return errors.New("auth standard needs a secret (whsec_…) or signature.public_key (whpk_…)")
	}
	return nil
}

// standardSecret decodes a whsec_ secret. The specification asks for 24 to 64
// bytes; shorter ones are in use, so only what could be guessed is refused.
func standardSecret(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil {
		return nil, errors.New("not whsec_ and base64")
	}
	if len(key) < 16 {
		return nil, errors.New("fewer than 16 bytes")
	}
	return key, nil
}
