package profile_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// vector is a signature that its provider's own tests publish.
type vector struct {
	Provider  string `json:"provider"`
	Secret    string `json:"secret"`
	PublicKey string `json:"public_key"`
	ID        string `json:"id"`
	Timestamp string `json:"timestamp"`
	Body      string `json:"body"`
	Header    string `json:"header"`
	Value     string `json:"value"`
}

// described are the providers whose scheme the settings can describe: the same
// check, told in words instead of code.
var described = map[string]string{
	"standard-webhooks": `{"profile":"standard"`,
	"line":              `{"auth":"hmac","signature":{"header":"X-Line-Signature","encoding":"base64"}`,
	"meta":              `{"auth":"hmac","signature":{"header":"X-Hub-Signature-256","prefix":"sha256="}`,
	"slack":             `{"auth":"hmac","signature":{"header":"X-Slack-Signature","prefix":"v0=","template":"v0:{ts}:{body}","timestamp_header":"X-Slack-Request-Timestamp"}`,
	"shopify":           `{"auth":"hmac","signature":{"header":"X-Shopify-Hmac-Sha256","encoding":"base64"}`,
	"viber":             `{"auth":"hmac","signature":{"header":"X-Viber-Content-Signature"}`,
	"vonage":            `{"auth":"jwt"`,
	"discord":           `{"auth":"ed25519","signature":{"header":"X-Signature-Ed25519","template":"{ts}{body}","timestamp_header":"X-Signature-Timestamp","public_key":"%s"}`,
}

