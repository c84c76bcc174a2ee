package profile

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// verifyJWT checks a bearer token. The algorithm comes from the settings, never
// from the token: a token that chooses its own is how "none" and RS256-as-HS256
// forgeries work.
func (s *Settings) verifyJWT(req *channel.Request) error {
	text := req.Header.Get(s.Signature.Header)
	if scheme, rest, found := strings.Cut(text, " "); found && strings.EqualFold(scheme, "bearer") {
		text = strings.TrimSpace(rest)
	}
	tolerance := time.Duration(s.Tolerance) * time.Second
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{s.Signature.Algorithm}),
		jwt.WithLeeway(tolerance),
		jwt.WithTimeFunc(func() time.Time { return req.At }),
		jwt.WithIssuedAt(),
	}
	if s.Signature.Issuer != "" {
		options = append(options, jwt.WithIssuer(s.Signature.Issuer))
	}
	if s.Signature.Audience != "" {
		options = append(options, jwt.WithAudience(s.Signature.Audience))
	}
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(options...).ParseWithClaims(text, claims, func(*jwt.Token) (any, error) { return s.jwtKeys(), nil })
	if err != nil {
		return badSignature()
	}
	if err := s.checkBodyHash(claims, req.Body); err != nil {
		return err
	}
	return s.checkIssued(claims, req.At)
}

func (s *Settings) jwtKeys() any {
	if s.keys.rsa != nil {
		return s.keys.rsa
	}
	set := jwt.VerificationKeySet{}
	for _, key := range s.keys.macs {
		set.Keys = append(set.Keys, key)
	}
	return set
}

func (s *Settings) checkBodyHash(claims jwt.MapClaims, body []byte) error {
	if s.Signature.BodyHashClaim == "" {
		return nil
	}
	text, _ := claims[s.Signature.BodyHashClaim].(string)
	given, err := hex.DecodeString(text)
	sum := sha256.Sum256(body)
	if err != nil || subtle.ConstantTimeCompare(given, sum[:]) != 1 {
		return badSignature()
	}
	return nil
}

// checkIssued bounds the replay of a token that has no end: one with neither
// exp nor iat is refused, one without exp counts from its iat.
func (s *Settings) checkIssued(claims jwt.MapClaims, now time.Time) error {
	if exp, err := claims.GetExpirationTime(); err == nil && exp != nil {
		return nil
	}
	iat, err := claims.GetIssuedAt()
	if err != nil || iat == nil {
		return badSignature()
	}
	if now.Sub(iat.Time).Abs() > time.Duration(s.Tolerance)*time.Second {
		return channel.Refuse(http.StatusUnauthorized, "too-old", "the token is older than %d s", s.Tolerance)
	}
	return nil
}
