package graph

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// SignatureHeader carries the proof over the raw body: Meta, "Validating
// payloads" of the Webhooks guide.
const SignatureHeader = "X-Hub-Signature-256"

// maxChallenge bounds what is echoed when a hook is confirmed, in bytes.
const maxChallenge = 512

// Admit lets a request in. A GET is the confirmation of the hook, and reply is
// its whole answer; for a POST with a valid signature reply is nil and the body
// may be read. The error is a channel.Refusal: 403 for a confirmation with
// another token, 401 for a body that was not signed with the app secret, 405 for
// any other method.
func Admit(inbox config.Inbox, req *channel.Request) (reply *channel.Reply, err error) {
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		return challenge(inbox.Secrets[VerifyToken], req)
	case http.MethodPost:
		return nil, verify(inbox.Secrets[AppSecret], req)
	}
	return nil, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
}

// Sign computes the header's value.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func challenge(token string, req *channel.Request) (*channel.Reply, error) {
	if req.URL == nil {
		return nil, channel.Refuse(http.StatusForbidden, "bad-token", "this is no confirmation of a hook")
	}
	q := req.URL.Query()
	answer := q.Get("hub.challenge")
	if q.Get("hub.mode") != "subscribe" || token == "" || subtle.ConstantTimeCompare([]byte(q.Get("hub.verify_token")), []byte(token)) != 1 {
		return nil, channel.Refuse(http.StatusForbidden, "bad-token", "the verify token does not match")
	}
	if answer == "" || len(answer) > maxChallenge {
		return nil, channel.Refuse(http.StatusForbidden, "bad-challenge", "the challenge is empty or too long")
	}
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}}
	return &channel.Reply{Status: http.StatusOK, Header: header, Body: []byte(answer)}, nil
}

func verify(secret string, req *channel.Request) error {
	bad := channel.Refuse(http.StatusUnauthorized, "bad-signature", "the signature does not match")
	values := req.Header.Values(SignatureHeader)
	if secret == "" || len(values) != 1 {
		return bad
	}
	text, ok := strings.CutPrefix(values[0], "sha256=")
	given, err := hex.DecodeString(text)
	if !ok || err != nil || len(given) != sha256.Size {
		return bad
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(req.Body)
	if !hmac.Equal(given, mac.Sum(nil)) {
		return bad
	}
	return nil
}

// proof is the appsecret_proof of a call.
func proof(secret, token string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}
