package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// maxAnswer bounds an answer in bytes.
const maxAnswer = 64 << 20

// client speaks REST as one person.
type client struct {
	http  *http.Client
	base  string // without a slash at the end
	token string
}

func newHTTP() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second,
	}}
}

// refused is an answer that is not a success.
type refused struct {
	what   string
	status int
	code   string
}

func (r *refused) Error() string { return fmt.Sprintf("%s answered %d %s", r.what, r.status, r.code) }

// call sends body as JSON and decodes the answer into into, which may be nil. A
// version other than nought goes as If-Match.
func (c *client) call(ctx context.Context, method, path string, version int64, body, into any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode %s: %w", path, err)
		}
	}
	for {
		wait, err := c.once(ctx, method, path, version, data, into)
		if wait == 0 || !sleep(ctx, wait) {
			return err
		}
	}
}

// once asks one time; a wait other than nought means that the server asks to
// come back, which changes nothing twice: commands carry a client id or version.
func (c *client) once(ctx context.Context, method, path string, version int64, data []byte, into any) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(data))
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if len(data) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if version > 0 {
		req.Header.Set("If-Match", strconv.FormatInt(version, 10))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode/100 != 2 {
		var problem struct{ Code string }
		_ = json.Unmarshal(answer, &problem) // a code is a courtesy
		var wait time.Duration
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
			wait = min(time.Duration(seconds)*time.Second, 5*time.Second)
		}
		return wait, &refused{method + " " + path, res.StatusCode, problem.Code}
	}
	if into == nil || len(answer) == 0 {
		return 0, nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return 0, nil
}

// sleep reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *client) signIn(ctx context.Context, email, password string) error {
	var session struct{ Token string }
	body := map[string]string{"email": email, "password": password}
	if err := c.call(ctx, "POST", "/api/v1/session", 0, body, &session); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	c.token = session.Token
	return nil
}
