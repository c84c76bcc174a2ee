package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// Test asks LINE who the account is, which must be the one of bot_user_id where
// the settings have it, and has LINE post to the webhook it knows, if it knows
// one: what it says of that is the error.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	var bot struct {
		UserID string `json:"userId"`
	}
	if err := a.manage(ctx, inbox, provider.Call{Method: http.MethodGet, URL: "/v2/bot/info"}, &bot); err != nil {
		return err
	}
	if s.BotID != "" && bot.UserID != s.BotID {
		return errors.New("line: the token is of another account than bot_user_id")
	}
	var hook struct {
		Endpoint string `json:"endpoint"`
		Active   bool   `json:"active"`
	}
	switch err := a.manage(ctx, inbox, provider.Call{Method: http.MethodGet, URL: "/v2/bot/channel/webhook/endpoint"}, &hook); {
	case err != nil || hook.Endpoint == "":
		return nil // none is set yet: that is for Register
	case !hook.Active:
		return errors.New(`line: "use webhook" is switched off in the LINE Developers console`)
	}
	return a.tryHook(ctx, inbox, "")
}

// tryHook has LINE post an empty webhook to an address, or to the one it knows
// where it is empty: Messaging API, "Test webhook endpoint".
func (a *Adapter) tryHook(ctx context.Context, inbox config.Inbox, hook string) error {
	body := map[string]string{}
	if hook != "" {
		body["endpoint"] = hook
	}
	call, err := provider.JSON("/v2/bot/channel/webhook/test", body)
	if err != nil {
		return err
	}
	var said struct {
		Success bool   `json:"success"`
		Reason  string `json:"reason"`
		Detail  string `json:"detail"`
	}
	if err := a.manage(ctx, inbox, call, &said); err != nil {
		return err
	}
	if !said.Success {
		return fmt.Errorf("line could not post to the webhook: %s %s", intake.Clip(said.Reason, 60), intake.Clip(said.Detail, 120))
	}
	return nil
}

// Register sets the webhook's address and has LINE try it. LINE posts to it only
// where "use webhook" is switched on in its console, which no call can do.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	if !strings.HasPrefix(hook, "https://") {
		return errors.New("line: the webhook's address must be https")
	}
	call, err := provider.JSON("/v2/bot/channel/webhook/endpoint", map[string]string{"endpoint": hook})
	if err != nil {
		return err
	}
	call.Method = http.MethodPut
	if err := a.manage(ctx, inbox, call, nil); err != nil {
		return err
	}
	return a.tryHook(ctx, inbox, hook)
}

// manage makes a call that sends nothing and reads its answer, unless into is
// nil; the URL is a path.
func (a *Adapter) manage(ctx context.Context, inbox config.Inbox, call provider.Call, into any) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	call.URL, call.Private = s.URL+call.URL, s.AllowPrivate
	if call.Header == nil {
		call.Header = http.Header{}
	}
	call.Header.Set("Authorization", "Bearer "+inbox.Secrets[secretToken])
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return fmt.Errorf("line: %w", err)
	}
	if !answer.OK() {
		return fmt.Errorf("line answered %d: %s", answer.Status, intake.Clip(read(answer).Message, 200))
	}
	if into != nil && json.Unmarshal(answer.Body, into) != nil {
		return errors.New("line: the answer cannot be read")
	}
	return nil
}

// MediaHosts is LINE's host for files. A file that somebody's bot keeps
// elsewhere is fetched from there by its own address.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	data := s.API
	data.URL = s.DataURL
	return []string{data.Host()}
}

// OpenMedia opens a message's content. Video and sound are converted first; LINE
// has them for a while only, and takes them away when they are unsent. A file
// with an address of its own is fetched without our token.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, err := settings(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	token, address := inbox.Secrets[secretToken], file.URL
	if id, ok := strings.CutPrefix(file.URL, "media:"); ok {
		address = s.DataURL + "/v2/bot/message/" + url.PathEscape(id) + "/content"
	} else {
		token = "" // kept by somebody else, who is not to have it
	}
	if token != "" && (strings.HasPrefix(file.Type, "video/") || strings.HasPrefix(file.Type, "audio/")) {
		if err := converted(ctx, client, address+"/transcoding", token); err != nil {
			return channel.Media{}, err
		}
	}
	resp, err := get(ctx, client, address, token)
	if err != nil {
		return channel.Media{}, err
	}
	if resp.StatusCode != http.StatusOK { // 202: not ready yet
		_ = resp.Body.Close()
		return channel.Media{}, fmt.Errorf("line answered %d about a file", resp.StatusCode)
	}
	return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
}

func converted(ctx context.Context, client *http.Client, address, token string) error {
	resp, err := get(ctx, client, address, token)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var state struct {
		Status string `json:"status"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&state); err != nil {
		return errors.New("line: the answer about a file cannot be read")
	}
	switch state.Status {
	case "succeeded":
		return nil
	case "failed":
		return fmt.Errorf("line could not convert the file: %w", channel.ErrMediaGone)
	}
	return fmt.Errorf("line has the file not ready yet: %q", intake.Clip(state.Status, 40))
}

func get(ctx context.Context, client *http.Client, address, token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("line: the file's address is not a URL")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("line: fetch file: %w", err)
	}
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("line answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	}
	return resp, nil
}
