package rig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Said is a message of the plain profile.
type Said struct {
	ID         string     `json:"id"`
	Contact    SaidBy     `json:"contact"`
	Text       string     `json:"text"`
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
	ReplyTo    string     `json:"reply_to,omitempty"`
}

// SaidBy is its contact.
type SaidBy struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

var hooks = &http.Client{Timeout: 2 * Patience, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}

// Told has a provider tell something at an inbox's hook, and the hook take it.
func (s *Server) Told(t testing.TB, inbox Inbox, call fake.Request) {
	t.Helper()
	req, err := call.Request(t.Context(), s.URL(inbox.HookPath))
	if err != nil {
		t.Fatal(err)
	}
	res, err := hooks.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		t.Fatalf("%s: the hook answers %d", inbox.HookPath, res.StatusCode)
	}
}

// TryPost posts a body to a path as a provider would.
func (s *Server) TryPost(path string, body []byte) (Answer, error) {
	req, err := http.NewRequest(http.MethodPost, s.URL(path), strings.NewReader(string(body)))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	return do(hooks, req)
}

// TrySay posts one message; a nil error means that it was acknowledged.
func (s *Server) TrySay(inbox Inbox, said Said) error {
	body, err := json.Marshal(said)
	if err != nil {
		return err
	}
	got, err := s.TryPost(inbox.HookPath, body)
	if err != nil {
		return err
	}
	if got.Status != http.StatusAccepted && got.Status != http.StatusOK {
		return fmt.Errorf("the hook answers %d: %s", got.Status, got.Body)
	}
	return nil
}

// Say posts one message and wants it acknowledged.
func (s *Server) Say(t testing.TB, inbox Inbox, said Said) {
	t.Helper()
	if err := s.TrySay(inbox, said); err != nil {
		t.Fatal(err)
	}
}
