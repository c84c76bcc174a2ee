package mailgun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Hosts are where Mailgun keeps files: storage names of every region lie below
// its own.
var Hosts = []string{".mailgun.net"}

// Open opens a file that Mailgun stored, with the account's API key. Mailgun
// keeps files for three days; after that, and without a key, they are gone.
func Open(ctx context.Context, client *http.Client, key, address string) (channel.Media, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || !strings.HasSuffix(u.Hostname(), Hosts[0]) {
		return channel.Media{}, fmt.Errorf("mailgun: the file's address is none of its own: %w", channel.ErrMediaGone)
	}
	if key == "" {
		return channel.Media{}, fmt.Errorf("mailgun: the inbox has no API key for stored files: %w", channel.ErrMediaGone)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("mailgun: the file's address is none: %w", channel.ErrMediaGone)
	}
	req.SetBasicAuth("api", key)
	resp, err := client.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the outer one quotes the address
		}
		return channel.Media{}, fmt.Errorf("mailgun: fetch file: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	}
	_ = resp.Body.Close() // nothing of it is read
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		return channel.Media{}, fmt.Errorf("mailgun answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	}
	return channel.Media{}, fmt.Errorf("mailgun answered %d", resp.StatusCode)
}
