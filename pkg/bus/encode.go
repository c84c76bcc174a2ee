package bus

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
)

const (
	// headerID carries the message's UUID. Nats-Msg-Id cannot: it is one name
	// space for the whole stream, and the same UUID may be published to two
	// topics of it.
	headerID = "Bus-Id"
	// headerMore carries metadata that a header line cannot: JSON in base64.
	headerMore = "Bus-More"
)

// encode makes the header of a message. Metadata with a plain name and value,
// such as traceparent, become header lines of the same name.
func encode(msg *message.Message) (nats.Header, error) {
	h := nats.Header{}
	if msg.UUID != "" {
		if !plainValue(msg.UUID) {
			return nil, fmt.Errorf("message uuid %q does not fit a header", msg.UUID)
		}
		h[headerID] = []string{msg.UUID}
	}
	var more map[string]string
	for k, v := range msg.Metadata {
		if plainKey(k) && plainValue(v) {
			h[k] = []string{v}
			continue
		}
		if more == nil {
			more = map[string]string{}
		}
		more[k] = v
	}
	if more != nil {
		b, err := json.Marshal(moreOf(more))
		if err != nil {
			return nil, fmt.Errorf("encode metadata: %w", err)
		}
		h[headerMore] = []string{base64.StdEncoding.EncodeToString(b)}
	}
	return h, nil
}

// moreOf keeps names and values as bytes: JSON strings would turn what is not
// UTF-8 into something else.
func moreOf(m map[string]string) [][2][]byte {
	pairs := make([][2][]byte, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, [2][]byte{[]byte(k), []byte(v)})
	}
	return pairs
}

// decode never fails: a message that others published has no Bus-Id, and then
// its Nats-Msg-Id is the UUID. A Bus-More that is not one stays a metadata.
func decode(h nats.Header, data []byte) *message.Message {
	msg := message.NewMessage(first(h, headerID), data)
	if msg.UUID == "" {
		msg.UUID = first(h, nats.MsgIdHdr)
	}
	for k, v := range h {
		if len(v) == 0 || strings.HasPrefix(k, "Nats-") || k == headerID {
			continue
		}
		if k == headerMore && decodeMore(v[0], msg.Metadata) {
			continue
		}
		msg.Metadata[k] = v[0]
	}
	return msg
}

func decodeMore(s string, into message.Metadata) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	var pairs [][2][]byte
	if json.Unmarshal(b, &pairs) != nil {
		return false
	}
	for _, p := range pairs {
		into[string(p[0])] = string(p[1])
	}
	return true
}

func first(h nats.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// plainKey refuses what is not a token (RFC 9110 section 5.6.2) and the names
// that have a meaning to the server or to this package.
func plainKey(k string) bool {
	if k == "" || len(k) > 128 || reserved(k, "nats-") || reserved(k, "bus-") {
		return false
	}
	for i := range len(k) {
		c := k[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return true
}

func reserved(k, prefix string) bool {
	return len(k) >= len(prefix) && strings.EqualFold(k[:len(prefix)], prefix)
}

// plainValue refuses what a header line would change.
func plainValue(v string) bool {
	for i := range len(v) {
		if v[i] < ' ' || v[i] >= 0x7f {
			return false
		}
	}
	return v == strings.TrimSpace(v)
}
