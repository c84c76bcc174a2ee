package mailchannel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// recipient is one accepted RCPT TO.
type recipient struct {
	inbox    config.Inbox
	settings Settings
	address  string                // as the client wrote it
	token    events.ConversationID // from the verified plus part of that address
}

// addressed lists where a mail was sent to, in the order of trust: the envelope,
// then what the last servers wrote down, then what the author wrote. A reply token
// may stand in any of them.
func addressed(env Envelope, m *mailparse.Mail) []string {
	out := append(slices.Clone(env.To), m.DeliveredTo...)
	for _, list := range [][]mailparse.Address{m.To, m.Cc} {
		for _, to := range list {
			out = append(out, to.Address)
		}
	}
	return out
}

// find looks up whose address this is. A plus part that no inbox has as an
// alias is dropped, and read as a conversation token if it is signed.
func find(inboxes channel.Inboxes, address string) (recipient, bool) {
	want := normal(address)
	if want == "" {
		return recipient{}, false
	}
	base, extra := want, ""
	if local, domain, _ := strings.Cut(want, "@"); strings.Contains(local, "+") {
		user, plus, _ := strings.Cut(local, "+")
		base, extra = user+"@"+domain, plus
	}
	var found recipient
	ok := false
	for _, inbox := range inboxes.List(Kind) {
		s, err := ParseSettings(inbox)
		if err != nil {
			continue
		}
		for _, a := range append([]string{s.Address}, s.Aliases...) {
			switch normal(a) {
			case want: // the exact address goes before the one without its plus part
				return recipient{inbox: inbox, settings: s, address: address}, true
			case base:
				if !ok {
					found = recipient{inbox: inbox, settings: s, address: address, token: readToken(inbox, extra)}
					ok = true
				}
			}
		}
	}
	return found, ok
}

// owns reports whether an address is one of ours.
func owns(inboxes channel.Inboxes, address string) bool {
	if inboxes == nil {
		return false
	}
	_, ok := find(inboxes, address)
	return ok
}

// tokenIn looks for a conversation token of the inbox in the plus parts of
// addresses. The signature is what counts, so the rest of the address may be one
// that a provider gave us.
func tokenIn(inbox config.Inbox, addresses []string) events.ConversationID {
	for _, address := range addresses {
		local, _, _ := strings.Cut(normal(address), "@")
		if _, plus, ok := strings.Cut(local, "+"); ok {
			if id := readToken(inbox, plus); id != "" {
				return id
			}
		}
	}
	return ""
}

const tokenMAC = 16 // hexadecimal characters: 64 bits, and a guess costs a mail

// makeToken signs a conversation id for the plus part of an address.
func makeToken(inbox config.Inbox, id events.ConversationID) string {
	key := inbox.Secrets[SecretReplyKey]
	if key == "" || id == "" {
		return ""
	}
	return string(id) + "-" + mac(key, inbox.ID, string(id))
}

// readToken returns the conversation of a token that is ours, else "".
func readToken(inbox config.Inbox, token string) events.ConversationID {
	key := inbox.Secrets[SecretReplyKey]
	id, sum, ok := strings.Cut(token, "-")
	if key == "" || !ok || !hmac.Equal([]byte(sum), []byte(mac(key, inbox.ID, id))) {
		return ""
	}
	return events.ConversationID(id)
}

func mac(key string, inbox events.InboxID, id string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(string(inbox) + "\x00" + id))
	return hex.EncodeToString(h.Sum(nil))[:tokenMAC]
}
