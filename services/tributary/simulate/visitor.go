package simulate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// visitor is a customer's chat window, signed in as that customer.
type visitor struct {
	conn   *websocket.Conn
	world  *world
	ended  chan struct{}
	mu     sync.Mutex // guards what follows, and writing
	acks   map[string]chan answer
	failed error
}

// answer is what a message came to: nil when it is stored.
type answer struct {
	err   error
	retry time.Duration
}

// perAddress is how many windows share one address of this machine. Sockets of
// one address are limited; customers are not all behind one.
const perAddress = 25

func (w *world) openChat(ctx context.Context, c *customer) (*visitor, error) {
	u, err := url.Parse(w.o.URL)
	if err != nil {
		return nil, fmt.Errorf("open the chat: %w", err)
	}
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, TLSClientConfig: nil}
	if ip := net.ParseIP(u.Hostname()).To4(); ip != nil && ip.IsLoopback() {
		from := net.IPv4(127, 0, 1, byte(1+c.number/perAddress%250))
		dialer.NetDialContext = (&net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: from}}).DialContext
	}
	conn, _, err := dialer.DialContext(ctx, socketURL(w.o.URL)+w.inbox.chat, nil)
	if err != nil {
		return nil, fmt.Errorf("open the chat: %w", err)
	}
	v := &visitor{conn: conn, world: w, ended: make(chan struct{}), acks: map[string]chan answer{}}
	mac := hmac.New(sha256.New, []byte(w.inbox.chatSecret))
	mac.Write([]byte(c.id))
	hello := map[string]any{"type": "hello", "user_id": c.id, "hmac": hex.EncodeToString(mac.Sum(nil)), "name": c.name, "email": c.email, "lang": c.lang.code}
	welcomed := make(chan struct{})
	go v.read(sync.OnceFunc(func() { close(welcomed) }))
	if err := v.write(hello); err != nil {
		v.close()
		return nil, err
	}
	select {
	case <-welcomed:
		return v, nil
	case <-v.ended:
		return nil, v.why()
	case <-time.After(15 * time.Second):
		v.close()
		return nil, errors.New("the chat gives no welcome")
	}
}

func socketURL(base string) string { return "ws" + strings.TrimPrefix(base, "http") }

func (v *visitor) write(frame any) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fmt.Errorf("write to the chat: %w", err)
	}
	if err := v.conn.WriteJSON(frame); err != nil {
		return fmt.Errorf("write to the chat: %w", err)
	}
	return nil
}

// read takes frames until the socket ends.
func (v *visitor) read(welcomed func()) {
	defer close(v.ended)
	for {
		_, data, err := v.conn.ReadMessage()
		if err != nil {
			v.end(err)
			return
		}
		var f struct {
			Type     string `json:"type"`
			ClientID string `json:"client_id"`
			Code     string `json:"code"`
			RetryMS  int    `json:"retry_ms"`
			From     string `json:"from"`
		}
		if err := json.Unmarshal(data, &f); err != nil {
			v.end(err)
			return
		}
		switch f.Type {
		case "welcome":
			welcomed()
		case "ack":
			v.settle(f.ClientID, answer{})
		case "error":
			v.settle(f.ClientID, answer{fmt.Errorf("the chat says %s", f.Code), time.Duration(f.RetryMS) * time.Millisecond})
		case "message":
			if f.From == "agent" {
				v.world.books.count("answers shown in a chat window")
			}
		}
	}
}

func (v *visitor) settle(id string, a answer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ch := v.acks[id]; ch != nil {
		delete(v.acks, id)
		ch <- a // it has room for one
	}
}

func (v *visitor) end(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed = err
	for id, ch := range v.acks {
		delete(v.acks, id)
		ch <- answer{err: err}
	}
}

func (v *visitor) why() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Errorf("the chat ended: %w", v.failed)
}

func (v *visitor) close() {
	_ = v.conn.Close() // the reader sees it
	<-v.ended
}

// talk sends one message in the chat and waits until it is stored; a window that
// was closed is opened again.
func (c *customer) talk(ctx context.Context, u utterance) error {
	for {
		a := c.typeOnce(ctx, u)
		if a.retry == 0 || !sleep(ctx, a.retry) {
			return a.err
		}
		c.world.books.count("asked to slow down")
	}
}

func (c *customer) typeOnce(ctx context.Context, u utterance) answer {
	if c.chat != nil {
		select {
		case <-c.chat.ended:
			c.chat = nil
		default:
		}
	}
	if c.chat == nil {
		v, err := c.world.openChat(ctx, c)
		if err != nil {
			return answer{err: err}
		}
		c.chat = v
	}
	id := strings.Trim(u.mark, "[]")
	ch := make(chan answer, 1)
	v := c.chat
	v.mu.Lock()
	v.acks[id] = ch
	v.mu.Unlock()
	if err := v.write(map[string]string{"type": "message", "client_id": id, "text": u.text}); err != nil {
		return answer{err: err}
	}
	select {
	case a := <-ch:
		return a
	case <-v.ended:
		return answer{err: v.why()}
	case <-time.After(20 * time.Second):
		return answer{err: errors.New("the chat does not answer")}
	}
}
