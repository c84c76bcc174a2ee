package profile

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// maxEntries bounds the signatures of one header that are tried.
const maxEntries = 16

// Verify checks that the request comes from whom the settings say: the address,
// the signature over the exact bytes of the body, and the signed time. Its
// error is a [*channel.Refusal]: 401 for a proof that is missing, wrong or too
// old, 403 for an address that may not post. All wrong proofs get one answer,
// so that nobody learns which part was right.
func (s *Settings) Verify(req *channel.Request) error {
	if !s.fromAllowed(req.Remote) {
		return channel.Refuse(http.StatusForbidden, "address-not-allowed", "this address may not post here")
	}
	switch s.Auth {
	case "none":
		return nil
	case "token":
		return s.verifyToken(req)
	case "basic":
		return s.verifyBasic(req)
	case "hmac", "ed25519":
		return s.verifySigned(req)
	case "jwt":
		return s.verifyJWT(req)
	case "standard":
		return s.verifyStandard(req)
	}
	return errors.New("settings were not completed")
}

func badSignature() error {
	return channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature or token is missing or wrong")
}

func (s *Settings) fromAllowed(remote string) bool {
	if len(s.allowed) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	addr = addr.Unmap().WithZone("")
	for _, prefix := range s.allowed {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func (s *Settings) verifyToken(req *channel.Request) error {
	given := req.Header.Get(s.Signature.Header)
	given = strings.TrimPrefix(given, s.Signature.Prefix)
	if scheme, rest, found := strings.Cut(given, " "); found && strings.EqualFold(scheme, "bearer") {
		given = strings.TrimSpace(rest)
	}
	if anyToken(s.keys.tokens, given) {
		return nil
	}
	return badSignature()
}

func anyToken(tokens [][]byte, given string) bool {
	sum := sha256.Sum256([]byte(given))
	ok := 0
	for _, token := range tokens {
		want := sha256.Sum256(token)
		ok |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return ok == 1
}

func (s *Settings) verifyBasic(req *channel.Request) error {
	r := http.Request{Header: req.Header}
	user, password, ok := r.BasicAuth()
	if ok && anyToken([][]byte{[]byte(s.Username + "\x00" + s.Secrets["password"])}, user+"\x00"+password) {
		return nil
	}
	return badSignature()
}

func (s *Settings) verifySigned(req *channel.Request) error {
	sig := &s.Signature
	header := strings.Join(req.Header.Values(sig.Header), ",")
	ts := ""
	if sig.TimestampHeader != "" {
		ts = req.Header.Get(sig.TimestampHeader)
	} else if sig.TimestampParam != "" {
		ts = first(params(header, sig.TimestampParam))
	}
	signed := render(s.keys.pattern, req, ts, req.Header.Get(sig.IDHeader))
	entries := []string{header}
	if sig.Param != "" {
		entries = params(header, sig.Param)
	}
	for i, entry := range entries {
		if i == maxEntries {
			break
		}
		if s.matches(entry, signed) {
			return s.checkTime(ts, req.At)
		}
	}
	return badSignature()
}

func (s *Settings) matches(entry string, signed []byte) bool {
	entry = strings.TrimSpace(entry)
	rest, ok := strings.CutPrefix(entry, s.Signature.Prefix)
	if !ok {
		return false
	}
	given, err := decodeSignature(rest, s.Signature.Encoding)
	if err != nil || len(given) == 0 {
		return false
	}
	for _, key := range s.keys.macs {
		mac := hmac.New(newHash(s.Signature.Algorithm), key)
		mac.Write(signed)
		if hmac.Equal(given, mac.Sum(nil)) {
			return true
		}
	}
	for _, key := range s.keys.ed {
		if len(given) == ed25519.SignatureSize && ed25519.Verify(key, signed, given) {
			return true
		}
	}
	return false
}

// checkTime holds a signed time against the tolerance. It comes after the
// signature, so that only the true sender learns about clocks.
func (s *Settings) checkTime(ts string, now time.Time) error {
	if ts == "" {
		if s.Signature.TimestampHeader == "" && s.Signature.TimestampParam == "" {
			return nil
		}
		return badSignature()
	}
	n, err := strconv.ParseInt(ts, 10, 64)
	if err != nil || n <= 0 {
		return badSignature()
	}
	at := time.Unix(n, 0)
	if n > 1e11 { // milliseconds: as seconds this would be the year 5138
		at = time.UnixMilli(n)
	}
	if d := now.Sub(at); d.Abs() > time.Duration(s.Tolerance)*time.Second {
		return channel.Refuse(http.StatusUnauthorized, "too-old", "the signed time differs from ours by more than %d s", s.Tolerance)
	}
	return nil
}

func (s *Settings) verifyStandard(req *channel.Request) error {
	id, ts := standardHeader(req.Header, "id"), standardHeader(req.Header, "timestamp")
	if id == "" || ts == "" {
		return badSignature()
	}
	if strings.Contains(id, ".") {
		// A dot in the id could move the border between id and time.
		return channel.Refuse(http.StatusUnauthorized, "bad-signature", "webhook-id must not contain a dot")
	}
	signed := append([]byte(id+"."+ts+"."), req.Body...)
	for i, entry := range strings.Fields(standardHeader(req.Header, "signature")) {
		if i == maxEntries {
			break
		}
		version, text, _ := strings.Cut(entry, ",")
		given, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !s.standardMatch(version, given, signed) {
			continue
		}
		if n, err := strconv.ParseInt(ts, 10, 64); err != nil || n <= 0 {
			return badSignature()
		}
		return s.checkTime(ts, req.At)
	}
	return badSignature()
}

func (s *Settings) standardMatch(version string, given, signed []byte) bool {
	switch version {
	case "v1":
		for _, key := range s.keys.macs {
			mac := hmac.New(sha256.New, key)
			mac.Write(signed)
			if hmac.Equal(given, mac.Sum(nil)) {
				return true
			}
		}
	case "v1a":
		for _, key := range s.keys.ed {
			if len(given) == ed25519.SignatureSize && ed25519.Verify(key, signed, given) {
				return true
			}
		}
	}
	return false
}

// standardHeader reads a Standard Webhooks header under its own name or under
// the name Svix gave the same scheme.
func standardHeader(h http.Header, name string) string {
	if v := h.Get("webhook-" + name); v != "" {
		return v
	}
	return h.Get("svix-" + name)
}

// SignStandard signs a body as Standard Webhooks v1 with every secret given
// (two while a key is being changed) and returns the value of the header.
func SignStandard(id string, at time.Time, body []byte, secrets ...string) (string, error) {
	var entries []string
	for _, text := range secrets {
		key, err := standardSecret(text)
		if err != nil {
			return "", fmt.Errorf("sign: %w", err)
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		entries = append(entries, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if len(entries) == 0 {
		return "", errors.New("sign: no secret")
	}
	return strings.Join(entries, " "), nil
}

func newHash(name string) func() hash.Hash {
	switch name {
	case "sha256":
		return sha256.New
	case "sha1":
		return sha1.New
	case "sha512":
		return sha512.New
	}
	return nil
}

func decodeSignature(text, encoding string) ([]byte, error) {
	switch encoding {
	case "base64":
		return base64.StdEncoding.DecodeString(text)
	case "base64url":
		return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	return hex.DecodeString(text)
}

// params reads a header of the form "t=1, v1=ab, v1=cd" and gives every value
// of one name, in order.
func params(header, name string) []string {
	var out []string
	for part := range strings.SplitSeq(header, ",") {
		k, v, found := strings.Cut(strings.TrimSpace(part), "=")
		if found && k == name && len(out) < maxEntries {
			out = append(out, v)
		}
	}
	return out
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
