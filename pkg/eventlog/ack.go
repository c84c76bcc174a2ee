package eventlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// ack is the server's answer to an append.
type ack struct {
	stream    string
	seq       uint64
	duplicate bool
}

var errBadAck = errors.New("answer is not a publish acknowledgement")

// readAck reads an answer to an append to stream. The common one is taken apart
// by hand, because on the busy path a general decoder costs more than the
// append's own write.
func readAck(m *nats.Msg, stream string) (ack, *serverError, error) {
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return ack{}, nil, fmt.Errorf("%w: nobody holds the subject", ErrUnavailable)
	}
	a, ok := quickAck(m.Data)
	if !ok {
		var se *serverError
		var err error
		if a, se, err = slowAck(m.Data); se != nil || err != nil {
			return ack{}, se, err
		}
	}
	if a.stream != stream {
		return ack{}, nil, fmt.Errorf("%w: the subject belongs to another stream", ErrRejected)
	}
	return a, nil, nil
}

// quickAck understands {"stream":"S", "seq":17}, with or without the space, and
// nothing else.
func quickAck(b []byte) (ack, bool) {
	rest, ok := bytes.CutPrefix(b, []byte(`{"stream":"`))
	if !ok {
		return ack{}, false
	}
	name, rest, ok := bytes.Cut(rest, []byte(`",`))
	if !ok || !plain(name) {
		return ack{}, false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimPrefix(rest, []byte(" ")), []byte(`"seq":`))
	if !ok {
		return ack{}, false
	}
	num, ok := bytes.CutSuffix(rest, []byte("}"))
	if !ok {
		return ack{}, false
	}
	seq, ok := digits(num)
	return ack{stream: string(name), seq: seq}, ok
}

// plain says that a JSON string of these bytes means the bytes themselves.
func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return len(b) > 0
}

func digits(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 19 || b[0] == '0' {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

func slowAck(b []byte) (ack, *serverError, error) {
	var a struct {
		Error     *serverError `json:"error"`
		Stream    string       `json:"stream"`
		Seq       uint64       `json:"seq"`
		Duplicate bool         `json:"duplicate"`
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return ack{}, nil, fmt.Errorf("%w: %w", errBadAck, err)
	}
	if a.Error != nil {
		return ack{}, a.Error, nil
	}
	if a.Stream == "" || a.Seq == 0 {
		return ack{}, nil, errBadAck
	}
	return ack{stream: a.Stream, seq: a.Seq, duplicate: a.Duplicate}, nil, nil
}
