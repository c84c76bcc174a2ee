package telegram

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
)

// Test asks Telegram who the bot is.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	me, err := ask[user](ctx, a, inbox, "getMe", nil)
	switch {
	case err != nil:
		return err
	case me.ID == 0 || me.ID != botID(inbox):
		return errors.New("telegram: the token belongs to another bot")
	}
	return nil
}

// wanted are the kinds of Update that Receive understands. Reactions are sent
// only where they are asked for by name.
var wanted = []string{
	"message", "edited_message", "business_connection", "business_message", "edited_business_message",
	"deleted_business_messages", "guest_message", "message_reaction", "callback_query", "my_chat_member",
}

// Register sets the webhook, its secret token and the kinds of Update. Updates
// that wait already are kept. Telegram delivers to ports 443, 80, 88 and 8443.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	if !strings.HasPrefix(hook, "https://") {
		return errors.New("telegram: the webhook's address must be https")
	}
	kinds, err := json.Marshal(wanted)
	if err != nil {
		return fmt.Errorf("encode update kinds: %w", err)
	}
	_, err = ask[bool](ctx, a, inbox, "setWebhook", map[string]string{
		"url": hook, "secret_token": inbox.Secrets[secretHook], "allowed_updates": string(kinds),
	})
	return err
}

// MediaHosts is the host of the Bot API: files come from the same one.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	return []string{s.Host()}
}

// OpenMedia asks for the file's path and opens it. Telegram keeps a path valid
// for an hour and gives a bot no file above 20 MB.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, err := settings(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	id, ok := strings.CutPrefix(file.URL, "media:")
	if !ok {
		return channel.Media{}, fmt.Errorf("telegram: not a file of this channel: %w", channel.ErrMediaGone)
	}
	token := inbox.Secrets[secretToken]
	resp, err := get(ctx, client, s.URL+"/bot"+token+"/getFile?file_id="+url.QueryEscape(id))
	if err != nil {
		return channel.Media{}, err
	}
	var said reply[struct {
		Path string `json:"file_path"`
		Size int64  `json:"file_size"`
	}]
	err = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&said)
	_ = resp.Body.Close()
	switch {
	case err != nil:
		return channel.Media{}, errors.New("telegram: the answer about a file cannot be read")
	case said.Code == http.StatusBadRequest: // a wrong id, or over 20 MB
		return channel.Media{}, fmt.Errorf("telegram gives no such file: %w", channel.ErrMediaGone)
	case !said.OK || said.Result.Path == "":
		return channel.Media{}, fmt.Errorf("telegram: the file cannot be had now (%d)", said.Code)
	}
	path := url.URL{Path: said.Result.Path}
	resp, err = get(ctx, client, s.URL+"/file/bot"+token+"/"+path.EscapedPath())
	if err != nil {
		return channel.Media{}, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
			return channel.Media{}, fmt.Errorf("telegram answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
		}
		return channel.Media{}, fmt.Errorf("telegram answered %d", resp.StatusCode)
	}
	// What Telegram says of name and type at this place is made up; the message
	// knows better.
	return channel.Media{Body: resp.Body, Size: resp.ContentLength}, nil
}

// get fetches. The client's own errors repeat the address, and the token in it.
func get(ctx context.Context, client *http.Client, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("telegram: the file's address is not a URL")
	}
	resp, err := client.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return nil, fmt.Errorf("telegram: fetch file: %w", err)
	}
	return resp, nil
}
