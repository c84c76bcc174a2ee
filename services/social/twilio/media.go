package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// MediaHosts are the API, which sends on to where files are kept: Twilio's own
// names, and the storage that older files are in.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	return []string{s.Host(), ".twilio.com", ".twiliocdn.com", "s3-external-1.amazonaws.com"}
}

// OpenMedia opens a file with the account's credentials, which only the API's
// own host is shown.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, err := settings(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	u, err := url.Parse(file.URL)
	if err != nil {
		return channel.Media{}, fmt.Errorf("twilio: the file's address is none: %w", channel.ErrMediaGone)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("twilio: the file's address is none: %w", channel.ErrMediaGone)
	}
	if api, err := url.Parse(s.URL); err == nil && api.Scheme == u.Scheme && api.Host == u.Host {
		authorize(req.Header, &s, inbox)
	}
	resp, err := client.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the outer one quotes the address
		}
		return channel.Media{}, fmt.Errorf("twilio: fetch file: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	}
	_ = resp.Body.Close() // nothing of it is read
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		return channel.Media{}, fmt.Errorf("twilio answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	}
	return channel.Media{}, fmt.Errorf("twilio answered %d", resp.StatusCode)
}
