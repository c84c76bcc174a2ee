package chatchannel

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

const (
	kindVisitor  = "visitor"
	kindExternal = "external"
	kindEmail    = "email"
)

// A visitor token is "v1.<random>.<tag>": 256 random bits, and an HMAC that
// binds them to the inbox and to the signed-in user, or to nobody. The point of
// the visitor is a hash of the random part alone, so it stays the same when the
// visitor signs in.
type visitorToken struct {
	random string
	// fresh says that the token was made now: what the client held was absent,
	// malformed, or bound to somebody else.
	fresh bool
}

const (
	tokenPrefix  = "v1."
	randomLength = 43 // 32 bytes in base64url
)

func secretsOf(inbox config.Inbox) []string {
	var out []string
	for _, name := range secretNames() {
		if s := inbox.Secrets[name]; s != "" {
			out = append(out, s)
		}
	}
	return out
}

func tag(secret string, inbox events.InboxID, random, user string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range []string{"visitor", string(inbox), random, user} {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// readToken takes the token a client holds. user is the signed-in user or
// empty. A token of a signed-in user serves that user only: the next person at
// the same browser gets a fresh one, and with it none of the former's talk.
func readToken(inbox config.Inbox, given, user string) visitorToken {
	rest, ok := strings.CutPrefix(given, tokenPrefix)
	random, mark, found := strings.Cut(rest, ".")
	if ok && found && len(random) == randomLength {
		for _, secret := range secretsOf(inbox) {
			if hmac.Equal([]byte(mark), []byte(tag(secret, inbox.ID, random, user))) ||
				(user != "" && hmac.Equal([]byte(mark), []byte(tag(secret, inbox.ID, random, "")))) {
				return visitorToken{random: random}
			}
		}
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // crypto/rand ends the program rather than fail
	return visitorToken{random: base64.RawURLEncoding.EncodeToString(raw), fresh: true}
}

// text is the token as the client keeps it from now on.
func (t visitorToken) text(inbox config.Inbox, user string) string {
	secrets := secretsOf(inbox)
	if len(secrets) == 0 {
		return ""
	}
	return tokenPrefix + t.random + "." + tag(secrets[0], inbox.ID, t.random, user)
}

func (t visitorToken) point(inbox events.InboxID) events.Point {
	sum := sha256.Sum256([]byte(t.random))
	return events.Point{Kind: kindVisitor, Value: hex.EncodeToString(sum[:])[:32], Scope: string(inbox), Trust: events.Proved}
}

var errBadIdentity = errors.New("hmac does not prove user_id")

// maxUserID bounds a signed-in user's id in bytes.
const maxUserID = 256

// proveUser checks the hex HMAC-SHA256 over the user id under one of the
// inbox's identity secrets.
func proveUser(inbox config.Inbox, user, given string) error {
	mac, err := hex.DecodeString(given)
	if err != nil || user == "" || len(user) > maxUserID || !utf8.ValidString(user) || strings.ContainsFunc(user, unicode.IsControl) {
		return errBadIdentity
	}
	for _, secret := range secretsOf(inbox) {
		want := hmac.New(sha256.New, []byte(secret))
		want.Write([]byte(user))
		if hmac.Equal(mac, want.Sum(nil)) {
			return nil
		}
	}
	return errBadIdentity
}

// SignUser is what a page's server computes: hex HMAC-SHA256 of the user id
// under the inbox's identity secret.
func SignUser(secret, user string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(user))
	return hex.EncodeToString(mac.Sum(nil))
}

// typedEmail normalises an address that a visitor typed. It is only ever
// claimed.
func typedEmail(given string) (events.Point, bool) {
	given = strings.TrimSpace(given)
	if given == "" || len(given) > 320 || strings.ContainsAny(given, "<> \t\r\n\"(),;:") {
		return events.Point{}, false
	}
	addr, err := mail.ParseAddress(given)
	if err != nil {
		return events.Point{}, false
	}
	return events.Point{Kind: kindEmail, Value: strings.ToLower(addr.Address), Trust: events.Claimed}, true
}
