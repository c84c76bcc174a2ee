package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// callTimeout bounds one request; a server that is slower is broken.
const callTimeout = 20 * time.Second

// door is one keep-alive HTTP/1.1 connection. It writes requests as bytes,
// because a general client would cost the generator as much as the server's own
// work on the same two cores.
type door struct {
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
}

func openDoor(ctx context.Context, address string) (*door, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &door{conn: conn, r: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (d *door) close() { _ = d.conn.Close() } // nothing of ours is unsent

// call sends one request and reads the whole answer, whose size it returns.
func (d *door) call(method, path, token string, body []byte) (status, size int, err error) {
	b := append(d.buf[:0], method...)
	b = append(b, ' ')
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: bench\r\n"...)
	if token != "" {
		b = append(b, "Authorization: Bearer "...)
		b = append(b, token...)
		b = append(b, "\r\n"...)
	}
	if body != nil {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	b = append(b, body...)
	d.buf = b
	if err := d.conn.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return 0, 0, fmt.Errorf("set deadline: %w", err)
	}
	if _, err := d.conn.Write(b); err != nil {
		return 0, 0, fmt.Errorf("send request: %w", err)
	}
	res, err := http.ReadResponse(d.r, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("read answer: %w", err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return 0, 0, fmt.Errorf("read answer: %w", err)
	}
	return res.StatusCode, int(n), res.Body.Close()
}
