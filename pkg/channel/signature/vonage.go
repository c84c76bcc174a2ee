package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// VonageAge is how old a token may be, VonageAhead how far its time may lie in
// the future. Vonage tells for a day of what it could not deliver, perhaps under
// the first token; a repeat is harmless, because the token binds the body and
// what a body says is taken once for ever.
const (
	VonageAge   = 25 * time.Hour
	VonageAhead = 5 * time.Minute
)

// maxToken bounds a token in bytes.
const maxToken = 8 << 10

// VonageClaims are what a token says. Account is the key of the account whose
// signature secret it was made with.
type VonageClaims struct {
	IssuedAt    json.Number `json:"iat,omitempty"`
	Expires     json.Number `json:"exp,omitempty"`
	ID          string      `json:"jti,omitempty"`
	Issuer      string      `json:"iss,omitempty"`
	PayloadHash string      `json:"payload_hash,omitempty"`
	Account     string      `json:"api_key,omitempty"`
	Application string      `json:"application_id,omitempty"`
}

// Vonage checks the header Authorization of a request: a JSON web token under
// HS256, not older than [VonageAge], that holds the hash of this body. No other
// algorithm is taken, none least of all. Source: Vonage, "Signed webhooks".
func Vonage(secret, authorization string, body []byte, now time.Time) (VonageClaims, error) {
	claims, err := VonageToken(secret, authorization)
	if err != nil {
		return claims, err
	}
	want, err := hex.DecodeString(claims.PayloadHash)
	have := sha256.Sum256(body)
	if err != nil || !hmac.Equal(want, have[:]) {
		return VonageClaims{}, ErrWrong
	}
	issued, err := claims.IssuedAt.Float64()
	if err != nil || !within(issued, now, VonageAge, VonageAhead) {
		return VonageClaims{}, ErrOld
	}
	if claims.Expires != "" {
		if until, err := claims.Expires.Float64(); err != nil || float64(now.Add(-VonageAhead).Unix()) > until {
			return VonageClaims{}, ErrOld
		}
	}
	return claims, nil
}

func within(issued float64, now time.Time, past, ahead time.Duration) bool {
	return issued >= float64(now.Add(-past).Unix()) && issued <= float64(now.Add(ahead).Unix())
}

// VonageToken checks the signature of a token and reads it; what it says of time
// and body is not looked at.
func VonageToken(secret, authorization string) (VonageClaims, error) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	if scheme == "" {
		return VonageClaims{}, ErrMissing
	}
	parts := strings.Split(strings.TrimSpace(token), ".")
	if !strings.EqualFold(scheme, "bearer") || len(parts) != 3 || len(token) > maxToken || secret == "" {
		return VonageClaims{}, ErrWrong
	}
	sum, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(sum, vonageSum(secret, parts[0]+"."+parts[1])) {
		return VonageClaims{}, ErrWrong
	}
	var header struct {
		Algorithm string   `json:"alg"`
		Critical  []string `json:"crit"`
	}
	var claims VonageClaims
	if part(parts[0], &header) != nil || header.Algorithm != "HS256" || len(header.Critical) > 0 || part(parts[1], &claims) != nil {
		return VonageClaims{}, ErrWrong
	}
	return claims, nil
}

// SignVonage is the header's value for a body; it fills in the hash.
func SignVonage(secret string, claims VonageClaims, body []byte) string {
	sum := sha256.Sum256(body)
	claims.PayloadHash = hex.EncodeToString(sum[:])
	said, _ := json.Marshal(claims) // a number that is none leaves nothing to sign
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(said)
	return "Bearer " + token + "." + base64.RawURLEncoding.EncodeToString(vonageSum(secret, token))
}

func vonageSum(secret, signed string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

func part(text string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
