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

// Test asks LINE who the account is.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	return a.manage(ctx, inbox, provider.Call{Method: http.MethodGet, URL: "/v2/bot/info"})
}

// Register sets the webhook's address. LINE calls it only where "use webhook"
// is switched on in its console, which no call can do.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	if !strings.HasPrefix(hook, "https://") {
		return errors.New("line: the webhook's address must be https")
	}
	call, err := provider.JSON("/v2/bot/channel/webhook/endpoint", map[string]string{"endpoint": hook})
	if err != nil {
		return err
	}
	call.Method = http.MethodPut
	return a.manage(ctx, inbox, call)
}

// manage makes a call that sends nothing; the URL is a path.
func (a *Adapter) manage(ctx context.Context, inbox config.Inbox, call provider.Call) error {
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
