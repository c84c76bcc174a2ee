package vonage

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

// MediaHosts are the API and Vonage's own names.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, err := settings(inbox)
	if err != nil {
		return nil
	}
	return []string{s.Host(), ".nexmo.com", ".vonage.com"}
}

// OpenMedia opens a file. Only the API's own host is shown the application's
// token.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, err := settings(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("vonage: the file's address is none: %w", channel.ErrMediaGone)
	}
	if api, err := url.Parse(s.URL); err == nil && api.Scheme == req.URL.Scheme && api.Host == req.URL.Host {
		if err := authorize(req.Header, &s, inbox); err != nil {
			return channel.Media{}, err
		}
	}
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, errors.New("vonage: the file's server did not answer")
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	}
	_ = resp.Body.Close() // nothing of it is read
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		return channel.Media{}, fmt.Errorf("vonage answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	}
	return channel.Media{}, fmt.Errorf("vonage answered %d", resp.StatusCode)
}
