package shop

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/commerce/purchase"
)

// Kind is the channel's name.
const Kind = "shop"

// maxBatch bounds the orders of one request; a longer list is kept raw.
const maxBatch = 1000

var (
	hashes   = map[string]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New}
	decoders = map[string]func(string) ([]byte, error){"hex": hex.DecodeString, "base64": base64.StdEncoding.DecodeString}
)

// Adapter implements channel.Receiver. It holds no state.
type Adapter struct{}

// New makes the adapter.
func New() *Adapter { return &Adapter{} }

// Kind is "shop".
func (*Adapter) Kind() string { return Kind }

// SecretNames are those of all ways to prove a request; an inbox uses one.
func (*Adapter) SecretNames(config.Inbox) []string { return []string{"secret", "token", "password"} }

// Check completes the settings and marks the inbox as one way.
func (*Adapter) Check(inbox *config.Inbox) error {
	s, err := read(*inbox)
	if err != nil {
		return err
	}
	if err := s.check(inbox); err != nil {
		return err
	}
	if inbox.Settings, err = json.Marshal(s); err != nil {
		return fmt.Errorf("shop: encode settings: %w", err)
	}
	inbox.OneWay = true
	return nil
}

// Receive takes one order, or a list of them, and answers 200.
func (*Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := read(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost && req.Method != http.MethodPut {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	if !s.verified(inbox, req) {
		return nil, channel.Reply{}, channel.Refuse(http.StatusUnauthorized, "bad-signature", "the request is not proved")
	}
	doc, err := decode(req.Body)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusBadRequest, "bad-json", "the body is not one JSON value")
	}
	reply := channel.Reply{Status: http.StatusOK, Body: []byte{}}
	if s.Batch == "" {
		return []*events.Inbound{s.statement(inbox, req, doc, req.Body)}, reply, nil
	}
	items := s.Batch.list(doc)
	if len(items) == 0 || len(items) > maxBatch {
		return []*events.Inbound{purchase.Begin(inbox, req, events.Unknown, "", req.Body)}, reply, nil
	}
	var out []*events.Inbound
	for _, item := range items {
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, channel.Reply{}, fmt.Errorf("encode item: %w", err)
		}
		out = append(out, s.statement(inbox, req, item, raw))
	}
	return out, reply, nil
}

// decode reads one value and keeps every digit of its numbers.
func decode(body []byte) (doc any, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return doc, nil
}

func (s *Settings) verified(inbox config.Inbox, req *channel.Request) bool {
	switch s.Auth {
	case "none":
		return true
	case "hmac":
		secret := inbox.Secrets["secret"]
		given, ok := strings.CutPrefix(req.Header.Get(s.Signature.Header), s.Signature.Prefix)
		decode, hash := decoders[s.Signature.Encoding], hashes[s.Signature.Algorithm]
		if !ok || strings.TrimSpace(secret) == "" || decode == nil || hash == nil {
			return false
		}
		claimed, err := decode(given)
		if err != nil {
			return false
		}
		mac := hmac.New(hash, []byte(secret))
		mac.Write(req.Body)
		return hmac.Equal(mac.Sum(nil), claimed)
	case "token":
		given := req.Header.Get(s.TokenHeader)
		if strings.EqualFold(s.TokenHeader, "Authorization") {
			given = strings.TrimPrefix(given, "Bearer ")
		}
		return same(given, inbox.Secrets["token"])
	case "basic":
		user, password, ok := (&http.Request{Header: req.Header}).BasicAuth()
		known := same(user, s.User)
		return ok && same(password, inbox.Secrets["password"]) && known
	}
	return false
}

// same compares in a time that tells nothing of the secret. An empty secret is
// like nothing.
func same(given, secret string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && strings.TrimSpace(secret) != ""
}
