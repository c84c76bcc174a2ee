package slack

import (
	"context"
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

// Test asks Slack whose the token is, and whether that is the workspace of the
// settings where they name one.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	c := caller{a: a, s: s, inbox: inbox}
	got, _, err := c.callForm(ctx, "auth.test", nil)
	switch {
	case err != nil:
		return fmt.Errorf("slack: %w", err)
	case !got.OK:
		return errors.New("slack: " + intake.Clip(got.Error, 100))
	case s.TeamID != "" && s.TeamID != got.TeamID:
		return errors.New("slack: the token is of another workspace than team_id")
	}
	return nil
}

// MediaHosts are Slack's host for files and the interface's own.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	return []string{"files.slack.com", s.Host()}
}

// OpenMedia asks where the file is now and opens it with the bot's token. The
// token is shown to Slack's own hosts only; a file that the workspace merely
// links to is not fetched.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, f events.Attachment) (channel.Media, error) {
	s, err := settings(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	id, ok := strings.CutPrefix(f.URL, "media:")
	if !ok {
		return channel.Media{}, fmt.Errorf("slack: not a file of this channel: %w", channel.ErrMediaGone)
	}
	c := caller{a: a, s: s, inbox: inbox}
	got, _, err := c.callForm(ctx, "files.info", url.Values{"file": {id}})
	if err != nil {
		return channel.Media{}, fmt.Errorf("slack: ask for file: %w", err)
	}
	switch got.Error {
	case "":
	case "file_not_found", "file_deleted", "access_denied", "no_permission", "not_visible":
		return channel.Media{}, fmt.Errorf("slack: %s: %w", got.Error, channel.ErrMediaGone)
	default:
		return channel.Media{}, errors.New("slack: " + intake.Clip(got.Error, 100))
	}
	address := got.File.URL
	if address == "" {
		address = got.File.View
	}
	if !c.trusted(address) {
		return channel.Media{}, fmt.Errorf("slack: the file is kept elsewhere: %w", channel.ErrMediaGone)
	}
	return c.fetch(ctx, client, address, got.File)
}

func (c *caller) fetch(ctx context.Context, client *http.Client, address string, f file) (channel.Media, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return channel.Media{}, errors.New("slack: the file's address is not a URL")
	}
	req.Header.Set("Authorization", "Bearer "+c.inbox.Secrets[secretToken])
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, fmt.Errorf("slack: fetch file: %w", err)
	}
	kind := resp.Header.Get("Content-Type")
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		err = fmt.Errorf("slack answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	case resp.StatusCode != http.StatusOK:
		err = fmt.Errorf("slack answered %d about a file", resp.StatusCode)
	case strings.HasPrefix(kind, "text/html") && !strings.HasPrefix(f.Type, "text/"):
		err = errors.New("slack shows its sign-in page instead of the file: the token may not read files")
	}
	if err != nil {
		_ = resp.Body.Close()
		return channel.Media{}, err
	}
	return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: f.Type, Name: f.Name}, nil
}
