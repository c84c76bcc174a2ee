package vonage

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/account"
)

// webhook is an address that the application reports to.
type webhook struct {
	Address string `json:"address"`
	Method  string `json:"http_method"`
}

// Register has the application post messages and receipts to the hook: Vonage,
// "Application API v2". It needs api_key and api_secret, those of the account:
// the application's own key opens no settings. All numbers of an application
// share its addresses, so those of another inbox of this program are replaced and
// those of another program are not. That the number is linked to the application
// is seen to in Vonage's dashboard.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := settings(inbox)
	switch {
	case err != nil:
		return err
	case s.Account == "" || inbox.Secrets[secretAPI] == "":
		return errors.New("vonage: give api_key and api_secret, or enter the hook in Vonage's dashboard")
	case !strings.HasPrefix(hook, "https://"):
		return errors.New("vonage: the webhook's address must be https")
	}
	// What is not about messages goes back as it came.
	app := map[string]json.RawMessage{}
	if err := a.application(ctx, &s, inbox, nil, &app); err != nil {
		return err
	}
	capabilities, err := section[json.RawMessage](app["capabilities"])
	if err != nil {
		return err
	}
	messages, err := section[json.RawMessage](capabilities["messages"])
	if err != nil {
		return err
	}
	hooks, err := section[webhook](messages["webhooks"])
	if err != nil {
		return err
	}
	for _, name := range []string{"inbound_url", "status_url"} {
		if had := hooks[name].Address; had != "" && !placeholder(had) && !account.SameDoor(had, hook) {
			return errors.New("vonage: the application already reports to another address")
		}
		hooks[name] = webhook{hook, http.MethodPost}
	}
	return a.change(ctx, &s, inbox, app, capabilities, messages, hooks)
}

// section is a part of the settings that may not be there yet.
func section[T any](raw json.RawMessage) (map[string]T, error) {
	out := map[string]T{}
	if len(raw) > 0 && json.Unmarshal(raw, &out) != nil {
		return nil, errors.New("vonage: the application's settings cannot be read")
	}
	if out == nil {
		out = map[string]T{} // null
	}
	return out, nil
}

func (a *Adapter) change(ctx context.Context, s *Settings, inbox config.Inbox, app, capabilities, messages map[string]json.RawMessage, hooks map[string]webhook) error {
	var err error
	put := func(into map[string]json.RawMessage, name string, value any) {
		if err == nil {
			into[name], err = json.Marshal(value)
		}
	}
	put(messages, "webhooks", hooks)
	put(capabilities, "messages", messages)
	put(app, "capabilities", capabilities)
	if err != nil {
		return fmt.Errorf("vonage: %w", err)
	}
	for _, name := range []string{"id", "_links"} { // Vonage's own
		delete(app, name)
	}
	return a.application(ctx, s, inbox, app, nil)
}

// placeholder is an address that the dashboard fills in for want of one.
func placeholder(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Hostname() == "example.com" || u.Hostname() == "www.example.com")
}

// application reads the application, or writes it where there is a change.
func (a *Adapter) application(ctx context.Context, s *Settings, inbox config.Inbox, change map[string]json.RawMessage, into any) error {
	call := provider.Call{Method: http.MethodGet, Header: http.Header{}}
	if change != nil {
		var err error
		if call, err = provider.JSON("", change); err != nil {
			return err
		}
		call.Method = http.MethodPut
	}
	call.URL, call.Private = s.URL+"/v2/applications/"+url.PathEscape(s.Application), s.AllowPrivate
	call.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(s.Account+":"+inbox.Secrets[secretAPI])))
	answer, err := a.client.Do(ctx, call)
	switch {
	case err != nil:
		return fmt.Errorf("ask vonage: %w", err)
	case !answer.OK():
		return fmt.Errorf("ask vonage: it answered %d about the application", answer.Status)
	case into != nil && json.Unmarshal(answer.Body, into) != nil:
		return errors.New("ask vonage: the answer cannot be read")
	}
	return nil
}
