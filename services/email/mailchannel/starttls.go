package mailchannel

import (
	"bytes"
	"io"
)

var startTLS = []byte("STARTTLS")

// maxHeld bounds what is held back of a line that may be a STARTTLS.
const maxHeld = 512 // a command line, RFC 5321 §4.5.3.1.4

// Read answers STARTTLS with a parameter by 501 (RFC 3207 §4), which go-smtp,
// seeing no more than the first eight letters of such a line, would begin TLS for.
// Only what stands at the beginning of a command is looked at: what comes first
// after an answer other than 354. Within TLS nothing looks like it, since records
// begin with their type.
func (t *trackedConn) Read(p []byte) (int, error) {
	if len(t.held) == 0 && t.command {
		if err := t.next(); err != nil {
			return 0, err
		}
	}
	if len(t.held) > 0 {
		n := copy(p, t.held)
		t.held = t.held[n:]
		return n, nil
	}
	return t.Conn.Read(p)
}

// Write notes whether a command or a mail comes next.
func (t *trackedConn) Write(p []byte) (int, error) {
	if len(p) > 0 {
		t.command = !bytes.HasPrefix(p, []byte("354"))
	}
	return t.Conn.Write(p)
}

// next reads until the line at hand is whole or is no STARTTLS, and answers what
// must not be one.
func (t *trackedConn) next() error {
	step := make([]byte, maxHeld)
	for {
		line, rest, whole := bytes.Cut(t.held, []byte("\n"))
		name, more := line[:min(len(line), len(startTLS))], line[min(len(line), len(startTLS)):]
		switch {
		case !bytes.EqualFold(name, startTLS[:len(name)]), whole && len(bytes.TrimSpace(more)) == 0:
			t.command = false
			return nil
		case len(line) >= maxHeld:
			_, _ = t.Conn.Write([]byte("500 5.5.2 the line is too long\r\n"))
			return io.EOF
		case whole:
			if _, err := t.Conn.Write(answerTo(more)); err != nil {
				return err
			}
			t.held = rest
			continue
		}
		n, err := t.Conn.Read(step)
		t.held = append(t.held, step[:n]...)
		if err != nil {
			return err
		}
	}
}

func answerTo(rest []byte) []byte {
	if rest[0] == ' ' || rest[0] == '\t' {
		return []byte("501 5.5.4 STARTTLS takes no parameter\r\n")
	}
	return []byte("500 5.5.2 no such command\r\n")
}
