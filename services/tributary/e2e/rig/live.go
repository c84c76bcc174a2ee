package rig

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
)

// Frame is any frame from the agents' socket.
type Frame struct {
	Type         string
	ID           string
	Cursor       string
	Fact         string
	Code         string
	Detail       string
	Status       int
	Resumed      bool
	Agent        events.AgentID
	State        string
	Conversation *events.Conversation
	Message      *events.Message
	Items        []events.Conversation
	Messages     []events.Message
}

// Live is an agent's socket.
type Live struct {
	t    testing.TB
	conn *websocket.Conn
	// Cursor is the place after the last whole decision that was read.
	Cursor string
}

// TryLive opens a socket and reads its hello.
func (s *Server) TryLive(t testing.TB, token string) (*Live, error) {
	dialer := websocket.Dialer{HandshakeTimeout: Patience}
	conn, resp, err := dialer.Dial("ws://"+s.HTTP+"/live?token="+token, http.Header{})
	if resp != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	l := &Live{t: t, conn: conn}
	hello, err := l.TryNext()
	if err == nil && hello.Type != live.TypeHello {
		err = fmt.Errorf("the first frame is %s", hello.Type)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	l.Cursor = hello.Cursor
	return l, nil
}

// Watch opens a socket and subscribes to everything, from a cursor or, without
// one, from a snapshot, which it returns.
func (a *Agent) Watch(cursor string) (*Live, Frame) {
	a.t.Helper()
	l, err := a.server.TryLive(a.t, a.Token)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(l.Cut)
	l.Send(live.Client{Type: live.TypeSubscribe, ID: "1", View: live.ViewAll, Cursor: cursor})
	if cursor != "" {
		l.Cursor = cursor
		return l, Frame{}
	}
	for {
		f := l.Next()
		if f.Type == live.TypeSnapshot {
			l.Cursor = f.Cursor
			return l, f
		}
	}
}

// Send writes a frame.
func (l *Live) Send(frame any) {
	l.t.Helper()
	if err := l.conn.WriteJSON(frame); err != nil {
		l.t.Fatal(err)
	}
}

// Next is the next frame.
func (l *Live) Next() Frame {
	l.t.Helper()
	f, err := l.TryNext()
	if err != nil {
		l.t.Fatalf("read the socket: %v", err)
	}
	return f
}

// TryNext is Next with the failure as an error.
func (l *Live) TryNext() (Frame, error) {
	_ = l.conn.SetReadDeadline(time.Now().Add(Patience))
	_, data, err := l.conn.ReadMessage()
	if err != nil {
		return Frame{}, err
	}
	var f Frame
	return f, json.Unmarshal(data, &f)
}

// AwaitEvent reads until an event satisfies want.
func (l *Live) AwaitEvent(what string, want func(Frame) bool) Frame {
	l.t.Helper()
	deadline := time.Now().Add(Patience)
	for time.Now().Before(deadline) {
		f := l.Next()
		if f.Type == live.TypeError {
			l.t.Fatalf("the socket says %s: %s", f.Code, f.Detail)
		}
		if f.Type == live.TypeEvent && want(f) {
			return f
		}
	}
	l.t.Fatalf("no event: %s", what)
	return Frame{}
}

// AwaitText reads until a message with this text is added.
func (l *Live) AwaitText(text string) Frame {
	l.t.Helper()
	return l.AwaitEvent("message "+text, func(f Frame) bool {
		return f.Fact == "message.added" && f.Message != nil && f.Message.Text == text
	})
}

// Cut ends the connection as a lost network does: no close frame.
func (l *Live) Cut() { _ = l.conn.NetConn().Close() }

// Raw is the connection itself.
func (l *Live) Raw() *websocket.Conn { return l.conn }
