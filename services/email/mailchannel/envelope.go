package mailchannel

import (
	"mime"
	"strings"
)

// Envelope is how a mail came: what the client said before DATA, which the
// headers may contradict and in which alone a Bcc shows.
type Envelope struct {
	From string   // MAIL FROM; empty for bounces
	To   []string // every RCPT TO that was accepted, as written
	Helo string
	Peer string // IP address
	TLS  bool
}

// rawType writes the envelope into the media type under which the raw bytes
// are kept, so that they stay as they came.
func (e Envelope) rawType() string {
	params := map[string]string{"from": "<" + e.From + ">", "to": strings.Join(e.To, ","), "helo": e.Helo, "peer": e.Peer}
	if e.TLS {
		params["tls"] = "yes"
	}
	for k, v := range params {
		if len(v) > 4096 {
			params[k] = strings.ToValidUTF8(v[:4096], "")
		}
	}
	if t := mime.FormatMediaType(RawType, params); t != "" {
		return t
	}
	return RawType
}

// RawType is the media type of raw mail.
const RawType = "message/rfc822"

// ParseEnvelope reads the envelope out of events.Raw.Type, for tools that show
// or redrive raw mail.
func ParseEnvelope(rawType string) (Envelope, bool) {
	kind, params, err := mime.ParseMediaType(rawType)
	if err != nil || kind != RawType || params["from"] == "" {
		return Envelope{}, false
	}
	e := Envelope{From: strings.Trim(params["from"], "<>"), Helo: params["helo"], Peer: params["peer"], TLS: params["tls"] == "yes"}
	if params["to"] != "" {
		e.To = strings.Split(params["to"], ",")
	}
	return e, true
}