// own are vectors that stand here so that the test says something without the
// corpus; the corpus adds every other one it has.
var own = []vector{
	{Provider: "standard-webhooks", Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp: "1614265330", Body: `{"test": 2432232314}`, Header: "webhook-signature", Value: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	{Provider: "shopify", Secret: "hush", Body: `"my secret message"`, Header: "X-Shopify-Hmac-Sha256", Value: "hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI="},
}

func vectors(t *testing.T) []vector {
	corpus := os.Getenv("TRIBUTARY_CORPUS")
	if corpus == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the vectors written here")
		return own
	}
	data, err := os.ReadFile(filepath.Join(corpus, "..", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	out := own
	for _, r := range raw {
		var v vector
		if err := json.Unmarshal(r, &v); err == nil { // some providers sign forms, whose vectors have another shape
			out = append(out, v)
		}
	}
	return out
}

func TestVectors(t *testing.T) {
	seen := 0
	for _, v := range vectors(t) {
		template, ok := described[v.Provider]
		if !ok || v.Header == "" {
			continue
		}
		seen++
		if strings.Contains(template, "%s") {
			template = fmt.Sprintf(template, v.PublicKey)
		}
		if v.Secret != "" {
			secret, err := json.Marshal(v.Secret)
			if err != nil {
				t.Fatal(err)
			}
			template += `,"secret":` + string(secret)
		}
		s, _ := settings(t, template+"}")
		make := func(body, value string, at time.Time) *channel.Request {
			req := request(body, v.Header, value, "Webhook-Id", v.ID, "Webhook-Timestamp", v.Timestamp, "X-Slack-Request-Timestamp", v.Timestamp, "X-Signature-Timestamp", v.Timestamp)
			req.At = at
			return req
		}
		at := now
		if n, err := strconv.ParseInt(v.Timestamp, 10, 64); err == nil {
			at = time.Unix(n, 0)
		}
		if err := s.Verify(make(v.Body, v.Value, at)); err != nil {
			t.Errorf("%s: %v", v.Provider, err)
		}
		if v.Timestamp != "" {
			for _, d := range []time.Duration{-301 * time.Second, 301 * time.Second} {
				if err := s.Verify(make(v.Body, v.Value, at.Add(d))); err == nil {
					t.Errorf("%s: taken %v away", v.Provider, d)
				}
			}
		}
		if v.Provider == "vonage" {
			continue // a bearer token; it is not made over the body
		}
		for name, req := range map[string]*channel.Request{
			"changed body": make(v.Body+" ", v.Value, at), "no signature": make(v.Body, "", at),
			"cut": make(v.Body, v.Value[:len(v.Value)-2], at), "changed": make(v.Body, flip(v.Value), at),
		} {
			if err := s.Verify(req); err == nil {
				t.Errorf("%s: %s is taken", v.Provider, name)
			}
		}
	}
	if seen < len(own) {
		t.Errorf("%d vectors", seen)
	}
}

func flip(s string) string {
	b := []byte(s)
	b[len(b)/2] ^= 1
	return string(b)
}

func TestStandardRotationAndEd25519(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const a, b = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	s, _ := settings(t, `{"profile":"standard","secret":"`+a+`","previous_secret":"`+b+`","signature":{"public_key":"whpk_`+base64.StdEncoding.EncodeToString(public)+`"}}`)
	ts := strconv.FormatInt(now.Unix(), 10)
	sign := func(secret string) string {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "id1.%s.{}", ts)
		return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	v1a := "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte("id1."+ts+".{}")))
	asV1 := strings.Replace(v1a, "v1a,", "v1,", 1)
	for name, row := range map[string]struct {
		signature string
		good      bool
	}{
		"new key": {sign(a), true}, "old key": {sign(b), true}, "asymmetric": {v1a, true}, "after unknown ones": {"v9,AAAA v1,AAAA x " + sign(a), true},
		"asymmetric as symmetric": {asV1, false}, "version missing": {strings.TrimPrefix(sign(a), "v1,"), false}, "v2": {strings.Replace(sign(a), "v1,", "v2,", 1), false},
		"none": {"", false}, "hundreds before it": {strings.Repeat("v1,AAAA ", 300) + sign(a), false},
	} {
		err := s.Verify(request("{}", "webhook-id", "id1", "webhook-timestamp", ts, "webhook-signature", row.signature))
		if (err == nil) != row.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Verify(request("{}", "svix-id", "id1", "svix-timestamp", ts, "svix-signature", sign(a))); err != nil {
		t.Errorf("under its other name: %v", err)
	}
	// id "id1.<ts>" with the rest moved over would sign the same bytes.
	if err := s.Verify(request("x", "webhook-id", "id1."+ts, "webhook-timestamp", ts, "webhook-signature", sign(a))); err == nil {
		t.Error("an id with a dot is taken")
	}
}

func TestTokensBasicAndAddresses(t *testing.T) {
	token, _ := settings(t, `{"auth":"token","token":"new","previous_token":"old","signature":{"header":"X-Key"}}`)
	basic, _ := settings(t, `{"auth":"basic","username":"shop","password":"pass"}`)
	ips, _ := settings(t, `{"allow_ips":["203.0.113.0/24","2001:db8::7"]}`)
	auth := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, row := range map[string]struct {
		err  error
		good bool
	}{
		"token": {token.Verify(request("", "X-Key", "new")), true}, "old token": {token.Verify(request("", "X-Key", "old")), true}, "bearer": {token.Verify(request("", "X-Key", "Bearer new")), true},
		"wrong token": {token.Verify(request("", "X-Key", "newx")), false}, "no token": {token.Verify(request("")), false}, "other header": {token.Verify(request("", "Authorization", "new")), false},
		"basic": {basic.Verify(request("", "Authorization", auth("shop:pass"))), true}, "basic, wrong": {basic.Verify(request("", "Authorization", auth("shop:x"))), false},
		"basic, no user": {basic.Verify(request("", "Authorization", auth(":pass"))), false}, "basic, moved border": {basic.Verify(request("", "Authorization", auth("shop\x00pass:"))), false},
		"address": {ips.Verify(request("")), true},
	} {
		if (row.err == nil) != row.good {
			t.Errorf("%s: %v", name, row.err)
		}
	}
	for remote, good := range map[string]bool{"203.0.113.255:1": true, "203.0.114.1:1": false, "[2001:db8::7]:9": true, "[2001:db8::8]:9": false, "[::ffff:203.0.113.9]:1": true, "": false, "nonsense": false} {
		req := request("", "X-Forwarded-For", "203.0.113.5")
		req.Remote = remote
		if err := ips.Verify(req); (err == nil) != good {
			t.Errorf("%q: %v", remote, err)
		}
	}
}

func TestJWT(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	text, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	hs, _ := settings(t, `{"auth":"jwt","secret":"shared","signature":{"issuer":"them","audience":"us","body_hash_claim":"payload_hash"}}`)
	rs, _ := settings(t, `{"auth":"jwt","signature":{"algorithm":"RS256","public_key":`+string(text)+`}}`)
	sum := sha256.Sum256([]byte("body"))
	claims := func(change ...any) jwt.MapClaims {
		c := jwt.MapClaims{"iss": "them", "aud": "us", "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "payload_hash": hex.EncodeToString(sum[:])}
		for i := 0; i+1 < len(change); i += 2 {
			if change[i+1] == nil {
				delete(c, change[i].(string))
			} else {
				c[change[i].(string)] = change[i+1]
			}
		}
		return c
	}
	token := func(method jwt.SigningMethod, key any, c jwt.MapClaims) *channel.Request {
		signed, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return request("body", "Authorization", "Bearer "+signed)
	}
	shared := []byte("shared")
	for name, row := range map[string]struct {
		err  error
		good bool
	}{
		"good":                   {hs.Verify(token(jwt.SigningMethodHS256, shared, claims())), true},
		"without an end":         {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("exp", nil))), true},
		"without end or issue":   {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("exp", nil, "iat", nil))), false},
		"old without an end":     {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("exp", nil, "iat", now.Add(-time.Hour).Unix()))), false},
		"ended":                  {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("exp", now.Add(-time.Hour).Unix()))), false},
		"not yet":                {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("nbf", now.Add(time.Hour).Unix()))), false},
		"another issuer":         {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("iss", "x"))), false},
		"for another":            {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("aud", "x"))), false},
		"another body":           {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("payload_hash", hex.EncodeToString(make([]byte, 32))))), false},
		"no body hash":           {hs.Verify(token(jwt.SigningMethodHS256, shared, claims("payload_hash", nil))), false},
		"another key":            {hs.Verify(token(jwt.SigningMethodHS256, []byte("other"), claims())), false},
		"another algorithm":      {hs.Verify(token(jwt.SigningMethodHS512, shared, claims())), false},
		"no algorithm":           {hs.Verify(token(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims())), false},
		"not a token":            {hs.Verify(request("body", "Authorization", "Bearer a.b.c")), false},
		"RS256":                  {rs.Verify(token(jwt.SigningMethodRS256, key, claims())), true},
		"public key as a secret": {rs.Verify(token(jwt.SigningMethodHS256, []byte(public), claims())), false},
	} {
		if (row.err == nil) != row.good {
			t.Errorf("%s: %v", name, row.err)
		}
	}
}
