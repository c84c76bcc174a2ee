package profile

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// envelope is what a CloudEvent (CloudEvents 1.0, HTTP binding) says about its
// data. key is source and id, which together are unique.
type envelope struct {
	key  string
	kind string
	at   time.Time
}

// mode is how a request carries CloudEvents.
type mode int

const (
	notCloudEvents mode = iota
	binaryMode
	structuredMode
	batchMode
)

func cloudEventsMode(h http.Header) mode {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case strings.HasPrefix(kind, "application/cloudevents-batch"):
		return batchMode
	case strings.HasPrefix(kind, "application/cloudevents"):
		return structuredMode
	case h.Get("Ce-Specversion") != "":
		return binaryMode
	}
	return notCloudEvents
}

func badEvent(format string, args ...any) error {
	return channel.Refuse(http.StatusBadRequest, "bad-cloudevent", format, args...)
}

// binaryEnvelope reads the ce- headers.
func binaryEnvelope(h http.Header) (*envelope, error) {
	value := map[string]string{}
	for _, name := range []string{"id", "source", "specversion", "type", "time"} {
		text := h.Get("Ce-" + name)
		if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
			text = text[1 : len(text)-1]
		}
		plain, err := url.PathUnescape(text)
		if err != nil || !utf8.ValidString(plain) {
			return nil, badEvent("the header ce-%s is not percent-encoded UTF-8", name)
		}
		value[name] = plain
	}
	return newEnvelope(func(name string) string { return value[name] })
}

// structuredEnvelope reads an event object and gives its data.
func structuredEnvelope(doc any) (*envelope, any, error) {
	o, ok := doc.(map[string]any)
	if !ok {
		return nil, nil, badEvent("an event must be a JSON object, it is %s", kindOf(doc))
	}
	env, err := newEnvelope(func(name string) string {
		s, _ := o[name].(string)
		return s
	})
	if err != nil {
		return nil, nil, err
	}
	if data, has := o["data"]; has {
		return env, data, nil
	}
	text, _ := o["data_base64"].(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil, nil, badEvent("the event has neither data nor readable data_base64")
	}
	data, err := Decode(raw)
	return env, data, err
}

func newEnvelope(value func(string) string) (*envelope, error) {
	id, source := value("id"), value("source")
	switch {
	case value("specversion") != "1.0":
		return nil, badEvent("specversion must be 1.0")
	case id == "" || source == "" || value("type") == "":
		return nil, badEvent("an event needs id, source and type")
	case len(id)+len(source) > MaxID-1:
		return nil, badEvent("id and source together are over %d bytes", MaxID-1)
	}
	env := &envelope{key: source + " " + id, kind: value("type")}
	if text := value("time"); text != "" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, badEvent("time is not an RFC 3339 time")
		}
		env.at = at
	}
	return env, nil
}
