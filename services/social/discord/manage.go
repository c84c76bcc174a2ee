package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// Test asks Discord for the application of the token, and compares its key.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	_, err := a.application(ctx, inbox)
	return err
}

// Register makes the slash command, or replaces the one of that name, and then
// gives Discord the address, which it tries before it takes it.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	if !strings.HasPrefix(hook, "https://") {
		return errors.New("discord: the endpoint's address must be https")
	}
	id, err := a.application(ctx, inbox)
	if err != nil {
		return err
	}
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	const text, attachment = 3, optionFile
	err = a.manage(ctx, inbox, http.MethodPost, "/applications/"+id+"/commands", map[string]any{
		"name": s.Command, "description": "Write to us", "options": []map[string]any{
			{"type": text, "name": "message", "description": "What is it about?", "required": true},
			{"type": attachment, "name": "file", "description": "A picture or a document"},
		},
	}, nil)
	if err != nil {
		return err
	}
	return a.manage(ctx, inbox, http.MethodPatch, "/applications/@me", map[string]string{"interactions_endpoint_url": hook}, nil)
}

// application is the id of the token's application.
func (a *Adapter) application(ctx context.Context, inbox config.Inbox) (string, error) {
	var app struct {
		ID  string `json:"id"`
		Key string `json:"verify_key"`
	}
	s, err := settings(inbox)
	if err != nil {
		return "", err
	}
	if err := a.manage(ctx, inbox, http.MethodGet, "/applications/@me", nil, &app); err != nil {
		return "", err
	}
	if _, ok := moment(app.ID); !ok {
		return "", errors.New("discord: the answer cannot be read")
	}
	if !strings.EqualFold(app.Key, s.PublicKey) {
		return "", errors.New("discord: the public key is not that of the token's application")
	}
	return app.ID, nil
}

// manage makes a call that sends nothing. in and out may be nil.
func (a *Adapter) manage(ctx context.Context, inbox config.Inbox, method, path string, in, out any) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	var body []byte
	kind := ""
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		kind = "application/json"
	}
	c := caller{a, s, inbox.Secrets[secretToken]}
	got, err := c.do(ctx, method, path, kind, body, true)
	if err != nil {
		return fmt.Errorf("discord: %w", err)
	}
	if !got.OK() {
		var s said
		_ = json.Unmarshal(got.Body, &s) // what cannot be read has no message
		return fmt.Errorf("discord answered %d: %s", got.Status, intake.Clip(s.Message, 200))
	}
	if out != nil && json.Unmarshal(got.Body, out) != nil {
		return errors.New("discord: the answer cannot be read")
	}
	return nil
}

// MediaHosts are Discord's hosts for files. With an address of one's own it may
// hold files too.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	hosts := []string{"cdn.discordapp.com", "media.discordapp.net"}
	if s, err := settings(inbox); err == nil && s.AllowPrivate {
		hosts = append(hosts, s.Host())
	}
	return hosts
}

// OpenMedia opens a file at its signed address, which is good for a day and
// needs no token.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, _ config.Inbox, f events.Attachment) (channel.Media, error) {
	if u, err := url.Parse(f.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return channel.Media{}, fmt.Errorf("discord: not a file of this channel: %w", channel.ErrMediaGone)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("discord: not a file of this channel: %w", channel.ErrMediaGone)
	}
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, fmt.Errorf("discord: fetch file: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type"), Name: f.Name}, nil
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		err = fmt.Errorf("discord answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	default:
		err = fmt.Errorf("discord answered %d about a file", resp.StatusCode)
	}
	_ = resp.Body.Close()
	return channel.Media{}, err
}
