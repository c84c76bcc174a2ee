package rig

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// ChatFrame is any frame from the visitor's socket.
type ChatFrame struct {
	Type     string
	Visitor  string
	Cursor   uint64
	Seq      uint64
	ID       string
	ClientID string `json:"client_id"`
	From     string
	Text     string
	Author   string
	Code     string
	Detail   string
	RetryMS  int `json:"retry_ms"`
	// Attachments are the files of a line, QuickReplies what it offers to press.
	Attachments  []events.Attachment
	QuickReplies []events.QuickReply `json:"quick_replies"`
	Lines        []ChatFrame
}

// Visitor is somebody at the web chat.
type Visitor struct {
	t     testing.TB
	conn  *websocket.Conn
	Token string
	// Past are the lines of the welcome; Last is the newest seq seen.
	Past []ChatFrame
	Last uint64

	early []ChatFrame // came before the ack that was waited for, oldest first
}

// Hello is a visitor's first frame.
type Hello struct {
	Visitor string `json:"visitor,omitempty"`
	UserID  string `json:"user_id,omitempty"`
	HMAC    string `json:"hmac,omitempty"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	After   uint64 `json:"after,omitempty"`
}

// Signed is the hello of a customer whom the shop's page proves with the
// inbox's identity secret.
func Signed(secret, user, name string) Hello {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(user))
	return Hello{UserID: user, HMAC: hex.EncodeToString(mac.Sum(nil)), Name: name}
}

// Visit opens the chat.
func (s *Server) Visit(t testing.TB, inbox Inbox, hello Hello) *Visitor {
	t.Helper()
	v, err := s.TryVisit(t, inbox, hello)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Cut)
	return v
}

// TryVisit is Visit with the failure as an error; the caller cuts.
func (s *Server) TryVisit(t testing.TB, inbox Inbox, hello Hello) (*Visitor, error) {
	dialer := websocket.Dialer{HandshakeTimeout: Patience}
	conn, resp, err := dialer.Dial("ws://"+s.HTTP+"/chat/"+inbox.HookToken(), nil)
	if resp != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	v := &Visitor{t: t, conn: conn}
	err = conn.WriteJSON(struct {
		Type string `json:"type"`
		Hello
	}{"hello", hello})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	welcome, err := v.TryNext()
	if err == nil && welcome.Type != "welcome" {
		err = fmt.Errorf("the chat answers hello with %s %s", welcome.Type, welcome.Code)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	v.Token, v.Past, v.Last = welcome.Visitor, welcome.Lines, max(welcome.Cursor, hello.After)
	return v, nil
}

// TryNext is the next frame that was not told of yet.
func (v *Visitor) TryNext() (ChatFrame, error) {
	if len(v.early) > 0 {
		f := v.early[0]
		v.early = v.early[1:]
		return f, nil
	}
	return v.read()
}

func (v *Visitor) read() (ChatFrame, error) {
	_ = v.conn.SetReadDeadline(time.Now().Add(Patience))
	_, data, err := v.conn.ReadMessage()
	if err != nil {
		return ChatFrame{}, err
	}
	var f ChatFrame
	if err := json.Unmarshal(data, &f); err != nil {
		return f, err
	}
	v.Last = max(v.Last, f.Seq)
	return f, nil
}

// ErrTold is an error frame: the socket lives, the message was not taken.
var ErrTold = errors.New("the chat says")

// TrySay sends a message and waits for its ack; an answer may come before it, and is
// kept for TryNext. It is for a visitor of whom nothing else is read at the same time.
func (v *Visitor) TrySay(clientID, text string) error {
	return v.tell(clientID, map[string]string{"type": "message", "client_id": clientID, "text": text})
}

// Press presses a button of a line, as the widget does, and waits for the ack.
func (v *Visitor) Press(clientID string, on ChatFrame, button events.QuickReply) {
	v.t.Helper()
	if err := v.tell(clientID, map[string]string{"type": "message", "client_id": clientID, "text": button.Label, "pressed": button.Value, "id": on.ID}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *Visitor) tell(clientID string, frame map[string]string) error {
	if err := v.conn.WriteJSON(frame); err != nil {
		return err
	}
	for {
		f, err := v.read()
		switch {
		case err != nil:
			return err
		case f.Type == "ack" && f.ClientID == clientID:
			return nil
		case f.Type == "error":
			return fmt.Errorf("%w: %s, %s", ErrTold, f.Code, f.Detail)
		}
		v.early = append(v.early, f)
	}
}

// Say is TrySay that has to succeed.
func (v *Visitor) Say(clientID, text string) {
	v.t.Helper()
	if err := v.TrySay(clientID, text); err != nil {
		v.t.Fatal(err)
	}
}

// End ends the chat, as the widget does, and waits for the ack.
func (v *Visitor) End(clientID string) {
	v.t.Helper()
	if err := v.tell(clientID, map[string]string{"type": "end", "client_id": clientID}); err != nil {
		v.t.Fatal(err)
	}
}

// AwaitEnd reads until the chat shows that the visitor ended it.
func (v *Visitor) AwaitEnd() ChatFrame {
	v.t.Helper()
	for {
		f, err := v.TryNext()
		if err != nil {
			v.t.Fatalf("waiting for the end: %v", err)
		}
		if f.Type == "ended" {
			return f
		}
	}
}

// AwaitLine reads until an agent says the text.
func (v *Visitor) AwaitLine(text string) ChatFrame {
	v.t.Helper()
	for {
		f, err := v.TryNext()
		if err != nil {
			v.t.Fatalf("waiting for %q: %v", text, err)
		}
		if f.Type == "message" && f.From == "agent" && f.Text == text {
			return f
		}
	}
}

// Cut ends the connection as a lost network does.
func (v *Visitor) Cut() { _ = v.conn.NetConn().Close() }
