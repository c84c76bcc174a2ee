package rig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Agent speaks REST with a bearer token.
type Agent struct {
	t      testing.TB
	server *Server
	Token  string
	ID     events.AgentID
	web    *http.Client
}

// Admin signs the first administrator in.
func (s *Server) Admin(t testing.TB) *Agent {
	t.Helper()
	return s.SignIn(t, AdminEmail, AdminPassword)
}

// SignIn signs somebody in.
func (s *Server) SignIn(t testing.TB, email, password string) *Agent {
	t.Helper()
	a := &Agent{t: t, server: s, web: &http.Client{Timeout: 2 * Patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	t.Cleanup(a.web.CloseIdleConnections)
	var out struct {
		Token string
		Agent struct{ ID events.AgentID }
	}
	a.Call(http.MethodPost, "/session", map[string]string{"email": email, "password": password}, http.StatusOK, &out)
	a.Token, a.ID = out.Token, out.Agent.ID
	return a
}

// Colleague makes an agent and signs them in.
func (a *Agent) Colleague(email, role string, teams ...string) *Agent {
	a.t.Helper()
	a.Call(http.MethodPost, "/agents", map[string]any{"name": strings.Split(email, "@")[0], "email": email, "role": role, "teams": teams, "password": AdminPassword}, http.StatusCreated, nil)
	return a.server.SignIn(a.t, email, AdminPassword)
}

// Answer is what a request came to.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Try makes a request; pairs are header names and values. A body that is a
// string or bytes goes as it is, anything else as JSON.
func (a *Agent) Try(method, path string, body any, pairs ...string) (Answer, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return Answer{}, err
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, a.server.URL("/api/v1"+path), reader)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.Token != "" {
		req.Header.Set("Authorization", "Bearer "+a.Token)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	return do(a.web, req)
}

func do(client *http.Client, req *http.Request) (Answer, error) {
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: data}, err
}

// Call makes a request and wants a status; out, unless nil, takes the body. What
// is only read is asked for again while the program says that it cannot tell yet,
// as it does when its views are seconds behind what the same agent has written.
func (a *Agent) Call(method, path string, body any, want int, out any, pairs ...string) {
	a.t.Helper()
	got, err := a.Try(method, path, body, pairs...)
	if method == http.MethodGet && want != http.StatusServiceUnavailable {
		// What the last one says is looked at below.
		_ = Await(Patience, func() error {
			if err == nil && got.Status == http.StatusServiceUnavailable {
				if got, err = a.Try(method, path, body, pairs...); err == nil && got.Status == http.StatusServiceUnavailable {
					return errors.New("not yet")
				}
			}
			return nil
		})
	}
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	if got.Status != want {
		a.t.Fatalf("%s %s: %d, want %d: %s", method, path, got.Status, want, got.Body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(got.Body, out); err != nil {
		a.t.Fatalf("%s %s: %v: %s", method, path, err, got.Body)
	}
}

// Inbox is an inbox as its maker sees it.
type Inbox struct {
	ID        events.InboxID
	HookPath  string            `json:"hook_path"`
	Generated map[string]string `json:"generated"`
}

// HookToken is the last part of the hook path.
func (i Inbox) HookToken() string { return i.HookPath[strings.LastIndexByte(i.HookPath, '/')+1:] }

// Inbox makes one.
func (a *Agent) Inbox(channel, name string, settings map[string]any) Inbox {
	a.t.Helper()
	var out Inbox
	a.Call(http.MethodPost, "/inboxes", map[string]any{"channel": channel, "name": name, "settings": settings}, http.StatusCreated, &out)
	return out
}

// Shop makes a webhook inbox of the plain profile without a way out.
func (a *Agent) Shop() Inbox {
	a.t.Helper()
	return a.Inbox("webhook", "shop", map[string]any{"profile": "plain", "auth": "none"})
}

// Named makes a team or a queue and returns its id.
func (a *Agent) Named(path, name string, extra map[string]any) string {
	a.t.Helper()
	body := map[string]any{"name": name}
	for k, v := range extra {
		body[k] = v
	}
	var out struct{ ID string }
	a.Call(http.MethodPost, path, body, http.StatusCreated, &out)
	return out.ID
}

// Conversations is the whole list, every page of it.
func (a *Agent) Conversations() []events.Conversation {
	a.t.Helper()
	out, err := a.TryConversations()
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// TryConversations is Conversations with the failure as an error.
func (a *Agent) TryConversations() ([]events.Conversation, error) {
	return pages[events.Conversation](a, "/conversations?limit=200")
}

// Messages are all messages of a conversation, oldest first.
func (a *Agent) Messages(c events.ConversationID) []events.Message {
	a.t.Helper()
	out, err := a.TryMessages(c)
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// TryMessages is Messages with the failure as an error.
func (a *Agent) TryMessages(c events.ConversationID) ([]events.Message, error) {
	return pages[events.Message](a, "/conversations/"+string(c)+"/messages?forward=true&limit=200")
}

// TryFirst is the oldest message of a conversation, or nil.
func (a *Agent) TryFirst(c events.ConversationID) (*events.Message, error) {
	got, err := a.Try(http.MethodGet, "/conversations/"+string(c)+"/messages?forward=true&limit=1", nil)
	if err != nil {
		return nil, err
	}
	var page queries.Page[events.Message]
	if err := json.Unmarshal(got.Body, &page); err != nil || got.Status != http.StatusOK {
		return nil, fmt.Errorf("first message: %d: %w", got.Status, err)
	}
	if len(page.Items) == 0 {
		return nil, nil
	}
	return &page.Items[0], nil
}

// AllMessages are those of every conversation.
func (a *Agent) AllMessages() []events.Message {
	a.t.Helper()
	var out []events.Message
	for _, c := range a.Conversations() {
		out = append(out, a.Messages(c.ID)...)
	}
	return out
}

func pages[T any](a *Agent, path string) ([]T, error) {
	var out []T
	for cursor := ""; ; {
		got, err := a.Try(http.MethodGet, path+"&cursor="+url.QueryEscape(cursor), nil)
		if err != nil {
			return nil, err
		}
		if got.Status != http.StatusOK {
			return nil, fmt.Errorf("%s: %d: %s", path, got.Status, got.Body)
		}
		var page queries.Page[T]
		if err := json.Unmarshal(got.Body, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return out, nil
		}
	}
}

// Reply answers on a channel (empty: the one last used) and returns the message.
func (a *Agent) Reply(c events.ConversationID, channel, text, clientID string) events.Message {
	a.t.Helper()
	m, err := a.TryReply(c, channel, text, clientID)
	if err != nil {
		a.t.Fatal(err)
	}
	return m
}

// TryReply is Reply with the failure as an error; anything but 201 is one.
func (a *Agent) TryReply(c events.ConversationID, channel, text, clientID string) (events.Message, error) {
	body := map[string]string{"text": text, "client_id": clientID}
	if channel != "" {
		body["channel"] = channel
	}
	got, err := a.Try(http.MethodPost, "/conversations/"+string(c)+"/messages", body)
	if err != nil {
		return events.Message{}, err
	}
	if got.Status != http.StatusCreated {
		return events.Message{}, fmt.Errorf("reply: %d: %s", got.Status, got.Body)
	}
	var out struct{ Message *events.Message }
	if err := json.Unmarshal(got.Body, &out); err != nil || out.Message == nil {
		return events.Message{}, fmt.Errorf("reply answers no message (%w): %s", err, got.Body)
	}
	return *out.Message, nil
}

// Book is an inbox's balance as REST tells it.
type Book struct{ Received, Stored, Duplicate, Rejected uint64 }

// Books are those of every inbox.
func (a *Agent) Books() map[events.InboxID]Book {
	a.t.Helper()
	var out struct {
		Inboxes map[events.InboxID]Book
	}
	a.Call(http.MethodGet, "/books", nil, http.StatusOK, &out)
	return out.Inboxes
}

// AwaitBook waits until an inbox's balance is as wanted.
func (a *Agent) AwaitBook(inbox events.InboxID, want Book) {
	a.t.Helper()
	Eventually(a.t, func() error {
		if got := a.Books()[inbox]; got != want {
			return fmt.Errorf("the book of %s is %+v, want %+v", inbox, got, want)
		}
		return nil
	})
}

// AwaitMessages waits until a conversation has n messages (notes included) and
// returns them, oldest first.
func (a *Agent) AwaitMessages(c events.ConversationID, n int) []events.Message {
	a.t.Helper()
	var got []events.Message
	Eventually(a.t, func() (err error) {
		if got, err = a.TryMessages(c); err == nil && len(got) != n {
			err = fmt.Errorf("the conversation has %d messages, want %d", len(got), n)
		}
		return err
	})
	return got
}

// AwaitConversations waits until there are n conversations.
func (a *Agent) AwaitConversations(n int) []events.Conversation {
	a.t.Helper()
	var got []events.Conversation
	Eventually(a.t, func() (err error) {
		if got, err = a.TryConversations(); err == nil && len(got) != n {
			err = fmt.Errorf("there are %d conversations, want %d", len(got), n)
		}
		return err
	})
	return got
}

// AwaitStatus waits until a message has a status.
func (a *Agent) AwaitStatus(c events.ConversationID, m events.MessageID, want events.Status) events.Message {
	a.t.Helper()
	var found events.Message
	Eventually(a.t, func() error {
		list, err := a.TryMessages(c)
		if err != nil {
			return err
		}
		for _, found = range list {
			if found.ID == m && found.Status == want {
				return nil
			}
			if found.ID == m {
				return fmt.Errorf("the message is %s (%s), want %s", found.Status, found.StatusDetail, want)
			}
		}
		return fmt.Errorf("the conversation has no message %s", m)
	})
	return found
}

// Version is an If-Match value.
func Version(c events.Conversation) string { return strconv.FormatInt(c.Version, 10) }
