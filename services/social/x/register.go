package x

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
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// webhook is an address that X posts the activity of an app's accounts to.
// Valid is false once it has failed a challenge.
type webhook struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	Valid bool   `json:"valid"`
}

// Register makes the app's webhook and subscribes the account to it: X API v2,
// "Webhooks" and "Account Activity". An app has few webhooks, so one that leads
// to another inbox of this program is used, and hands on what is ours. A webhook
// that failed a challenge is challenged again. X takes no address with a port.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	if u, err := url.Parse(hook); err != nil || u.Scheme != "https" || u.Port() != "" {
		return errors.New("x: the webhook's address must be https and without a port")
	}
	app, err := a.app(ctx, s, inbox)
	if err != nil {
		return err
	}
	found, err := app.webhook(ctx, hook)
	if err != nil {
		return err
	}
	return a.subscribe(ctx, s, inbox, found.ID)
}

// app makes calls for the application: its own token opens what is about
// webhooks, an account's does not.
type app struct {
	a     *Adapter
	s     Settings
	token string
}

// app signs the application in: "OAuth 2.0 Bearer Token (App-only)".
func (a *Adapter) app(ctx context.Context, s Settings, inbox config.Inbox) (*app, error) {
	pair := url.QueryEscape(inbox.Secrets[secretKey]) + ":" + url.QueryEscape(inbox.Secrets[secretConsumer])
	call := provider.Call{URL: s.URL + "/oauth2/token", Private: s.AllowPrivate, Body: []byte("grant_type=client_credentials"), Header: http.Header{
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(pair))}, "Content-Type": {"application/x-www-form-urlencoded;charset=UTF-8"},
	}}
	var said struct {
		Type  string `json:"token_type"`
		Token string `json:"access_token"`
	}
	if err := read(a.client.Do(ctx, call))(&said); err != nil {
		return nil, fmt.Errorf("x: sign the app in: %w", err)
	}
	if !strings.EqualFold(said.Type, "bearer") || said.Token == "" || strings.ContainsAny(said.Token, "\r\n") {
		return nil, errors.New("x: sign the app in: the answer holds no token")
	}
	return &app{a, s, said.Token}, nil
}

func (p *app) ask(ctx context.Context, method, path string, body, into any) error {
	call := provider.Call{Header: http.Header{}}
	if body != nil {
		var err error
		if call, err = provider.JSON("", body); err != nil {
			return err
		}
	}
	call.Method, call.URL, call.Private = method, p.s.URL+path, p.s.AllowPrivate
	call.Header.Set("Authorization", "Bearer "+p.token)
	return read(p.a.client.Do(ctx, call))(into)
}

// webhook finds the app's webhook that leads here, or makes it.
func (p *app) webhook(ctx context.Context, hook string) (webhook, error) {
	var list struct {
		Data []webhook `json:"data"`
	}
	if err := p.ask(ctx, http.MethodGet, "/2/webhooks", nil, &list); err != nil {
		return webhook{}, fmt.Errorf("x: list webhooks: %w", err)
	}
	var found webhook
	for _, w := range list.Data {
		if digits(w.ID) && (w.URL == hook || found.ID == "" && account.SameDoor(w.URL, hook)) {
			found = w
		}
	}
	switch {
	case found.ID == "":
		var made struct {
			webhook
			Data webhook `json:"data"`
		}
		if err := p.ask(ctx, http.MethodPost, "/2/webhooks", map[string]string{"url": hook}, &made); err != nil {
			return found, fmt.Errorf("x: make the webhook: %w", err)
		}
		if found = made.webhook; found.ID == "" {
			found = made.Data
		}
		if !digits(found.ID) {
			return found, errors.New("x: make the webhook: the answer names none")
		}
	case !found.Valid:
		if err := p.ask(ctx, http.MethodPut, "/2/webhooks/"+found.ID, nil, nil); err != nil {
			return found, fmt.Errorf("x: challenge the webhook again: %w", err)
		}
	}
	return found, nil
}

// subscribe has the webhook told what happens on the account, in whose name this
// is asked. An account that is subscribed stays so.
func (a *Adapter) subscribe(ctx context.Context, s Settings, inbox config.Inbox, id string) error {
	path := s.URL + "/2/account_activity/webhooks/" + id + "/subscriptions/all"
	var state struct {
		Data struct {
			Subscribed bool `json:"subscribed"`
		} `json:"data"`
	}
	// One that is not subscribed is answered with an error or with false.
	if read(a.do(ctx, s, inbox, provider.Call{Method: http.MethodGet, URL: path}))(&state) == nil && state.Data.Subscribed {
		return nil
	}
	if err := read(a.do(ctx, s, inbox, provider.Call{URL: path}))(&state); err != nil {
		return fmt.Errorf("x: subscribe the account: %w", err)
	}
	if !state.Data.Subscribed {
		return errors.New("x: subscribe the account: X did not")
	}
	return nil
}

// read takes an answer that must be a success apart; into may be nil.
func read(got provider.Answer, err error) func(into any) error {
	return func(into any) error {
		if err != nil {
			return err
		}
		if !got.OK() {
			var p said
			_ = json.Unmarshal(got.Body, &p) // without a title the status says it
			return fmt.Errorf("it answered %d %s", got.Status, intake.Clip(p.Title, 100))
		}
		if into != nil && json.Unmarshal(got.Body, into) != nil {
			return errors.New("the answer cannot be read")
		}
		return nil
	}
}
