package twiliovoice

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

// MediaHosts are the API and where it sends on to.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, _, err := read(inbox)
	if err != nil {
		return nil
	}
	return []string{s.apiHost(), ".twilio.com", ".twiliocdn.com"}
}

func (s *Settings) apiHost() string {
	u, err := url.Parse(s.APIURL)
	if err != nil {
		return "" // read has refused it
	}
	return u.Host
}

// OpenMedia opens a recording with the account's credentials, which only the
// API's own host is shown. A recording that is not there may be on its way yet,
// so that is no end: the caller tries again.
func (*Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, _, err := read(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("twilio: the file's address is none: %w", channel.ErrMediaGone)
	}
	if req.URL.Host == s.apiHost() && (req.URL.Scheme == "https" || s.AllowPrivate) {
		req.SetBasicAuth(s.Account, inbox.Secrets[SecretToken])
	}
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, errors.New("twilio: the recording's server did not answer")
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	}
	_ = resp.Body.Close() // nothing of it is read
	if resp.StatusCode == http.StatusGone {
		return channel.Media{}, fmt.Errorf("twilio answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	}
	return channel.Media{}, fmt.Errorf("twilio answered %d", resp.StatusCode)
}
